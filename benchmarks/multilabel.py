"""Multi-label classification beside omikuji: training time, tagging speed, precision and nDCG, in one run.

    python benchmarks/multilabel.py [--data openbg] [--epochs 12] [--seed 0]

omikuji (probabilistic label trees, its default parameters) reads the TF-IDF features of tagkit's `linear` from a file
in the extreme-classification text format, and tags one product a call, which is what its package offers. `linear`,
`knn` and `encoder` have their default parameters; the encoder reads the text alone. All learn from train, what is
chosen is chosen on dev, and test is scored once. Training time holds everything from the products on (features, files,
loading the encoder); tagging is timed from products to ranked tags, the better of two runs after the first.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import omikuji
from results_file import write

from tagkit.cache import FitCache
from tagkit.datasets import load
from tagkit.features import TextFeatures, targets
from tagkit.measures import Run, parse_all
from tagkit.product import Dataset, Product, Tags
from tagkit.tagger import State, ranked
from tagkit.taggers import Tagger, create

MEASURES = ("P@1", "P@3", "P@5", "nDCG@5")


class Omikuji(Tagger):
    """Label trees by omikuji on the features of `linear`."""

    name = "omikuji"

    limit: int = 20

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        self.tags_ = sorted({tag for product in train for tag in product.tags})
        self._features = TextFeatures(min_count=2)
        x = self._features.fit(train, self.tags_)
        y = targets(train, self.tags_)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "train.txt"
            with file.open("w", encoding="ascii") as lines:
                print(*x.shape, len(self.tags_), file=lines)
                for row, labels in zip(x, y, strict=True):
                    pairs = zip(row.indices, row.data, strict=True)
                    lines.write(",".join(map(str, sorted(labels.indices))))
                    lines.writelines(f" {column}:{value:.6g}" for column, value in sorted(pairs))
                    lines.write("\n")
            start = time.perf_counter()
            with silence():
                self._model = omikuji.Model.train_on_data(str(file))
            self.seconds_ = time.perf_counter() - start

    def _tag(self, products: Sequence[Product]) -> Tags:
        rows = []
        for row in self._features.transform(products):
            pairs = list(zip(row.indices.tolist(), row.data.tolist(), strict=True))
            found = self._model.predict(pairs, top_k=self.limit)
            rows.append(ranked(((self.tags_[label], score) for label, score in found), self.name))
        return rows

    def _state(self) -> State:
        raise NotImplementedError

    def _restore(self, state: State) -> None:
        raise NotImplementedError


@contextmanager
def silence() -> Iterator[None]:
    """Send what a library writes past Python (thousands of progress bars) to nowhere."""
    kept = [os.dup(1), os.dup(2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        yield
    finally:
        for number, copy in enumerate(kept, 1):
            os.dup2(copy, number)
            os.close(copy)
        os.close(nowhere)


def main() -> None:
    """Train and score each, print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="openbg")
    parser.add_argument("--epochs", type=int, default=None, help="of the encoder; the default is the strategy's own")
    parser.add_argument("--seed", type=int, default=0, help="of the encoder")
    options = parser.parse_args()
    data = load(options.data)
    encoder = create("encoder", category=False, seed=options.seed)
    if options.epochs:
        encoder.set_params(epochs=options.epochs)
    trees = Omikuji()
    rows = {tagger.name: measure(tagger, data) for tagger in (trees, create("linear"), create("knn"), encoder)}
    columns = list(rows["omikuji"])
    print("|".join(["", " strategy ", *(f" {column} " for column in columns), ""]))
    print("|".join(["", ":--", *("--:" for _ in columns), ""]))
    for name, row in rows.items():
        print("|".join(["", f" {name} ", *(f" {row[column]} " for column in columns), ""]))
    sizes = {"train": len(data.train), "dev": len(data.dev), "test": len(data.test), "tags": len(data.vocabulary)}
    own = {"omikuji without features and file, s": round(trees.seconds_, 2)}
    write("multilabel", {"data": options.data, **sizes, "encoder": repr(encoder), **rows, **own})


def measure(tagger: Any, data: Dataset) -> dict[str, Any]:
    """Return the figures of one strategy."""
    start = time.perf_counter()
    tagger.fit(data.train, dev=data.dev)
    fitted = time.perf_counter() - start
    found = tagger.predict(data.test)
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        tagger.predict(data.test)
        seconds.append(time.perf_counter() - start)
    run = Run(found, products=data.test)
    scores = {str(m): round(m(run), 4) for m in parse_all(MEASURES)}
    return {"fit, s": round(fitted, 1), "items/s": round(len(data.test) / min(seconds))} | scores


if __name__ == "__main__":
    main()
