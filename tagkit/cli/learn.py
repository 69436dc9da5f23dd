"""`tagkit learn`: a saved model learns from more products, and is saved again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tagkit.cli.evaluate import allow
from tagkit.cli.files import with_file_options
from tagkit.cli.options import DataArgument, JsonOption
from tagkit.console import echo, echo_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tagkit.product import Product


@with_file_options
def learn(
    model: Annotated[Path, typer.Argument(help="The folder of a saved model.")],
    data: DataArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder of the new model; an older one is replaced.")],
    old: Annotated[
        str, typer.Option(help="The data set or file that the model was fitted on; its dev part measures the change.")
    ] = "",
    tagger: Annotated[str, typer.Option(help="The model's strategy, if it is your own: MODULE:CLASS.")] = "",
    as_json: JsonOption = False,
    *,
    file: dict[str, str],
) -> None:
    """Let a saved model learn from the tagged products of a file, such as reviewed ones, and save it again."""
    from tagkit.datasets import load
    from tagkit.default import load_tagger
    from tagkit.errors import BadInput
    from tagkit.pipeline import train_and_dev

    if tagger:
        allow(tagger)
    pipeline = load_tagger(model)
    more = [product for product in load(data, **file).products if product.tags]  # type: ignore[arg-type]
    if not more:
        raise BadInput(f"{data}: no product has tags to learn from (name their column with --tags)")
    train: Sequence[Product] | None = None
    dev: Sequence[Product] = ()
    if old:
        has_choices = pipeline.tagger.needs_threshold or bool(pipeline.refinement.steps)
        train, dev = train_and_dev(load(old, **file), whole=not has_choices)  # type: ignore[arg-type]
    learned = pipeline.learn(more, old=train, dev=dev)
    pipeline.save(out)
    if as_json:
        echo_json(learned.to_dict() | {"model": str(out)})
    else:
        echo(f"{learned}\nThe model is saved in {out}.")
