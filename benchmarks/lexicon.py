"""How fast the dictionary strategies tag Taobao titles, on one core, preprocessing included; and in how much memory.

    python benchmarks/lexicon.py [--titles 1000000]

The first part tags the test titles of Taobao NER, repeated, from Python strings to lists of tags. The second streams a
file of many titles through `tagkit tag`, and prints the peak resident memory of that process.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tagkit.datasets import load
from tagkit.product import Product
from tagkit.taggers import create

TITLES = 50_000


def main() -> None:
    """Print titles per second of both strategies, then the time and the peak memory of a long stream."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--titles", type=int, default=1_000_000, help="Titles in the stream.")
    titles = parser.parse_args().titles
    _use_one_core()
    data = load("taobao_ner")
    texts = [product.title for product in data.test]
    for name in ("dictionary", "lexicon"):
        tagger = create(name).fit(data.train)
        products = [Product(str(number), text) for number, text in zip(range(TITLES), itertools.cycle(texts))]
        rates = []
        for _ in range(3):
            start = time.perf_counter()
            tagger.predict(products)
            rates.append(TITLES / (time.perf_counter() - start))
        print(f"{name}: {sorted(rates)[1]:,.0f} titles/s on one core (median of 3 runs of {TITLES:,} Taobao titles)")
    with tempfile.TemporaryDirectory() as folder:
        seconds, peak = _stream(tagger.save(Path(folder) / "lexicon"), texts, titles)
    print(f"tagkit tag FILE --out: {titles:,} titles in {seconds:,.0f} s, peak memory {peak:,.0f} MiB")


def _use_one_core() -> None:
    """Keep this process and its children on one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def _stream(model: Path, texts: list[str], titles: int) -> tuple[float, float]:
    """Tag a file of that many titles by the command line; return its seconds and its peak resident memory in MiB."""
    source, out = model.with_name("titles.jsonl"), model.with_name("tags.jsonl")
    with source.open("w", encoding="utf-8") as file:
        for number, text in zip(range(titles), itertools.cycle(texts)):
            file.write(json.dumps({"id": str(number), "title": text}, ensure_ascii=False) + "\n")
    command = [sys.executable, "-m", "tagkit", "tag", str(source), "--model", str(model), "--out", str(out)]
    start, peak = time.perf_counter(), 0
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            with contextlib.suppress(psutil.NoSuchProcess):
                peak = max(peak, watched.memory_info().rss)
            time.sleep(0.05)
    seconds = time.perf_counter() - start
    with out.open(encoding="utf-8") as file:
        written = sum(1 for _ in file)
    if process.returncode or written != titles:
        raise SystemExit(f"tagkit tag ended with {process.returncode} after {written:,} of {titles:,} titles")
    return seconds, peak / 2**20


if __name__ == "__main__":
    main()
