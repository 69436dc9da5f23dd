"""Photos: read and decoded (`sources`, `loading`), and turned into vectors by pre-trained encoders (`encoder`)."""
