"""The `tagkit` command: its sub-commands, and errors as one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tagkit import __version__
from tagkit.cli import (
    check,
    compare,
    data,
    evaluate,
    explain,
    fit,
    learn,
    lists,
    models,
    new,
    reproduce,
    review,
    tag,
    tune,
)
from tagkit.console import QUIET, echo, set_up
from tagkit.errors import TagkitError, did_you_mean

RESUMES = {
    "compare": "the same command resumes with the runs left",
    "reproduce": "the same command resumes with the runs left",
    "tune": "the same command resumes with the trials left",
    "tag": "with --out FILE, the same command and --resume continue at the next product",
}
"""What a command that was stopped says."""
UsageError: Any = typer.BadParameter.__base__  # typer exports no name for it


class Commands(TyperGroup):
    """A command group that shows as one line a wrong command line, an error raised on purpose, or an unusable file."""

    def make_context(self, *args: Any, **options: Any) -> Any:
        """Read the options before the command."""
        with _usage_in_one_line():
            return super().make_context(*args, **options)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        set_up()
        try:
            with _usage_in_one_line():
                return super().invoke(ctx)
        except TagkitError as error:
            echo(f"tagkit: {error}", err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            how = RESUMES.get(ctx.invoked_subcommand, "")
            echo(f"tagkit: stopped{how and '; '}{how}", err=True)
            sys.exit(130)
        except BrokenPipeError:
            sys.stderr.close()
            sys.exit(0)
        except OSError as error:
            if error.strerror is None:
                raise
            echo(f"tagkit: {f'{error.filename}: ' if error.filename else ''}{error.strerror}", err=True)
            sys.exit(2)


@contextmanager
def _usage_in_one_line() -> Iterator[None]:
    """End the process with one sentence where the command line is wrong; a group without a command shows its help."""
    try:
        yield
    except UsageError as error:
        ctx = error.ctx
        if ctx and error.message == ctx.get_help():
            raise
        said = error.format_message().rstrip(".?").replace(". Did", ", did").replace(": Input", ": it")
        if ctx and type(error).__name__ == "NoSuchOption":
            said = f"there is no option {error.option_name}{_where(error.option_name, ctx)}"
        hint = f"; {ctx.command_path} -h shows what there is" if ctx else ""
        echo(f"tagkit: {said[0].lower()}{said[1:]}{hint}", err=True)
        sys.exit(2)


def _where(option: str, ctx: Any) -> str:
    """Say where an option belongs that was given in the wrong place, else which one is like it."""
    own = [name for parameter in ctx.command.params for name in parameter.opts]
    if ctx.parent and option in (name for parameter in ctx.find_root().command.params for name in parameter.opts):
        return f" here: it goes before the command, as in {ctx.find_root().command_path} {option} {ctx.command.name}"
    below = [command for _, command in sorted(getattr(ctx.command, "commands", {}).items())]
    if any(option in parameter.opts for command in below for parameter in command.params):
        return f" here: it goes behind the command, as in {ctx.command_path} {below[0].name} {option}"
    return did_you_mean(option, own)


app = typer.Typer(
    cls=Commands,
    help="Tag products, and compare ways of tagging them.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("fit")(fit.fit)
app.command("learn")(learn.learn)
app.command("evaluate")(evaluate.evaluate)
app.command("new")(new.new)
app.command("check")(check.check)
app.command("tag")(tag.tag)
app.command("explain")(explain.explain)
app.command("compare")(compare.compare)
app.command("tune")(tune.tune)
app.command("reproduce")(reproduce.reproduce)
app.add_typer(data.app, name="data")
app.add_typer(review.app, name="review")
app.add_typer(models.app, name="models")
app.command("taggers")(lists.taggers)
app.command("measures")(lists.measures)


def _version(show: bool) -> None:
    if show:
        echo(__version__)
        raise typer.Exit


@app.callback()
def main(
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress and no remarks; warnings and errors stay.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Tag products, and compare ways of tagging them."""
    if quiet:
        os.environ[QUIET] = "1"  # for the processes of a comparison too
