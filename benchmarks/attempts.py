"""Attempts of benchmarks/robustness.py: processes with limits of time and memory, and what came of them."""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import random
import resource
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from tagkit.cli import app
from tagkit.product import Product
from tagkit.taggers import create

REFUSED, WENT_ON, LOST, CRASHED, HUNG = OUTCOMES = ("refused", "went on", "lost", "crashed", "hung")
SECONDS, MEMORY = 60, 6 * 2**30
"""Limits of an attempt; torch alone takes more address space than that, and has no limit of memory."""
TRACEBACK = "Traceback (most recent call last)"
SHOP = [Product(f"{colour}{kind}{n}", f"{colour}{kind}{n}", tags=(colour, kind)) for n in range(12)
        for colour in ("红色", "蓝色", "白色") for kind in ("高跟鞋", "连衣裙", "帆布鞋")]  # fmt: skip
for module in ("datasets.files", "datasets.rows", "default", "experiment.load", "experiment.run", "report"):
    importlib.import_module(f"tagkit.{module}")  # once, and not in each process
fork = multiprocessing.get_context("fork")


class Attempts:
    """What came of the attempts of each kind.

    Args:
        share: Which share of the attempts is made.
        folder: A folder for what they need.
    """

    def __init__(self, share: float, folder: Path) -> None:
        self.share, self.folder = share, folder
        self.counts: dict[str, Counter[str]] = {}
        self.failures: list[str] = []
        self.canary = folder / "canary"
        os.environ["TAGKIT_CACHE"] = str(folder / "cache")
        self.shop = folder / "shop.jsonl"
        parts = ["train"] * 60 + ["dev"] * 20 + ["test"] * 28
        rows = [product.to_dict() | {"split": part} for product, part in zip(SHOP, parts, strict=True)]
        self.shop.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        self.models = {name: folder / name for name in ("lexicon", "linear", "knn")}
        for name, place in self.models.items():
            create(name).fit(SHOP[:60], dev=SHOP[60:80]).save(place)

    def note(self, kind: str, name: str, outcome: str, said: str = "") -> None:
        """Count an outcome."""
        if self.canary.exists():
            outcome, said = LOST, "code was run"
            self.canary.unlink()
        self.counts.setdefault(kind, Counter())[outcome] += 1
        if outcome in (LOST, CRASHED, HUNG):
            self.failures.append(f"{kind}: {name}: {outcome}: {' '.join(said.split())[-300:]}")

    def some(self, cases: Iterable[Any]) -> Iterator[Any]:
        """Yield the share of cases that is to be tried, always the same."""
        chosen = random.Random(1)
        return (case for case in cases if chosen.random() < self.share)

    def times(self, number: int) -> int:
        """Return how often something random is done."""
        return max(2, round(self.share * number))

    def command(self, *words: object, seconds: float = SECONDS) -> tuple[str, str]:
        """Run a command of tagkit in a process that is a copy of this one, and kill it if it takes longer.

        Returns:
            The outcome, "hung" for a process that was killed, and what it printed to standard error.
        """
        place = Path(tempfile.mkdtemp(dir=self.folder))
        process = fork.Process(target=_run, args=(place, self.folder, [str(word) for word in words]))
        process.start()
        process.join(seconds)
        if killed := process.is_alive():
            process.kill()
            process.join()
        errors = place / "stderr"
        said = errors.read_text(encoding="utf-8", errors="replace") if errors.exists() else ""
        return HUNG if killed else judge(process.exitcode, said), said


def _run(place: Path, folder: Path, words: list[str]) -> None:
    os.setsid()
    os.chdir(folder)
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(place / name, os.O_CREAT | os.O_WRONLY), number)
    tqdm.set_lock(threading.RLock())  # and not one that a process may hold when it is killed
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    app(words)


def judge(code: int | None, said: str) -> str:
    """Return the outcome of a process from its exit code and what it printed to standard error."""
    if code == 0:
        return WENT_ON
    refusals = [line for line in said.splitlines() if line.startswith(("tagkit: ", "Usage: ", "Error: "))]
    return REFUSED if code in (1, 2) and refusals and TRACEBACK not in said else CRASHED
