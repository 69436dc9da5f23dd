"""Tags that mostly do not stand in the text: strategies with and without pre-trained encoders, paired tests.

    python experiments/inferred_tags.py openbg|catalogue [--seeds 0 1 2]
    python experiments/inferred_tags.py openbg|catalogue --folds 5

Thresholds, calibration and fusion are chosen on dev; test is scored once. The baseline is `hybrid` as it is (lexicon,
neighbours, linear), the best strategy without an encoder. "encoder, surface alone" is what `encoder` knows before its
network is tuned, so the rows below it show what the network adds. Of the combinations, some are `hybrid` over more
members, and "hybrid and encoder" is the mean of the two's scores.

A test part of some hundred products cannot tell strategies apart that differ by a point. With `--folds` train and dev
are cut into so many folds by hash of the id; each fold in turn is tagged by what learnt from the others (one tenth of
them is dev), and the answers on all of them are compared at once; the test part is not touched. `PLANNED` is tested
against the baseline there, with Holm's correction over these tests.

The table goes to `experiments/results/inferred_NAME.md` (`inferred_NAME_folds.md`), all figures to the JSON file beside
it.
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
from scipy.special import expit

from tagkit import load_data, report
from tagkit.experiment.compare import REFINE
from tagkit.experiment.result import Comparison, StrategyResult
from tagkit.experiment.significance import holm, randomisation
from tagkit.measures import parse_all
from tagkit.product import Dataset, Product, Tag, Tags
from tagkit.refine import Chain
from tagkit.tagger import State, ranked, take_synonyms
from tagkit.taggers import Tagger, create
from tagkit.taggers.ensemble import Ensemble
from tagkit.taggers.hybrid import Hybrid

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from _folds import folds
from results_file import machine

CLASSIC = ["lexicon", "knn", "linear"]
MEASURES = ["micro-F1", "nDCG@5", "F1@M", "R(tags=absent)@10", "macro-F1", "ECE"]
EPOCHS = 4
BASELINE = "hybrid"
PLANNED = ("encoder, seed 0", "hybrid and encoder")
SAMPLES = 10_000


class Surface(Tagger):
    """What an encoder knows of a product before its network is tuned."""

    name = "surface"

    def __init__(self, encoder: Any = None) -> None:
        self.encoder = encoder
        self.fitted_ = True

    def _fit(self, train: Sequence[Product], dev: Sequence[Product]) -> None:
        raise NotImplementedError

    def _tag(self, products: Sequence[Product]) -> Tags:
        rows = np.round(expit(self.encoder._features.transform(products).astype(float)), 6)
        return [ranked(zip(self.encoder.tags_, row.tolist(), strict=True), self.name, 20) for row in rows]

    def _state(self) -> State:
        raise NotImplementedError

    def _restore(self, state: State) -> None:
        raise NotImplementedError


def main() -> None:
    """Run the comparison on one data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["openbg", "catalogue"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folds", type=int, default=0)
    options = parser.parse_args()
    data = load_data(options.name)
    if options.folds:
        command = f"python experiments/inferred_tags.py {options.name} --folds {options.folds}"
        result, planned = by_folds(data, options.folds)
        write(f"inferred_{options.name}_folds", command, result, planned)
    else:
        made, seconds = fitted(data, options.seeds)
        results = tuple(judged(name, tagger, data, seconds.get(name, 0.0)) for name, tagger in made.items())
        command = f"python experiments/inferred_tags.py {options.name} --seeds {' '.join(map(str, options.seeds))}"
        write(f"inferred_{options.name}", command, compared(data, results), [])


def fitted(data: Dataset, seeds: Sequence[int]) -> tuple[dict[str, Tagger], dict[str, float]]:
    """Return all strategies, fitted on train and dev, by name, and how many seconds those took that train anything."""
    made: dict[str, Tagger] = {BASELINE: create("hybrid")}
    made |= {name: create(name) for name in [*CLASSIC, "semantic"]}
    names = [f"encoder, seed {seed}" for seed in seeds]
    made |= {name: create("encoder", epochs=EPOCHS, seed=seed) for name, seed in zip(names, seeds, strict=True)}
    seconds = {}
    for name, tagger in made.items():
        take_synonyms(tagger, data.synonyms)
        start = time.perf_counter()
        tagger.fit(data.train, dev=data.dev)
        seconds[name] = time.perf_counter() - start
        remember(tagger, data)
    encoders = [made[name] for name in names]
    made["encoder, surface alone"] = Surface(encoders[0])
    classic = [made[name] for name in CLASSIC]
    fuse = Hybrid.from_fitted
    made["hybrid+semantic"] = fuse([*classic, made["semantic"]], data.train, data.dev)
    made["hybrid+semantic+encoder"] = fuse([*classic, made["semantic"], encoders[0]], data.train, data.dev)
    made["hybrid and encoder"] = Ensemble.from_fitted([made[BASELINE], encoders[0]])
    if len(encoders) > 1:
        made["encoder, mean of the seeds"] = Ensemble.from_fitted(encoders)
        made["hybrid and encoders"] = Ensemble.from_fitted([made[BASELINE], made["encoder, mean of the seeds"]])
    return made, seconds


def by_folds(data: Dataset, count: int) -> tuple[Comparison, list[dict[str, Any]]]:
    """Tag train and dev fold by fold; return the comparison and the planned tests."""
    pool = (*data.train, *data.dev)
    refined: dict[str, dict[str, list[Tag]]] = {}
    uncut: dict[str, dict[str, list[Tag]]] = {}
    for part in folds(data, count):
        for name, tagger in fitted(part, [0])[0].items():
            for into, steps in ((refined, REFINE), (uncut, ())):
                rows = zip(part.test, judged(name, tagger, part, 0.0, steps).tags, strict=True)
                into.setdefault(name, {}).update({product.id: row for product, row in rows})
    whole = replace(data, train=(), dev=(), test=pool)

    def gathered(lists: dict[str, dict[str, list[Tag]]]) -> Comparison:
        rows = {name: [found[product.id] for product in pool] for name, found in lists.items()}
        return compared(whole, tuple(StrategyResult(name, {}, tags, 0.0, 0.0) for name, tags in rows.items()))

    result = gathered(refined)
    tests: list[dict[str, Any]] = []
    for lists, of, measure in ((result, "lists cut by thresholds", "micro-F1"), (gathered(uncut), "uncut", "nDCG@5")):
        for name in PLANNED:
            (parsed,) = parse_all([measure])
            base, other = (parsed.statistics(lists.run(who)) for who in (BASELINE, name))
            figures = {
                who: round(float(parsed.summarise(rows.sum(0))), 4) for who, rows in ((BASELINE, base), (name, other))
            }
            p = randomisation(parsed, base, other, samples=SAMPLES)
            tests.append({"measure": measure, "lists": of, "strategy": name, **figures, "p": p})
    for test, p in zip(tests, holm([float(test["p"]) for test in tests]), strict=True):
        test["p after Holm"] = round(p, 5)
    return result, tests


def compared(data: Dataset, results: tuple[StrategyResult, ...]) -> Comparison:
    """Measure all strategies beside the baseline."""
    return Comparison(data, results, tuple(parse_all(MEASURES)), BASELINE, samples=SAMPLES)


def write(name: str, command: str, result: Comparison, planned: list[dict[str, Any]]) -> None:
    """Write the table and all figures, and print the table."""
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    tests = "".join(f"\n- {json.dumps(test, ensure_ascii=False)}" for test in planned)
    shown = result.to_result()
    table = f"{report.to_markdown(shown)}{f'{chr(10)}Planned tests:{chr(10)}{tests}{chr(10)}' if planned else ''}"
    (folder / f"{name}.md").write_text(f"`{command}`\n\n{table}", encoding="utf-8")
    body = {"command": command, "machine": machine(), "planned tests": planned, **shown.to_json()}
    text = json.dumps(body, ensure_ascii=False, indent=1, default=repr) + "\n"
    (folder / f"{name}.json").write_text(text, encoding="utf-8")
    print(report.terminal(shown))
    print(tests)


def remember(tagger: Tagger, data: Dataset) -> None:
    """Have a fitted strategy tag dev and test once, however many combinations ask."""
    both = [*data.dev, *data.test]
    known = {product.id: row for product, row in zip(both, tagger.predict(both), strict=True)}
    tagger.predict = lambda products: [known[product.id] for product in products]  # type: ignore[method-assign]


def judged(name: str, tagger: Tagger, data: Dataset, seconds: float, steps: Sequence[str] = REFINE) -> StrategyResult:
    """Choose thresholds on dev and tag test; a combination's seconds of fitting are those of its members' rows.

    The speed of tagging is not measured: what is tagged is remembered (see `remember`).
    """
    chain = Chain(steps)
    if steps:
        chain.fit(tagger.predict(data.dev), data.dev)
    tags = chain(tagger.predict(data.test), data.test)
    params = {} if isinstance(tagger, Surface) else tagger.get_params()
    return StrategyResult(name, params, tags, seconds, 0.0, refine=tuple(repr(step) for step in chain.steps))


if __name__ == "__main__":
    main()
