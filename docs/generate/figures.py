"""Fill in the tables of the README and the documentation from stored results: `make figures`.

    python docs/generate/figures.py [--check]

A table stands between two comments; the first names its generator and its source:

    <!-- figures: experiment oa_mine --measures attribute-F1 -->
    ...
    <!-- end -->

With `--check` nothing is written, and the exit status is 1 where a table differs from its source.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import stored
import tables

ROOT = stored.ROOT
BLOCK = re.compile(r"(<!-- figures: (?P<call>[^>]+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def experiment(name: str, measures: str = "", rows: str = "*", sort: str = "", costs: str = "yes") -> str:
    """Return the table of a stored experiment.

    Args:
        name: The experiment.
        measures: The measures to show, comma-separated (default: those of the experiment).
        rows: Patterns of row names, separated by semicolons.
        sort: A measure by which rows are sorted, the best first (default: the order of the experiment).
        costs: Whether to show how long a row took, "yes" or "no".
    """
    found = stored.experiment(name)
    shown = measures.split(",") if measures else list(found.measures)
    chosen = [row for row in found.rows if any(fnmatch.fnmatchcase(row.name, pattern) for pattern in rows.split(";"))]
    if sort:
        chosen.sort(key=lambda row: -(row.scores[sort].value or 0.0))
    head = ["row", *shown] + (["time"] if costs == "yes" else [])
    lines = []
    for row in chosen:
        notes = " (cited)" * row.cited + " (baseline)" * (row.name == found.baseline)
        cells = [tables.score(row.scores.get(measure)) for measure in shown]
        lines.append([row.name + notes, *cells, tables.duration(row.seconds)][: len(head)])
    return tables.table(head, lines)


def benchmark(name: str) -> str:
    """Return the table of a stored benchmark, with its command, machine and date."""
    body = stored.benchmark(name)
    figures = body["figures"]
    if all(isinstance(value, dict) for value in figures.values()):
        columns = list(dict.fromkeys(column for value in figures.values() for column in value))
        head = [body.get("rows", ""), *columns]
        lines = [[key, *(_written(value.get(column)) for column in columns)] for key, value in figures.items()]
    else:
        head, lines = ["", ""], [[key, _written(value)] for key, value in figures.items()]
    origin = f"`{body['command']}`, {_machine(body['machine'])}, {body['date'][:10]}."
    return f"{tables.table(head, lines)}\n\n{body.get('note', '')} {origin}".replace("\n ", "\n")


def absent(name: str) -> str:
    """Return the recall of absent tags from a file of `experiments/absent_tags.py`; ▲ is better than `hybrid`."""
    rows = json.loads((stored.EXPERIMENTS / "results" / f"{name}.json").read_text(encoding="utf-8"))["rows"]
    measures = list(dict.fromkeys(row["measure"] for row in rows))
    names = list(dict.fromkeys(row["strategy"] for row in rows))
    better = {
        (row["strategy"], row["measure"])
        for row in rows
        if row.get("against") == "hybrid" and row["p after Holm"] < 0.05
    }
    cells = {
        key: f"{100 * row['figure']:.1f} [{100 * row['from']:.1f}, {100 * row['to']:.1f}]" + " ▲" * (key in better)
        for row in rows
        if "figure" in row
        for key in [(row["strategy"], row["measure"])]
    }
    lines = [[n, *(cells.get((n, m), tables.DASH) for m in measures)] for n in names]
    return tables.table(["row", *measures], lines)


def inferred(name: str, measures: str) -> str:
    """Return the scores of a file of `experiments/inferred_tags.py`."""
    body = json.loads((stored.EXPERIMENTS / "results" / f"{name}.json").read_text(encoding="utf-8"))
    scores = body["views"]["test"]["figures"]
    shown = measures.split(",")
    lines = []
    for row, found in sorted(scores.items(), key=lambda item: -item[1][shown[0]]["value"]):
        cells = [
            f"{100 * found[m]['value']:.1f} [{100 * found[m]['low']:.1f}, {100 * found[m]['high']:.1f}]"
            + _mark(found[m], scores[body["baseline"]][m])
            for m in shown
        ]
        lines.append([row + " (baseline)" * (row == body["baseline"]), *cells])
    return tables.table(["row", *shown], lines)


def diversity(name: str, measures: str) -> str:
    """Return the test scores of each way of decoding from a file of `experiments/diversity.py`."""
    rows = json.loads((stored.EXPERIMENTS / "results" / f"{name}.json").read_text(encoding="utf-8"))["rows"]
    shown = measures.split(",")
    lines = []
    for row in rows:
        cells = [f"{value:.3f} [{low:.3f}, {high:.3f}]" for value, low, high in (row["test"][m] for m in shown)]
        lines.append([row["family"], str(row["setting"]), *cells])
    return tables.table(["decoding", "setting", *shown], lines, 2)


GENERATORS: dict[str, Callable[..., str]] = {
    "experiment": experiment,
    "benchmark": benchmark,
    "absent": absent,
    "inferred": inferred,
    "diversity": diversity,
}


def pages() -> Iterator[Path]:
    """Return the Markdown files that hold tables of scores."""
    yield from sorted(ROOT.glob("README*.md"))
    yield from sorted((ROOT / "docs").rglob("*.md"))


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


def _mark(found: dict[str, Any], base: dict[str, Any]) -> str:
    if found["p"] is None or found["p"] >= 0.05:
        return ""
    return " ▲" if found["value"] > base["value"] else " ▼"


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
    for path in pages():
        before = path.read_text(encoding="utf-8")
        after = filled(before)
        if after != before:
            stale += 1
            print(f"{path.relative_to(ROOT)}: {'differs from its sources' if options.check else 'written'}")
            if not options.check:
                path.write_text(after, encoding="utf-8")
    return int(options.check and stale > 0)


if __name__ == "__main__":
    sys.exit(main())
