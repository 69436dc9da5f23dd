"""Cleaning, language and segmentation of product texts."""

from tagkit.text.clean import DEFAULT, STEPS, clean, without
from tagkit.text.clean_text import CleanText
from tagkit.text.language import detect, language_of
from tagkit.text.ngrams import char_ngrams, jaccard
from tagkit.text.present import is_present
from tagkit.text.segment import Segmenter, Token
from tagkit.text.stopwords import is_stopword

__all__ = [
    "DEFAULT",
    "STEPS",
    "CleanText",
    "Segmenter",
    "Token",
    "char_ngrams",
    "clean",
    "detect",
    "is_present",
    "is_stopword",
    "jaccard",
    "language_of",
    "without",
]
