"""`tagkit compare`: the whole experiment in one command."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from tagkit.cli.lists import JsonOption

if TYPE_CHECKING:
    from tagkit.experiment.tuned import Tuned

T = TypeVar("T")


def compare(
    data: Annotated[str, typer.Option(help="A data set by name, or a file.")] = "catalogue",
    taggers: Annotated[str, typer.Option(help="Strategies, parted by commas; all if absent.")] = "",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A strategy's parameter, as NAME.PARAMETER=VALUE (JSON or text).")
    ] = None,
    tuned: Annotated[
        list[Path] | None, typer.Option(help="A file that `tagkit tune` wrote: its parameters are used.")
    ] = None,
    measures: Annotated[str, typer.Option(help="Measures, parted by commas, such as F1@M,nDCG@10.")] = "",
    baseline: Annotated[str, typer.Option(help="What the others are tested against.")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder of the report; runs/NAME if absent.")] = None,
    seed: Annotated[int, typer.Option(help="Of bootstrap and randomisation.")] = 0,
    samples: Annotated[int, typer.Option(min=1, help="Bootstrap samples and random exchanges.")] = 1000,
    track: Annotated[bool, typer.Option(help="Log the comparison to MLflow.")] = True,
    fresh: Annotated[bool, typer.Option("--fresh", help="Do not go on with a stopped comparison.")] = False,
    readme: Annotated[list[Path] | None, typer.Option(help="Also write the leaderboard into this file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare strategies on a data set: leaderboard, report, plots, MLflow run."""
    from tagkit import report, tracking
    from tagkit.datasets import load
    from tagkit.experiment import compare
    from tagkit.experiment.tuned import Tuned

    dataset = load(data)
    store = tracking.store() if track else ""
    found = [Tuned.read(path) for path in tuned or ()]
    run = if_installed(lambda: tracking.live(dataset.name, uri=store)) if track else None
    with run or nullcontext():
        result = compare.compare(
            _strategies(taggers, set_ or (), found),
            dataset,
            _split_measures(measures) or None,
            baseline=baseline or None,
            seed=seed,
            samples=samples,
            resume=not fresh,
            tuned={one.strategy: one.remark(dataset) for one in found},
        )
        folder = out or Path("runs") / result.data.name
        shown = result.to_result()
        files = if_installed(lambda: report.write(shown, folder)) or []
        for path in readme or ():
            report.insert(shown, path)
        run_id = tracking.track(result, uri=store, artifacts=files) if run else ""
    if as_json:
        typer.echo(json.dumps(shown.to_json() | {"mlflow_run": run_id}, ensure_ascii=False, indent=1))
        return
    typer.echo(report.terminal(shown))
    if files:
        typer.echo(f"report: {folder / 'report.html'}")
    if run_id:
        typer.echo(f"MLflow: mlflow ui --backend-store-uri {store}")


def _strategies(names: str, settings: Sequence[str], tuned: Sequence[Tuned]) -> list[Any] | None:
    """Return the strategies that were named, with the parameters that were set or tuned; None: all as they come."""
    from tagkit import registry
    from tagkit.errors import BadInput
    from tagkit.experiment.space import value
    from tagkit.taggers import create

    params = {one.strategy: one.params for one in tuned}
    if len(params) < len(tuned):
        raise BadInput("--tuned names two files of one strategy")
    for setting in settings:
        match = re.fullmatch(r"([\w-]+)\.(\w+)=(.*)", setting)
        if match is None:
            raise BadInput(f"--set takes NAME.PARAMETER=VALUE, not {setting!r}")
        if any(one.strategy == match[1] and match[2] in one.params for one in tuned):
            raise BadInput(f"--set {match[1]}.{match[2]}: --tuned has a value for it")
        params.setdefault(match[1], {})[match[2]] = value(match[3])
    if not names and not params:
        return None
    chosen = [name.strip() for name in names.split(",")] if names else registry.taggers.names()
    if strangers := params.keys() - set(chosen):
        option = "--tuned" if strangers <= {one.strategy for one in tuned} else "--set"
        raise BadInput(f"{option} names {', '.join(sorted(strangers))}, which takes no part")
    return [create(name, **params[name]) if name in params else name for name in chosen]


def if_installed(work: Callable[[], T]) -> T | None:
    """Do what needs an optional package; without it say what to install, since the figures are there all the same."""
    from tagkit.errors import MissingExtra

    try:
        return work()
    except MissingExtra as error:
        typer.echo(f"tagkit: {error}", err=True)
        return None


def _split_measures(text: str) -> list[str]:
    """Part at commas outside brackets."""
    parts, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts if part.strip()]
