"""`tagkit check`: whether a strategy keeps the contract of all strategies."""

from __future__ import annotations

from typing import Annotated

import typer

from tagkit.cli import complete
from tagkit.cli.options import JsonOption, SetOption
from tagkit.cli.tune import parameters
from tagkit.console import echo, echo_json


def check(
    tagger: Annotated[
        str,
        typer.Argument(
            metavar="STRATEGY", autocompletion=complete.strategies, help="Your own as MODULE:CLASS, or one by name."
        ),
    ],
    set_: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit a strategy on 24 products and check what every strategy promises; exit with 1 where it breaks a promise."""
    from tagkit.contract import check
    from tagkit.taggers import create

    made = create(tagger, **parameters(set_ or ()))
    found = check(made)
    if as_json:
        echo_json([{"promise": promise, "ok": not reason, "reason": reason} for promise, reason in found.items()])
    else:
        for promise, reason in found.items():
            echo(f"{'BROKEN' if reason else 'ok':6}  {promise}" + (f" But: {reason}." if reason else ""))
    if any(found.values()):
        raise typer.Exit(1)
