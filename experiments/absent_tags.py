"""Tags that do not stand in the text: `seq2seq` against every strategy without an encoder, at equal list length.

    python experiments/absent_tags.py openbg|catalogue [--seeds 0 1 2] [--lengths 6 10]
    python experiments/absent_tags.py openbg|catalogue --folds 5

Every strategy's list is cut after as many tags, without a threshold, and the share of the gold tags absent from the
text that stand in it is averaged over the products that have some (`R(tags=absent)@k`). Each seed of `seq2seq`, and the
mean of all seeds' scores, is tested against each of the others on the same products (paired randomisation), with Holm's
correction over all tests of a list length. What is chosen is chosen on dev; test is scored once. With `--folds` train
and dev are cut into so many folds, each is tagged by what learnt from the others (seed 0 alone), and the answers on all
of them are tested at once; the test part is not touched. The rows go to `experiments/results/absent_NAME.json`
(`absent_NAME_folds.json`).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tagkit import load_data
from tagkit.experiment.significance import bootstrap, holm, randomisation
from tagkit.measures import Run, parse_all
from tagkit.product import Dataset, Product, Tags
from tagkit.tagger import take_synonyms
from tagkit.taggers import create
from tagkit.taggers.ensemble import Ensemble

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from _folds import folds
from results_file import machine

CLASSIC = ("lexicon", "knn", "linear", "hybrid")
SAMPLES = 10_000


def main() -> None:
    """Fit all, print the figures and the tests."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["openbg", "catalogue"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--lengths", type=int, nargs="+", default=[6, 10])
    parser.add_argument("--folds", type=int, default=0)
    options = parser.parse_args()
    data = load_data(options.name)
    lengths = f"--lengths {' '.join(map(str, options.lengths))}"
    if options.folds:
        arguments, name = f"--folds {options.folds}", f"absent_{options.name}_folds"
        lists: dict[str, Tags] = {}
        products: list[Product] = []
        for part in folds(data, options.folds):
            products += part.test
            for strategy, rows in tagged(part, [0]).items():
                lists.setdefault(strategy, []).extend(rows)
    else:
        arguments, name = f"--seeds {' '.join(map(str, options.seeds))}", f"absent_{options.name}"
        lists, products = tagged(data, options.seeds), list(data.test)
    rows = [row for length in options.lengths for row in judged(lists, products, length)]
    for row in rows:
        print(json.dumps(row))
    command = f"python experiments/absent_tags.py {options.name} {arguments} {lengths}"
    body = {"command": command, "machine": machine(), "data digest": data.digest, "rows": rows}
    out = Path(__file__).parent / "results" / f"{name}.json"
    out.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def tagged(data: Dataset, seeds: Sequence[int]) -> dict[str, Tags]:
    """Fit all strategies on train and dev; return their lists for test."""
    made: dict[str, Any] = {name: create(name) for name in CLASSIC}
    names = [f"seq2seq, seed {seed}" for seed in seeds]
    made |= {name: create("seq2seq", seed=seed) for name, seed in zip(names, seeds, strict=True)}
    for tagger in made.values():
        take_synonyms(tagger, data.synonyms)
    lists = {name: tagger.fit(data.train, dev=data.dev).predict(data.test) for name, tagger in made.items()}
    if len(seeds) > 1:
        everything = Ensemble.from_fitted([made[name] for name in names])
        lists["seq2seq, mean of the seeds"] = everything.predict(data.test)
    return lists


def judged(lists: dict[str, Tags], products: Sequence[Product], length: int) -> list[dict[str, Any]]:
    """Return each strategy's figure at a list length, and the tests of `seq2seq` against the others."""
    rows: list[dict[str, Any]] = []
    (measure,) = parse_all([f"R(tags=absent)@{length}"])
    found = {name: measure.statistics(Run(tags, products=products)) for name, tags in lists.items()}
    for name, statistics in found.items():
        value, low, high = (round(figure, 4) for figure in bootstrap(measure, statistics, samples=SAMPLES))
        rows.append({"measure": str(measure), "strategy": name, "figure": value, "from": low, "to": high})
    pairs = [(ours, theirs) for ours in found if ours.startswith("seq2seq") for theirs in CLASSIC]
    raw = [randomisation(measure, found[theirs], found[ours], samples=SAMPLES) for ours, theirs in pairs]
    for (ours, theirs), p, corrected in zip(pairs, raw, holm(raw), strict=True):
        row = {"measure": str(measure), "strategy": ours, "against": theirs}
        rows.append(row | {"p": round(p, 5), "p after Holm": round(corrected, 5)})
    return rows


if __name__ == "__main__":
    main()
