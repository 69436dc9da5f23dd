"""How products and their tags are written for a language model: prompts, demonstrations, lists, special."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tagkit.errors import BadInput
from tagkit.generation import SpecialTokens
from tagkit.generation.language_model import LanguageModel
from tagkit.generation.spans import plain
from tagkit.generation.votes import Vote
from tagkit.product import Product

SEPARATORS, COLONS = (";", "|", "/", "&", "^", "\\"), (":", "=", "~", ">", "^", "\\")
CATEGORY = 32
"""A category has at most so many tokens."""
LISTED = 30
"""So many types are named in an instruction."""


class Item(NamedTuple):
    """A tag as it is written: its text, and its type or ""."""

    text: str
    type: str


Votes = list[dict[Item, Vote]]
"""For each product the tags that were written about it."""


def items(product: Product, typed: bool) -> list[Item]:
    """Return the gold tags of a product in their order: the typed annotations, or the plain tags."""
    if typed:
        return list(dict.fromkeys(Item(tag.text, tag.type) for tag in product.annotations if tag.type))
    return [Item(text, "") for text in dict.fromkeys(product.tags)]


class PromptFormat:
    """The form of a record: "Product: ...", "Category: ..." where there is one, and "Tags: a; b" on a line of its own.

    All is put together from tokens, piece by piece, so that what a model learns to write and what a grammar lets it
    write are cut alike. White space in texts becomes a blank: a title cannot begin a line.

    Args:
        model: The language model.
        typed: Whether tags have types ("Brand: X; Colour: Y").
        category: Whether the category is told.
        window: The most tokens of a product's text.
        special: Separator, end and colon; None: the first ones that none of `known` needs.
        known: Tags that will be written.

    Raises:
        BadInput: Every possible mark occurs in tags.
    """

    def __init__(
        self,
        model: LanguageModel,
        *,
        typed: bool,
        category: bool,
        window: int,
        special: SpecialTokens | None = None,
        known: Iterable[Item] = (),
    ) -> None:
        self.model = model
        self.typed = typed
        self.category = category
        self.window = window
        self._pieces: dict[str, list[int]] = {}
        self.special = special or self._choose(known)

    def _choose(self, known: Iterable[Item]) -> SpecialTokens:
        used = {token for item in known for token in self.piece(item.text)}
        used_types = {token for item in known for token in self.piece(item.type) if item.type}
        end = self.model.encode("\n")[-1]
        separator = self._free(SEPARATORS, used | used_types | {end})
        return SpecialTokens(separator, end, self._free(COLONS, used_types | {end, separator}) if self.typed else -1)

    def _free(self, texts: Sequence[str], used: set[int]) -> int:
        for text in texts:
            tokens = self.model.encode(text)
            if len(tokens) == 1 and tokens[0] not in used:
                return tokens[0]
        raise BadInput(f"all of {' '.join(texts)} occur in tags: none is left to part them with")

    def piece(self, text: str) -> list[int]:
        """Return the tokens of a tag, a value or a type, as they stand behind a mark."""
        found = self._pieces.get(text)
        if found is None:
            found = self._pieces[text] = self.model.encode(f" {plain(text)}")
        return found

    def item(self, item: Item) -> list[int]:
        """Return the tokens of one tag, with its type and the colon where tags have types."""
        return (
            [*self.piece(item.type), self.special.colon, *self.piece(item.text)]
            if self.typed
            else self.piece(item.text)
        )

    def tags(self, given: Sequence[Item]) -> list[tuple[int, ...]]:
        """Return the tokens of several tags."""
        return [tuple(self.item(item)) for item in given]

    def line(self, given: Sequence[Sequence[int]]) -> list[int]:
        """Return a list of tags (as tokens) with separators and the end."""
        out: list[int] = []
        for tokens in given:
            out += [*tokens, self.special.separator]
        return [*out[:-1], self.special.end]

    @property
    def opening(self) -> list[int]:
        """What every record begins with."""
        return self.model.encode("Product:")

    def record(self, product: Product) -> list[int]:
        """Return the tokens of a product up to its tags, without the opening; a text beyond the window is cut."""
        told = self.category and product.category
        category = self.model.encode(f"\nCategory: {plain(product.category)}")[:CATEGORY] if told else []
        return [*self._cut(product)[0], *category, *self.model.encode(f"\n{'Attributes' if self.typed else 'Tags'}:")]

    def read(self, product: Product) -> int:
        """Return how many characters of a product's text are within the window."""
        return self._cut(product)[1]

    def _cut(self, product: Product) -> tuple[list[int], int]:
        """Return the tokens of a text, as many whole characters as the window has room for, and how many these are."""
        encoding = self.model.tokenizer.encode(f" {plain(product.text)}", add_special_tokens=False)
        if len(encoding) <= self.window:
            return encoding.ids, len(product.text)
        offsets = encoding.offsets
        count = next((n for n in range(self.window, 0, -1) if offsets[n][0] >= offsets[n - 1][1]), 0)
        return encoding.ids[:count], max(0, offsets[count - 1][1] - 1) if count else 0

    def instruction(self, types: Sequence[str]) -> list[int]:
        """Return what a model that was not fine-tuned is told first."""
        if not self.typed:
            return self.model.encode(
                "Each product has a list of short tags that say what it is, and how, and for whom.\n"
            )
        named = ", ".join(types[:LISTED])
        return self.model.encode(
            f"Each product has a list of attributes with their values as they stand in the text. Attributes: {named}.\n"
        )

    def demonstration(self, product: Product) -> list[int]:
        """Return a record with its tags, opening included."""
        return [*self.opening, *self.record(product), *self.line(self.tags(items(product, self.typed)))]
