"""The last steps of a long command: one that fails is said in one line, and keeps no other from being done."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from tagkit.console import Line, echo, echo_json, echo_lines, width
from tagkit.errors import reason

if TYPE_CHECKING:
    from tagkit.experiment.result import Result

T = TypeVar("T")


class Outputs:
    """Prints and writes what a command found.

    Attributes:
        complete: Whether nothing failed; a missing optional package or tracking server is no
            failure.
    """

    def __init__(self) -> None:
        self.complete = True

    def do(self, what: str, work: Callable[[], T]) -> T | None:
        """Do one step, and return what it gives.

        Args:
            what: What is done, for the line that says that it failed.
            work: Does it.
        """
        from tagkit.errors import MissingExtra, NotWritten, TrackingFailed
        from tagkit.experiment.failure import explain

        try:
            return work()
        except (MissingExtra, TrackingFailed) as error:
            echo(f"tagkit: {error}", err=True)
        except NotWritten as error:
            self._failed(f"{what}: {error}")
        except Exception as error:
            self._failed(f"{what} failed: {explain(error, what)}")
        return None

    def print(self, text: str) -> None:
        """Print a text; where nobody reads it any more, or the disk of a redirected output is full, go on."""
        self._print(lambda: echo(text))

    def show(self, result: Result) -> None:
        """Print the tables of a result and what must be known of them, in the same way."""
        from tagkit import report

        self.print_lines(report.terminal(result, width=width()))

    def print_lines(self, lines: Iterable[Line]) -> None:
        """Print lines with their styles, in the same way."""
        self._print(lambda: echo_lines(lines))

    def print_json(self, value: Any) -> None:
        """Print a value as JSON, in the same way."""
        self._print(lambda: echo_json(value))

    def _print(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BrokenPipeError:
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        except OSError as error:
            self._failed(f"printing failed: {reason(error)}")

    def close(self, clear: Callable[[], object] = lambda: None) -> None:
        """End the command: with exit code 1 where a step failed, else after clearing what it kept to be resumed."""
        if self.complete:
            clear()
            return
        echo("tagkit: what was computed is kept: the same command repeats only the steps that failed", err=True)
        raise typer.Exit(1)

    def _failed(self, line: str) -> None:
        self.complete = False
        echo(f"tagkit: {line}", err=True)
