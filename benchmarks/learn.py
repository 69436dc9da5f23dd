"""What learning from a hundred new products costs and brings, beside fitting anew on old and new ones together.

    nice -n 10 python benchmarks/learn.py [--strategies encoder knn] [--seeds 0 1 2]

Of the catalogue's train, 100 products drawn by the seed are new, and the strategy is fitted on the others. Then it
learns the new ones in three ways: with the old products; saved and loaded, without them; and by a fit on all of
train. Seconds are CPU time of `learn` and `fit` alone on one thread. Each gets the default refinements, chosen on dev,
and F1@M is that of test. `linear, warm start` is `linear` as it learns where there are more than 2,000 products.

p-values against the fit on all are of a paired test over seeds and products, corrected for all strategies (Holm). Each
finished run is kept in `runs/benchmarks/learn/`, so that a stopped command continues; `--only-report` writes the
figures of the runs that are there. Networks take many minutes of CPU time for each seed; `generator` is left out,
since its fine-tuning takes hours.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from results_file import write

from tagkit.creation import take_synonyms
from tagkit.datasets import load
from tagkit.errors import BadInput
from tagkit.experiment.significance import holm, multi_bootstrap_test
from tagkit.learning import f1_of_each
from tagkit.measures import parse
from tagkit.pipeline import Pipeline, default_refinements
from tagkit.product import Dataset
from tagkit.taggers import Tagger, create, linear
from tagkit.text.spelling import one_spelling

WARM = "linear, warm start"
STRATEGIES = (
    *("dictionary", "lexicon", "knn", "linear", WARM, "hybrid", "semantic"),
    *("encoder", "seq2seq", "sequence", "bilstm_crf"),
)
NEW = 100
WAYS = ("before", "with the old products", "without them", "fit on all")
FOLDER = Path("runs") / "benchmarks" / "learn"


def parts(seed: int) -> tuple[Dataset, Dataset]:
    """Return the catalogue with all of train, the new products at its end, and without the new ones."""
    data = one_spelling(load("catalogue"))
    train = random.Random(seed).sample(data.train, len(data.train))
    return data.with_parts(train=train), data.with_parts(train=train[:-NEW])


def measure(strategy: str, seed: int) -> None:
    """Fit, let learn in each way, and keep the scores, unless there is a stored run."""
    path = file_of(strategy, seed)
    if path.is_file():
        return
    whole, old = parts(seed)
    new = whole.train[-NEW:]
    linear.REFIT = 0 if strategy == WARM else 2_000
    blank = create(strategy.partition(",")[0])
    take_synonyms(blank, whole.synonyms)
    fitted, first = timed(lambda: blank.clone().fit(old.train, dev=old.dev))
    taken = {WAYS[0]: (fitted, first)}
    taken[WAYS[1]] = timed(lambda: copy.copy(fitted).learn(new, dev=old.dev))
    with tempfile.TemporaryDirectory() as folder:
        loaded = Tagger.load(fitted.save(folder))
        try:
            taken[WAYS[2]] = timed(lambda: loaded.learn(new, dev=old.dev))
        except BadInput as error:
            print(error)
    taken[WAYS[3]] = timed(lambda: blank.clone().fit(whole.train, dev=whole.dev))
    rows = {way: {"seconds": took, "test": scores(tagger, whole)} for way, (tagger, took) in taken.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows), encoding="utf-8")
    found = ", ".join(f"{way}: {np.mean(row['test']):.3f} in {row['seconds']:.1f} s" for way, row in rows.items())
    print(f"{strategy}, seed {seed}: {found}", flush=True)


def timed(call: Callable[[], Tagger]) -> tuple[Tagger, float]:
    """Return a strategy and the CPU seconds that it took."""
    began = time.process_time()
    return call(), time.process_time() - began


def scores(tagger: Tagger, data: Dataset) -> list[float]:
    """Return the F1@M of each test product, with the default refinements chosen on dev."""
    pipeline = Pipeline.refined(tagger, data, data.dev, default_refinements(tagger))
    return np.round(f1_of_each(pipeline.predict(data.test), data.test), 5).tolist()


def file_of(strategy: str, seed: int) -> Path:
    """Return where a run is kept."""
    return FOLDER / f"{strategy.replace(', ', '-').replace(' ', '-')}-{seed}.json"


def report(seeds: Sequence[int]) -> None:
    """Write the figures of the seeds of each strategy that are there."""
    runs: dict[str, list[dict[str, Any]]] = {}
    for strategy in STRATEGIES:
        files = [path for seed in seeds if (path := file_of(strategy, seed)).is_file()]
        if files:
            runs[strategy] = [json.loads(path.read_text("utf-8")) for path in files]
    cells = [
        (strategy, way) for strategy, found in runs.items() for way in WAYS[1:3] if all(way in one for one in found)
    ]
    p = dict(zip(cells, holm([_p(runs[strategy], way) for strategy, way in cells]), strict=True))
    figures = {
        strategy: {
            "seeds": len(found),
            **{f"F1, {way}": _f1(found, way, p.get((strategy, way), 1.0)) for way in WAYS},
            **{f"CPU s, {way}": _seconds(found, way) for way in WAYS[1:]},
        }
        for strategy, found in runs.items()
    }
    note = (
        f"F1@M on test in points and CPU seconds on one thread, means over seeds; {NEW} of the catalogue's 603 train "
        "products are new; * differs from the fit on all (p < 0.05 after Holm's correction)."
    )
    write("learn", figures, rows="strategy", note=note)


def _f1(found: Sequence[dict[str, Any]], way: str, p: float) -> str:
    if any(way not in one for one in found):
        return "not possible"
    mean = 100 * np.mean([one[way]["test"] for one in found])
    return f"{mean:.1f}{'*' if p < 0.05 else ''}"


def _seconds(found: Sequence[dict[str, Any]], way: str) -> str:
    taken = [one[way]["seconds"] for one in found if way in one]
    return "" if not taken else f"{np.mean(taken):.2f}" if np.mean(taken) < 10 else f"{np.mean(taken):.0f}"


def _p(found: Sequence[dict[str, Any]], way: str) -> float:
    """Return the p-value of the difference between a way of learning and a fit on all."""
    one, other = ([_statistics(run[name]["test"]) for run in found] for name in (way, WAYS[3]))
    return multi_bootstrap_test(parse("F1@M"), one, other, paired=True)


def _statistics(values: Sequence[float]) -> NDArray[np.float64]:
    """Return what F1@M sums over products, shape (products, 2): the score and 1."""
    return np.column_stack([values, np.ones(len(values))])


def main() -> None:
    """Measure and store."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--strategies", nargs="*", default=list(STRATEGIES), choices=STRATEGIES)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--only-report", action="store_true")
    given = parser.parse_args(sys.argv[1:])
    for seed in given.seeds if not given.only_report else ():
        for strategy in given.strategies:
            measure(strategy, seed)
    report(given.seeds)


if __name__ == "__main__":
    main()
