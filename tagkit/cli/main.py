"""The `tagkit` command: its sub-commands, and errors as one line."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tagkit import __version__
from tagkit.cli import compare, data, evaluate, fit, lists, models, reproduce, tag, tune
from tagkit.console import echo, set_up
from tagkit.errors import TagkitError

STOPPED = (
    "tagkit: stopped; `compare` resumes with the runs left, and so does `reproduce`; "
    "`tune` with the trials left; `tag --out FILE --resume` at the next product"
)


class Commands(TyperGroup):
    """A command group that shows an error that tagkit raises on purpose, or a file that cannot be used, as one line."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        set_up()
        try:
            return super().invoke(ctx)
        except TagkitError as error:
            echo(f"tagkit: {error}", err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            echo(STOPPED, err=True)
            sys.exit(130)
        except BrokenPipeError:
            sys.stderr.close()
            sys.exit(0)
        except OSError as error:
            if error.strerror is None:
                raise
            echo(f"tagkit: {f'{error.filename}: ' if error.filename else ''}{error.strerror}", err=True)
            sys.exit(2)


app = typer.Typer(
    cls=Commands,
    help="Tag products, and compare ways of tagging them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("fit")(fit.fit)
app.command("evaluate")(evaluate.evaluate)
app.command("tag")(tag.tag)
app.command("compare")(compare.compare)
app.command("tune")(tune.tune)
app.command("reproduce")(reproduce.reproduce)
app.add_typer(data.app, name="data")
app.add_typer(models.app, name="models")
app.command("taggers")(lists.taggers)
app.command("measures")(lists.measures)


def _version(show: bool) -> None:
    if show:
        echo(__version__)
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Tag products, and compare ways of tagging them."""
