"""`tagkit compare`: the whole experiment in one command."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tagkit.cli import complete
from tagkit.cli.files import with_file_options
from tagkit.cli.options import DataOption, FacetsOption, JsonOption, MeasuresOption, ParentsOption, RefineOption
from tagkit.cli.outputs import Outputs

if TYPE_CHECKING:
    from tagkit.experiment.tuned import Tuned


@with_file_options
def compare(
    data: DataOption = "catalogue",
    taggers: Annotated[
        str,
        typer.Option(
            "--taggers",
            "-t",
            autocompletion=complete.strategies,
            help="Strategies, comma-separated, also your own MODULE:CLASS (default: all that read no photos).",
        ),
    ] = "",
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            "-s",
            autocompletion=complete.settings,
            help="A strategy's parameter, as NAME.PARAMETER=VALUE (JSON or text).",
        ),
    ] = None,
    tuned: Annotated[
        list[Path] | None, typer.Option(help="A file that `tagkit tune` wrote: its parameters are used.")
    ] = None,
    measures: MeasuresOption = "",
    facets: FacetsOption = None,
    parents: ParentsOption = "",
    refine: RefineOption = "",
    baseline: Annotated[
        str, typer.Option(autocompletion=complete.strategies, help="What the others are tested against.")
    ] = "",
    seeds: Annotated[str, typer.Option(help="One run per seed, comma-separated, such as 0,1,2.")] = "",
    folds: Annotated[int, typer.Option(min=0, help="Cut train and dev into folds instead of tagging test.")] = 0,
    share: Annotated[float, typer.Option(help="Which share of train and dev is used, drawn by each seed.")] = 1.0,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder of the report (default: runs/NAME).")] = None,
    seed: Annotated[int, typer.Option(help="Of resampling in intervals and tests.")] = 0,
    samples: Annotated[int, typer.Option(min=1, help="Bootstrap samples and random permutations.")] = 1000,
    track: Annotated[bool, typer.Option(help="Log the comparison to MLflow.")] = True,
    save_models: Annotated[
        bool,
        typer.Option("--save-models", help="Keep each fitted strategy in its MLflow run, for `tag --model`."),
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Do not resume a stopped comparison.")] = False,
    as_json: JsonOption = False,
    *,
    file: dict[str, str],
) -> None:
    """Compare strategies on a data set: leaderboard, report, plots, MLflow run."""
    from tagkit import report, tracking
    from tagkit.datasets import load
    from tagkit.experiment.compare import compare
    from tagkit.experiment.store import RunCache
    from tagkit.experiment.tuned import Tuned

    dataset = load(data, facets=facets, parents=parents, **file)  # type: ignore[arg-type]
    found = [Tuned.read(path) for path in tuned or ()]
    chosen = _strategies(taggers, set_ or (), found)
    outputs, cache = Outputs(), RunCache(fresh)
    with ExitStack() as stack:
        start = partial(tracking.Tracker, dataset.name)
        tracker = outputs.do("tracking", lambda: stack.enter_context(start())) if track else None
        result = compare(
            chosen,
            dataset,
            split_measures(measures) or None,
            baseline=baseline or None,
            refine=split_names(refine) or None,
            seeds=_seeds(seeds),
            folds=folds,
            share=share,
            seed=seed,
            samples=samples,
            tuned={one.strategy: one.remark(dataset) for one in found},
            cache=cache,
            around=tracker.row if tracker else None,
        )
        if as_json:
            body = result.to_json() | {"mlflow_run": tracker.run_id if tracker and not tracker.lost else ""}
            outputs.print_json(body)
        else:
            outputs.show(result)
        folder = out or Path("runs") / dataset.name
        files = outputs.do("the report", lambda: report.write(result, folder)) or []
        if tracker:
            board = report.to_markdown(result, measures=result.measures[:4])
            board = f"{report.tables.escape_markdown(result.summary)}\n\n{board}"
            more: dict[str, Any] = {"description": board, "artifacts": files, "save_models": save_models}
            outputs.do("tracking", lambda: tracker.log(result, **more))
    if not as_json:
        if files:
            outputs.print(f"report: {folder / 'report.html'}")
        if tracker and not tracker.lost:
            outputs.print(f"MLflow: {tracker.where()}")
    outputs.close(cache.clear)


def _seeds(text: str) -> list[int]:
    """Return the numbers of a comma-separated list."""
    from tagkit.errors import BadInput

    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise BadInput(f"--seeds takes whole numbers, comma-separated, not {text!r}") from None


def _strategies(names: str, settings: Sequence[str], tuned: Sequence[Tuned]) -> list[Any] | None:
    """Return the strategies that were named, with the parameters that were set or tuned; None: all as they come."""
    from tagkit import registry
    from tagkit.errors import BadInput
    from tagkit.taggers import create

    params = {one.strategy: one.params for one in tuned}
    if len(params) < len(tuned):
        raise BadInput("--tuned names two files of one strategy")
    for name, parameter, given in map(split_setting, settings):
        if any(one.strategy == name and parameter in one.params for one in tuned):
            raise BadInput(f"--set {name}.{parameter}: --tuned has a value for it")
        params.setdefault(name, {})[parameter] = given
    if not names and not params:
        return None
    chosen = [name.strip() for name in names.split(",")] if names else registry.taggers.names_of_texts()
    if strangers := params.keys() - set(chosen):
        option = "--tuned" if strangers <= {one.strategy for one in tuned} else "--set"
        raise BadInput(f"{option} names {', '.join(sorted(strangers))}, which does not take part")
    return [create(name, **params[name]) if name in params else name for name in chosen]


def split_names(text: str) -> list[str]:
    """Return the names of a comma-separated list."""
    return [name.strip() for name in text.split(",") if name.strip()]


def split_setting(setting: str) -> tuple[str, str, Any]:
    """Return the strategy, the parameter and the value of one `--set`."""
    from tagkit.errors import BadInput
    from tagkit.experiment.space import value

    match = re.fullmatch(r"([\w.:-]+)\.(\w+)=(.*)", setting)
    if match is None:
        raise BadInput(f"--set takes NAME.PARAMETER=VALUE, not {setting!r}")
    return match[1], match[2], value(match[3])


def split_measures(text: str) -> list[str]:
    """Split at commas outside of brackets; the modules of measures of the user's own are imported."""
    from tagkit import registry

    parts, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    found = [part.strip() for part in parts if part.strip()]
    for part in found:
        if registry.is_reference(name := re.split(r"[(@]", part)[0]):
            registry.measures.find(name)
    return found
