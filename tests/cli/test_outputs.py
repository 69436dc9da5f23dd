"""The last steps of a command: what fails is one line, and keeps no other step from being done."""

from __future__ import annotations

import sys

import pytest
import typer

from tagkit.cli.outputs import Outputs
from tagkit.errors import BadInput, MissingExtra, NotWritten, TrackingFailed


def fail(error: Exception):
    def work() -> None:
        raise error

    return work


def test_what_succeeds_gives_its_value_and_says_nothing(capsys):
    outputs, cleared = Outputs(), []
    assert outputs.do("the report", lambda: 5) == 5
    outputs.print("红裙")
    outputs.print_json({"标签": [1]})
    outputs.close(lambda: cleared.append(1))
    said = capsys.readouterr()
    assert said.out.startswith("红裙\n{") and '"标签": [' in said.out and not said.err
    assert cleared == [1] and outputs.complete


@pytest.mark.parametrize("error", [MissingExtra("jinja2 is missing"), TrackingFailed("the server is gone")])
def test_a_missing_package_or_server_is_said_and_is_no_failure(error, capsys):
    outputs, cleared = Outputs(), []
    assert outputs.do("the report", fail(error)) is None
    outputs.close(lambda: cleared.append(1))
    assert capsys.readouterr().err == f"tagkit: {error}\n" and cleared == [1]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (BadInput("no such view"), "the report failed: no such view"),
        (NotWritten({"a.png": OSError(28, "No space left on device")}, []), "the report: a.png not written: No space"),
    ],
)
def test_a_failure_ends_the_command_with_1_after_all_other_steps(error, line, capsys):
    outputs, cleared = Outputs(), []
    outputs.do("the report", fail(error))
    assert outputs.do("tracking", lambda: "done") == "done"
    with pytest.raises(typer.Exit) as caught:
        outputs.close(lambda: cleared.append(1))
    first, last = capsys.readouterr().err.splitlines()
    assert first.startswith(f"tagkit: {line}") and caught.value.exit_code == 1 and not cleared
    assert last == "tagkit: what was computed is kept: the same command repeats only the steps that failed"


def test_a_full_disk_is_a_failure_of_printing_and_a_closed_pipe_is_none(capsys, monkeypatch):
    outputs = Outputs()
    outputs._print(fail(OSError(28, "No space left on device")))
    assert capsys.readouterr().err == "tagkit: printing failed: No space left on device\n" and not outputs.complete
    outputs = Outputs()
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    outputs._print(fail(BrokenPipeError()))
    outputs.print("nobody reads this")
    assert outputs.complete and capsys.readouterr() == ("", "")
