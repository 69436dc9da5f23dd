"""`python -m tagkit` is the command `tagkit`."""

from tagkit.cli import app

app()
