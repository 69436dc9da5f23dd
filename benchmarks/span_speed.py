"""CPU time of `span` beside `sequence` with the same encoder: training and tagging.

    nice -n 10 python benchmarks/span_speed.py

Each strategy is fitted on 100 titles of OA-Mine's published 20 % with the settings of `experiments/oa_mine.yaml`, and
tags the test titles. `span` chooses its threshold on a tenth of the titles, and learns from them afterwards: that is
in its time. Seconds are CPU time on one thread, so that other work on the machine counts little; each figure is the
lowest of several rounds, in which the strategies take turns.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from results_file import write

from tagkit.datasets import load
from tagkit.taggers import create

TITLES = 100
PARAMS = {"epochs": 15, "average": 0.995, "augment": 0.3, "model": "minilm-l6"}
STRATEGIES = ("sequence", "span")


def cpu_seconds(call: Callable[[], Any]) -> float:
    """Return how much CPU time a call takes."""
    began = time.process_time()
    call()
    return time.process_time() - began


def main() -> None:
    """Measure and store."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args(sys.argv[1:])
    torch.set_num_threads(1)
    data = load("oa_mine", train="0.2")
    taken: dict[str, dict[str, list[float]]] = {name: {"training": [], "tagging": []} for name in STRATEGIES}
    for _ in range(given.rounds):
        for name in STRATEGIES:
            tagger = create(name, **PARAMS)
            taken[name]["training"].append(cpu_seconds(partial(tagger.fit, data.train[:TITLES])))
            taken[name]["tagging"].append(cpu_seconds(partial(tagger.predict, data.test)))
    figures: dict[str, dict[str, Any]] = {}
    for name, found in taken.items():
        best = {what: min(seconds) for what, seconds in found.items()}
        base = {what: min(taken[STRATEGIES[0]][what]) for what in best}
        figures[name] = {
            "training": f"{best['training']:.1f} s",
            "tagging 491 titles": f"{best['tagging']:.2f} s",
            "training, times": f"{best['training'] / base['training']:.2f}",
            "tagging, times": f"{best['tagging'] / base['tagging']:.2f}",
        }
    note = f"CPU seconds on one thread under load; minilm-l6, trained on {TITLES} titles; times those of `sequence`."
    write("span_speed", figures, rows="strategy", note=note)


if __name__ == "__main__":
    main()
