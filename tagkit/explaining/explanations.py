"""Explain a tag of a product: what speaks for it and against it, and what the refinements made of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tagkit.datasets.items import as_products
from tagkit.errors import BadInput, blaming
from tagkit.explaining.heat_map import heat_map
from tagkit.explaining.methods import by_method
from tagkit.explaining.refinements import facts, find, stages
from tagkit.explanation import Explanation
from tagkit.pipeline import Pipeline
from tagkit.tagger import Tagger
from tagkit.text.spelling import fold


def explain(tagger: Tagger | Pipeline, product: Any, tag: str | None = None, method: str | None = None) -> Explanation:
    """Return why a product has a tag, or why not.

    Args:
        tagger: A fitted strategy or pipeline.
        product: A product, a title, or a mapping with the fields of `Product`.
        tag: The tag; None: the best one that the product gets.
        method: How the words that count are found: "occlusion", "integrated gradients" or "gradient × input" (networks
            only), or "random"; None: the way of the strategy.

    Returns:
        The explanation. For a tag that the product does not get, its fact "why not" says the reason.

    Raises:
        NotFitted: The strategy was neither fitted nor loaded.
        BadInput: `product` is not one product or holds no letter or digit, the product gets no tag and none is named,
            or there is no such method.
    """
    pipeline = tagger if isinstance(tagger, Pipeline) else Pipeline(tagger)
    pipeline.tagger.check_fitted()
    rows = as_products(product)
    if len(rows) != 1:
        raise BadInput(f"`product` must be one product, not {len(rows)}")
    row = rows[0]
    if not pipeline.tagger.can_read(row):
        raise BadInput(f"`product`: cleaning leaves no letter or digit of {row.text[:60]!r}, so that it gets no tags")
    if tag is not None and not (isinstance(tag, str) and tag.strip()):
        raise BadInput(f"`tag` must be a text or None, not {tag!r}")
    with blaming(pipeline.tagger.source_):
        passed = stages(pipeline, row)
        named = _best(passed[-1].tags or passed[0].tags) if tag is None else _spelt(pipeline, passed[0].tags, tag)
        found = by_method(pipeline.tagger, row, named, method)
        if pipeline.tagger.reads_photos and pipeline.tagger.shows_parts and method in (None, "occlusion"):
            found = replace(found, photo=heat_map(pipeline.tagger, row, named))
    given = find(passed[-1].tags, named) is not None
    told = {**facts(pipeline, passed, named, found.score), **found.facts}
    if given:
        told.pop("why not", None)
    return replace(found, given=given, facts=told)


def _best(tags: list[Any]) -> str:
    if not tags:
        raise BadInput("`tag`: the product gets no tag; name the one of which you want to know why not")
    return str(tags[0].text)


def _spelt(pipeline: Pipeline, found: list[Any], tag: str) -> str:
    """Return a tag in the spelling of the product's list, else of the strategy, else as it is."""
    key = fold(tag)
    known = (*(one.text for one in found), *pipeline.tagger._known_tags())
    return tag if tag in known else next((one for one in known if fold(one) == key), tag)
