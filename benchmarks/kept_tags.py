"""What a dozen cheap strategies tag on four data sets, kept in the cache so that a new measure needs no new fit."""

from __future__ import annotations

import json
import time

from tagkit.cache import cache_folder
from tagkit.datasets import load
from tagkit.pipeline import Pipeline
from tagkit.product import Dataset, Tag, Tags
from tagkit.taggers import create
from tagkit.text.spelling import one_spelling

DATA = ("catalogue", "openbg", "taobao_ner", "oa_mine")
STRATEGIES = (
    *("dictionary", "lexicon", "linear", "knn", "hybrid", "ensemble"),
    *("yake", "tfidf", "firstphrases", "positionrank", "textrank", "topicrank"),
)
"""None of them trains a network."""
LEFT_OUT = {"taobao_ner": ("hybrid", "ensemble")}
"""What takes too long where every title has tags of its own."""
MEASURES = (
    *("F1@M", "P@5", "R@10", "nDCG@10", "MAP", "MRR", "micro-F1", "macro-F1", "PSP@5", "R(tags=absent)@10"),
    *("semantic-F1@M", "semantic-P@M", "semantic-R@10", "semantic-coverage@10", "new-P", "new-R"),
    *("alpha-nDCG@10", "hierarchical-F1@M", "facet-R@10", "facet-R(right=True)@10", "facet-entropy@10", "cluster-R@10"),
    *("semantic-ILD@10", "semantic-Vendi@10", "semantic-redundancy@10", "ILD@10", "Vendi@10", "redundancy@10"),
    *("distinct", "distinct-lists@10", "entropy", "Gini", "coverage@10", "long-tail@10", "novelty@10"),
    *("ECE", "Brier", "OOV-rate"),
)
SETTINGS = {"ensemble": {"taggers": ["linear", "lexicon", "knn"]}}
"""Parameters other than the defaults."""


def products(name: str) -> Dataset:
    """Return a data set as a comparison reads it."""
    return one_spelling(load(name))


def strategies(data: Dataset) -> list[str]:
    """Return the strategies that tag a data set."""
    return [strategy for strategy in STRATEGIES if strategy not in LEFT_OUT.get(data.name, ())]


def tags(data: Dataset, strategy: str) -> Tags:
    """Return the refined lists of a strategy for the test products, fitted with the defaults of a comparison.

    They are read from the folder `worth` of the cache where they are there; remove it to fit anew.
    """
    path = cache_folder("worth") / data.name / f"{strategy}.json"
    if not path.exists():
        start = time.perf_counter()
        found = Pipeline.fit(create(strategy, **SETTINGS.get(strategy, {})), data).predict(data.test)
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [[(tag.text, round(tag.score, 4)) for tag in row] for row in found]
        path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
        print(f"{data.name}: {strategy} in {time.perf_counter() - start:.0f} s", flush=True)
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [[Tag(text, score, strategy) for text, score in row] for row in rows]


if __name__ == "__main__":
    for name in DATA:
        for strategy in strategies(products(name)):
            tags(products(name), strategy)
