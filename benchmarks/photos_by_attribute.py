"""What a photo adds to the words, attribute by attribute: the photographed rows of implicit_ave in five folds.

    python benchmarks/photos_by_attribute.py

The rows, folds and settings are those of the experiment `implicit_ave_photos` over all domains: each title is asked for
one attribute, and the first tag is the answer. Every attribute of a domain is scored by itself (share of right answers,
%), and words and photo are tested against words alone by the paired multi-bootstrap test over products and folds, with
Holm's correction over the attributes that were named before anything was measured (`VISIBLE`), and by itself over the
others. Colour was named too, but no row of the data set asks for one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from results_file import write

from tagkit.experiment.load import load_experiment
from tagkit.experiment.run import run
from tagkit.experiment.significance import holm, multi_bootstrap_test
from tagkit.measures import parse_all

ROWS = {"words": "words: linear", "photo": "photo: image_linear", "both": "words and photo"}
VISIBLE = ("Pattern", "Neckline", "Sleeve Style", "Shape")
FILE = Path(__file__).parents[1] / "experiments" / "implicit_ave_photos.yaml"


def main() -> None:
    """Run the experiment's rows, score and test each attribute."""
    measure = parse_all(["P@1"])[0]
    experiment = replace(load_experiment(FILE), measures=(measure,))
    result = run(experiment, only=list(ROWS.values()))
    products = result.products()
    folds = np.repeat([run.fold for run in result.rows[ROWS["words"]].runs], [*_sizes(result)])
    statistics = {name: np.asarray(measure.statistics(result.run(row))) for name, row in ROWS.items()}
    groups: dict[tuple[bool, str], list[int]] = defaultdict(list)
    for at, product in enumerate(products):
        domain, attribute = product.category.partition("/")[0], product.annotations[0].type or ""
        named = attribute in VISIBLE
        groups[named, f"{domain}: {attribute}"].append(at)
        groups[named, "all that were named" if named else "all others"].append(at)
    figures: dict[str, dict[str, Any]] = {}
    for named in (True, False):
        chosen = sorted((name, at) for (is_named, name), at in groups.items() if is_named == named)
        single = [(name, at) for name, at in chosen if not name.startswith("all ")]
        p_values = [_p(measure, statistics, folds, at) for _, at in single]
        for (name, at), p in zip(single, holm(p_values), strict=True):
            figures[name] = _figures(measure, statistics, at) | {"p, Holm": round(p, 3)}
        name, at = next(pair for pair in chosen if pair[0].startswith("all "))
        figures[name] = _figures(measure, statistics, at) | {"p, Holm": round(_p(measure, statistics, folds, at), 3)}
    note = (
        "Share of right answers in %; better and worse: answers that the photo put right and wrong. "
        "p is rounded: 0.0 is less than 0.0005."
    )
    write("photos_by_attribute", figures, rows="domain: attribute", note=note)


def _sizes(result: Any) -> list[int]:
    return [run.n_products for run in result.rows[ROWS["words"]].runs]


def _p(measure: Any, statistics: dict[str, Any], folds: Any, at: list[int]) -> float:
    words, both = statistics["words"][at], statistics["both"][at]
    return multi_bootstrap_test(measure, [words], [both], folds[at].tolist(), paired=True, samples=10_000)


def _figures(measure: Any, statistics: dict[str, Any], at: list[int]) -> dict[str, Any]:
    """Return the scores of some products."""
    right = {name: statistics[name][at] for name in ROWS}
    scores = {name: round(100 * float(measure.summarise(rows.sum(axis=0))), 1) for name, rows in right.items()}
    difference = right["both"][:, 0] - right["words"][:, 0]
    changed = {"better": int((difference > 0).sum()), "worse": int((difference < 0).sum())}
    return {"products": len(at), **scores, **changed}


if __name__ == "__main__":
    main()
