"""`tagkit new`: a runnable strategy, measure, data set or experiment to go on from, with its test."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from tagkit.cli.options import JsonOption
from tagkit.console import echo, echo_json

KINDS = {"tagger": "taggers", "measure": "measures", "dataset": "datasets", "experiment": "experiment"}
"""What can be made, with the package that holds it."""


def new(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="tagger, measure, dataset or experiment.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Lower-case letters, digits and _, such as my_tagger.")],
    folder: Annotated[
        Path | None, typer.Option(help="Where it goes (default: here, or in a checkout of tagkit its packages).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a small working tagger, measure, dataset or experiment and its test, and say where to go on."""
    from tagkit import registry
    from tagkit.cli import skeletons
    from tagkit.errors import BadInput, did_you_mean
    from tagkit.files import write_text

    if kind not in KINDS:
        raise BadInput(f"what can be made is {', '.join(KINDS)}, not {kind!r}{did_you_mean(kind, KINDS)}")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise BadInput(f"a name has lower-case letters, digits and _, and begins with a letter, unlike {name!r}")
    known = {"tagger": registry.taggers, "measure": registry.measures, "dataset": registry.datasets}
    if kind in known and name in known[kind]:
        raise BadInput(f"there is a {kind} called {name} already")
    is_checkout = folder is None and Path("tagkit/registry.py").is_file()
    home = folder or Path()
    package = KINDS[kind]
    if kind == "experiment":
        file = home / ("experiments" if is_checkout else "") / f"{name}.yaml"
        module = file.absolute().as_posix()
    else:
        file = home / (f"tagkit/{package}" if is_checkout else "") / f"{name}.py"
        module = f"tagkit.{package}.{name}" if is_checkout else name
    test = home / (f"tests/{package}" if is_checkout else "") / f"test_{name}.py"
    label = "".join(word.capitalize() for word in name.split("_"))
    for path in (file, test):
        if path.exists():
            raise BadInput(f"{path} is there already")
    body, check, further = skeletons.SKELETONS[kind]
    for path, text in ((file, body), (test, check)):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text.replace("NAME", name).replace("LABEL", label).replace("MODULE", module))
    where = name if is_checkout else f"{name}:{label}"
    further = further.replace("FILE", str(file)).replace("WHERE", where)
    if as_json:
        echo_json({"file": str(file), "test": str(test), "next": further})
        return
    echo(f"written: {file}, {test}")
    echo(f"test it: python -m pytest {test}")
    echo(further)
