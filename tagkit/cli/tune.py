"""`tagkit tune`: choose a strategy's parameters on dev."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tagkit.cli import complete
from tagkit.cli.files import with_file_options
from tagkit.cli.options import DataOption, JsonOption, SetOption
from tagkit.cli.outputs import Outputs
from tagkit.console import Line, width

SHOWN = 5


@with_file_options
def tune(
    name: Annotated[str, typer.Argument(autocompletion=complete.strategies, help="The strategy.")],
    data: DataOption = "catalogue",
    trials: Annotated[int, typer.Option(help="The budget: how many parameters to try.")] = 20,
    measure: Annotated[
        str,
        typer.Option(
            "--measure", "-M", autocompletion=complete.measures, help="What the best parameters are best by, on dev."
        ),
    ] = "F1@M",
    space: Annotated[
        list[str] | None,
        typer.Option(help="What to search instead: k=5..50, rate=1e-4..1e-2 log, index=both,char; can be repeated."),
    ] = None,
    set_: SetOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder of the search (default: one below runs/tune).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the search and of how dev is split.")] = 0,
    track: Annotated[bool, typer.Option(help="Log the search to MLflow.")] = True,
    fresh: Annotated[bool, typer.Option("--fresh", help="Do not resume a stopped search.")] = False,
    as_json: JsonOption = False,
    *,
    file: dict[str, str],
) -> None:
    """Choose a strategy's parameters on dev with a budget of trials; test is not read."""
    from tagkit import tracking
    from tagkit.datasets import load
    from tagkit.experiment import space as spaces
    from tagkit.experiment.tune import tune

    dataset = load(data, **file)
    params = parameters(set_ or ())
    chosen = dict(map(spaces.parse, space)) if space else None
    tuned = tune(name, dataset, trials, measure, seed, chosen, params, folder=out, fresh=fresh)
    place = (out or tuned.folder) / "tuned.json"
    outputs = Outputs()
    command = compare_command(tuned, data, file)
    short = compare_command(tuned, data, file, place)
    if not as_json:
        outputs.print_lines(shown(tuned))
        outputs.print(f"\n{command}\nor, with the budget in the report:\n{short}")
    tracker = outputs.do("tracking", lambda: tracking.log_tuned(tuned, dataset, artifacts=[place])) if track else None
    if as_json:
        more = {"file": str(place), "compare": command, "compare_tuned": short}
        more |= {"mlflow_run": tracker.run_id if tracker else ""}
        outputs.print_json(tuned.to_dict() | more)
    elif tracker:
        outputs.print(f"MLflow: {tracker.where()}")
    outputs.close()


def shown(tuned: Any) -> Iterator[Line]:
    """Yield the best trials and the default one as a table for a terminal, with what they say."""
    from tagkit.report.tables import ALWAYS, IF_IT_FITS, Cell, Column, Table, to_lines

    trials = tuned.ranking[:SHOWN]
    if tuned.default not in trials:
        trials = [*trials, tuned.default]
    rows = []
    for trial in trials:
        label = f"{trial.number}{' (default)' if trial.number == 0 else ''}"
        score = Cell("failed" if trial.value is None else f"{trial.value:.4f}", best=trial is tuned.ranking[0])
        params = (Cell(_written(trial.params[name])) for name in tuned.space)
        rows.append((Cell(label), score, Cell(f"{trial.seconds:.1f}"), *params))
    heads = [Column(head, is_number=head != "trial", terminal=ALWAYS) for head in ("trial", tuned.measure, "s")]
    heads += [Column(name, is_number=False, terminal=IF_IT_FITS) for name in tuned.space]
    title = f"{tuned.remark()} {tuned.products:,} products"
    yield from to_lines(Table(title, tuple(heads), tuple(rows)), width())
    yield []
    for trial in tuned.trials:
        if trial.error:
            yield [(f"trial {trial.number} failed: {trial.error}", "red")]
    before = "failed" if tuned.default.value is None else f"{tuned.default.value:.4f}"
    text = (
        f"{tuned.measure}: default {before}, best {tuned.best.value:.4f}. The best was chosen on these products and is "
        "therefore too high; `compare` measures on test what the parameters are worth."
    )
    yield [(text, "")]


def compare_command(tuned: Any, data: str, file: Mapping[str, str], place: Path | None = None) -> str:
    """Return the command line that compares the strategy with its best parameters: each by itself, or from a file."""
    words = ["tagkit", "compare", "--data", data, "--taggers", ",".join(dict.fromkeys(("lexicon", tuned.strategy)))]
    words += [word for name, value in file.items() for word in (f"--{name}", value)]
    if place:
        return shlex.join([*words, "--tuned", str(place)])
    for name, value in tuned.params.items():
        words += ["--set", f"{tuned.strategy}.{name}={_written(value)}"]
    return shlex.join(words)


def parameters(texts: Sequence[str]) -> dict[str, Any]:
    """Return the parameters of one strategy that `--set PARAMETER=VALUE` names."""
    from tagkit.errors import BadInput
    from tagkit.experiment.space import value

    params = {}
    for text in texts:
        name, equals, body = text.partition("=")
        if not (name.isidentifier() and equals):
            raise BadInput(f"--set takes PARAMETER=VALUE, not {text!r}")
        params[name] = value(body)
    return params


def _written(value: Any) -> str:
    """Return a value as `--set` reads it: text as it is unless it would be read as JSON."""
    from tagkit.experiment.space import value as read

    if isinstance(value, str) and read(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)
