"""Lists of tags that show themselves in a notebook: what a strategy returns for one product and for several."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tagkit import cards
from tagkit.product import Product
from tagkit.tags import Tag, Tags

FIRST, MOST = 10, 12
"""So many products, and so many tags of each, are on the card of several lists."""


class TagList(list[Tag]):
    """The ranked tags of one product: a list that shows itself in a notebook, with the text they were found in.

    Args:
        tags: The tags.
        text: The text in which their spans count, which is `Product.text`.
    """

    def __init__(self, tags: Iterable[Tag] = (), text: str = "") -> None:
        super().__init__(tags)
        self.text = text

    def __reduce__(self) -> tuple[Any, ...]:
        """Be copied and sent to other processes with the text."""
        return type(self), (list(self), self.text)

    def _repr_html_(self) -> str:
        """Return the text with the evidence underlined, and the tags as chips shaded by score."""
        chips = cards.scored((tag.text, tag.score, tag.type) for tag in self)
        spans = [(span.start, span.end, tag.text) for tag in self for span in tag.spans]
        text = cards.marked(self.text, spans) if self.text else ""
        return cards.card("Tags", text, chips or cards.small("no tags"), note="")


class TagLists(list[list[Tag]]):
    """The ranked tags of several products: a list of lists that shows itself in a notebook.

    Args:
        lists: The tags of each product.
        texts: The text of each product.
    """

    def __init__(self, lists: Iterable[list[Tag]] = (), texts: Iterable[str] = ()) -> None:
        super().__init__(lists)
        self.texts = tuple(texts)

    def __reduce__(self) -> tuple[Any, ...]:
        """Be copied and sent to other processes as a plain list, without the texts."""
        return list, (list(self),)

    def _repr_html_(self) -> str:
        """Return the tags of the first products as a table."""
        rows = []
        for text, tags in list(zip(self.texts, self, strict=False))[:FIRST]:
            spans = [(span.start, span.end, tag.text) for tag in tags for span in tag.spans]
            chips = cards.scored((tag.text, tag.score, tag.type) for tag in tags[:MOST])
            more = f" and {len(tags) - MOST:,} more" if len(tags) > MOST else ""
            rows.append([cards.marked(text, spans, 120), chips + cards.faint(more)])
        note = f"the first {FIRST} of {len(self):,}" if len(self) > FIRST else ""
        return cards.card(f"Tags of {len(self):,} products", cards.table(("text", "tags"), rows, left=2), note=note)


def shown(lists: Tags, products: Sequence[Product], is_single: bool) -> TagList | TagLists:
    """Return the lists of tags of products, or that of the only one, so that they show themselves in a notebook."""
    return TagList(lists[0], products[0].text) if is_single else TagLists(lists, (row.text for row in products))
