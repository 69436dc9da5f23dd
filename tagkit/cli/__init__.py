"""The command line: `tagkit fit`, `evaluate`, `tag`, `compare`, `tune`, `data` and the others.

Commands live in one file each and import what they need when they run, so that `--help` is fast.
"""

from tagkit.cli.main import app

__all__ = ["app"]
