"""`tagkit reproduce`: rerun reported experiments and say of every figure whether it came out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tagkit.cli.compare import if_installed
from tagkit.cli.lists import JsonOption


def reproduce(
    names: Annotated[list[str] | None, typer.Argument(help="Experiments by name or file; all if absent.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the experiments and run nothing.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check all files, show what would run, run nothing.")
    ] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Run only the systems that are quick.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="Run only this system; can be repeated.")] = None,
    data_file: Annotated[
        Path | None, typer.Option(help="Products: JSON lines with input, category, target_scores, or tagkit's forms.")
    ] = None,
    runs_file: Annotated[list[Path] | None, typer.Option(help="Stored answers to score; can be repeated.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Where the experiments are.")] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Keep what was measured, and write RESULTS.md and RESULTS.html.")
    ] = False,
    track: Annotated[bool, typer.Option(help="Log each run to MLflow.")] = True,
    fresh: Annotated[bool, typer.Option("--fresh", help="Do not go on with a stopped command.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Rerun reported experiments: OK, OKish, FAIL or SKIPPED for every cell; exit code 1 where one fails."""
    from tagkit.errors import BadInput
    from tagkit.experiment import load, loading, reproduce, text
    from tagkit.experiment._old_to_json import to_dict
    from tagkit.experiment.run import Kept

    place = folder or loading.default_folder()
    if data_file and not runs_file:
        raise BadInput("--data-file needs --runs-file: the stored answers that are to be scored")
    experiments = [_own(names or [], data_file, runs_file, place)] if runs_file else loading.find(names or [], place)
    if list_:
        _show_list(experiments, as_json)
        return
    for experiment in () if runs_file else experiments:
        load.check_parameters(experiment)
    reproduce.check_only(experiments, only or ())
    if only:
        experiments = [e for e in experiments if {system.name for system in e.systems} & set(only)]
    if dry_run:
        _show_plan(experiments, quick, only or [], as_json)
        return
    kept = Kept(fresh)
    outcomes = []
    for experiment in experiments:
        outcome = reproduce.reproduce(experiment, quick=quick, only=only or (), kept=kept, say=_say)
        outcomes.append(outcome)
        if not as_json:
            typer.echo("\n".join(text.lines(outcome)) + "\n")
        if track and outcome.measured:
            _log(outcome)
    if report and not runs_file:
        _write(outcomes, place)
    kept.clear()
    if as_json:
        typer.echo(json.dumps([to_dict(outcome) for outcome in outcomes], ensure_ascii=False, indent=1))
    else:
        typer.echo(text.summary(outcomes))
    if any(outcome.failed for outcome in outcomes):
        raise typer.Exit(1)


def _say(what: str) -> None:
    typer.echo(f"running {what}", err=True)


def _own(names: Sequence[str], data_file: Path | None, runs_files: Sequence[Path], folder: Path) -> Any:
    """Return the experiment that scores stored answers, by the measures of a named one where there is one."""
    from tagkit.errors import BadInput
    from tagkit.experiment import external, loading

    if len(names) > 1:
        raise BadInput("--runs-file takes the measures of one experiment at most: name one, or none")
    base = loading.find(names, folder)[0] if names else None
    return external.from_files(data_file, runs_files, base)


def _show_list(experiments: Sequence[Any], as_json: bool) -> None:
    from tagkit.experiment import _old_to_json as to_json
    from tagkit.experiment import text

    if as_json:
        rows = [to_json.about(e) | {"systems": [to_json.plan(e, s) for s in e.systems]} for e in experiments]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
        return
    typer.echo("\n".join(text.listing(experiments)))


def _show_plan(experiments: Sequence[Any], quick: bool, only: Sequence[str], as_json: bool) -> None:
    from tagkit.experiment import _old_to_json as to_json
    from tagkit.experiment import reproduce

    rows = [
        to_json.plan(e, system) | {"experiment": e.name, "skipped": reproduce.left_out(system, quick, only)}
        for e in experiments
        for system in e.systems
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
        return
    for row in rows:
        what = f"skip ({row['skipped']})" if row["skipped"] else "run"
        seeds = f" seeds {', '.join(map(str, row['seeds']))}" if row["seeds"] else ""
        params = f" {json.dumps(row['params'], ensure_ascii=False, default=str)}" if row["params"] else ""
        typer.echo(f"{row['experiment']}: {row['name']}: {what}: {row['strategy'] or row['cites']}{params}{seeds}")


def _log(outcome: Any) -> None:
    from tagkit import tracking
    from tagkit.experiment.mlflow_log import log

    if_installed(lambda: log(outcome, tracking.store()))


def _write(outcomes: Sequence[Any], folder: Path) -> None:
    """Write the report of all experiments of the folder, with the rows that earlier commands measured."""
    from tagkit.experiment import book, loading, page, text
    from tagkit.experiment.outcome import Outcome

    found = {outcome.experiment.file: book.remember(outcome, folder) for outcome in outcomes}
    everything = [
        found.get(experiment.file) or book.merge(Outcome(experiment), folder) for experiment in loading.find([], folder)
    ]
    for name, content in (("RESULTS.md", text.markdown(everything)), ("RESULTS.html", page.html(everything))):
        (folder / name).write_text(content, encoding="utf-8")
        typer.echo(f"report: {folder / name}", err=True)
