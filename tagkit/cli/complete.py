"""What the shell completes: names, found without importing what they name, and files."""

from __future__ import annotations

import glob
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer

from tagkit import registry
from tagkit.errors import TagkitError

Found = list[tuple[str, str]]
"""Completions, each with its explanation."""


def strategies(incomplete: str) -> Found:
    """Complete the last name of a list of strategies."""
    return _names(registry.taggers, incomplete)


def measures(incomplete: str) -> Found:
    """Complete the last name of a list of measures."""
    return _names(registry.measures, incomplete)


def refinements(incomplete: str) -> Found:
    """Complete the last name of a list of refinements."""
    return _names(registry.steps, incomplete)


def datasets(incomplete: str) -> Found:
    """Complete a data set or a file."""
    return _names(registry.datasets, incomplete) + _files(incomplete)


def experiments(incomplete: str) -> Found:
    """Complete an experiment of the working directory or a file."""
    names = sorted(path.stem for path in Path("experiments").glob("*.yaml"))
    return [(name, "") for name in names if name.startswith(incomplete)] + _files(incomplete)


def models(incomplete: str) -> Found:
    """Complete a pre-trained model or a folder."""
    from tagkit.weights import ENTRIES

    found = [(name, entry.summary) for name, entry in ENTRIES.items() if name.startswith(incomplete)]
    return found + _files(incomplete)


def settings(incomplete: str) -> Found:
    """Complete STRATEGY.PARAMETER=; a strategy is imported for the names of its parameters alone."""
    strategy, dot, parameter = incomplete.partition(".")
    if not dot:
        return [(f"{name}.", summary) for name, summary in _names(registry.taggers, strategy)]
    return [(f"{strategy}.{name}", default) for name, default in _parameters(strategy, parameter)]


def parameters(ctx: typer.Context, incomplete: str) -> Found:
    """Complete PARAMETER= of the strategy that the command line names."""
    from tagkit.default import DEFAULT

    words = [*ctx.args, *map(str, ctx.params.values())]  # in `args` as long as the last option lacks its value
    return _parameters(next((word for word in words if word in registry.taggers), DEFAULT), incomplete)


def _parameters(strategy: str, incomplete: str) -> Found:
    with suppress(TagkitError):
        params = registry.taggers.get(strategy)().get_params()
        return [(f"{name}=", f"default: {value!r}") for name, value in params.items() if name.startswith(incomplete)]
    return []


def _names(known: registry.Registry[Any], incomplete: str) -> Found:
    head, comma, last = incomplete.rpartition(",")
    return [(head + comma + name, known.summary(name)) for name in known.names() if name.startswith(last)]


def _files(incomplete: str) -> Found:
    return [(path, "") for path in sorted(glob.glob(f"{glob.escape(incomplete)}*"))]
