"""How faithful the explanations of each strategy are: comprehensiveness and sufficiency of ERASER.

    python benchmarks/faithfulness.py --models FOLDER [--part dev] [--products 30] [--data catalogue] [--only encoder]

FOLDER/DATA/STRATEGY holds a fitted strategy for each data set. For the first so many products of the part with a tag,
the best tag of each is explained by every method that the strategy has; a removed word is replaced by blanks, and the
score is the strategy's own (`Tagger.score_of`). AOPC is the mean over the bins of 1, 5, 10, 20 and 50 % of the words,
rounded up. Intervals are percentiles of 2,000 bootstrap samples of products; p is that of a paired randomisation test
of the difference from random or occlusion with 2,000 random exchanges. Seconds are those of the processor for an
explanation.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from results_file import write

from tagkit.datasets import load
from tagkit.explaining import METHODS, explain
from tagkit.explaining.faithfulness import faithfulness
from tagkit.product import Dataset
from tagkit.saved import read_saved
from tagkit.tagger import Tagger

DATA: dict[str, dict[str, Any]] = {"catalogue": {}, "oa_mine": {"dev": "tenth"}}
SAMPLES = 2000


def methods(tagger: Tagger) -> list[str | None]:
    """Return the methods that a strategy has; None is its own, where that is none of the others."""
    has_gradients = hasattr(tagger, "_token_scores")
    known = [name for name in METHODS if has_gradients or "gradient" not in name]
    return known if has_gradients else [*known, None]


def measure(tagger: Tagger, data: Dataset, part: str, count: int) -> dict[str, Any]:
    """Return the figures of each method of a strategy."""
    names = methods(tagger)
    found: dict[str | None, list[tuple[float, float]]] = {name: [] for name in names}
    seconds: dict[str | None, list[float]] = {name: [] for name in names}
    for product in getattr(data, part):
        if len(found[names[0]]) == count:
            break
        tags = tagger.predict([product])[0]
        if not tags:
            continue
        rankings = []
        for name in names:
            start = time.process_time()
            rankings.append(explain(tagger, product, tags[0].text, method=name).words)
            seconds[name].append(time.process_time() - start)
        for name, one in zip(
            names, faithfulness(product, rankings, partial(tagger.score_of, tag=tags[0].text)), strict=True
        ):
            found[name].append((one.comprehensiveness, one.sufficiency))
    table = {name: np.array(rows) for name, rows in found.items()}
    return {name or "own": _figures(table, name, seconds[name]) for name in names}


def _figures(table: dict[str | None, Any], name: str | None, seconds: list[float]) -> dict[str, Any]:
    rows = table[name]
    out: dict[str, Any] = {"products": len(rows)}
    for column, title in enumerate(("comprehensiveness", "sufficiency")):
        draws = np.random.default_rng(0).integers(0, len(rows), (SAMPLES, len(rows)))
        low, high = np.percentile(rows[draws, column].mean(1), [2.5, 97.5])
        out[title] = [round(float(value), 4) for value in (rows[:, column].mean(), low, high)]
        for other in ("random", "occlusion"):
            if other != name:
                out[f"p of {title} against {other}"] = _p(rows[:, column] - table[other][:, column])
    return out | {"CPU seconds": round(float(np.median(seconds)), 3)}


def _p(differences: Any) -> float:
    """Return the two-sided p-value of a paired randomisation test."""
    signs = np.random.default_rng(0).choice((-1, 1), (SAMPLES, len(differences)))
    as_large = np.abs((signs * differences).mean(1)) >= abs(differences.mean()) - 1e-12
    return round(float((1 + as_large.sum()) / (1 + SAMPLES)), 4)


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--part", choices=("dev", "test"), default="dev")
    parser.add_argument("--products", type=int, default=30)
    parser.add_argument("--data", nargs="*", default=list(DATA))
    parser.add_argument("--only", nargs="*")
    given = parser.parse_args()
    figures: dict[str, Any] = {}
    for name in given.data:
        data = load(name, **DATA[name])
        folders = {path.name: path for path in sorted((given.models / name).iterdir())}
        for strategy in given.only or folders:
            tagger = read_saved(folders[strategy], None)[0]
            figures[f"{name}, {strategy}"] = measure(tagger, data, given.part, given.products)
            print(name, strategy, figures[f"{name}, {strategy}"], flush=True)
    write("faithfulness", figures, note=f"{given.products} products of {given.part}")


if __name__ == "__main__":
    main()
