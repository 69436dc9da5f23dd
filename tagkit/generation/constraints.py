"""What a language model may generate for each product, and how generated tokens are read as tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Self

from tagkit.generation.grammar import Grammar, TagListGrammar, TypedList
from tagkit.generation.prefix_tree import PrefixTree
from tagkit.generation.prompt_format import Item, PromptFormat, items
from tagkit.generation.spans import TextSpans, one_line, text_spans
from tagkit.product import Product, Span
from tagkit.text.present import places

State = dict[str, Any]
MIN_COPIED = 0.95
"""If at least this share of train's values is present in their texts, values may only be copied from the text."""
Tokens = tuple[int, ...]


class ProductConstraint(NamedTuple):
    """What may be generated for one product.

    Attributes:
        grammar: The grammar of the text; None: no constraint.
        read: Maps the tokens of a piece to a tag, or to None if they are no valid tag.
    """

    grammar: Grammar | None
    read: Callable[[Tokens], Item | None]


class Constraints:
    """Collects the tags of train and makes the constraint of each product.

    Plain tags are constrained to those of train. Typed values are constrained to spans of the product's text; if less
    than 95 % of train's values are such spans, the values that the type has in train are allowed too. Types are
    constrained to those of the product's category in train (to all of train's, if the category is unknown). A type that
    never has two values in a train product never gets two.

    Args:
        prompt_format: The format of prompts.

    Attributes:
        vocabulary: The tags of train, by descending frequency.
        known: The same as a set.
        types: The types of train, by descending frequency.
    """

    def __init__(self, prompt_format: PromptFormat) -> None:
        self.prompt_format = prompt_format
        self.vocabulary: list[Item] = []
        self.types_of: dict[str, list[str]] = {}
        self.repeated: list[str] = []
        self.copied = False

    def fit(self, train: Sequence[Product]) -> Self:
        """Collect tags, types and their categories from tagged products."""
        counts: Counter[Item] = Counter()
        types: dict[str, Counter[str]] = {"": Counter()}
        repeated: set[str] = set()
        for product in train:
            given = items(product, self.prompt_format.typed)
            counts.update(given)
            own = Counter(item.type for item in given)
            repeated |= {kind for kind, count in own.items() if count > 1}
            for category in {"", product.category if self.prompt_format.category else ""}:
                types.setdefault(category, Counter()).update(own)
        self.vocabulary = sorted(counts, key=lambda item: (-counts[item], item))
        self.types_of = {key: [kind for kind, _ in count.most_common()] for key, count in types.items()}
        self.repeated = sorted(repeated)
        if self.prompt_format.typed:
            present = total = 0
            for product, found in zip(train, self._text_spans(train), strict=True):
                texts = {product.text[start:end] for start, end in found.places}
                values = [item.text for item in items(product, True)]
                present, total = present + sum(value in texts for value in values), total + len(values)
            self.copied = present >= MIN_COPIED * total
        self._build_trees()
        return self

    def _build_trees(self) -> None:
        self.known = set(self.vocabulary)
        self.types = self.types_of.get("", [])
        self._type_trees: dict[str, PrefixTree] = {}
        self._values: dict[str, list[str]] = {}
        self._own: dict[int, PrefixTree] = {}
        if not self.prompt_format.typed:
            self._vocabulary_constraint = self._closed(self.vocabulary)
            return
        for item in self.vocabulary:
            self._values.setdefault(item.type, []).append(item.text)
        if not self.copied:
            for number, kind in enumerate(self.types):
                self._own[number] = PrefixTree([self._sequence(text) for text in self._values[kind]])

    def _sequence(self, text: str) -> list[int]:
        """Return the tokens of a tag; none if it contains a special token and so cannot be generated."""
        tokens = self.prompt_format.piece(text)
        return [] if {self.prompt_format.special.separator, self.prompt_format.special.end} & set(tokens) else tokens

    def _text_spans(self, products: Sequence[Product]) -> list[TextSpans]:
        texts = [product.text[: self.prompt_format.n_read_chars(product)] for product in products]
        special = self.prompt_format.special
        return text_spans(self.prompt_format.model.tokenizer, texts, (special.separator, special.end))

    def make(
        self, products: Sequence[Product], constrained: bool, candidates: Sequence[Sequence[str]] | None = None
    ) -> list[ProductConstraint]:
        """Return the constraint of each product.

        Args:
            products: The products.
            constrained: Whether to constrain generation as described above.
            candidates: The plain tags that each product may get; None: all tags of train.
        """
        if not constrained:
            return [ProductConstraint(None, self._read_open) for _ in products]
        if self.prompt_format.typed:
            found = self._text_spans(products)
            return [self._typed(product, spans) for product, spans in zip(products, found, strict=True)]
        if candidates is None:
            return [self._vocabulary_constraint] * len(products)
        return [self._closed([Item(text, "") for text in row]) for row in candidates]

    def _closed(self, vocabulary: Sequence[Item]) -> ProductConstraint:
        """Return the constraint to a list of plain tags."""
        tree = PrefixTree([self._sequence(item.text) for item in vocabulary])

        def read(tokens: Tokens) -> Item | None:
            number = tree.find(tokens)
            return vocabulary[number] if number >= 0 else None

        return ProductConstraint(TagListGrammar(tree, self.prompt_format.special), read)

    def _typed(self, product: Product, found: TextSpans) -> ProductConstraint:
        """Return the constraint to types of the product's category with spans of its text or values of train."""
        category = product.category if self.prompt_format.category and product.category in self.types_of else ""
        types = self._type_trees.get(category)
        if types is None:
            allowed = set(self.types_of[category])
            types = PrefixTree([self.prompt_format.piece(kind) if kind in allowed else [] for kind in self.types])
            self._type_trees[category] = types
        tree = PrefixTree(found.sequences)
        repeated = frozenset(number for number, kind in enumerate(self.types) if kind in self.repeated)
        grammar = TypedList(types, [tree], self._own, self.prompt_format.special, repeated)

        def read(tokens: Tokens) -> Item | None:
            kind_tokens, value = self._split(tokens)
            kind = types.find(kind_tokens)
            if kind < 0:
                return None
            span = tree.find(value)
            if span >= 0:
                start, end = found.places[span]
                return Item(product.text[start:end], self.types[kind])
            own = self._own[kind].find(value) if kind in self._own else -1
            return Item(self._values[self.types[kind]][own], self.types[kind]) if own >= 0 else None

        return ProductConstraint(grammar, read)

    def _split(self, tokens: Tokens) -> tuple[Tokens, Tokens]:
        """Split a piece at its first colon into type and value; without a colon, the type is empty."""
        if self.prompt_format.special.colon not in tokens:
            return (), tokens
        colon = tokens.index(self.prompt_format.special.colon)
        return tokens[:colon], tokens[colon + 1 :]

    def _read_open(self, tokens: Tokens) -> Item | None:
        """Read a piece of unconstrained text; empty tags, unknown types and incomplete characters are no tags."""
        kind = ""
        if self.prompt_format.typed:
            kind_tokens, tokens = self._split(tokens)
            kind = self.prompt_format.model.decode(kind_tokens).strip()
            if kind not in self.types:
                return None
        text = one_line(self.prompt_format.model.decode(tokens)).strip()
        return Item(text, kind) if text and "\ufffd" not in text else None

    def state(self) -> State:
        """Return the fitted state."""
        vocabulary = [list(item) for item in self.vocabulary]
        return {
            "vocabulary": vocabulary,
            "types_of": self.types_of,
            "repeated": self.repeated,
            "copied": self.copied,
        }

    def restore(self, state: State) -> Self:
        """Restore what `state` returned."""
        self.vocabulary = [Item(*row) for row in state["vocabulary"]]
        self.types_of, self.repeated, self.copied = state["types_of"], state["repeated"], bool(state["copied"])
        self._build_trees()
        return self


def spans(item: Item, text: str) -> tuple[Span, ...]:
    """Return where a tag is present in a text: typed values once and case-sensitively, plain tags in any case."""
    if item.type:
        start = text.find(item.text)
        found = next(iter(places(item.text, text)), None)
        exact = found if found and text[found[0] : found[1]] == item.text else (start, start + len(item.text))
        return (Span(*exact),) if start >= 0 else ()
    return tuple(Span(start, end) for start, end in places(item.text, text))
