"""Which language a product is in."""

from __future__ import annotations

import re

from tagkit.product import Product

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
LETTER = re.compile(r"[^\W\d_]")
SHARE = 0.15
"""From this share of Han characters among the letters on, a text is Chinese."""


def detect(text: str) -> str:
    """Return "zh" if at least 15 % of the letters are Han characters, else "en".

    Chinese titles hold many Latin brand and model names, English ones hardly ever a Han character, so the border lies
    low. A text without letters counts as Chinese.

    Args:
        text: Any text.
    """
    letters = len(LETTER.findall(text))
    return "zh" if letters == 0 or len(HAN.findall(text)) >= SHARE * letters else "en"


def language_of(product: Product) -> str:
    """Return the product's own language, detected from its text where it has none."""
    return product.lang or detect(product.text)
