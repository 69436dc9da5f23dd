"""Few training products: is `sequence` as good as the dictionary that it could have used?

    nice -n 10 python benchmarks/small_train.py [--seeds 0 1 2] [--part dev]

Of train, so many products are drawn by the seed, and each strategy is fitted on these with its defaults; `sequence`
without what train's values say of a text (`dictionary=False`), and with it. entity-F1 is that of places and types; in
the catalogue, which has tags without places, that of the places where gold tags are present in the text. What the
defaults are was chosen on dev (of OA-Mine, which has none, on 400 other titles of train); test is shown unless `--part`
says otherwise. p-values are of a paired test over seeds and products. Each finished run is kept in
`runs/benchmarks/small_train/`, so that a stopped command continues; `--only-report` writes the figures of the runs that
are there.
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

from tagkit.creation import take_synonyms
from tagkit.datasets import load
from tagkit.experiment.significance import multi_bootstrap_test
from tagkit.measures import parse
from tagkit.measures.run import Run
from tagkit.neural.bio import gold_spans
from tagkit.product import Dataset, Product, Span, Tag
from tagkit.taggers import Tagger, create

FEW = 340
SETTINGS = (("catalogue", FEW), ("oa_mine", 286), ("jd_titles", FEW), ("dsner_ec", FEW))
OTHERS = 400
STRATEGIES: dict[str, tuple[str, dict[str, Any]]] = {
    "dictionary": ("dictionary", {}),
    "lexicon": ("lexicon", {}),
    "sequence": ("sequence", {"dictionary": False}),
    "sequence with dictionary": ("sequence", {"dictionary": True}),
}
FOLDER = Path("runs") / "benchmarks" / "small_train"


def parts(name: str, count: int, seed: int) -> Dataset:
    """Return a data set with so many products of train, drawn by the seed; of OA-Mine the published 20 % come first."""
    data = load(name)
    if name == "oa_mine":
        few = load(name, train="0.2").train
        known = {product.text for product in few}
        rest = [product for product in data.train if product.text not in known]
        random.Random(0).shuffle(rest)
        return data.with_parts(train=[*few, *rest[OTHERS:]][:count], dev=rest[:OTHERS])
    return data.with_parts(train=random.Random(seed).sample(data.train, min(count, len(data.train))))


def with_places(product: Product) -> Product:
    """Return a product whose annotations are the places of its tags in the text, if it has no others."""
    text, spans = product.text, gold_spans(product)
    found = tuple(Tag(text[start:end], 1, "", (Span(start, end),), kind) for start, end, kind in spans)
    return product if product.annotations else replace(product, annotations=found)


def fitted(strategy: str, data: Dataset, seed: int) -> Tagger:
    """Return a strategy that is fitted on train; nothing is chosen on dev."""
    name, params = STRATEGIES[strategy]
    tagger = create(name, **params)
    if "seed" in tagger.get_params():
        tagger.set_params(seed=seed)
    take_synonyms(tagger, data.synonyms)
    return tagger.fit(data.train)


def counts(tagger: Tagger, products: Sequence[Product]) -> list[list[float]]:
    """Return for each product how many entities are correct, predicted and gold."""
    run = Run(tagger.predict(products), [product.tags for product in products], products=[*map(with_places, products)])
    return parse("entity-F1").statistics(run).tolist()


def measure(name: str, count: int, strategy: str, seed: int) -> None:
    """Fit and tag dev and test, and keep the counts, unless there is a stored run."""
    path = file_of(name, count, strategy, seed)
    if path.is_file():
        return
    data = parts(name, count, seed)
    began = time.process_time()
    tagger = fitted(strategy, data, seed)
    taken = time.process_time() - began
    row = {"dev": counts(tagger, data.dev), "test": counts(tagger, data.test), "train": len(data.train), "CPU s": taken}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(row), encoding="utf-8")
    print(f"{path.stem}: entity-F1 {f1([row['dev']]):.1f} on dev, {taken:.0f} CPU s", flush=True)


def file_of(name: str, count: int, strategy: str, seed: int) -> Path:
    """Return where a run is kept."""
    return FOLDER / f"{name}-{count}-{strategy.replace(' ', '-')}-{seed}.json"


def f1(runs: Sequence[Any]) -> float:
    """Return the mean over runs of entity-F1, in points."""
    measure_ = parse("entity-F1")
    return 100 * float(np.mean([measure_.summarise(np.sum(run, axis=0)) for run in runs]))


def report(seeds: Sequence[int], part: str) -> None:
    """Write the figures of the seeds that are there with all strategies."""
    figures = {}
    for name, count in SETTINGS:
        files = {key: [file_of(name, count, key, seed) for seed in seeds] for key in STRATEGIES}
        there = [at for at in range(len(seeds)) if all(paths[at].is_file() for paths in files.values())]
        runs = {key: [json.loads(paths[at].read_text("utf-8")) for at in there] for key, paths in files.items()}
        if there:
            figures[f"{name}: {runs['dictionary'][0]['train']:,} products"] = _figures(runs, part)
    note = (
        f"entity-F1 of {part} in points, means over seeds; p-values of `sequence` with the dictionary against each of "
        "the two alone, over seeds and products; CPU seconds of its fit on one thread under load."
    )
    write("small_train", figures, rows="data", note=note)


def _figures(runs: dict[str, list[dict[str, Any]]], part: str) -> dict[str, Any]:
    rows = {key: [np.asarray(run[part]) for run in found] for key, found in runs.items()}
    hinted = rows["sequence with dictionary"]
    return {
        "seeds": len(hinted),
        **{key: f"{f1(found):.1f}" for key, found in rows.items()},
        "p, dictionary": _p(rows["dictionary"], hinted),
        "p, sequence": _p(rows["sequence"], hinted),
        "CPU s": f"{np.mean([run['CPU s'] for run in runs['sequence with dictionary']]):.0f}",
    }


def _p(one: Sequence[NDArray[np.float64]], other: Sequence[NDArray[np.float64]]) -> str:
    return f"{multi_bootstrap_test(parse('entity-F1'), one, other, paired=True):.3f}"


def main() -> None:
    """Measure and store."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--part", choices=("dev", "test"), default="test")
    parser.add_argument("--only-report", action="store_true")
    given = parser.parse_args(sys.argv[1:])
    for seed in given.seeds if not given.only_report else ():
        for name, count in SETTINGS:
            for strategy in STRATEGIES:
                measure(name, count, strategy, seed)
    report(given.seeds, given.part)


if __name__ == "__main__":
    main()
