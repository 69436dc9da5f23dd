"""Drop tags that are never wanted, from a given list."""

from __future__ import annotations

from collections.abc import Sequence

from tagkit.errors import BadInput
from tagkit.product import Product, Tag
from tagkit.refine.base import Step


class StopTags(Step):
    """Drop the tags of a list.

    Args:
        tags: The unwanted texts, compared as they are.

    Raises:
        BadInput: `tags` is a single string.
    """

    name = "stop_tags"

    def __init__(self, tags: Sequence[str] = ()) -> None:
        if isinstance(tags, str):
            raise BadInput(f"stop tags are a list, not the single string {tags!r}")
        self.tags = tags
        self._stop = frozenset(tags)

    def apply(self, tags: list[Tag], product: Product) -> list[Tag]:
        """Return the list without the unwanted tags."""
        return [tag for tag in tags if tag.text not in self._stop]
