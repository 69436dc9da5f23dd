"""What `distil` brings where few products have tags and many have none: the student alone, its teacher, and both.

    nice -n 10 python benchmarks/distil.py [--seeds 0 1 2]

Of train, so many products drawn by the seed keep their gold tags, and ten times as many others (or all that there are)
lose theirs. `linear` and the teacher `hybrid` (lexicon, knn and linear) are fitted on the first, `distil` on both.
Thresholds are chosen on 200 dev products; F1@M is that of the first 2,000 test products. Nothing else was chosen.
p-values are of a paired test of `distil` against `linear` over seeds and products.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from results_file import write

from tagkit.creation import take_synonyms
from tagkit.datasets import load
from tagkit.experiment.significance import multi_bootstrap_test
from tagkit.learning import f1_of_each
from tagkit.measures import parse
from tagkit.pipeline import Pipeline
from tagkit.product import Dataset
from tagkit.taggers import create

SETTINGS = (("fashion_small", 100), ("fashion_small", 1000), ("openbg", 200))
STRATEGIES = {
    "linear": ("linear", {}),
    "hybrid": ("hybrid", {}),
    "distil": ("distil", {"teacher": "hybrid", "student": "linear"}),
}
DEV, TEST, RATIO = 200, 2000, 10


def parts(data: Dataset, gold: int, seed: int) -> Dataset:
    """Return train with some products that keep their tags and others that lose them, a part of dev, and of test."""
    drawn = random.Random(seed).sample(data.train, min(len(data.train), gold * (1 + RATIO)))
    bare = [replace(product, tags=(), annotations=()) for product in drawn[gold:]]
    return data.with_parts(train=[*drawn[:gold], *bare], dev=data.dev[:DEV], test=data.test[:TEST])


def scores(name: str, data: Dataset, gold: int) -> list[float]:
    """Fit a strategy, and return the F1 of each test product; only `distil` is fitted on products without tags."""
    strategy, params = STRATEGIES[name]
    tagger = create(strategy, **params)
    take_synonyms(tagger, data.synonyms)
    fitted = Pipeline.fit(tagger, data if name == "distil" else data.with_parts(train=data.train[:gold]))
    return f1_of_each(fitted.predict(data.test), data.test).tolist()


def statistics(runs: list[list[float]]) -> list[NDArray[np.float64]]:
    """Return what F1@M sums over the products of each run, shape (products, 2): the score and 1."""
    return [np.column_stack([run, np.ones(len(run))]) for run in runs]


def main() -> None:
    """Print the scores and the p-values."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    seeds = parser.parse_args().seeds
    figures = {}
    for name, gold in SETTINGS:
        data = load(name)
        drawn = [parts(data, gold, seed) for seed in seeds]
        found = {row: [scores(row, part, gold) for part in drawn] for row in STRATEGIES}
        p = multi_bootstrap_test(parse("F1@M"), *(statistics(found[row]) for row in ("linear", "distil")), paired=True)
        bare = len(drawn[0].train) - gold
        row = f"{name}: {gold:,} products with tags, {bare:,} without"
        figures[row] = {key: f"{100 * np.mean(value):.1f}" for key, value in found.items()} | {"p": f"{p:.3f}"}
        print(row, figures[row], flush=True)
    note = "F1@M of test; p of distil against linear, over seeds and products."
    write("distil", figures, rows="data", note=note)


if __name__ == "__main__":
    main()
