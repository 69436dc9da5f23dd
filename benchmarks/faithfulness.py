"""How faithful the explanations of each strategy are: comprehensiveness and sufficiency of ERASER.

    python benchmarks/faithfulness.py --part dev [--data catalogue] [--only encoder,linear]
    python benchmarks/faithfulness.py --part test

Each strategy is fitted with the settings of `make compare`, seed 0, and kept in runs/faithfulness. The best tag of each
of up to 100 products drawn from the part, fewer for the strategies in `SLOW`, is explained: on dev by every method that
the strategy has, among which the default was chosen; on test by the default and at random. A removed word is replaced
by blanks, and the score is the strategy's own (`Tagger.score_of`). The figures are means over the shares of 1, 5, 10,
20 and 50 % of the words, rounded up (AOPC), with 95 % bootstrap intervals over products. p is that of a paired
randomisation test; on test, corrected by Holm over all rows. Seconds are the median of the processor's for one
explanation. What is measured is kept product by product, so that a run that was stopped goes on where it was; `--table`
measures nothing more and writes the table of what there is.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from results_file import write

from tagkit.cache import FitCache
from tagkit.creation import create, take_synonyms
from tagkit.datasets import load
from tagkit.experiment.significance import bootstrap, holm, randomisation
from tagkit.explaining import METHODS, explain
from tagkit.explaining.faithfulness import faithfulness
from tagkit.measures import Measure
from tagkit.product import Dataset, Product
from tagkit.saved import read_saved
from tagkit.tagger import Tagger
from tagkit.text.spelling import one_spelling

FOLDER = Path("runs/faithfulness")
DATA: dict[str, dict[str, Any]] = {"catalogue": {}, "oa_mine": {"dev": "tenth"}}
SETTINGS: dict[str, dict[str, Any]] = {
    "encoder": {"epochs": 1},
    "seq2seq": {"epochs": 1},
    "sequence": {"epochs": 1, "batch_size": 8, "average": 0, "level": "word"},
    "bilstm_crf": {"epochs": 5, "batch_size": 16, "learning_rate": 0.01},
    "ensemble": {"taggers": [["encoder", {"epochs": 1}], "semantic", "linear", "lexicon"]},
    "generator": {"mode": "prompted", "tokens": 16, "window": 32, "tag_precision": "auto"},
}
"""As in `make compare`."""
STRATEGIES = ("dictionary", "lexicon", "knn", "linear", "hybrid", "semantic", "ensemble", "encoder", "seq2seq")
STRATEGIES += ("sequence", "bilstm_crf", "generator", "tfidf", "kpminer", "textrank", "singlerank", "positionrank")
STRATEGIES += ("topicrank", "multipartiterank", "firstphrases", "yake")
SLOW = ("semantic", "ensemble", "encoder", "seq2seq", "sequence", "generator")
PRODUCTS, FEW = 100, 12
OWN = "own"
"""The default method of a strategy where it is none that others have."""
SAMPLES = 10_000
Row = dict[str, tuple[float, float, float]]
"""Of a product, by method: comprehensiveness, sufficiency, seconds."""


class Mean(Measure):
    """The mean over products, of rows [value, 1]."""

    def summarise(self, sums: NDArray[Any]) -> NDArray[Any]:
        """Return the means of sums, shape (..., 2)."""
        return sums[..., 0] / sums[..., 1]


def fitted(data: Dataset, name: str, strategy: str) -> Tagger:
    """Return a strategy fitted on a data set, from the folder if it is there."""
    folder = FOLDER / "models" / name / strategy
    if not folder.exists():
        tagger = create(strategy, **SETTINGS.get(strategy, {}))
        take_synonyms(tagger, data.synonyms)
        tagger.fit(data.train, dev=data.dev, cache=FitCache()).save(folder)
    return read_saved(folder, None)[0]


def methods(tagger: Tagger, product: Product, part: str) -> list[str]:
    """Return the methods to measure."""
    default = explain(tagger, product).method
    if part == "test":
        return ["random", default if default in METHODS else OWN]
    has_gradients = hasattr(tagger, "_token_scores")
    known = [name for name in METHODS if has_gradients or "gradient" not in name]
    return known if default in known else [*known, OWN]


def drawn(tagger: Tagger, products: Sequence[Product], count: int) -> Iterator[tuple[Product, str]]:
    """Yield so many products in random order, each with the best tag that it gets."""
    for at in np.random.default_rng(0).permutation(len(products)):
        if count and (tags := tagger.predict(products[at])):
            yield products[at], tags[0].text
            count -= 1


def measure(tagger: Tagger, product: Product, tag: str, names: Sequence[str]) -> Row:
    """Return what each method gives for a product."""
    rankings, seconds = [], []
    for name in names:
        start = time.process_time()
        rankings.append(explain(tagger, product, tag, None if name == OWN else name).words)
        seconds.append(time.process_time() - start)
    scores = faithfulness(product, rankings, partial(tagger.score_of, tag=tag))
    found = zip(names, scores, seconds, strict=True)
    return {name: (one.comprehensiveness, one.sufficiency, spent) for name, one, spent in found}


def add(data: Dataset, name: str, strategy: str, part: str) -> None:
    """Measure the products that were not yet, and keep each at once."""
    path = FOLDER / part / name / f"{strategy}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    count = FEW if strategy in SLOW else PRODUCTS
    if len(before) >= count:
        return
    tagger = fitted(data, name, strategy)
    names: list[str] = list(json.loads(before[0])) if before else []
    with path.open("a", encoding="utf-8") as file:
        for product, tag in islice(drawn(tagger, getattr(data, part), count), len(before), None):
            names = names or methods(tagger, product, part)
            file.write(json.dumps(measure(tagger, product, tag, names)) + "\n")
            file.flush()


def kept(part: str) -> Iterator[tuple[str, str, dict[str, NDArray[Any]]]]:
    """Yield data set, strategy and figures by method of all that was measured."""
    for name in DATA:
        for strategy in STRATEGIES:
            path = FOLDER / part / name / f"{strategy}.jsonl"
            if path.exists() and (rows := [*map(json.loads, path.read_text(encoding="utf-8").splitlines())]):
                yield name, strategy, {method: np.array([row[method] for row in rows]) for method in rows[0]}


def p_value(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Return the p-value of the difference between the means of two methods for the same products."""
    return randomisation(Mean(), _with_ones(one), _with_ones(other), samples=SAMPLES)


def with_interval(values: NDArray[Any]) -> str:
    """Return a mean with its interval."""
    ends = bootstrap(Mean(), _with_ones(values), samples=SAMPLES)
    mean, low, high = (round(end, 2) + 0.0 for end in ends)  # -0.00 is 0
    return f"{mean:.2f} ({low:.2f} to {high:.2f})"


def _with_ones(values: NDArray[Any]) -> NDArray[Any]:
    return np.column_stack([values, np.ones(len(values))])


def _p(value: float) -> str:
    return f"{value:.4f}" if value >= 0.001 else "<0.001"


def of_dev() -> dict[str, dict[str, Any]]:
    """Return the table of all methods: how good each is, against random and against occlusion."""
    figures = {}
    for name, strategy, found in kept("dev"):
        for method, rows in found.items():
            row: dict[str, Any] = {"products": len(rows)}
            for at, title in enumerate(("comprehensiveness", "sufficiency")):
                row[title] = with_interval(rows[:, at])
                if method != "random":
                    row[f"p of {title} against random"] = _p(p_value(rows[:, at], found["random"][:, at]))
            if method not in ("random", "occlusion"):
                one, other = (both[:, 0] - both[:, 1] for both in (rows, found["occlusion"]))
                row["difference of both from occlusion"] = f"{(one - other).mean():+.3f}"
                row["its p"] = _p(p_value(one, other))
            figures[f"{name}: {strategy}, {method}"] = row | {"CPU seconds": f"{np.median(rows[:, 2]):.2f}"}
    return figures


def of_test() -> dict[str, dict[str, Any]]:
    """Return the table of the defaults against random."""
    figures, p_values = {}, []
    for name, strategy, found in kept("test"):
        method = next(one for one in found if one != "random")
        row: dict[str, Any] = {"default": method, "products": len(found[method])}
        for at, title in enumerate(("comprehensiveness", "sufficiency")):
            row[title] = with_interval(found[method][:, at])
            row[f"random {title}"] = f"{found['random'][:, at].mean():.2f}"
            p_values.append(p_value(found[method][:, at], found["random"][:, at]))
            row[f"p of {title}"] = None
        figures[f"{name}: {strategy}"] = row | {"CPU seconds": f"{np.median(found[method][:, 2]):.2f}"}
    corrected = iter(holm(p_values))
    for row in figures.values():
        row |= {key: _p(next(corrected)) for key in row if key.startswith("p of")}
    return figures


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("dev", "test"), default="dev")
    parser.add_argument("--data", default=",".join(DATA))
    parser.add_argument("--only", default=",".join(STRATEGIES))
    parser.add_argument("--table", action="store_true")
    given = parser.parse_args()
    for name in () if given.table else given.data.split(","):
        data = one_spelling(load(name, **DATA[name]))
        for strategy in given.only.split(","):
            add(data, name, strategy, given.part)
    is_test = given.part == "test"
    note = f"Products of {given.part}; the higher the comprehensiveness and the lower the sufficiency, the better."
    write("faithfulness" if is_test else "faithfulness_dev", of_test() if is_test else of_dev(), note=note)


if __name__ == "__main__":
    main()
