"""`tagkit taggers` and `tagkit measures`: what there is, from the registries."""

from __future__ import annotations

from typing import Any

from tagkit.cli.options import JsonOption
from tagkit.console import echo, echo_json


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
        return
    widths = {column: max(len(str(row[column])) for row in rows) for column in columns[:-1]}
    for row in rows:
        front = "  ".join(f"{row[column]!s:<{widths[column]}}" for column in columns[:-1])
        echo(f"{front}  {row[columns[-1]]}")
