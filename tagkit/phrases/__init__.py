"""Key phrases without training: candidates and the ranking of their graphs."""
