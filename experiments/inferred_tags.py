"""Tags that mostly do not stand in the text: strategies with and without pre-trained encoders, paired tests.

    python experiments/inferred_tags.py openbg|catalogue [--seeds 0 1 2]

Thresholds, calibration and fusion are chosen on dev; test is scored once. The baseline is `hybrid` as it is (lexicon,
neighbours, linear), the best strategy without an encoder. "encoder, surface alone" is what `encoder` knows before its
network is tuned, so the rows below it show what the network adds. The combinations are `hybrid` over more members; the
last has the mean of all seeds' encoders in it. The table goes to `experiments/results/inferred_NAME.md`, all figures to
the JSON file beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit

from tagkit import load_data, report
from tagkit.comparison import REFINE
from tagkit.measures import parse_all
from tagkit.product import Dataset, Product, Tags
from tagkit.refine import Chain
from tagkit.results import Comparison, StrategyResult
from tagkit.taggers import Tagger, create
from tagkit.taggers.base import State, ranked

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from _report import machine

CLASSIC = ["lexicon", "knn", "linear"]
MEASURES = ["micro-F1", "nDCG@5", "F1@M", "R(tags=absent)@10", "macro-F1", "ECE"]
EPOCHS = 4


class Surface(Tagger):
    """What an encoder knows of a product before its network is tuned."""

    name = "surface"

    def __init__(self, encoder: Any = None) -> None:
        self.encoder = encoder
        self.fitted_ = True

    def _fit(self, train: Sequence[Product], dev: Sequence[Product]) -> None:
        raise NotImplementedError

    def _tag(self, products: Sequence[Product]) -> Tags:
        rows = np.round(expit(self.encoder._evidence.read(products, self.encoder._vectors(products)).astype(float)), 6)
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
    options = parser.parse_args()
    data = load_data(options.name)
    synonyms = {tag: list(forms) for tag, forms in data.synonyms.items()}
    made: dict[str, Tagger] = {"hybrid": create("hybrid", synonyms=synonyms)}
    made |= {name: create(name) for name in [*CLASSIC, "semantic"]}
    made["lexicon"].set_params(synonyms=synonyms)
    made |= {f"encoder, seed {seed}": create("encoder", epochs=EPOCHS, seed=seed) for seed in options.seeds}
    seconds = {}
    for name, tagger in made.items():
        start = time.perf_counter()
        tagger.fit(data.train, dev=data.dev)
        seconds[name] = time.perf_counter() - start
        remember(tagger, data)
    encoders = [made[f"encoder, seed {seed}"] for seed in options.seeds]
    mean = create("ensemble").of(encoders)
    made["encoder, surface alone"] = Surface(encoders[0])
    made["encoder, mean of the seeds"] = mean
    classic = [made[name] for name in CLASSIC]
    fuse = create("hybrid").of
    made["hybrid+semantic"] = fuse([*classic, made["semantic"]], data.train, data.dev)
    made["hybrid+semantic+encoder, seed 0"] = fuse([*classic, made["semantic"], encoders[0]], data.train, data.dev)
    made["hybrid+semantic+encoders"] = fuse([*classic, made["semantic"], mean], data.train, data.dev)
    results = tuple(judged(name, tagger, data, seconds.get(name, 0.0)) for name, tagger in made.items())
    result = Comparison(data, results, tuple(parse_all(MEASURES)), "hybrid", samples=10_000)
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    command = f"python experiments/inferred_tags.py {options.name} --seeds {' '.join(map(str, options.seeds))}"
    (folder / f"inferred_{options.name}.md").write_text(
        f"`{command}`\n\n{report.to_markdown(result)}", encoding="utf-8"
    )
    body = {"command": command, "machine": machine(), **report.to_dict(result)}
    text = json.dumps(body, ensure_ascii=False, indent=1, default=repr) + "\n"
    (folder / f"inferred_{options.name}.json").write_text(text, encoding="utf-8")
    print(report.leaderboard(result))


def remember(tagger: Tagger, data: Dataset) -> None:
    """Have a fitted strategy tag dev and test once, however many combinations ask."""
    both = [*data.dev, *data.test]
    known = {product.id: row for product, row in zip(both, tagger.predict(both), strict=True)}
    tagger.predict = lambda products: [known[product.id] for product in products]  # type: ignore[method-assign]


def judged(name: str, tagger: Tagger, data: Dataset, seconds: float) -> StrategyResult:
    """Choose thresholds on dev and tag test; a combination's seconds of fitting are those of its members' rows."""
    chain = Chain(REFINE)
    chain.fit(tagger.predict(data.dev), data.dev)
    start = time.perf_counter()
    tags = chain(tagger.predict(data.test), data.test)
    taken = time.perf_counter() - start
    params = {} if isinstance(tagger, Surface) else tagger.get_params()
    return StrategyResult(name, params, tags, seconds, taken, refine=tuple(repr(step) for step in chain.steps))


if __name__ == "__main__":
    main()
