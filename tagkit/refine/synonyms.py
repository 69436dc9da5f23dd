"""Replace other words for the same thing by the preferred one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tagkit.errors import BadInput
from tagkit.product import Dataset, Product, Tag
from tagkit.refine._merge import merge
from tagkit.refine.base import Step


class Synonyms(Step):
    """Fold synonyms: the tag takes the preferred text, and tags that become equal become one.

    Texts are compared as they are; put `normalise` before this step where case or width may differ.

    Args:
        table: The other forms, by preferred form, like `Dataset.synonyms`. None: those of the data set in a
            comparison, otherwise none.

    Raises:
        BadInput: A form belongs to two preferred ones, or is itself preferred and a form of another.
    """

    name = "synonyms"

    def __init__(self, table: Mapping[str, Sequence[str]] | None = None) -> None:
        self.table = table
        self._preferred = _invert(table or {})

    def for_data(self, data: Dataset) -> Synonyms:
        """Return the step with the data set's synonyms where no table was given."""
        return Synonyms(data.synonyms) if self.table is None else self

    def apply(self, tags: list[Tag], product: Product) -> list[Tag]:
        """Return the list with preferred forms only."""
        return merge(replace(tag, text=self._preferred.get(tag.text, tag.text)) for tag in tags)


def _invert(table: Mapping[str, Sequence[str]]) -> dict[str, str]:
    preferred: dict[str, str] = {}
    for word, others in table.items():
        for other in others:
            if other == word:
                continue
            if preferred.setdefault(other, word) != word:
                raise BadInput(f"{other!r} is a synonym of both {preferred[other]!r} and {word!r}")
            if other in table:
                raise BadInput(
                    f"{other!r} is a synonym of {word!r} and has synonyms of its own: name them under {word!r}"
                )
    return preferred
