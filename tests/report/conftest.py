"""Results with awkward names, built without running anything: one compared, one with expected scores."""

from __future__ import annotations

import math

import pytest

from tagkit.experiment.expected import Expected, Origin
from tagkit.experiment.result import Result, RowResult, RowRun, Score, views_of
from tagkit.experiment.spec import Data, Experiment, Row
from tagkit.measures import Run, parse_all
from tagkit.product import Dataset, Product
from tagkit.taggers import create

MEASURES = ("F1@M", "ILD@10", "redundancy@10", "OOV-rate", "micro-F1")
EMPTY, LONGER = r"空|_empty $\frac{", "<longer>"


def row_result(data: Dataset, tags=None, *, seeds=(None,), **known) -> RowResult:
    runs = tuple(RowRun(seed, None, 0.5 + at, 0.25, len(data.test), 120.0, tags=tags) for at, seed in enumerate(seeds))
    views = {view: len(at) for view, at in views_of(data).items()}
    fresh = views.get("dedup", views["test"])
    environment = {"tagkit": "1", "commit": "0123456789ab", "machine": {"processor": "abacus", "cores": 2, "gpu": ""}}
    facts = {"n_products": views, "overlap": (len(data.test) - fresh, len(data.test)), "digest": data.digest}
    return RowResult(runs, date="2026-01-02", environment=environment, **(facts | known))


@pytest.fixture(scope="session")
def result(products) -> Result:
    """Three strategies, one that failed, one that is not set up, and two test texts that occur in train."""
    odd = Product("odd", "<script>alert(1)</script> 红色 & 蓝色", tags=("红色", "<b>", "没人找到"))
    data = Dataset("小店_1", tuple(products[:12]), (), (*products[:2], *products[12:], odd), "卡 https://x.org", "MIT")
    strategies = {
        "lexicon": create("lexicon"),
        EMPTY: create("dictionary", min_chars=99),
        LONGER: create("dictionary", min_chars=3),
    }
    measures = parse_all(MEASURES)
    rows, scores = {}, {view: {} for view in views_of(data)}
    for name, tagger in strategies.items():
        tags = tagger.fit(data.train).predict(data.test)
        tested = {} if name == "lexicon" else {"test": "paired randomisation test"}
        rows[name] = row_result(data, tags, params=tagger.get_params(), **tested)
        for view, at in views_of(data).items():
            counts = {tag: 1 for product in data.train for tag in product.tags}
            run = Run([tags[i] for i in at], products=[data.test[i] for i in at], train_counts=counts, train_size=12)
            scores[view][name] = {}
            for measure in measures:
                value = measure(run)
                p = None if name == "lexicon" else 0.01 if name == EMPTY else 0.5
                wins = {} if name == "lexicon" else {"wins": 0, "ties": 3, "losses": len(at) - 3}
                scores[view][name][str(measure)] = Score(value, value - 0.02, value + 0.04, p=p, **wins)
    table = tuple(Row(name, "dictionary") for name in (*strategies, "failing", "llm"))
    experiment = Experiment("小店_1", Data("小店_1"), table, measures, "lexicon", samples=50)
    return Result(
        experiment,
        rows,
        scores,
        failed={"failing": "it has no_luck & 100 % failure"},
        not_set_up={"llm": "no endpoint"},
        sizes={"train": 12, "dev": 0, "test": 15},
        licence="MIT",
        datasets=dict.fromkeys(rows, data),
    )


@pytest.fixture(scope="session")
def reproduced(result) -> Result:
    """Expected scores in percent: reached, nearly reached, missed, not run, cited; three seeds; no tags."""
    published = Origin("published")
    table = (
        Row("plain", "lexicon", expected={"F1@M": Expected(71.5, 1, 0.5, published)}),
        Row("three seeds", "linear", seeds=(0, 1, 2), expected={"F1@M": Expected(60.00, 2, 1.0, published, sd=0.8)}),
        Row("worse", "knn", expected={"F1@M": Expected(50.0, 1, 0.1, published)}, note="by `hand` at https://x.org/a"),
        Row("slow", "encoder", expected={"F1@M": Expected(80.0, 1, 1.0, Origin("ours", "2026-01-01", seconds=90.0))}),
        Row("the_paper's", expected={"F1@M": Expected(81.0, 1, 1.0, published)}, cites="Table 3"),
    )
    experiment = Experiment("shop", Data("shop"), table, parse_all(["F1@M"]), "plain", "A shop", unit="percent")
    values = {
        "plain": Score(0.7151, 0.69, 0.73),
        "three seeds": Score(0.605, 0.58, 0.62, 0.011, 0.02, 3, 4, 8, runs=(0.59, 0.61, 0.615)),
        "worse": Score(0.41, math.nan, math.nan, p=0.6, wins=1, ties=0, losses=14),
    }
    rows = {
        name: row_result(result.data, seeds=(0, 1, 2) if name == "three seeds" else (None,), overlap=(0, 15))
        for name in values
    }
    return Result(
        experiment,
        rows,
        {"test": {name: {"F1@M": score} for name, score in values.items()}},
        skipped={"slow": "not quick", "the_paper's": "cited"},
    )
