"""Detect the language of a text or a product."""

from __future__ import annotations

import re

from tagkit.product import Product
from tagkit.text import _patterns

HAN = re.compile(f"[{_patterns.HAN}]")
LETTER = re.compile(r"[^\W\d_]")
SHARE = 0.15
"""A text is Chinese if at least this share of its letters are Han characters."""


def detect(text: str) -> str:
    """Return "zh" if at least 15 % of the letters are Han characters, else "en".

    Chinese titles contain many Latin brand and model names, but English titles hardly any Han characters, so the
    threshold is low. A text without letters counts as Chinese.

    Args:
        text: Any text.
    """
    letters = len(LETTER.findall(text))
    return "zh" if letters == 0 or len(HAN.findall(text)) >= SHARE * letters else "en"


def language_of(product: Product) -> str:
    """Return the product's language, detected from its text if it is not given."""
    return product.lang or detect(product.text)
