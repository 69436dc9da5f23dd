"""What a reviewer decides about the suggested tags of a product, and what follows from all decisions together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from tagkit.errors import BadInput
from tagkit.product import Product, Span, Tag
from tagkit.text.present import places

State: TypeAlias = Literal["open", "done", "skip", "flag"]
"""Where a reviewer stands with a product: not finished, finished, left to others, or set aside for a discussion."""
STATES: tuple[State, ...] = ("open", "done", "skip", "flag")
TAG_KINDS = ("accept", "reject", "edit", "add")
SETTLED = {"keep": True, "drop": False}
"""How a disagreement about a tag was settled: the product has the tag, or it does not."""
KINDS = (*TAG_KINDS, *STATES, *SETTLED)
"""The kinds of decisions: about a tag, about the state of a product, and about a disagreement between reviewers."""


@dataclass(frozen=True)
class Decision:
    """One decision, as it is stored.

    Attributes:
        position: The position of the product, from 0.
        kind: One of `KINDS`.
        tag: The tag it is about; None for the state of a product.
        new: The tag that takes its place; None unless the kind is "edit".
        reviewer: Who decided.
        at: When, as an ISO 8601 time in UTC.
        step: The same number for all decisions that were made, and are undone, together.
    """

    position: int
    kind: str
    tag: Tag | None = None
    new: Tag | None = None
    reviewer: str = ""
    at: str = ""
    step: int = 0


@dataclass(frozen=True)
class Reviewed:
    """What one reviewer decided about one product.

    Attributes:
        position: The position of the product, from 0.
        reviewer: Who decided.
        state: "open", "done", "skip" or "flag".
        tags: The tags that the product has: those accepted, added, or put in the place of others.
        rejected: The tags that it does not have, those replaced by others among them.
        edited: The pairs of a replaced tag and what took its place.
    """

    position: int
    reviewer: str = ""
    state: State = "open"
    tags: tuple[Tag, ...] = ()
    rejected: tuple[Tag, ...] = ()
    edited: tuple[tuple[Tag, Tag], ...] = ()


Key: TypeAlias = tuple[str, str]


def key_of(tag: Tag) -> Key:
    """Return what tells two tags of a product apart: the text and the type."""
    return tag.text, tag.type


def summed_up(position: int, reviewer: str, decisions: Iterable[Decision]) -> Reviewed:
    """Return what follows from one reviewer's decisions about one product, in their order: the last one counts."""
    state: State = "open"
    kept: dict[Key, Tag] = {}
    rejected: dict[Key, Tag] = {}
    edited: dict[Key, tuple[Tag, Tag]] = {}
    for decision in decisions:
        if decision.kind in STATES:
            state = decision.kind  # type: ignore[assignment]
        if decision.tag is None or decision.kind not in TAG_KINDS:
            continue
        old, new = decision.tag, decision.new
        edited.pop(key_of(old), None)
        if decision.kind in ("accept", "add"):
            rejected.pop(key_of(old), None)
            kept.setdefault(key_of(old), old)
            continue
        kept.pop(key_of(old), None)
        rejected[key_of(old)] = old
        if new is not None:
            rejected.pop(key_of(new), None)
            kept[key_of(new)] = new
            edited[key_of(old)] = old, new
    return Reviewed(position, reviewer, state, tuple(kept.values()), tuple(rejected.values()), tuple(edited.values()))


def as_tag(tag: Tag | str) -> Tag:
    """Return a tag that a reviewer gave, of a text without the blanks around it.

    Raises:
        BadInput: It is neither a text nor a tag, or the text is empty.
    """
    if isinstance(tag, str):
        return Tag(tag.strip(), 1.0, "reviewer")
    if not isinstance(tag, Tag):
        raise BadInput(f"a tag is a text or a `Tag`, not {tag!r}"[:200])
    return tag


def located(tag: Tag | str, product: Product, suggested: Iterable[Tag]) -> Tag:
    """Return a tag as it is stored: the suggested one of this text and type, else with the place where the text has it.

    Args:
        tag: The tag; a text, without blanks around it, stands for the suggested tag of this text, of whatever type.
        product: The product it belongs to.
        suggested: The tags suggested for the product.
    """
    made = as_tag(tag)
    for one in suggested:
        if one.text == made.text if isinstance(tag, str) else key_of(one) == key_of(made):
            return one
    if made.spans:
        return made
    return replace(made, spans=tuple(Span(*place) for place in places(made.text, product.text)[:1]))
