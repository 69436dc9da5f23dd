"""Figures of the strategies with pre-trained encoders: several seeds, their average, test scored once per model.

    python experiments/encoders.py NAME [--seeds 0 1 2]      # NAME: oa_mine, oa_mine_20, dsner_ec, taobao_dedup

Parameters were chosen on dev (OA-Mine: a tenth of train, by hash of the title; then all of train is learnt from). One
line is printed per model, then mean and spread (standard deviation) over seeds, then the average of all models
(strategy `ensemble`, level characters); the same goes to `experiments/results/NAME.json`. Models under "also" are
trained once and take part in the last average only. Where there are "unlabelled" products, the average of the models
labels their texts, and students learn from train and these together (self-training), one for each seed.

Source: self-training: Yarowsky, Unsupervised Word Sense Disambiguation Rivaling Supervised Methods (ACL 1995).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from tagkit.datasets import load
from tagkit.measures import Run, parse_all
from tagkit.product import Dataset, Product, Tags
from tagkit.taggers import Tagger, create
from tagkit.taggers.ensemble import Ensemble

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from results_file import machine

OA_MINE: dict[str, Any] = {"epochs": 15, "average": 0.995, "augment": 0.3}
CHINESE: dict[str, Any] = {"model": "e5-small", "average": 0.99, "learning_rate": 2e-4, "freeze": False}
EXPERIMENTS: dict[str, dict[str, Any]] = {
    "oa_mine": {
        "data": ("oa_mine", {}),
        "models": [("minilm-l6", "sequence", OA_MINE | {"model": "minilm-l6"})],
        "also": [("e5-small", "sequence", OA_MINE | {"model": "e5-small", "learning_rate": 3e-4})],
        "measures": ["attribute-F1", "attribute-P", "attribute-R"],
    },
    "oa_mine_20": {
        "data": ("oa_mine", {"train": "0.2"}),
        "models": [("minilm-l6", "sequence", OA_MINE | {"model": "minilm-l6", "epochs": 40})],
        "also": [],
        "measures": ["attribute-F1", "attribute-P", "attribute-R"],
    },
    "dsner_ec": {
        "data": ("dsner_ec", {}),
        "models": [("e5-small", "sequence", CHINESE | {"epochs": 20, "augment": 0.5})],
        "also": [],
        # The sentences that were labelled by dictionary: their texts alone are read.
        "unlabelled": ("dsner_ec", {"distant": "ds_pa"}),
        "students": [("e5-small, self-trained", "sequence", CHINESE | {"epochs": 6, "augment": 0.3})],
        "measures": ["entity-F1", "entity-P", "entity-R"],
    },
    "taobao_dedup": {
        "data": ("taobao_ner", {"split": "dedup"}),
        "models": [("e5-small", "sequence", CHINESE | {"epochs": 2})],
        "also": [],
        "measures": ["F1@M", "entity-F1"],
    },
}


def main() -> None:
    """Run one experiment."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=EXPERIMENTS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    what = EXPERIMENTS[options.name]
    data = load(what["data"][0], **what["data"][1])
    rows: list[dict[str, Any]] = []
    fitted: list[Tagger] = []

    def report(row: dict[str, Any]) -> None:
        rows.append(row)
        print(json.dumps(row), flush=True)

    def fit(label: str, strategy: str, params: dict[str, Any], seeds: list[int], train: tuple[Product, ...]) -> None:
        group = []
        for seed in seeds:
            tagger = create(strategy, **params, seed=seed)
            start = time.perf_counter()
            tagger.fit(train, dev=data.dev)
            seconds = time.perf_counter() - start
            fitted.append(tagger)
            group.append(scores(tagger.predict(data.test), data, what["measures"]))
            report({"model": label, "seed": seed, "fit s": round(seconds), **group[-1]})
        report({"model": label, "seeds": len(group), "params": params, **mean_and_spread(group)})
        if len(fitted) > 1:
            found = scores(Ensemble.from_fitted(fitted).predict(data.test), data, what["measures"])
            report({"model": f"average of all {len(fitted)} models so far", **found})

    for model in what["models"]:
        fit(*model, options.seeds, data.train)
    for model in what["also"]:
        fit(*model, options.seeds[:1], data.train)
    if "unlabelled" in what:
        more = labelled(Ensemble.from_fitted(fitted), data, load(what["unlabelled"][0], **what["unlabelled"][1]))
        report({"texts labelled by the average": len(more)})
        for model in what["students"]:
            fit(*model, options.seeds, (*data.train, *more))
    out = Path(__file__).parent / "results" / f"{options.name}.json"
    out.parent.mkdir(exist_ok=True)
    command = f"python experiments/encoders.py {options.name} --seeds {' '.join(map(str, options.seeds))}"
    body = {"command": command, "data digest": data.digest, "machine": machine(), "rows": rows}
    out.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def labelled(teacher: Tagger, data: Dataset, more: Dataset) -> tuple[Product, ...]:
    """Return the products of a larger train part that stand in no part of the data, with the teacher's tags."""
    known = {product.text for part in (data.train, data.dev, data.test) for product in part}
    fresh = [product for product in more.train if product.text not in known]
    rows = zip(fresh, teacher.predict(fresh), strict=True)
    return tuple(replace(p, annotations=tuple(row), tags=tuple({tag.text: 0 for tag in row})) for p, row in rows)


def scores(found: Tags, data: Dataset, measures: list[str]) -> dict[str, float]:
    """Return the measures on test, in percent."""
    products: tuple[Product, ...] = data.test
    run = Run(found, products=products)
    parsed = parse_all(measures)
    return {str(m): round(100 * float(m.summarise(m.statistics(run).sum(0))), 2) for m in parsed}


def mean_and_spread(group: list[dict[str, float]]) -> dict[str, Any]:
    """Return mean and standard deviation of each measure."""
    out: dict[str, Any] = {}
    for key in group[0]:
        values = [row[key] for row in group]
        out[key] = {"mean": round(statistics.mean(values), 2), "sd": round(statistics.pstdev(values), 2)}
    return out


if __name__ == "__main__":
    main()
