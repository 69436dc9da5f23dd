"""In how many photos text can be read, and how much of it: implicit_ave by domain, and a sample of fashion_small.

    python benchmarks/photo_text.py

Photos that were read before are not read again; all of them take about ten minutes of one core.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import results_file

from tagkit.datasets import load
from tagkit.images.photo_text import lines_in
from tagkit.product import Product
from tagkit.text.present import is_present

SAMPLE = 200


def figures_of(products: Sequence[Product]) -> dict[str, Any]:
    """Return how many photos have text, how much, and how often the gold tag stands in it."""
    found = [lines_in(product) for product in products]
    lines = [[line.text for line in row] for row, why in found if not why]
    pairs = zip(products, found, strict=True)
    said = [any(is_present(tag, " ".join(line.text for line in row)) for tag in p.tags) for p, (row, why) in pairs]
    with_text = [row for row in lines if row]
    return {
        "photos": len(lines),
        "with text %": round(100 * len(with_text) / len(lines), 1),
        "lines, where there is text (median)": float(np.median([len(row) for row in with_text] or [0])),
        "with the gold tag in the text %": round(100 * sum(said) / len(lines), 1),
    }


def main() -> None:
    """Read the photos and write the figures."""
    by_domain: dict[str, list[Product]] = defaultdict(list)
    for product in load("implicit_ave", photos=True).train:
        by_domain[product.category.partition("/")[0]].append(product)
    figures = {f"implicit_ave, {name}": figures_of(rows) for name, rows in sorted(by_domain.items())}
    figures["implicit_ave, all"] = figures_of([product for rows in by_domain.values() for product in rows])
    small = random.Random(0).sample(load("fashion_small").test, SAMPLE)
    figures[f"fashion_small, {SAMPLE} drawn from test"] = figures_of(small)
    results_file.write("photo_text", figures, rows="photos", note="Photos of fashion_small have 60 × 80 pixels.")


if __name__ == "__main__":
    main()
