"""Figures of the strategies with pre-trained encoders: several seeds, their average, test scored once per model.

    python experiments/encoders.py NAME [--seeds 0 1 2]      # NAME: oa_mine, oa_mine_20, dsner_ec, taobao_dedup

Parameters were chosen on dev (OA-Mine: a tenth of train, by hash of the title; then all of train is learnt from). One
line is printed per model, then mean and spread (standard deviation) over seeds, then the average of all models
(strategy `ensemble`, level characters); the same goes to `experiments/results/NAME.json`. Models under "also" are
trained once and take part in the last average only.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from tagkit.datasets import load
from tagkit.measures import Run, parse_all
from tagkit.product import Dataset, Product, Tags
from tagkit.taggers import Tagger, create

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from _report import machine

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
        "models": [("e5-small", "sequence", CHINESE | {"epochs": 30, "augment": 0.5})],
        "also": [],
        "measures": ["entity-F1", "entity-P", "entity-R"],
    },
    "taobao_dedup": {
        "data": ("taobao_ner", {"split": "dedup"}),
        "models": [("e5-small", "sequence", CHINESE | {"epochs": 3})],
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
    for label, strategy, params in what["models"] + what["also"]:
        group = []
        for seed in options.seeds if (label, strategy, params) in what["models"] else options.seeds[:1]:
            tagger = create(strategy, **params, seed=seed)
            start = time.perf_counter()
            tagger.fit(data.train, dev=data.dev)
            seconds = time.perf_counter() - start
            fitted.append(tagger)
            group.append(scores(tagger.predict(data.test), data, what["measures"]))
            rows.append({"model": label, "seed": seed, "fit s": round(seconds), **group[-1]})
            print(json.dumps(rows[-1]), flush=True)
        rows.append({"model": label, "seeds": len(group), "params": params, **mean_and_spread(group)})
        print(json.dumps(rows[-1]), flush=True)
        if len(fitted) > 1:
            average = create("ensemble").of(fitted)
            found = scores(average.predict(data.test), data, what["measures"])
            rows.append({"model": f"average of all {len(fitted)} models so far", **found})
            print(json.dumps(rows[-1]), flush=True)
    out = Path(__file__).parent / "results" / f"{options.name}.json"
    out.parent.mkdir(exist_ok=True)
    command = f"python experiments/encoders.py {options.name} --seeds {' '.join(map(str, options.seeds))}"
    body = {"command": command, "data digest": data.digest, "machine": machine(), "rows": rows}
    out.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


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
