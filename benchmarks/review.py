"""What reviews bring, by the order of the queue: F1 after each refit, and how much typing suggestions save.

    nice -n 10 python benchmarks/review.py [--data catalogue] [--seeds 0 1 2]

Reviews are simulated from gold tags. Of train, 100 products drawn by the seed are labelled, and the next 1,000 (or as
many as there are) wait in the queue without tags. `hybrid` with thresholds and a limit is fitted on the labelled
products; then 50, 100, 200 and 400 products have been reviewed, each with its gold tags, and it is fitted again on all
that are labelled. The queue is ordered anew after each fit. All orders of a seed start from the same products and the
same fit. Dev, on which the fusion and the thresholds are chosen, holds 200 products at most, and test 500; both are
drawn once.

The order `label-errors` is for products that have tags already; it is measured by planted errors elsewhere.

Intervals are of the mean over seeds, by a bootstrap over seeds and products; p-values against the random order are of
its paired test, corrected for all orders and sizes of a data set (Holm). The default order is the one with the highest
F1 on dev, averaged over sizes, seeds and data sets. Each finished run is kept in `runs/benchmarks/review/`, so that a
stopped command continues; `--only-report` writes the figures of the runs that are there.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from results_file import write

from tagkit.datasets import load
from tagkit.experiment.significance import holm, multi_bootstrap, multi_bootstrap_test
from tagkit.learning import f1_of_each
from tagkit.measures import parse
from tagkit.pipeline import Pipeline
from tagkit.product import Dataset, Product
from tagkit.reviewing.queue import ORDERS, Pool, members_of, ranking
from tagkit.taggers import create
from tagkit.text.spelling import one_spelling

DATA = ("catalogue", "openbg", "taobao_ner")
STRATEGY = "hybrid"
LABELLED, QUEUE, DEV, TEST = 100, 1000, 200, 500
SIZES = (50, 100, 200, 400)
ALONE = ("random", "diverse")
"""Orders that do not depend on the strategy: ordering anew after a fit changes nothing."""
LEFT_OUT = ("label-errors",)
FOLDER = Path("runs") / "benchmarks" / "review"


def parts(name: str, seed: int) -> tuple[Dataset, list[Product]]:
    """Return the data set as far as it is labelled at first, and the queue with its gold tags."""
    data = one_spelling(load(name))
    train = [product for product in data.train if product.tags]
    random.Random(seed).shuffle(train)
    dev, test = (_drawn(rows, most) for rows, most in ((data.dev, DEV), (data.test, TEST)))
    first = data.with_parts(train=train[:LABELLED], dev=dev, test=test)
    return first, train[LABELLED : LABELLED + QUEUE]


def _drawn(products: Sequence[Product], most: int) -> list[Product]:
    tagged = [product for product in products if product.tags]
    return random.Random(0).sample(tagged, min(most, len(tagged)))


def fit(data: Dataset, train: Sequence[Product]) -> Pipeline:
    """Return the strategy, fitted on these products."""
    return Pipeline.fit(create(STRATEGY), data.with_parts(train=train))


def simulate(name: str, seed: int, orders: Sequence[str]) -> None:
    """Run every order of a data set and seed that has no stored run yet."""
    wanted = [order for order in orders if not file_of(name, seed, order).is_file()]
    if not wanted:
        return
    data, queue = parts(name, seed)
    start = fit(data, data.train)
    for order in wanted:
        began, steps = time.process_time(), [_measured(start, data, 0, [])]
        pipeline, labelled, waiting = start, list(data.train), list(queue)
        for size in SIZES:
            if order not in ALONE or size == SIZES[0]:
                waiting = _ordered(order, pipeline, labelled, waiting, seed)
            count = size - (len(labelled) - len(data.train))
            batch, waiting = waiting[:count], waiting[count:]
            suggested = pipeline.predict([replace(product, tags=()) for product in batch])
            counts = [
                _counts({tag.text for tag in row}, set(one.tags)) for row, one in zip(suggested, batch, strict=True)
            ]
            labelled += batch
            pipeline = fit(data, labelled)
            steps.append(_measured(pipeline, data, size, counts))
        path = file_of(name, seed, order)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"steps": steps, "cpu": time.process_time() - began}), encoding="utf-8")
        scores = ", ".join(f"{np.mean(step['test']):.3f}" for step in steps)
        print(f"{name}, seed {seed}, {order}: {scores} ({time.process_time() - began:.0f} CPU s)", flush=True)


def _ordered(
    order: str, pipeline: Pipeline, labelled: Sequence[Product], waiting: Sequence[Product], seed: int
) -> list[Product]:
    """Return the queue in an order; it is looked at without its gold tags."""
    blank = [replace(product, tags=()) for product in waiting]
    if order == "diverse":
        pool = Pool([*labelled, *blank], reviewed=range(len(labelled)), seed=seed)
        first = len(labelled)
        return [waiting[at - first] for at in ranking(order, pool) if at >= first]
    members = members_of(pipeline, blank) if order == "disagreeing" else ()
    suggested = pipeline.tagger.predict(blank) if order == "least-certain" else ()
    return [waiting[at] for at in ranking(order, Pool(blank, suggested, members, seed=seed))]


def _counts(suggested: set[str], gold: set[str]) -> list[int]:
    """Return how many suggested tags are accepted, how many rejected, and how many are added by hand."""
    return [len(suggested & gold), len(suggested - gold), len(gold - suggested)]


def _measured(pipeline: Pipeline, data: Dataset, size: int, counts: Sequence[Sequence[int]]) -> dict[str, Any]:
    """Return the F1@M of each test product, its mean on dev, and the mean counts of decisions per product."""
    test = f1_of_each(pipeline.predict(data.test), data.test)
    dev = float(f1_of_each(pipeline.predict(data.dev), data.dev).mean())
    decisions = np.mean(counts, axis=0).tolist() if counts else []
    return {"size": size, "test": np.round(test, 5).tolist(), "dev": dev, "decisions": decisions}


def file_of(name: str, seed: int, order: str) -> Path:
    """Return where a run is kept."""
    return FOLDER / f"{name}-{seed}-{order}.json"


def stored(orders: Sequence[str], wanted: Sequence[int]) -> dict[str, dict[str, dict[int, list[dict[str, Any]]]]]:
    """Return the stored steps by data set, order and seed; seeds for which an order is missing are left out."""
    found: dict[str, dict[str, dict[int, list[dict[str, Any]]]]] = {}
    for name in DATA:
        seeds = [seed for seed in wanted if all(file_of(name, seed, order).is_file() for order in orders)]
        if seeds:
            found[name] = {
                order: {seed: json.loads(file_of(name, seed, order).read_text("utf-8"))["steps"] for seed in seeds}
                for order in orders
            }
    return found


def report(orders: Sequence[str], wanted: Sequence[int]) -> None:
    """Write the figures of the stored runs."""
    measure, runs = parse("F1@M"), stored(orders, wanted)
    figures: dict[str, dict[str, Any]] = {}
    curves: dict[str, Any] = {}
    for name, by_order in runs.items():
        statistics = {
            (order, at): [
                np.column_stack([step[at]["test"], np.ones(len(step[at]["test"]))]) for step in seeds.values()
            ]
            for order, seeds in by_order.items()
            for at in range(len(SIZES) + 1)
        }
        others = [(order, at) for order in orders if order != "random" for at in range(1, len(SIZES) + 1)]
        tests = [
            multi_bootstrap_test(measure, statistics[key], statistics["random", key[1]], paired=True) for key in others
        ]
        p = dict(zip(others, holm(tests), strict=True))
        for order in orders:
            row: dict[str, Any] = {}
            for at, size in enumerate((0, *SIZES)):
                mean, low, high = (100 * value for value in multi_bootstrap(measure, statistics[order, at]))
                curves.setdefault(name, {}).setdefault(order, []).append([size, mean, low, high])
                mark = "*" if p.get((order, at), 1.0) < 0.05 else ""
                row[f"{size} reviews"] = f"{mean:.1f} ({low:.1f} to {high:.1f}){mark}"
            dev = [np.mean([step["dev"] for step in steps[1:]]) for steps in by_order[order].values()]
            row["mean F1 on dev"] = round(100 * float(np.mean(dev)), 1)
            figures[f"{name}, {order}"] = row
    decisions = {
        f"{name}, {size} reviews": _saved(by_order["random"], at)
        for name, by_order in runs.items()
        for at, size in enumerate(SIZES, 1)
    }
    on_dev = {
        order: float(np.mean([figures[f"{name}, {order}"]["mean F1 on dev"] for name in runs])) for order in orders
    }
    best = max(on_dev, key=lambda order: on_dev[order])
    seeds = ", ".join(f"{name}: {len(by_order['random'])}" for name, by_order in runs.items())
    note = (
        f"F1@M on test in points, with 95 % intervals over seeds and products (seeds: {seeds}); * differs from the "
        f"random order of the same size (p < 0.05 after Holm's correction). Highest on dev, over all data sets: {best} "
        f"({', '.join(f'{order} {value:.1f}' for order, value in on_dev.items())})."
    )
    write("review", figures, rows="data, order", note=note)
    write("review_decisions", decisions, rows="data, reviews so far", note="Means per product, random order.")
    plot(curves, FOLDER / "curves.svg")


def plot(curves: dict[str, dict[str, list[Any]]], path: Path) -> None:
    """Draw F1 after each refit by the number of reviews, a panel for each data set."""
    from matplotlib import pyplot

    from tagkit.report.canvas import COLOURS, MARKERS, style

    with style():
        figure, panels = pyplot.subplots(1, len(curves), figsize=(9, 3.4), squeeze=False)
        for panel, (name, by_order) in zip(panels[0], curves.items(), strict=True):
            for at, (order, points) in enumerate(by_order.items()):
                sizes, means, low, high = zip(*points, strict=True)
                panel.plot(sizes, means, color=COLOURS[at], marker=MARKERS[at], markersize=4, label=order)
                if order == "random":
                    panel.fill_between(sizes, low, high, color=COLOURS[at], alpha=0.15, linewidth=0)
            panel.set(title=name, xlabel="reviewed products", xticks=(0, *SIZES))
        panels[0][0].set_ylabel("F1@M on test (points)")
        panels[0][0].legend(frameon=False)
        figure.tight_layout()
        figure.savefig(path)
        pyplot.close(figure)


def _statistics(scores: Sequence[float]) -> NDArray[np.float64]:
    """Return what F1@M sums over products, shape (products, 2): the score and 1."""
    return np.column_stack([scores, np.ones(len(scores))])


def _saved(by_seed: dict[int, list[dict[str, Any]]], at: int) -> dict[str, float]:
    """Return the decisions per product of a batch, with suggestions and without, averaged over seeds."""
    accepted, rejected, added = np.mean([steps[at]["decisions"] for steps in by_seed.values()], axis=0).tolist()
    row = {"tags to type without suggestions": accepted + added, "accepted": accepted, "rejected": rejected}
    row |= {"added": added, "decisions with one key for all accepted": 1 + rejected + added}
    return {key: round(value, 2) for key, value in row.items()}


def main() -> None:
    """Measure and store."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", nargs="*", default=list(DATA), choices=DATA)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--only-report", action="store_true")
    given = parser.parse_args(sys.argv[1:])
    orders = [order for order in ORDERS if order not in LEFT_OUT]
    for seed in given.seeds if not given.only_report else ():
        for name in given.data:
            simulate(name, seed, orders)
    report(orders, given.seeds)


if __name__ == "__main__":
    main()
