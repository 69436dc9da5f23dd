"""Diversity against accuracy: where each way of decoding stands, on one trained `seq2seq`.

    python experiments/diversity.py catalogue|openbg [--seed 0] [--epochs 6]

The network is trained once; then only the decoding changes: the temperature of sampling, the penalty of diverse beam
search, the weight of maximal marginal relevance (refinement `diversity`) on the lists of the default decoding, and
greedy decoding. Confidence is learnt on dev for each. The default is chosen on dev; test is shown beside it. Tables,
figures with bootstrap intervals and plots (F1@5 against each measure of diversity, on test) go to `results/`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tagkit import load_data
from tagkit.experiment.significance import bootstrap
from tagkit.measures import Measure, Run, parse_all
from tagkit.product import Dataset, Product, Tags
from tagkit.refine import Chain
from tagkit.refine.steps import Diversity
from tagkit.report import curves
from tagkit.report.canvas import save
from tagkit.taggers import create

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from results_file import machine

MEASURES = ("F1@5", "alpha-nDCG@5", "ILD@5", "coverage@5")
DECODERS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "greedy": [("greedy", {"method": "greedy", "returns": 1})],
    "sampling, temperature": [(f"{t:g}", {"temperature": t}) for t in (0.3, 0.5, 0.7, 1.0, 1.5, 2.0)],
    "diverse beam, penalty": [
        (f"{p:g}", {"method": "diverse", "returns": 8, "penalty": p}) for p in (0.0, 0.25, 0.5, 1.0, 2.0)
    ],
}
WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7)
"""Of maximal marginal relevance."""


def main() -> None:
    """Run the experiment on one data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["catalogue", "openbg"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=6)
    options = parser.parse_args()
    data = load_data(options.name)
    tagger = create("seq2seq", epochs=options.epochs, seed=options.seed).fit(data.train, dev=data.dev)
    measures = parse_all(MEASURES)
    rows = []
    for family, label, lists in decoded(tagger, data):
        row: dict[str, Any] = {"family": family, "setting": label}
        for part, products, found in zip(("dev", "test"), (data.dev, data.test), lists, strict=True):
            row[part] = {str(measure): figures(measure, found, products, data) for measure in measures}
        rows.append(row)
        print(json.dumps(row), flush=True)
    folder = Path(__file__).parent / "results"
    command = f"python experiments/diversity.py {options.name} --seed {options.seed} --epochs {options.epochs}"
    body = {"command": command, "machine": machine(), "data digest": data.digest, "rows": rows}
    (folder / f"diversity_{options.name}.json").write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")
    (folder / f"diversity_{options.name}.md").write_text(f"`{command}`\n\n{table(rows)}", encoding="utf-8")
    for measure in MEASURES[1:]:
        points: dict[str, list[curves.Point]] = {}
        for row in rows:
            figure = row["test"]
            point = curves.Point(row["setting"], tuple(figure[measure]), tuple(figure[MEASURES[0]]))
            points.setdefault(row["family"], []).append(point)
        figure = curves.trade_off(points, measure, MEASURES[0], f"Decoding on {data.name}: {len(data.test)} products")
        save(figure, folder / f"diversity_{options.name}_{measure.partition('@')[0]}.png")


def decoded(tagger: Any, data: Dataset) -> Iterator[tuple[str, str, tuple[Tags, Tags]]]:
    """Yield family and setting of each way of decoding, with its lists on dev and test."""
    default = tagger.predict(data.dev), tagger.predict(data.test)
    for family, settings in DECODERS.items():
        for label, how in settings:
            before = {key: getattr(tagger, key) for key in how}
            tagger.set_decoding(data.dev, **how)
            yield family, label, (tagger.predict(data.dev), tagger.predict(data.test))
            tagger.set_params(**before)
    for weight in WEIGHTS:
        chain = Chain([Diversity(weight)])
        yield "MMR, weight", f"{weight:g}", (chain(default[0], data.dev), chain(default[1], data.test))


def figures(measure: Measure, found: Tags, products: tuple[Product, ...], data: Dataset) -> list[float]:
    """Return a measure and the ends of its bootstrap interval."""
    counts = Counter(tag for product in data.train for tag in product.tags)
    run = Run(found, products=products, train_counts=counts, train_size=len(data.train))
    return [round(value, 4) for value in bootstrap(measure, measure.statistics(run))]


def table(rows: list[dict[str, Any]]) -> str:
    """Return the table in Markdown, dev and test side by side."""
    columns = [f"{part} {measure}" for part in ("dev", "test") for measure in MEASURES]
    lines = ["| decoding | setting | " + " | ".join(columns) + " |", "|:--|:--|" + "--:|" * len(columns)]
    for row in rows:
        cells = [row[part][measure] for part in ("dev", "test") for measure in MEASURES]
        shown = [f"{value:.3f} ±{(high - low) / 2:.3f}" for value, low, high in cells]
        lines.append(f"| {row['family']} | {row['setting']} | " + " | ".join(shown) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
