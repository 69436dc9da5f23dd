"""Types that train does not have: added by name (`span`), and learned from 1, 5 and 20 examples of each.

    nice -n 10 python benchmarks/new_types.py [--strategies span sequence dictionary] [--seed 0]

A third of the types of OA-Mine, drawn by the seed, is hidden in the 286 titles of the published 20 % of train. Each
strategy is fitted on these. `span` then adds the hidden types by their names; and each strategy learns, from there on,
one, five or twenty titles of the rest of train for each hidden type, with all of their values. attribute-F1 is that of
the hidden types alone, on the test titles that have one. Runs are kept in `runs/benchmarks/new_types/`.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import sys
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from results_file import write

from tagkit.datasets import load
from tagkit.measures import parse
from tagkit.measures.run import Run
from tagkit.product import Product
from tagkit.taggers import Tagger, create

EXAMPLES = (1, 5, 20)
PARAMS = {"epochs": 8, "average": 0.995, "augment": 0.3, "model": "minilm-l6"}
STRATEGIES: dict[str, dict[str, Any]] = {"span": PARAMS, "sequence": PARAMS, "dictionary": {}}
FOLDER = Path("runs") / "benchmarks" / "new_types"


def with_types(products: Iterable[Product], types: Collection[str]) -> list[Product]:
    """Return the products that have values of some types, with these values alone."""
    made = []
    for product in products:
        kept = tuple(tag for tag in product.annotations if tag.type in types)
        asked = {name: value for name, value in product.attributes.items() if name in types}
        tags = tuple(dict.fromkeys(tag.text for tag in kept))
        if kept:
            made.append(replace(product, annotations=kept, tags=tags, attributes=asked))
    return made


def examples(products: Sequence[Product], types: Iterable[str], count: int) -> list[Product]:
    """Return the first products that have a value of each type, so many for each."""
    chosen: dict[str, Product] = {}
    for kind in types:
        having = [product for product in products if any(tag.type == kind for tag in product.annotations)]
        chosen |= {product.id: product for product in having[:count]}
    return list(chosen.values())


def score(tagger: Tagger, products: Sequence[Product]) -> float:
    """Return attribute-F1."""
    run = Run(tagger.predict(products), [product.tags for product in products], products=products)
    return round(100 * parse("attribute-F1")(run), 2)


def measure(strategy: str, seed: int) -> None:
    """Fit, add and learn the hidden types, and keep the scores, unless there is a stored run."""
    path = FOLDER / f"{strategy}-{seed}.json"
    if path.is_file():
        return
    data, whole = load("oa_mine", train="0.2"), load("oa_mine")
    types = sorted({tag.type for product in data.train for tag in product.annotations})
    hidden = sorted(random.Random(seed).sample(types, len(types) // 3))
    train = with_types(data.train, set(types) - set(hidden))
    known = {product.text for product in data.train}
    rest = [product for product in whole.train if product.text not in known]
    random.Random(seed).shuffle(rest)
    test = with_types(data.test, hidden)
    began = time.process_time()
    fitted = create(strategy, **STRATEGIES[strategy]).fit(train)
    found: dict[str, Any] = {"types": len(types), "hidden": len(hidden), "test": len(test)}
    added = copy.copy(fitted)
    if hasattr(added, "add_types"):
        added.add_types(hidden)
    found["0"] = score(added, test)
    for count in EXAMPLES:
        more = examples(rest, hidden, count)
        found[str(count)] = score(copy.copy(fitted).learn(more, old=train), test)
        found[f"titles {count}"] = len(more)
    found["CPU s"] = round(time.process_time() - began)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found), encoding="utf-8")
    print(strategy, seed, found, flush=True)


def report(seed: int) -> None:
    """Write the figures of the strategies that are there."""
    figures: dict[str, dict[str, Any]] = {}
    for strategy in STRATEGIES:
        path = FOLDER / f"{strategy}-{seed}.json"
        if path.is_file():
            found = json.loads(path.read_text("utf-8"))
            row = {1: "1 example"} | {count: f"{count} examples" for count in (0, *EXAMPLES) if count != 1}
            figures[strategy] = {row[count]: f"{found[str(count)]:.1f}" for count in (0, *EXAMPLES)}
            note = (
                f"attribute-F1 of the {found['hidden']} hidden types of {found['types']} on {found['test']} test "
                f"titles of OA-Mine, seed {seed}; examples for each type, {found['titles 1']}, {found['titles 5']} and "
                f"{found['titles 20']} titles in all; fitted on 286 titles in {PARAMS['epochs']} epochs."
            )
    write("new_types", figures, rows="strategy", note=note)


def main() -> None:
    """Measure and store."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--strategies", nargs="*", default=list(STRATEGIES), choices=STRATEGIES)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(sys.argv[1:])
    for strategy in given.strategies:
        measure(strategy, given.seed)
    report(given.seed)


if __name__ == "__main__":
    main()
