"""Photos: read (`sources`), decoded (`loading`), their colours, text (`ocr`), vectors (`encoder`) and near-duplicates."""
