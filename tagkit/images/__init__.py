"""Photos: read (`sources`), decoded (`loading`), turned into vectors (`encoder`, `vectors`), colours, text (`ocr`)."""
