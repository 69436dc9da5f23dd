"""Values that overlap others: how many are found by `span`, which scores spans, and by `sequence`, which labels tokens?

    nice -n 10 python benchmarks/nested_values.py [--folds 0 1 2 3 4]

The titles of `wdc_pave` in which annotated values overlap, cut into five folds by the hash of the title. For each fold
a strategy learns from the others and from as many titles without overlaps, and tags the fold. A second value is one
that labels of tokens cannot hold beside the longest values: it lies inside of one, overlaps it, or stands at the same
place as another type. It is found if a tag has its text and type; "with the other" says that a value that it overlaps
is found as well, which labels of tokens cannot give. Runs are kept in `runs/benchmarks/nested/`, so that a stopped
command continues.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from results_file import write

from tagkit.datasets import load
from tagkit.datasets.split import bucket
from tagkit.neural.bio import Spans, gold_spans, without_overlaps
from tagkit.product import Product, Tags
from tagkit.taggers import create

FOLDS = 5
PARAMS = {"epochs": 20, "average": 0.98, "augment": 0.3, "model": "minilm-l6"}
STRATEGIES = ("span", "sequence")
FOLDER = Path("runs") / "benchmarks" / "nested"


def titles() -> tuple[list[Product], list[Product]]:
    """Return the titles in which values overlap, and the others, with the values that stand in the title."""
    nested: list[Product] = []
    flat: list[Product] = []
    for product in load("wdc_pave").train:
        inside = tuple(tag for tag in product.annotations if all(span.end <= len(product.title) for span in tag.spans))
        title = replace(product, description="", annotations=inside, tags=tuple(tag.text for tag in inside))
        (nested if seconds(title) else flat).append(title)
    return nested, sorted(flat, key=lambda product: bucket(product.title, 2**32))[: len(nested)]


def seconds(product: Product) -> Spans:
    """Return the values that labels of tokens cannot hold beside the longest ones."""
    gold = sorted(set(gold_spans(product)))
    kept = without_overlaps(gold)
    return [span for span in gold if span not in kept]


def counts(found: Tags, products: Sequence[Product]) -> dict[str, int]:
    """Count the second values, those found and those found with a value that they overlap; and all values."""
    out = dict.fromkeys(("second", "found", "with the other", "gold", "given", "right"), 0)
    for row, product in zip(found, products, strict=True):
        given = {(tag.text, tag.type) for tag in row}
        gold = sorted(set(gold_spans(product)))
        values = {(product.text[start:end], kind) for start, end, kind in gold}
        out["gold"] += len(values)
        out["given"] += len(given)
        out["right"] += len(values & given)
        for start, end, kind in seconds(product):
            is_found = (product.text[start:end], kind) in given
            others = [one for one in gold if one[0] < end and start < one[1] and one != (start, end, kind)]
            has_other = any((product.text[one[0] : one[1]], one[2]) in given for one in others)
            out["second"] += 1
            out["found"] += is_found
            out["with the other"] += is_found and has_other
    return out


def measure(strategy: str, fold: int) -> None:
    """Fit and tag one fold, and keep the counts, unless there is a stored run."""
    path = FOLDER / f"{strategy}-{fold}.json"
    if path.is_file():
        return
    nested, flat = titles()
    train = [product for product in nested if bucket(product.title, FOLDS) != fold] + flat
    test = [product for product in nested if bucket(product.title, FOLDS) == fold]
    began = time.process_time()
    tagger = create(strategy, **PARAMS).fit(train)
    taken = time.process_time() - began
    row = counts(tagger.predict(test), test) | {"train": len(train), "test": len(test), "CPU s": round(taken, 1)}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(row), encoding="utf-8")
    print(strategy, fold, row, flush=True)


def report(folds: Sequence[int]) -> None:
    """Write the figures of the folds that are there."""
    figures = {}
    for strategy in STRATEGIES:
        files = [path for fold in folds if (path := FOLDER / f"{strategy}-{fold}.json").is_file()]
        if files:
            figures[strategy] = _figures([json.loads(path.read_text("utf-8")) for path in files])
    note = (
        f"Titles of `wdc_pave` with overlapping values, folds {', '.join(map(str, folds))} of {FOLDS}, seed 0; "
        "minilm-l6; values by text and type, in %; CPU seconds of one fit on one thread under load."
    )
    write("nested_values", figures, rows="strategy", note=note)


def _figures(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    total = {key: sum(row[key] for row in rows) for key in rows[0]}
    return {
        "titles": total["test"],
        "second values": total["second"],
        "found": f"{100 * total['found'] / total['second']:.1f}",
        "found with the other": f"{100 * total['with the other'] / total['second']:.1f}",
        "F1, all values": f"{200 * total['right'] / (total['gold'] + total['given']):.1f}",
        "CPU s": f"{np.mean([row['CPU s'] for row in rows]):.0f}",
    }


def main() -> None:
    """Measure and store."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--strategies", nargs="*", default=STRATEGIES, choices=STRATEGIES)
    parser.add_argument("--folds", nargs="*", type=int, default=list(range(FOLDS)))
    given = parser.parse_args(sys.argv[1:])
    for fold in given.folds:
        for strategy in given.strategies:
            measure(strategy, fold)
    report(given.folds)


if __name__ == "__main__":
    main()
