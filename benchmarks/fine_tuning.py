"""Whether training the last blocks of an image encoder pays, on the dev part of fashion_small.

    python benchmarks/fine_tuning.py [--rows frozen:1500,frozen:4000,unfrozen:1500] [--blocks 5] [--epochs 4]

`image` is fitted on the first training photos, with the encoder as it is (frozen) or with its last blocks trained for
some epochs (unfrozen). The time is that of the processor on one thread; for the vectors of the frozen encoder, which
the cache may hold already, it is that of 200 photos in an empty cache, scaled up. The strategy is calibrated on 300
products of dev and judged on 1,200 others: is the highest of the tags of a kind the gold one? Nothing was read of test.
Rows are kept in `runs/benchmarks`, so that those that are there already are not run again.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from results_file import write

from tagkit.datasets import load
from tagkit.images.vectors import VectorStore
from tagkit.product import Product, Tags
from tagkit.taggers import create

CALIBRATED, JUDGED, SAMPLE = 300, 1200, 200
KEPT = Path("runs/benchmarks/fine_tuning_rows.json")


def main() -> None:
    """Measure the rows and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="frozen:1500,frozen:4000,unfrozen:1500")
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=4)
    given = parser.parse_args()
    torch.set_num_threads(1)
    data = load("fashion_small")
    kept: dict[str, dict[str, Any]] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    for row in given.rows.split(","):
        kind, _, photos = row.partition(":")
        unfrozen = given.blocks if kind == "unfrozen" else 0
        name = (
            f"{f'{unfrozen} blocks trained, {given.epochs} epochs' if unfrozen else 'frozen'}, {int(photos):,} photos"
        )
        if name not in kept:
            settings = {"pixels": 128, "unfrozen": unfrozen, "tuning_epochs": given.epochs}
            kept[name] = measure(data.train[: int(photos)], data.dev, settings, kinds_of(data.train))
            KEPT.parent.mkdir(parents=True, exist_ok=True)
            KEPT.write_text(json.dumps(kept))
    note = f"efficientnet-lite0 at 128 pixels; P@1 on {JUDGED:,} products of dev; seconds of the processor, one thread."
    write("fine_tuning", kept, rows="encoder and photos of train", note=note)


def kinds_of(products: Sequence[Product]) -> dict[str, set[str]]:
    """Return the tags of each kind."""
    found: dict[str, set[str]] = defaultdict(set)
    for product in products:
        for tag in product.annotations:
            found[tag.type or ""].add(tag.text)
    return found


def measure(
    train: Sequence[Product], dev: Sequence[Product], settings: dict[str, Any], kinds: dict[str, set[str]]
) -> dict[str, Any]:
    """Return the time of fitting, and the score of each kind of tag."""
    judged = dev[CALIBRATED : CALIBRATED + JUDGED]
    tagger = create("image", **settings)
    seconds = 0.0
    if not settings["unfrozen"]:
        store = VectorStore(tagger.load_encoder())
        store.extract([*train, *dev[:CALIBRATED]])
        with tempfile.TemporaryDirectory() as folder:
            store.path = Path(folder, "vectors.sqlite")
            start = time.process_time()
            store.extract(train[:SAMPLE])
            seconds = (time.process_time() - start) * (len(train) + CALIBRATED) / SAMPLE
    start = time.process_time()
    tagger.fit(train, dev=dev[:CALIBRATED])
    seconds += time.process_time() - start
    tags = tagger.predict(judged)
    return {"fit s": round(seconds)} | {kind: score(judged, tags, kind, texts) for kind, texts in kinds.items()}


def score(products: Sequence[Product], tags: Tags, kind: str, texts: set[str]) -> float:
    """Return how often the highest tag of a kind is the gold one, in percent."""
    right = []
    for product, row in zip(products, tags, strict=True):
        for gold in (tag.text for tag in product.annotations if tag.type == kind):
            right.append(next((tag.text for tag in row if tag.text in texts), None) == gold)
    return round(100 * float(np.mean(right)), 1)


if __name__ == "__main__":
    main()
