"""`tagkit data`: the data sets there are, their cards, their audit, their download."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from tagkit.cli.lists import JsonOption

app = typer.Typer(help="The data sets: list, read the card, audit, fetch.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(help="A name from `tagkit data list`, or a JSONL, CSV or Parquet file.")]


@app.command("list")
def list_data(as_json: JsonOption = False) -> None:
    """List the named data sets."""
    from tagkit import registry

    rows = []
    for name in registry.datasets.names():
        licence = registry.datasets.get(name).licence
        rows.append({"name": name, "summary": registry.datasets.summary(name), "licence": licence})
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        typer.echo(f"{row['name']:<{width}}  {row['summary']} Licence: {row['licence']}.")


@app.command("card")
def card(name: NameArgument, as_json: JsonOption = False) -> None:
    """Print a data set's card: who made it, how, and what it is not good for. Nothing is downloaded for it."""
    from tagkit import datasets

    text = datasets.card(name)
    typer.echo(json.dumps({"name": name, "card": text}, ensure_ascii=False, indent=1) if as_json else text)


@app.command("audit")
def audit(name: NameArgument, as_json: JsonOption = False) -> None:
    """Print a data set's figures, leakage included; exit with 1 when a promise is broken."""
    from tagkit import datasets, registry

    promises = registry.datasets.get(name).promises if name in registry.datasets else None
    found = datasets.audit(datasets.load(name), promises)
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=1))
    else:
        typer.echo(str(found))
    if not found.ok:
        raise typer.Exit(1)


@app.command("fetch")
def fetch(name: NameArgument, as_json: JsonOption = False) -> None:
    """Download a data set's files, checked by their sha256, and print where they are."""
    from tagkit import datasets, registry

    paths = [str(path) for path in datasets.fetch(name)]
    if as_json:
        files = registry.datasets.get(name).files
        rows = [{"file": file, "path": path} for file, path in zip(files, paths, strict=True)]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for path in paths:
            typer.echo(path)
