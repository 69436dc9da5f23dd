"""`tagkit explain`: why a text gets a tag, or why not."""

from __future__ import annotations

from typing import Annotated

import typer

from tagkit.cli.evaluate import allow
from tagkit.cli.options import FittedOnOption, JsonOption, ModelOption, TaggerOption
from tagkit.console import echo_json, echo_lines


def explain(
    text: Annotated[str, typer.Argument(help="The title of a product.")],
    tag: Annotated[str, typer.Option("--tag", help="The tag (default: the best one that the text gets).")] = "",
    tagger: TaggerOption = "",
    data: FittedOnOption = "catalogue",
    model: ModelOption = None,
    method: Annotated[
        str, typer.Option(help="How words are weighed: occlusion, integrated gradients, ... (default: the strategy's).")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Explain why a text gets a tag, or why not: the words for and against, the sources, and the refinements."""
    import tagkit
    from tagkit.default import DEFAULT, default_tagger, load_tagger

    if model and tagger:
        allow(tagger)
    fitted = load_tagger(model) if model else default_tagger(tagger or DEFAULT, data)
    found = tagkit.explain(fitted, text, tag or None, method or None)
    if as_json:
        echo_json(found.to_dict())
    else:
        echo_lines(found.lines())
