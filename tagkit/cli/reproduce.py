"""`tagkit reproduce`: rerun reported experiments and say of every score whether it was reproduced."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tagkit.cli import complete
from tagkit.cli.options import JsonOption
from tagkit.cli.outputs import Outputs
from tagkit.console import echo, echo_json, remark

if TYPE_CHECKING:
    from tagkit.experiment.result import Result
    from tagkit.experiment.spec import Experiment

TITLE = "Results"
PREFACE = (
    "Written by `tagkit reproduce --report` from `experiments/*.yaml` and `experiments/results/`; do not edit. A time "
    "in brackets is the one reported with the expected scores."
)


def reproduce(
    names: Annotated[
        list[str] | None,
        typer.Argument(autocompletion=complete.experiments, help="Experiments by name or file (default: all)."),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the experiments and run nothing.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check all files, show what would run, run nothing.")
    ] = False,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Run only the quick rows, all in one process: their memory is not measured."),
    ] = False,
    only: Annotated[list[str] | None, typer.Option(help="Run only this row; can be repeated.")] = None,
    data_file: Annotated[
        Path | None, typer.Option(help="Products: JSON lines with input, category, target_scores, or tagkit's formats.")
    ] = None,
    runs_file: Annotated[list[Path] | None, typer.Option(help="Stored answers to score; can be repeated.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Where the experiments are.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write tables, plots and a page of this run here.")
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Store what was measured, and write RESULTS.md and RESULTS.html.")
    ] = False,
    track: Annotated[bool, typer.Option(help="Log each run to MLflow.")] = True,
    fresh: Annotated[bool, typer.Option("--fresh", help="Do not resume a stopped command.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Rerun reported experiments: OK, OKish, FAIL or SKIPPED for every cell; exit code 1 where one fails."""
    from tagkit import report as reports
    from tagkit import tracking
    from tagkit.errors import BadInput
    from tagkit.experiment import load
    from tagkit.experiment.run import check_only, run
    from tagkit.experiment.store import RunCache
    from tagkit.experiment.worker import start_server

    place = folder or load.default_folder()
    if data_file and not runs_file:
        raise BadInput("--data-file needs --runs-file: the stored answers that are to be scored")
    experiments = [_external(names or [], data_file, runs_file, place)] if runs_file else load.find(names or [], place)
    if list_:
        _show_list(experiments, as_json)
        return
    if not dry_run:
        start_server()
    for experiment in experiments:
        load.check_parameters(experiment)
    check_only(experiments, only or ())
    if only:
        experiments = [e for e in experiments if {row.name for row in e.rows} & set(only)]
    if dry_run:
        _show_plan(experiments, quick, only or [], as_json)
        return
    outputs, cache = Outputs(), RunCache(fresh)
    results = []
    for experiment in experiments:
        with ExitStack() as stack:
            start = partial(tracking.of_experiment, experiment)
            tracker = outputs.do("tracking", lambda: stack.enter_context(start())) if track else None  # noqa: B023
            track = tracker is not None and not tracker.lost  # nor is a server asked again that did not answer
            around = tracker.row if tracker else None
            result = run(experiment, quick=quick, only=only or (), cache=cache, isolate=not quick, around=around)
            results.append(result)
            if not as_json:
                outputs.show(result)
                outputs.print("")
            if tracker:
                board = reports.to_markdown(result, measures=result.measures[:4]) if result.rows else ""
                outputs.do("tracking", partial(tracker.log, result, description=board))
    if as_json:
        outputs.print_json([result.to_json() for result in results])
    else:
        outputs.print(reports.verdict_counts(results))
    if out:
        for result in results:
            outputs.do("the report", partial(reports.write, result, out / result.experiment.name))
    if report and not runs_file:
        _write(results, place, outputs)
    outputs.close(cache.clear)
    if any(result.has_failed for result in results):
        raise typer.Exit(1)


def _external(names: Sequence[str], data_file: Path | None, runs_files: Sequence[Path], folder: Path) -> Experiment:
    """Return the experiment that scores stored answers, by the measures of a named one where there is one."""
    from tagkit.errors import BadInput
    from tagkit.experiment import answers, load

    if len(names) > 1:
        raise BadInput("--runs-file takes the measures of one experiment at most: name one, or none")
    return answers.experiment(data_file, runs_files, load.find(names, folder)[0] if names else None)


def _show_list(experiments: Sequence[Experiment], as_json: bool) -> None:
    from tagkit.experiment.to_json import experiment_to_json

    if as_json:
        echo_json([experiment_to_json(e) for e in experiments])
        return
    width = max(len(experiment.name) for experiment in experiments)
    for experiment in experiments:
        running = [row for row in experiment.rows if row.strategy]
        quick = sum(row.quick for row in running)
        echo(f"{experiment.name:<{width}}  {quick:>2} of {len(running):>2} quick  {experiment.title}")


def _show_plan(experiments: Sequence[Experiment], quick: bool, only: Collection[str], as_json: bool) -> None:
    from tagkit.experiment.run import left_out
    from tagkit.experiment.to_json import experiment_to_json

    rows = [
        about | {"experiment": experiment.name, "skipped": left_out(row, quick, only)}
        for experiment in experiments
        for row, about in zip(experiment.rows, experiment_to_json(experiment)["rows"], strict=True)
    ]
    if as_json:
        echo_json(rows)
        return
    for row in rows:
        what = f"skip ({row['skipped']})" if row["skipped"] else "run"
        params = f" {json.dumps(row['params'], ensure_ascii=False)}" if row["params"] else ""
        seeds = f" seeds {', '.join(map(str, row['seeds']))}" if row["seeds"] else ""
        folds = f" {row['folds']} folds" if row["folds"] else ""
        echo(f"{row['experiment']}: {row['name']}: {what}: {row['strategy'] or row['cites']}{params}{seeds}{folds}")


def _write(results: Sequence[Result], folder: Path, outputs: Outputs) -> None:
    """Store the results, and write the report of all experiments of the folder with what earlier commands stored."""
    from tagkit import report
    from tagkit.experiment import load, store
    from tagkit.experiment.result import Result
    from tagkit.files import write_text

    merged = {}
    for result in results:
        merged[result.experiment.file] = found = store.merge(result, folder)
        outputs.do(f"storing {result.experiment.name}", partial(store.write, found, folder))
    everything = [merged.get(e.file) or store.merge(Result(e), folder) for e in load.find([], folder)]

    def write_markdown() -> Path:
        write_text(folder / "RESULTS.md", report.document(everything, TITLE, PREFACE))
        return folder / "RESULTS.md"

    for work in (write_markdown, partial(report.to_html, everything, folder / "RESULTS.html")):
        if page := outputs.do("the report", work):
            remark(f"report: {page}")
