"""How long one product takes, asked for by itself, as a shop's page would: every strategy on the catalogue.

    python benchmarks/latency.py [--products 100] [--taggers encoder sequence]

Each strategy is fitted on train with the parameters of `make compare`, saved and loaded, as a service would do; then
the first test products are tagged one after the other, each in a call of its own, after some that do not count. What
is given is the median and the 95th percentile in milliseconds, and the time of loading.
"""

from __future__ import annotations

import argparse
import re
import shlex
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from results_file import write

from tagkit import load_tagger, registry
from tagkit.creation import take_synonyms
from tagkit.datasets import load
from tagkit.errors import TagkitError
from tagkit.experiment.space import value as as_value
from tagkit.taggers import create

BEFORE = 5
"""Products that are tagged before it counts."""


def main() -> None:
    """Print a line per strategy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=100)
    parser.add_argument("--taggers", nargs="+", default=registry.taggers.names())
    options = parser.parse_args()
    data = load("catalogue")
    quick = quick_settings()
    figures: dict[str, Any] = {}
    for name in options.taggers:
        try:
            tagger = create(name, **quick.get(name, {}))
            take_synonyms(tagger, data.synonyms)
            tagger.fit(data.train, dev=data.dev)
        except TagkitError as error:
            figures[name] = f"not measured: {error}"
            continue
        with tempfile.TemporaryDirectory() as folder:
            tagger.save(Path(folder) / name)
            start = time.perf_counter()
            service = load_tagger(Path(folder) / name)
            loading = time.perf_counter() - start
        times = []
        for product in data.test[: BEFORE + options.products]:
            start = time.perf_counter()
            service.predict([product])
            times.append(1000 * (time.perf_counter() - start))
        median, most = np.percentile(times[BEFORE:], [50, 95])
        figures[name] = {
            "median ms": round(float(median), 2),
            "95th percentile ms": round(float(most), 2),
            "load s": round(loading, 2),
        }
        print(name, figures[name], flush=True)
    write("latency", figures)


def quick_settings() -> dict[str, dict[str, Any]]:
    """Return the parameters that the Makefile gives `make compare`, by strategy."""
    text = (Path(__file__).parents[1] / "Makefile").read_text(encoding="utf-8")
    given = re.search(r"^QUICK := ((?:.*\\\n)*.*)$", text, re.MULTILINE)
    assert given, "the Makefile has no QUICK"
    out: dict[str, dict[str, Any]] = {}
    for setting in shlex.split(given[1].replace("\\\n", " ")):
        if setting != "--set":
            key, _, value = setting.partition("=")
            name, _, parameter = key.partition(".")
            out.setdefault(name, {})[parameter] = as_value(value)
    return out


if __name__ == "__main__":
    main()
