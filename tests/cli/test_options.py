"""Options of several commands have the same letter and the same meaning in each."""

from __future__ import annotations

import typer

from tagkit.cli import app


def test_options_are_the_same_everywhere():
    letters = {}
    group = typer.main.get_command(app)
    commands = [c for one in group.commands.values() for c in getattr(one, "commands", {"": one}).values()]
    assert all(any("--json" in option.opts for option in command.params) for command in commands)
    for option in (option for command in commands for option in command.params):
        for letter in (name for name in option.opts if len(name) == 2):
            letters.setdefault(letter, set()).add(option.name.rstrip("s_"))
    assert letters.pop("-o") == {"out"} and letters.pop("-d") == {"data"} and letters.pop("-s") == {"set"}
    assert letters.pop("-t") == {"tagger"} and letters.pop("-M") == {"measure"} and letters.pop("-m") == {"model"}
    assert not letters
