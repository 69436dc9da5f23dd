"""Options of every command that reads a user's file."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

_HELP = {
    "title": "The column of the title, where its name does not tell.",
    "tags": "That of the tags.",
    "description": "That of the description.",
    "category": "That of the category.",
    "id": "That of the id.",
    "split": "That of the part (train, dev, test); for a data set known by name, its variant.",
    "separator": "What separates the tags within a cell.",
    "encoding": "Of a text file, such as gb18030 or big5.",
    "delimiter": "What separates the fields of a CSV file.",
    "sheet": "The sheet of a spreadsheet.",
}


def with_file_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options about a file; it receives those that were used as the dictionary `file`."""
    signature = inspect.signature(command, eval_str=True)
    own = [parameter for name, parameter in signature.parameters.items() if name != "file"]
    options = [
        inspect.Parameter(
            f"file_{name}",
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[str | None, typer.Option(f"--{name}", help=text, rich_help_panel="The file")],
        )
        for name, text in _HELP.items()
    ]

    @functools.wraps(command)
    def run(**values: Any) -> Any:
        file = {name: value for name in _HELP if (value := values.pop(f"file_{name}")) is not None}
        return command(**values, file=file)

    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + options
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run
