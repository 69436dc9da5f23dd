"""The options about a user's file, which several commands have."""

from __future__ import annotations

import typer
from typer.testing import CliRunner

from tagkit.cli.files import with_file_options
from tagkit.datasets.columns import FileOptions


def used(*words: str) -> dict[str, str]:
    """Return what a command receives as `file`."""
    received = {}
    app = typer.Typer()

    @app.command()
    @with_file_options
    def command(name: str, limit: int = 3, *, file: dict[str, str]) -> None:
        """Do nothing."""
        received.update(file, name=name, limit=limit)

    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0, found.output
    return received


def test_a_command_receives_the_options_that_were_used():
    assert used("x.csv") == {"name": "x.csv", "limit": 3}
    assert used("x.csv", "--tags", "标签", "--separator", "、", "--limit", "2") == {
        **{"name": "x.csv", "limit": 2},
        **{"tags": "标签", "separator": "、"},
    }


def test_every_option_of_a_file_but_its_language_can_be_given():
    for name in FileOptions.__annotations__.keys() - {"lang"}:
        assert used("x.csv", f"--{name}", "a")[name] == "a"
