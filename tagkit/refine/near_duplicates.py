"""Drop a tag that says nearly the same as a better one of the same product."""

from __future__ import annotations

from tagkit.errors import BadInput
from tagkit.product import Product, Tag
from tagkit.refine.base import Step
from tagkit.text.ngrams import char_ngrams, jaccard
from tagkit.text.present import is_present


class NearDuplicates(Step):
    """Go down the list and keep a tag only if it is unlike all that were kept before it.

    Only tags of the same type are compared: a colour and a brand of one name are two statements.

    Args:
        threshold: From which Jaccard similarity of their character bigrams on two tags count as alike; above 1 no
            such pair does.
        containment: Whether a tag that contains a kept one, or stands in it, counts as alike too (Latin letters as
            whole words).

    Raises:
        BadInput: The threshold is not positive.
    """

    name = "near_duplicates"

    def __init__(self, threshold: float = 0.6, containment: bool = False) -> None:
        if not threshold > 0:
            raise BadInput(f"the threshold of near duplicates is a number above 0, not {threshold!r}")
        self.threshold = threshold
        self.containment = containment

    def apply(self, tags: list[Tag], product: Product) -> list[Tag]:
        """Return the list without near duplicates."""
        kept: list[tuple[Tag, frozenset[str]]] = []
        for tag in tags:
            grams = frozenset(char_ngrams(tag.text, 2))
            if not any(self._alike(tag, grams, other, others) for other, others in kept):
                kept.append((tag, grams))
        return [tag for tag, _ in kept]

    def _alike(self, tag: Tag, grams: frozenset[str], other: Tag, others: frozenset[str]) -> bool:
        if tag.type != other.type:
            return False
        if tag.text == other.text or jaccard(grams, others) >= self.threshold:
            return True
        return self.containment and (is_present(tag.text, other.text) or is_present(other.text, tag.text))
