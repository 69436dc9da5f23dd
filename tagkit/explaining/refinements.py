"""What the refinements behind a strategy did to a tag, and why a tag is not given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tagkit.errors import did_you_mean
from tagkit.pipeline import Pipeline
from tagkit.product import Product, Tag
from tagkit.refine import Chain, Step
from tagkit.refine.parents import Parents
from tagkit.refine.steps import Limit, StopTags, Synonyms, Vocabulary
from tagkit.refine.thresholds import Thresholds
from tagkit.text.spelling import fold


class Stage(NamedTuple):
    """A list of tags on its way: what a step made of it (None: the strategy's own list)."""

    step: Step | None
    tags: list[Tag]


def stages(pipeline: Pipeline, product: Product) -> list[Stage]:
    """Return the list of a product behind the strategy and behind each refinement."""
    found = [Stage(None, pipeline.tagger.predict(product))]
    for step in pipeline.refinement.steps:
        found.append(Stage(step, Chain([step])([found[-1].tags], [product])[0]))
    return found


def find(tags: Sequence[Tag], tag: str) -> int | None:
    """Return the position of a tag in a list, in any spelling; None where it is not there."""
    key = fold(tag)
    return next((at for at, one in enumerate(tags) if fold(one.text) == key), None)


def facts(pipeline: Pipeline, passed: Sequence[Stage], tag: str, score: float) -> dict[str, object]:
    """Return what the refinements did to a tag, by name; `why not` where the tag is not given.

    Args:
        pipeline: The strategy and its refinements.
        passed: What `stages` returned.
        tag: The tag.
        score: Its score in the strategy.
    """
    places = [find(stage.tags, tag) for stage in passed]
    out: dict[str, object] = {}
    if places[0] is not None:
        out["rank"] = f"{places[0] + 1} of the {len(passed[0].tags)} tags of {pipeline.name}"
    for step in pipeline.refinement.steps:
        if isinstance(step, Thresholds):
            out["threshold"] = round(_threshold(step, tag), 4)
    for before, after, old, new in zip(passed, passed[1:], places, places[1:], strict=False):
        assert after.step is not None
        if old is None and new is not None:
            out[f"added by {after.step.name}"] = _added(after.step, before.tags, tag)
        elif old is not None and new is None:
            out["dropped by"] = after.step.name
            out["why not"] = _dropped(after.step, before.tags, old)
        elif old is not None and new is not None and old != new:
            out[f"rank behind {after.step.name}"] = new + 1
    if places[-1] is None and "why not" not in out:
        out["why not"] = _not_found(pipeline, passed, tag, score)
    elif places[-1] is not None:
        out.pop("why not", None)
        out.pop("dropped by", None)
    return out


def _threshold(step: Thresholds, tag: str) -> float:
    return step.thresholds_.get(tag, step.default_)


def _added(step: Step, before: Sequence[Tag], tag: str) -> str:
    if isinstance(step, Parents):
        below = [one.text for one in before if find(Chain([step])([[one]], [_ANY])[0], tag) is not None]
        return f"it is broader than {', '.join(below)}"
    if isinstance(step, Synonyms):
        others = {fold(other) for other in (step.table or {}).get(tag, ())}
        return f"it is preferred to {', '.join(one.text for one in before if fold(one.text) in others)}"
    return "the strategy's list does not hold it under this name"


_ANY = Product("any", "any")


def _dropped(step: Step, before: Sequence[Tag], at: int) -> str:
    """Say why a step drops the tag at a position of a list."""
    tag = before[at]
    if isinstance(step, Thresholds):
        return f"Its score {tag.score:.3f} is below its threshold {_threshold(step, tag.text):.3f}, chosen on dev."
    if isinstance(step, Limit):
        return f"It is number {at + 1} of the list, and only the first {step.k} are given."
    if isinstance(step, StopTags):
        return "It is among the tags that are never wanted (stop_tags)."
    if isinstance(step, Vocabulary):
        known = step.tags or ()
        return f"It is not in the vocabulary of {len(known):,} tags{did_you_mean(tag.text, known)}."
    if isinstance(step, Synonyms):
        preferred = [word for word, others in (step.table or {}).items() if tag.text in others]
        return f"It is a synonym of {', '.join(preferred)}, which is given instead."
    return f"The refinement {step.name} drops it or writes it in another way."


def _not_found(pipeline: Pipeline, passed: Sequence[Stage], tag: str, score: float) -> str:
    """Say why a strategy does not give a tag."""
    known = list(pipeline.tagger._known_tags())
    if known and all(fold(one) != fold(tag) for one in known):
        return f"{pipeline.name} did not learn it: it is not among its {len(known):,} tags{did_you_mean(tag, known)}."
    found = passed[0].tags
    if found and score > 0:
        return (
            f"Its score {score:.3f} is not among the {len(found)} best that {pipeline.name} gives; the last of them, "
            f"{found[-1].text}, has {found[-1].score:.3f}."
        )
    if not found:
        return f"{pipeline.name} finds no tag at all in this product."
    return f"{pipeline.name} does not find it in this product."
