"""Write each tag in its normal form (width, case, script, blanks) and fold tags that become equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tagkit.errors import BadInput
from tagkit.product import Dataset, Product, Tag
from tagkit.refine._merge import merge
from tagkit.refine.base import Step
from tagkit.text.clean import clean


class Normalise(Step):
    """Clean the text of each tag as product texts are cleaned, see `tagkit.text.clean`.

    Tags that become equal are folded into the best ranked one, with the highest score and all spans. A tag of which
    nothing is left (an emoji, a row of exclamation marks) is dropped.

    Args:
        vocabulary: How known tags are written, most wanted first, for example `Dataset.vocabulary`: a tag with the same
            normal form gets that form, so that "t恤" becomes "T恤" where the gold tags have it. None: the tags of
            train in a comparison, otherwise normal forms.

    Raises:
        BadInput: `vocabulary` is a single string.
    """

    name = "normalise"

    def __init__(self, vocabulary: Sequence[str] | None = None) -> None:
        if isinstance(vocabulary, str):
            raise BadInput(f"a vocabulary is a list, not the single string {vocabulary!r}")
        self.vocabulary = vocabulary
        self._written: dict[str, str] = {}
        for tag in vocabulary or ():
            self._written.setdefault(_normal(tag), tag)

    def for_data(self, data: Dataset) -> Normalise:
        """Return the step with the tags of train where no vocabulary was given."""
        return Normalise(data.vocabulary) if self.vocabulary is None else self

    def apply(self, tags: list[Tag], product: Product) -> list[Tag]:
        """Return the cleaned and folded list."""
        texts = [_normal(tag.text) for tag in tags]
        texts = [self._written.get(text, text) for text in texts]
        return merge(replace(tag, text=text) for tag, text in zip(tags, texts, strict=True) if text)


def _normal(text: str) -> str:
    return " ".join(clean(text).text.split())
