"""Fill in the tables of README and documentation, and write RESULTS.md, from stored results: `make figures`.

    python docs/generate/figures.py [--check]

A table stands between two comments; the first names its generator and its source:

    <!-- figures: experiment oa_mine --measures attribute-F1 -->
    ...
    <!-- end -->

With `--check` nothing is written, and the exit status is 1 where a table differs from its source.
"""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import stored
import tables

from tagkit.cli.reproduce import PREFACE, TITLE
from tagkit.report import document

ROOT = stored.ROOT
RESULTS = stored.EXPERIMENTS / "RESULTS.md"
BLOCK = re.compile(r"(<!-- figures: (?P<call>[^>]+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def experiment(
    name: str, measures: str = "", rows: str = "*", sort: str = "", time: str = "yes", view: str = "test"
) -> str:
    """Return the table of a stored experiment.

    Args:
        name: The experiment.
        measures: The measures to show, comma-separated (default: those of the experiment).
        rows: Patterns of row names, separated by semicolons.
        sort: A measure by which rows are sorted, the best first (default: the order of the experiment).
        time: Whether to show how long a row took, "yes" or "no".
        view: "test", or "dedup" and "seen": the test products whose texts are not, or are, in train.
    """
    wanted = [part for part in measures.split(",") if part]
    return tables.scores(stored.experiment(name), view, wanted, rows.split(";"), sort, has_time=time == "yes")


def benchmark(name: str, columns: str = "") -> str:
    """Return the table of a stored benchmark, with its command, machine and date.

    Args:
        name: The benchmark.
        columns: The columns to show, separated by semicolons (default: all).
    """
    body = stored.benchmark(name)
    figures = body["figures"]
    if all(isinstance(value, dict) for value in figures.values()):
        known = dict.fromkeys(column for value in figures.values() for column in value)
        shown = columns.split(";") if columns else list(known)
        head = [body.get("rows", ""), *shown]
        lines = [[key, *(_written(value.get(column)) for column in shown)] for key, value in figures.items()]
    else:
        head, lines = ["", ""], [[key, _written(value)] for key, value in figures.items()]
    origin = f"`{body['command']}`, {_machine(body['machine'])}, {body['date'][:10]}."
    return f"{tables.table(head, lines)}\n\n{body.get('note', '')} {origin}".replace("\n ", "\n")


GENERATORS: dict[str, Callable[..., str]] = {
    "experiment": experiment,
    "benchmark": benchmark,
}


def pages() -> Iterator[Path]:
    """Return the Markdown files that hold tables of scores."""
    yield from sorted(ROOT.glob("README*.md"))
    yield from sorted((ROOT / "docs").rglob("*.md"))


def results() -> str:
    """Return the report of all experiments, experiments/RESULTS.md, as `tagkit reproduce --report` writes it."""
    return document([stored.experiment(name) for name in stored.names()], TITLE, PREFACE)


def filled(text: str) -> str:
    """Return a page with its tables made anew from their sources."""
    return BLOCK.sub(lambda match: f"{match[1]}\n{_call(match['call'])}\n\n{match[3]}", text)


def _call(call: str) -> str:
    name, *arguments = shlex.split(call)
    given: list[str] = []
    options: dict[str, str] = {}
    words = iter(arguments)
    for word in words:
        if word.startswith("--"):
            options[word[2:]] = next(words)
        else:
            given.append(word)
    return GENERATORS[name](*given, **options)


def _machine(machine: str | dict[str, Any]) -> str:
    if isinstance(machine, str):
        return machine
    return machine.get("gpu") or f"{machine['cores']} cores of {machine['processor']}"


def _written(value: Any) -> str:
    return tables.DASH if value is None else f"{value:,}" if isinstance(value, int | float) else str(value)


def main() -> int:
    """Write or check all tables; return 1 where one differs and nothing is written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, and fail where a table differs")
    options = parser.parse_args()
    stale = 0
    for path in (*pages(), RESULTS):
        before = path.read_text(encoding="utf-8")
        after = results() if path == RESULTS else filled(before)
        if after != before:
            stale += 1
            print(f"{path.relative_to(ROOT)}: {'differs from its sources' if options.check else 'written'}")
            if not options.check:
                path.write_text(after, encoding="utf-8")
    return int(options.check and stale > 0)


if __name__ == "__main__":
    sys.exit(main())
