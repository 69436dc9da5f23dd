"""Keyphrase extraction: reading a text as words, choosing candidate phrases, ranking them by graphs or by counts."""
