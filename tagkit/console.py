"""What goes to a terminal: text without control characters, in whatever encoding the console has."""

from __future__ import annotations

import codecs
import json
import logging
import os
import re
import shutil
import sys
import warnings
from collections.abc import Iterable
from typing import Any, TextIO

Line = list[tuple[str, str]]
"""A line as pieces of text, each with its style in the words of rich ("bold green"; "": none)."""
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""All control characters but line feed and tab, marks that change the direction of text, and lone surrogates."""

QUIET = "TQDM_DISABLE"
"""The environment variable that `--quiet` sets: no progress and no remarks, in this process and those it starts."""


def printable(text: str) -> str:
    r"""Return a text that can do nothing to a terminal: each control character becomes `\u` and its number.

    JSON stays JSON with the same meaning.
    """
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def one_line(text: str) -> str:
    """Return a text as one printable line."""
    return printable(" ".join(text.split("\n")))


def echo(text: object = "", *, err: bool = False) -> None:
    """Print a line to standard output or to standard error."""
    stream = sys.stderr if err else sys.stdout
    stream.write(f"{printable(str(text))}\n")
    stream.flush()


def width() -> int:
    """Return how many columns standard output has: as many as `COLUMNS` says, or the terminal, or else 100."""
    return shutil.get_terminal_size((100, 24)).columns


def echo_lines(lines: Iterable[Line]) -> None:
    """Print lines; on a terminal with their styles, and wrapped between words."""
    if not sys.stdout.isatty():
        echo("\n".join("".join(text for text, _ in line).rstrip() for line in lines))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for line in lines:
        console.print(Text.assemble(*((printable(text), style) for text, style in line)))


def remark(text: str) -> None:
    """Print a line to standard error that nobody needs: it is left out where QUIET is set."""
    if not os.environ.get(QUIET):
        echo(text, err=True)


def echo_json(value: Any) -> None:
    """Print a value as JSON over several lines."""
    echo(to_json(value, sys.stdout, indent=1))


def to_json(value: Any, stream: TextIO, *, indent: int | None = None) -> str:
    r"""Return a value as JSON that a stream takes: beyond ASCII as it is in UTF-8, with `\u` in other encodings."""
    is_utf8 = codecs.lookup(getattr(stream, "encoding", None) or "utf-8").name == "utf-8"
    return printable(json.dumps(value, ensure_ascii=not is_utf8, indent=indent, default=str))


def set_up() -> None:
    r"""Prepare the process of a command: nothing that is printed or warned of fails or harms the terminal.

    Characters that the console's encoding lacks are printed as `\u` and their number; a warning is one line.
    """
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it says at length where it puts its own cache
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(_OneLine())
    warnings.formatwarning = _warning


class _OneLine(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        return one_line(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return printable(super().formatException(ei))


def _warning(message: Warning | str, *_: object, **__: object) -> str:
    return one_line(f"warning: {message}") + "\n"
