"""Tags that do not stand in the text: `seq2seq` against every strategy without an encoder, at equal list length.

    python experiments/absent_tags.py openbg|catalogue [--seeds 0 1 2] [--lengths 6 10]

Every strategy's list is cut after as many tags, without a threshold, and the share of the gold tags absent from the
text that stand in it is averaged over the products that have some (`R(tags=absent)@k`). Each seed of `seq2seq`, and the
mean of all seeds' scores, is tested against each of the others on the same products (paired randomisation), with Holm's
correction over all tests of a list length. What is chosen is chosen on dev; test is scored once. The rows go to
`experiments/results/absent_NAME.json`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tagkit import load_data
from tagkit.measures import Run, parse_all
from tagkit.significance import bootstrap, holm, randomisation
from tagkit.taggers import create
from tagkit.taggers.base import take_synonyms

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from _report import machine

CLASSIC = ("lexicon", "knn", "linear", "hybrid")
SAMPLES = 10_000


def main() -> None:
    """Fit all, print the figures and the tests."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["openbg", "catalogue"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--lengths", type=int, nargs="+", default=[6, 10])
    options = parser.parse_args()
    data = load_data(options.name)
    made: dict[str, Any] = {}
    for name in CLASSIC:
        made[name] = create(name)
        take_synonyms(made[name], data.synonyms)
    names = [f"seq2seq, seed {seed}" for seed in options.seeds]
    made |= {name: create("seq2seq", seed=seed) for name, seed in zip(names, options.seeds, strict=True)}
    lists = {}
    for name, tagger in made.items():
        lists[name] = tagger.fit(data.train, dev=data.dev).predict(data.test)
    everything = create("ensemble").of([made[name] for name in names])
    lists["seq2seq, mean of the seeds"] = everything.predict(data.test)
    rows: list[dict[str, Any]] = []
    for length in options.lengths:
        (measure,) = parse_all([f"R(tags=absent)@{length}"])
        found = {name: measure.statistics(Run(tags, products=data.test)) for name, tags in lists.items()}
        for name, statistics in found.items():
            value, low, high = (round(figure, 4) for figure in bootstrap(measure, statistics, samples=SAMPLES))
            rows.append({"measure": str(measure), "strategy": name, "figure": value, "from": low, "to": high})
        pairs = [(ours, theirs) for ours in found if ours.startswith("seq2seq") for theirs in CLASSIC]
        raw = [randomisation(measure, found[theirs], found[ours], samples=SAMPLES) for ours, theirs in pairs]
        for (ours, theirs), p, corrected in zip(pairs, raw, holm(raw), strict=True):
            row = {"measure": str(measure), "strategy": ours, "against": theirs}
            rows.append(row | {"p": round(p, 5), "p after Holm": round(corrected, 5)})
    for row in rows:
        print(json.dumps(row))
    command = f"python experiments/absent_tags.py {options.name} --seeds {' '.join(map(str, options.seeds))}"
    lengths = " ".join(map(str, options.lengths))
    body = {"command": f"{command} --lengths {lengths}", "machine": machine(), "data digest": data.digest, "rows": rows}
    out = Path(__file__).parent / "results" / f"absent_{options.name}.json"
    out.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
