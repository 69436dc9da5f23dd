"""`tagkit evaluate`: measure a saved model on a part of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tagkit.cli.compare import split_measures
from tagkit.cli.files import with_file_options
from tagkit.cli.options import DataArgument, FacetsOption, JsonOption, MeasuresOption, ParentsOption
from tagkit.console import echo, echo_json


@with_file_options
def evaluate(
    model: Annotated[Path, typer.Argument(help="The folder of a saved model.")],
    data: DataArgument,
    tagger: Annotated[str, typer.Option(help="The model's strategy, if it is your own: MODULE:CLASS.")] = "",
    part: Annotated[str, typer.Option(help="train, dev, test, or all.")] = "test",
    measures: MeasuresOption = "",
    facets: FacetsOption = None,
    parents: ParentsOption = "",
    samples: Annotated[int, typer.Option(min=1, help="Bootstrap samples.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of the bootstrap samples.")] = 0,
    as_json: JsonOption = False,
    *,
    file: dict[str, str],
) -> None:
    """Measure a saved model on a part of a file, with intervals, on all products and on those that are new to it."""
    from tagkit.datasets import load
    from tagkit.default import load_tagger
    from tagkit.experiment.evaluate import evaluate

    if tagger:
        allow(tagger)
    pipeline = load_tagger(model)
    dataset = load(data, facets=facets, parents=parents, **file)  # type: ignore[arg-type]
    found = evaluate(pipeline, dataset, part, split_measures(measures) or None, seed=seed, samples=samples)
    if as_json:
        echo_json(found.to_dict() | {"model": str(model)})
    else:
        echo(found)


def allow(tagger: str) -> None:
    """Import the user's own strategy, which a saved model may then hold: no model names code to run by itself."""
    from tagkit import registry
    from tagkit.errors import BadInput

    if not registry.is_reference(tagger):
        raise BadInput("a model holds its strategy: leave out --tagger, or name your own as MODULE:CLASS")
    registry.taggers.find(tagger)
