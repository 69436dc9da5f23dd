"""The format in which products and their tags are written for a language model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tagkit.errors import BadInput
from tagkit.generation.grammar import SpecialTokens
from tagkit.generation.language_model import LanguageModel
from tagkit.generation.spans import one_line
from tagkit.generation.votes import Vote
from tagkit.product import Product

SEPARATORS, COLONS = (";", "|", "/", "&", "^", "\\"), (":", "=", "~", ">", "^", "\\")
MAX_CATEGORY_TOKENS = 32
MAX_LISTED_TYPES = 30
"""The maximum number of types that an instruction names."""


class Item(NamedTuple):
    """A tag as it is generated: its text and its type, which is "" for plain tags."""

    text: str
    type: str


Votes = list[dict[Item, Vote]]
"""For each product, the generated tags and their votes."""


def items(product: Product, typed: bool) -> list[Item]:
    """Return the distinct gold tags of a product in their order: its typed annotations, or its plain tags."""
    if typed:
        return list(dict.fromkeys(Item(tag.text, tag.type) for tag in product.annotations if tag.type))
    return [Item(text, "") for text in dict.fromkeys(product.tags)]


class PromptFormat:
    """Writes a product as a record: "Product: ...", "Category: ..." if there is one, and "Tags: a; b", each on a line.

    Records are assembled from tokens, piece by piece, so that training targets and grammars tokenise tags alike. White
    space in texts is replaced by blanks, so that a title cannot start a new line.

    Args:
        model: The language model.
        typed: Whether tags have types ("Brand: X; Colour: Y").
        category: Whether the prompt contains the category.
        window: The maximum number of tokens of a product's text.
        special: Separator, end and colon; None: the first possible ones that occur in none of `known`.
        known: The tags to be generated.

    Raises:
        BadInput: Every possible separator or colon occurs in tags.
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
        self.special = special or self._choose_special(known)

    def _choose_special(self, known: Iterable[Item]) -> SpecialTokens:
        used = {token for item in known for token in self.piece(item.text)}
        used_types = {token for item in known for token in self.piece(item.type) if item.type}
        end = self.model.encode("\n")[-1]
        separator = self._unused(SEPARATORS, used | used_types | {end})
        return SpecialTokens(separator, end, self._unused(COLONS, used_types | {end, separator}) if self.typed else -1)

    def _unused(self, texts: Sequence[str], used: set[int]) -> int:
        for text in texts:
            tokens = self.model.encode(text)
            if len(tokens) == 1 and tokens[0] not in used:
                return tokens[0]
        raise BadInput(f"all of {' '.join(texts)} occur in tags: none is left to separate them")

    def piece(self, text: str) -> list[int]:
        """Return the tokens of a tag, a value or a type, as tokenised after a blank."""
        found = self._pieces.get(text)
        if found is None:
            found = self._pieces[text] = self.model.encode(f" {one_line(text)}")
        return found

    def item(self, item: Item) -> list[int]:
        """Return the tokens of a tag; where tags have types, the type and the colon come first."""
        value = self.piece(item.text)
        return [*self.piece(item.type), self.special.colon, *value] if self.typed else value

    def tags(self, given: Sequence[Item]) -> list[tuple[int, ...]]:
        """Return the tokens of each tag."""
        return [tuple(self.item(item)) for item in given]

    def line(self, given: Sequence[Sequence[int]]) -> list[int]:
        """Join the tokens of tags by separators, and append the end."""
        out: list[int] = []
        for tokens in given:
            out += [*tokens, self.special.separator]
        return [*out[:-1], self.special.end]

    @property
    def opening(self) -> list[int]:
        """The tokens that start every record."""
        return self.model.encode("Product:")

    def record(self, product: Product) -> list[int]:
        """Return the tokens of a product up to its tags, without the opening; the text is truncated to the window."""
        category: list[int] = []
        if self.category and product.category:
            category = self.model.encode(f"\nCategory: {one_line(product.category)}")[:MAX_CATEGORY_TOKENS]
        heading = self.model.encode("\nAttributes:" if self.typed else "\nTags:")
        return [*self._truncate(product)[0], *category, *heading]

    def places(self, product: Product) -> list[tuple[int, int]]:
        """Return start and end (exclusive) of each token of the text with which `record` begins."""
        encoding = self.model.tokenizer.encode(f" {one_line(product.text)}", add_special_tokens=False)
        return [(max(0, start - 1), end - 1) for start, end in encoding.offsets[: len(self._truncate(product)[0])]]

    def n_read_chars(self, product: Product) -> int:
        """Return how many characters of a product's text are within the window."""
        return self._truncate(product)[1]

    def _truncate(self, product: Product) -> tuple[list[int], int]:
        """Return the tokens of the whole characters of a text that fit in the window, and the number of characters."""
        encoding = self.model.tokenizer.encode(f" {one_line(product.text)}", add_special_tokens=False)
        if len(encoding) <= self.window:
            return encoding.ids, len(product.text)
        offsets = encoding.offsets
        count = next((n for n in range(self.window, 0, -1) if offsets[n][0] >= offsets[n - 1][1]), 0)
        return encoding.ids[:count], max(0, offsets[count - 1][1] - 1) if count else 0

    def instruction(self, types: Sequence[str]) -> list[int]:
        """Return the instruction for a model that was not fine-tuned."""
        if not self.typed:
            return self.model.encode(
                "Each product has a list of short tags that say what it is, and how, and for whom.\n"
            )
        named = ", ".join(types[:MAX_LISTED_TYPES])
        return self.model.encode(
            f"Each product has a list of attributes with their values as they stand in the text. Attributes: {named}.\n"
        )

    def demonstration(self, product: Product) -> list[int]:
        """Return a complete record with its opening and its tags."""
        return [*self.opening, *self.record(product), *self.line(self.tags(items(product, self.typed)))]
