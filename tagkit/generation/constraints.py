"""What a language model may write about each product, and how that is read back as tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Self

from tagkit.generation import Grammar, PrefixTree, TagList, TypedList
from tagkit.generation.prompt_format import Item, PromptFormat, items
from tagkit.generation.spans import TextSpans, plain, text_spans
from tagkit.product import Product, Span
from tagkit.text.present import places

State = dict[str, Any]
COPIED = 0.95
"""When so many of train's values can be copied from their texts, values are copied and nothing else."""
Tokens = tuple[int, ...]


class ProductConstraint(NamedTuple):
    """What may be written about one product.

    Attributes:
        grammar: The allowed texts; None: any.
        read: From the tokens of a piece to the tag, None where it is none.
    """

    grammar: Grammar | None
    read: Callable[[Tokens], Item | None]


class Constraints:
    """Learns from train what tags there are, and makes the constraint of each product.

    Plain tags are those of train. Typed values are spans of the product's own text; where less than 95 % of
    train's values are, those that a type has in train besides. Types are those that the product's category has in
    train (all, where it is unknown); a type that never has two values in one train product never gets two.

    Attributes:
        vocabulary: The tags of train, the frequent ones first.
    """

    def __init__(self, prompt_format: PromptFormat) -> None:
        self.prompt_format = prompt_format
        self.vocabulary: list[Item] = []
        self.kinds: dict[str, list[str]] = {}
        self.repeated: list[str] = []
        self.copied = False

    def fit(self, train: Sequence[Product]) -> Self:
        """Learn from tagged products."""
        counts: Counter[Item] = Counter()
        kinds: dict[str, Counter[str]] = {"": Counter()}
        repeated: set[str] = set()
        for product in train:
            given = items(product, self.prompt_format.typed)
            counts.update(given)
            own = Counter(item.type for item in given)
            repeated |= {kind for kind, count in own.items() if count > 1}
            for category in {"", product.category if self.prompt_format.category else ""}:
                kinds.setdefault(category, Counter()).update(own)
        self.vocabulary = sorted(counts, key=lambda item: (-counts[item], item))
        self.kinds = {key: [kind for kind, _ in count.most_common()] for key, count in kinds.items()}
        self.repeated = sorted(repeated)
        if self.prompt_format.typed:
            inside = total = 0
            for product, found in zip(train, self._text_spans(train), strict=True):
                texts = {product.text[start:end] for start, end in found.places}
                values = [item.text for item in items(product, True)]
                inside, total = inside + sum(value in texts for value in values), total + len(values)
            self.copied = inside >= COPIED * total
        self._build()
        return self

    def _build(self) -> None:
        self.known = set(self.vocabulary)
        self.types = self.kinds.get("", [])
        self._types: dict[str, PrefixTree] = {}
        self._values: dict[str, list[str]] = {}
        self._own: dict[int, PrefixTree] = {}
        if not self.prompt_format.typed:
            self._tree = PrefixTree([self._sequence(item) for item in self.vocabulary])
            self._list = TagList(self._tree, self.prompt_format.special)
            return
        for item in self.vocabulary:
            self._values.setdefault(item.type, []).append(item.text)
        if not self.copied:
            for number, kind in enumerate(self.types):
                self._own[number] = PrefixTree([self._sequence(Item(text, kind)) for text in self._values[kind]])

    def _sequence(self, item: Item) -> list[int]:
        """Return the tokens of a tag; none where it contains a mark and so cannot be written."""
        tokens = self.prompt_format.piece(item.text)
        return [] if {self.prompt_format.special.separator, self.prompt_format.special.end} & set(tokens) else tokens

    def _text_spans(self, products: Sequence[Product]) -> list[TextSpans]:
        texts = [product.text[: self.prompt_format.read(product)] for product in products]
        special = self.prompt_format.special
        return text_spans(self.prompt_format.model.tokenizer, texts, (special.separator, special.end))

    def make(
        self, products: Sequence[Product], constrained: bool, candidates: Sequence[Sequence[str]] | None = None
    ) -> list[ProductConstraint]:
        """Return the constraint of each product.

        Args:
            products: The products.
            constrained: Whether only what is known (see above) may be written.
            candidates: Of plain tags: which of them each product may have; None: all.
        """
        if not constrained:
            return [ProductConstraint(None, self._read_open) for _ in products]
        if self.prompt_format.typed:
            found = self._text_spans(products)
            return [self._typed(product, spans) for product, spans in zip(products, found, strict=True)]
        if candidates is None:
            return [
                ProductConstraint(self._list, lambda tokens: self._find(tokens, self._tree, self.vocabulary))
            ] * len(products)
        return [self._chosen([Item(text, "") for text in row]) for row in candidates]

    def _find(self, tokens: Tokens, tree: PrefixTree, vocabulary: Sequence[Item]) -> Item | None:
        number = tree.find(tokens)
        return vocabulary[number] if number >= 0 else None

    def _chosen(self, row: list[Item]) -> ProductConstraint:
        tree = PrefixTree([self._sequence(item) for item in row])
        return ProductConstraint(
            TagList(tree, self.prompt_format.special), lambda tokens: self._find(tokens, tree, row)
        )

    def _typed(self, product: Product, found: TextSpans) -> ProductConstraint:
        category = product.category if self.prompt_format.category and product.category in self.kinds else ""
        types = self._types.get(category)
        if types is None:
            allowed = set(self.kinds[category])
            types = PrefixTree([self.prompt_format.piece(kind) if kind in allowed else [] for kind in self.types])
            self._types[category] = types
        tree = PrefixTree(found.sequences)
        repeated = frozenset(number for number, kind in enumerate(self.types) if kind in self.repeated)
        grammar = TypedList(types, [tree], self._own, self.prompt_format.special, repeated)

        def read(tokens: Tokens) -> Item | None:
            if self.prompt_format.special.colon not in tokens:
                return None
            at = tokens.index(self.prompt_format.special.colon)
            kind, value = types.find(tokens[:at]), tokens[at + 1 :]
            if kind < 0:
                return None
            place = tree.find(value)
            if place >= 0:
                start, end = found.places[place]
                return Item(product.text[start:end], self.types[kind])
            own = self._own[kind].find(value) if kind in self._own else -1
            return Item(self._values[self.types[kind]][own], self.types[kind]) if own >= 0 else None

        return ProductConstraint(grammar, read)

    def _read_open(self, tokens: Tokens) -> Item | None:
        """Read a piece that was written freely; what is empty, without a known type, or half a character is none."""
        kind = ""
        if self.prompt_format.typed:
            if self.prompt_format.special.colon not in tokens:
                return None
            at = tokens.index(self.prompt_format.special.colon)
            kind, tokens = self.prompt_format.model.decode(tokens[:at]).strip(), tokens[at + 1 :]
            if kind not in self.types:
                return None
        text = plain(self.prompt_format.model.decode(tokens)).strip()
        return Item(text, kind) if text and "\ufffd" not in text else None

    def state(self) -> State:
        """Return what was learned."""
        out = {"vocabulary": [list(item) for item in self.vocabulary], "kinds": self.kinds}
        return out | {"repeated": self.repeated, "copied": self.copied}

    def restore(self, state: State) -> Self:
        """Take what `state` gave."""
        self.vocabulary = [Item(*row) for row in state["vocabulary"]]
        self.kinds, self.repeated, self.copied = state["kinds"], state["repeated"], bool(state["copied"])
        self._build()
        return self


def spans(item: Item, text: str) -> tuple[Span, ...]:
    """Return where a tag stands in a text: typed values as they are written, plain tags whatever their case."""
    if item.type:
        start = text.find(item.text)
        found = next(iter(places(item.text, text)), None)
        exact = found if found and text[found[0] : found[1]] == item.text else (start, start + len(item.text))
        return (Span(*exact),) if start >= 0 else ()
    return tuple(Span(start, end) for start, end in places(item.text, text))
