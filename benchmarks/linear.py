"""Fitting `linear` where there are thousands of tags: seconds and peak memory, each row in a process of its own.

    python benchmarks/linear.py [--largest]

The synthetic products have ten words of a vocabulary as large as the number of tags, and nine of these words as tags.
`taobao_ner` is fitted with all tags, also those that occur once. `--largest` adds 6,000 products with 18,000 tags.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import resource
import time
from typing import Any

from results_file import write

from tagkit.datasets import load
from tagkit.product import Product
from tagkit.taggers import create

SIZES = ((1_500, 4_500), (3_000, 9_000))
LARGEST = (6_000, 18_000)


def synthetic(products: int, tags: int) -> list[Product]:
    """Return products with some words of a vocabulary, nearly every one of which is the tag of several products."""
    rng = random.Random(0)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(rng.choices(letters, k=rng.randint(3, 8))) for _ in range(tags)]
    rows = []
    for number in range(products):
        own = [words[(7 * number + at) % tags] for at in range(7)]
        others = rng.sample(words, 10)
        rows.append(Product(str(number), " ".join(others + own), tags=tuple(dict.fromkeys(own + others[:2]))))
    return rows


def measure(source: str, products: int = 0, tags: int = 0) -> dict[str, Any]:
    """Return seconds, processor seconds and peak memory of one fit."""
    if source == "synthetic":
        rows, tagger = synthetic(products + products // 10, tags), create("linear")
        train, dev = rows[:products], rows[products:]
    else:
        data, tagger = load(source), create("linear", min_count=1)
        train, dev = list(data.train), list(data.dev)
    start, cpu = time.perf_counter(), time.process_time()
    fitted: Any = tagger.fit(train, dev=dev)
    return {
        "data": source,
        "products": len(train),
        "tags": len(fitted.tags_),
        "seconds": round(time.perf_counter() - start, 1),
        "processor seconds": round(time.process_time() - cpu, 1),
        "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    """Fit each in a process of its own and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--largest", action="store_true")
    sizes = [*SIZES, LARGEST] if parser.parse_args().largest else SIZES
    jobs: list[tuple[Any, ...]] = [*(("synthetic", *size) for size in sizes), ("taobao_ner",)]
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        rows = [pool.apply(measure, job) for job in jobs]
    write("linear", {"fits": rows})


if __name__ == "__main__":
    main()
