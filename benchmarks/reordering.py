"""Maximal marginal relevance on dev: what each weight changes in accuracy and in diversity, by characters and vectors.

    python benchmarks/reordering.py

Strategies that need no training of a network are fitted on train and tag dev; then the refinement `diversity` reorders
their lists. For each product the scores before are subtracted from those after, the differences are averaged over the
strategies, and their mean over products has a 95 % bootstrap interval, in points. `docs/results/decoding.md` says what
the default weight follows from.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from results_file import write

from tagkit.datasets import load
from tagkit.measures import Run, parse_all
from tagkit.measures.base import MeanMeasure
from tagkit.product import Dataset, Tags
from tagkit.refine import Chain
from tagkit.refine.steps import Diversity
from tagkit.taggers import create
from tagkit.text.spelling import one_spelling

DATA = ("catalogue", "openbg")
STRATEGIES = ("lexicon", "linear", "knn", "hybrid")
WEIGHTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.7)
MEASURES = ("F1@5", "semantic-F1@5", "semantic-ILD@5", "facet-R@5", "ILD@5")
SAMPLES = 1000


def per_product(data: Dataset, tags: Tags) -> NDArray[np.float64]:
    """Return the scores of each dev product, shape (measures, products)."""
    run = Run(tags, products=data.dev, facets=data.facet_of)
    measures: Any = parse_all(MEASURES)
    assert all(isinstance(measure, MeanMeasure) for measure in measures)
    return np.array([measure.per_product(run) for measure in measures])


def interval(differences: NDArray[np.float64]) -> str:
    """Describe the mean of the differences that are defined and its 95 % interval, in points."""
    known = differences[~np.isnan(differences)]
    drawn = np.random.default_rng(0).choice(known, (SAMPLES, len(known))).mean(axis=1)
    mean, low, high = (100 * float(value) for value in (known.mean(), *np.quantile(drawn, [0.025, 0.975])))
    return f"{mean:+.2f} ({low:+.2f} to {high:+.2f})"


def main() -> None:
    """Measure and store."""
    figures: dict[str, dict[str, str]] = {}
    for name in DATA:
        data = one_spelling(load(name))
        lists = [create(each).fit(data.train, dev=data.dev).predict(data.dev) for each in STRATEGIES]
        before = [per_product(data, tags) for tags in lists]
        for similarity in ("characters", "vectors"):
            for weight in WEIGHTS:
                chain = Chain([Diversity(weight, similarity)])
                after = [per_product(data, chain(tags, data.dev)) for tags in lists]
                change = np.nanmean([new - old for new, old in zip(after, before, strict=True)], axis=0)
                key = f"{name}, {similarity}, weight {weight:g}"
                figures[key] = {measure: interval(row) for measure, row in zip(MEASURES, change, strict=True)}
                print(key, figures[key], flush=True)
    write("reordering", figures, rows="data, similarity")


if __name__ == "__main__":
    main()
