"""Photos: read (`sources`), decoded (`loading`), turned into vectors (`encoder`), colours, text (`ocr`)."""
