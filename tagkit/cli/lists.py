"""`tagkit taggers` and `tagkit measures`: what there is, from the registries."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from tagkit.cli.options import JsonOption
from tagkit.console import echo, echo_json, printable


def taggers(as_json: JsonOption = False) -> None:
    """List the tagging strategies."""
    from tagkit import registry
    from tagkit.errors import MissingExtra

    rows = []
    for name in registry.taggers.names():
        row: dict[str, Any] = {"name": name, "summary": registry.taggers.summary(name), "params": {}, "missing": ""}
        if as_json:
            try:
                row["params"] = registry.taggers.get(name)().get_params()
            except MissingExtra as error:
                row["missing"] = str(error)
        rows.append(row)
    _show(rows, as_json, ("name", "summary"))


def measures(as_json: JsonOption = False) -> None:
    """List the measures, with what is better and where each is from."""
    from tagkit import registry

    rows = []
    for name in registry.measures.names():
        cls = registry.measures.get(name)
        row = {"name": name, "better": cls.better, "summary": registry.measures.summary(name)}
        rows.append(row | {"params": cls().params(), "source": cls.source})
    _show(rows, as_json, ("name", "better", "summary"))


def _show(rows: list[dict[str, Any]], as_json: bool, columns: tuple[str, ...]) -> None:
    if as_json:
        echo_json(rows)
    else:
        show_rows([[str(row[column]) for column in columns] for row in rows])


def show_rows(rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns, the last of which is wrapped on a terminal; its line breaks stay."""
    from tagkit.text.columns import aligned, columns_of

    *front, last = zip(*rows, strict=True)
    names = ["  ".join(texts) for texts in zip(*(aligned(column, left=True) for column in front), strict=True)]
    if not sys.stdout.isatty():
        indent = "\n" + " " * (columns_of(names[0]) + 2)
        for name, text in zip(names, last, strict=True):
            echo(f"{name}  " + text.replace("\n", indent))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold cyan", no_wrap=True)
    for name, text in zip(names, last, strict=True):
        grid.add_row(printable(name), Text(printable(text)))
    Console(highlight=False, markup=False).print(grid)
