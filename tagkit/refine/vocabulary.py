"""Keep only the tags of a given vocabulary, and be able to say which others there were."""

from __future__ import annotations

from collections.abc import Sequence

from tagkit.errors import BadInput
from tagkit.product import Dataset, Product, Tag
from tagkit.refine.base import Step


class Vocabulary(Step):
    """Keep the tags of a vocabulary; `dropped` names the rest, which may be what the vocabulary lacks.

    Args:
        tags: The vocabulary, compared as it is. None: the tags of train in a comparison, otherwise everything is
            kept.

    Raises:
        BadInput: `tags` is a single string.
    """

    name = "vocabulary"

    def __init__(self, tags: Sequence[str] | None = None) -> None:
        if isinstance(tags, str):
            raise BadInput(f"a vocabulary is a list, not the single string {tags!r}")
        self.tags = tags
        self._known = None if tags is None else frozenset(tags)

    def for_data(self, data: Dataset) -> Vocabulary:
        """Return the step with the tags of train where no vocabulary was given."""
        return Vocabulary(data.vocabulary) if self.tags is None else self

    def apply(self, tags: list[Tag], product: Product) -> list[Tag]:
        """Return the tags of the vocabulary."""
        return [tag for tag in tags if self._knows(tag)]

    def dropped(self, tags: Sequence[Tag]) -> list[Tag]:
        """Return the tags that `apply` leaves out, in their order."""
        return [tag for tag in tags if not self._knows(tag)]

    def _knows(self, tag: Tag) -> bool:
        return self._known is None or tag.text in self._known
