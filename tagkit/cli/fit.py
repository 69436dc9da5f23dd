"""`tagkit fit`: a strategy, or the best of a quick comparison, fitted on a file and saved with its thresholds."""

from __future__ import annotations

import re
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tagkit.cli import complete
from tagkit.cli.compare import split_names
from tagkit.cli.files import with_file_options
from tagkit.cli.options import DataArgument, JsonOption, ParentsOption, RefineOption, SetOption, TaggerOption
from tagkit.cli.tune import parameters
from tagkit.console import echo, echo_json, remark

if TYPE_CHECKING:
    from tagkit.experiment.choose import Candidate
    from tagkit.product import Dataset
    from tagkit.tagger import Tagger


@with_file_options
def fit(
    data: DataArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder of the model; one that is there is replaced.")],
    tagger: TaggerOption = "",
    set_: SetOption = None,
    best: Annotated[bool, typer.Option("--best", help="The best of a quick comparison on train and dev.")] = False,
    taggers: Annotated[
        str,
        typer.Option(
            autocompletion=complete.strategies, help="What --best tries instead of its own list, comma-separated."
        ),
    ] = "",
    minutes: Annotated[float, typer.Option(min=0, help="How long the comparison of --best may take.")] = 10.0,
    refine: RefineOption = "",
    parents: ParentsOption = "",
    as_json: JsonOption = False,
    *,
    file: dict[str, str],
) -> None:
    """Fit a strategy on train, choose its thresholds on dev, and save both; test is not read."""
    from tagkit import registry
    from tagkit.datasets import load
    from tagkit.default import DEFAULT
    from tagkit.errors import BadInput
    from tagkit.experiment.choose import best as best_of
    from tagkit.pipeline import Pipeline, train_and_dev
    from tagkit.taggers import create
    from tagkit.text.spelling import one_spelling

    if best and (tagger or set_):
        raise BadInput("--best chooses the strategy: leave out --tagger and --set, or name strategies in --taggers")
    if taggers and not best:
        raise BadInput("--taggers goes with --best; one strategy is named by --tagger")
    made = create(tagger or DEFAULT, **parameters(set_ or ()))
    dataset = one_spelling(load(data, parents=parents, **file))  # type: ignore[arg-type]
    if not any(product.tags for product in dataset.train):
        raise BadInput(f"{data}: no product of train has tags to learn from (name their column with --tags)")
    tried: list[Candidate] = []
    if best:
        tried = _compare(dataset, taggers, minutes)
        made = create(best_of(tried).name)
    start = time.monotonic()
    pipeline = Pipeline.fit(made, dataset, split_names(refine) or None)
    seconds = time.monotonic() - start
    pipeline.save(out)
    _, dev = train_and_dev(dataset, whole=not made.needs_threshold)
    dev = [product for product in dev if product.tags]
    score = pipeline.dev_score if dev else None
    if dev and score is None:
        score = pipeline.score(dev)
    words = file | ({"tagger": tagger} if registry.is_reference(tagger) else {})
    words |= {"parents": parents} if parents else {}
    options = [word for name, value in words.items() for word in (f"--{name}", value)]
    command = " ".join(map(_quoted, ["tagkit", "evaluate", str(out), data, *options]))
    if as_json:
        body: dict[str, Any] = {"model": str(out), "strategy": pipeline.name, "params": made.get_params()}
        body |= {"products": len(dataset.train), "dev": len(dev), "F1@M on dev": score, "seconds": round(seconds, 1)}
        echo_json(body | {"tried": [vars(one) for one in tried], "next": command})
        return
    where = f"F1@M {score:.3f} on {len(dev):,} dev products" if dev else "no dev products to measure on"
    note = ", on which its thresholds were chosen" if dev and made.needs_threshold else ""
    echo(
        f"{pipeline.name} is fitted on {len(dataset.train):,} products of {data} ({seconds:.0f} s; {where}{note}) "
        f"and saved in {out}. Next: {command}"
    )


def _quoted(word: str) -> str:
    """Return a word as a shell takes it; unlike `shlex.quote` this leaves Chinese words as they are."""
    return word if re.fullmatch(r"[\w./:=,-]+", word) else shlex.quote(word)


def _compare(data: Dataset, names: str, minutes: float) -> list[Candidate]:
    """Say what will be tried and how long it may take, and try it."""
    from tagkit.experiment.choose import QUICK, candidates
    from tagkit.taggers import create

    taggers: list[Tagger] = [create(name.strip()) for name in (names.split(",") if names else QUICK)]
    remark(
        f"comparing {', '.join(one.name for one in taggers)} on train and dev of {data.name}, for {minutes:g} minutes "
        "at most; then the best is fitted once more:"
    )
    tried = []
    for one in candidates(data, taggers, 60 * minutes):
        tried.append(one)
        what = one.reason if one.score is None else f"F1@M {one.score:.3f}"
        remark(f"  {one.name}: {what} ({one.seconds:.1f} s)")
    return tried
