"""`tagkit data`: list the data sets, print their cards, explore, check, audit and download them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tagkit.cli import complete
from tagkit.cli.files import with_file_options
from tagkit.cli.lists import show_rows
from tagkit.cli.options import FacetsOption, JsonOption
from tagkit.console import echo, echo_json, echo_lines, remark

app = typer.Typer(help="List, describe, explore, audit and download data sets.", no_args_is_help=True)
NameArgument = Annotated[
    str,
    typer.Argument(
        autocompletion=complete.datasets, help="A name from `tagkit data list`, or a file or folder of products."
    ),
]


@app.command("list")
def list_data(as_json: JsonOption = False) -> None:
    """List the data sets known by name."""
    from tagkit import registry

    rows = []
    for name in registry.datasets.names():
        licence = registry.datasets.get(name).licence
        rows.append({"name": name, "summary": registry.datasets.summary(name), "licence": licence})
    if as_json:
        echo_json(rows)
        return
    show_rows([[row["name"], f"{row['summary']} Licence: {row['licence']}."] for row in rows])


@app.command("card")
def card(name: NameArgument, as_json: JsonOption = False) -> None:
    """Print a data set's card: its authors, its making and its limits. Nothing is downloaded."""
    from tagkit import datasets

    text = datasets.card(name)
    if as_json:
        echo_json({"name": name, "card": text})
    else:
        echo(text)


@app.command("check")
@with_file_options
def check(
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="A file of products, or a folder with a file for each part.")
    ],
    facets: FacetsOption = None,
    as_json: JsonOption = False,
    *,
    file: dict[str, str],
) -> None:
    """Say what is understood of a file or folder: columns, separators, encoding, parts, problems and remedies."""
    from tagkit import datasets

    found = datasets.check(path, facets=facets, **file)  # type: ignore[arg-type]
    if as_json:
        echo_json(found.to_dict())
    else:
        echo(found.file)
        show_rows(list(found.found.items()))
        echo()
        echo_lines([("- ", "yellow"), (problem, "")] for problem in found.problems or ["No problem."])


@app.command("explore")
@with_file_options
def explore(
    name: NameArgument,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write an HTML page to this file.")] = None,
    as_json: JsonOption = False,
    *,
    file: dict[str, str],
) -> None:
    """Show what a data set consists of: long tail, categories, tags that go together, lengths, duplicates."""
    from tagkit import datasets

    found = datasets.load(name, **file).explore()  # type: ignore[arg-type]
    if out:
        remark(f"written to {found.to_html(out)}")
    if as_json:
        echo_json(found.to_dict())
    elif not out:
        echo(found)


@app.command("audit")
@with_file_options
def audit(
    name: NameArgument,
    label_errors: Annotated[
        bool, typer.Option("--label-errors", help="List the tags that are probably wrong or missing instead.")
    ] = False,
    photos: Annotated[
        bool, typer.Option("--photos", help="List the products with nearly the same photo, also across parts, instead.")
    ] = False,
    as_json: JsonOption = False,
    *,
    file: dict[str, str],
) -> None:
    """Measure a data set, including leakage between its parts; exit with 1 if a value is not as expected."""
    from tagkit import datasets, registry

    if label_errors or photos:
        data = datasets.load(name, **file)  # type: ignore[arg-type]
        looked = data.same_photos() if photos else data.issues()
        if as_json:
            echo_json(looked.to_dict())
        else:
            echo(looked)
        return
    expectations = registry.datasets.get(name).expectations if name in registry.datasets else None
    found = datasets.audit(datasets.load(name, **file), expectations)
    if as_json:
        echo_json(found.to_dict())
    else:
        lines = zip(found.rows, str(found).splitlines(), strict=True)
        echo_lines([(line, "" if row.ok else "bold red")] for row, line in lines)
    if not found.ok:
        raise typer.Exit(1)


@app.command("fetch")
def fetch(name: NameArgument, as_json: JsonOption = False) -> None:
    """Download a data set's files, check their sha256, and print their paths."""
    from tagkit import datasets, registry

    paths = [str(path) for path in datasets.fetch(name)]
    if as_json:
        files = registry.datasets.get(name).files
        rows = [{"file": file, "path": path} for file, path in zip(files, paths, strict=True)]
        echo_json(rows)
    else:
        for path in paths:
            echo(path)
