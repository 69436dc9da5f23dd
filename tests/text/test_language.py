"""Language detection."""

from __future__ import annotations

from tagkit.product import Product
from tagkit.text import detect, language_of


def test_language() -> None:
    assert detect("Nike 耐克 air force 女鞋") == "zh"
    assert detect("Xiaomi 小米 wireless headphones with noise cancelling") == "en"
    assert detect("café crème") == "en"
    assert language_of(Product("1", "高跟鞋", lang="en")) == "en"
    assert language_of(Product("1", "Shoes", "这是一款蓝色的高跟鞋")) == "zh"
