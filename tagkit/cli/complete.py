"""What the shell completes: names, found without importing what they name, and files."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import Any

from tagkit import registry

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


def _names(known: registry.Registry[Any], incomplete: str) -> Found:
    head, comma, last = incomplete.rpartition(",")
    return [(head + comma + name, known.summary(name)) for name in known.names() if name.startswith(last)]


def _files(incomplete: str) -> Found:
    return [(path, "") for path in sorted(glob.glob(f"{glob.escape(incomplete)}*"))]
