"""Reviewing suggested tags: the file of decisions, the order of products, agreement, and other tools' records."""
