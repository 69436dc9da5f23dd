"""Training batches for the network of `seq2seq`, and the spans of a text that it may copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor, nn

from tagkit.generation.tag_decoder import Reading, gather
from tagkit.generation.target_order import TargetOrder
from tagkit.product import Product
from tagkit.text.language import language_of
from tagkit.text.present import places
from tagkit.text.segment import Segmenter
from tagkit.text.stopwords import is_stopword

HIDDEN = 0.2
"""The probability that a tag that is present in the text is hidden in training, so that it has to be copied."""
MAX_SPANS, MAX_CHARACTERS = 64, 24
"""The maximum number of spans of a text that may be copied, and their maximum length."""
TokenSpan = tuple[int, int]


class CopySpans:
    """Finds the spans of texts that may be copied: single words and pairs of adjacent words.

    Args:
        tags: The known tags; they are generated, not copied.
    """

    def __init__(self, tags: Sequence[str]) -> None:
        self.known = set(tags)
        self._segmenter = Segmenter(tags)

    def __call__(self, products: Sequence[Product], readings: Sequence[Reading]) -> list[Reading]:
        """Return the inputs of products with their spans added."""
        return [self._find(product, reading) for product, reading in zip(products, readings, strict=True)]

    def _find(self, product: Product, reading: Reading) -> Reading:
        text, language = product.text, language_of(product)
        words = [token for token in self._segmenter.tokens(text, language) if not is_stopword(token.text, language)]
        pairs = [(a, b) for a, b in pairwise(words) if not text[a.end : b.start].strip()]
        found: dict[str, TokenSpan] = {}
        for start, end in sorted([(w.start, w.end) for w in words] + [(a.start, b.end) for a, b in pairs]):
            span = text[start:end]
            tokens = tokens_of(reading, start, end)
            if 2 <= len(span) <= MAX_CHARACTERS and span not in self.known and tokens:
                found.setdefault(span, tokens)
        chosen = list(found)[:MAX_SPANS]
        return replace(reading, copies=tuple(chosen), places=tuple(found[span] for span in chosen))


def tokens_of(reading: Reading, start: int, end: int) -> TokenSpan | None:
    """Return the first and the (exclusive) last token of a span of the text, or None if it is outside the window."""
    window = reading.window
    inside = ((window.starts < end) & (window.ends > start) & (window.starts >= 0)).nonzero()[0]
    return (int(inside[0]), int(inside[-1]) + 1) if len(inside) else None


class TagBatches:
    """Makes the training batches.

    Args:
        orders: The order of the tags.
        lists: The numbers of the tags of each training product.
    """

    def __init__(self, orders: TargetOrder, lists: Sequence[Sequence[int]]) -> None:
        self.orders = orders
        self.lists = lists
        self._present: list[dict[int, TokenSpan]] = [{} for _ in lists]

    def hide(self, products: Sequence[Product], tags: Sequence[str], readings: Sequence[Reading]) -> None:
        """Enable random hiding of tags that are present in the text, so that the network is trained to copy."""
        for row, (product, reading) in enumerate(zip(products, readings, strict=True)):
            for number in self.lists[row]:
                for start, end in places(tags[number], product.text)[:1]:
                    if tokens := tokens_of(reading, start, end):
                        self._present[row][number] = tokens

    def __call__(self, readings: Sequence[Reading], rows: Sequence[int], padding: int) -> dict[str, Tensor]:
        """Return the batch of some products; orders and hidden tags are drawn from the random numbers of torch.

        Args:
            readings: The inputs of these products.
            rows: Their row numbers in train.
            padding: The id of the padding token.
        """
        end = self.orders.end
        inputs, given, targets, hidden = [], [], [], torch.zeros(len(rows), end, dtype=torch.bool)
        for at, (reading, row) in enumerate(zip(readings, rows, strict=True)):
            copied: dict[int, int] = {}
            extra: list[TokenSpan] = []
            for number, tokens in self._present[row].items():
                if torch.rand(()) < HIDDEN:
                    hidden[at, number] = True
                    copied[number] = end + 1 + len(reading.copies) + len(extra)
                    extra.append(tokens)
            inputs.append(
                replace(reading, copies=(*reading.copies, *map(str, extra)), places=(*reading.places, *extra))
            )
            order = [copied.get(tag, tag) for (tag,) in self.orders.arrange([(tag,) for tag in self.lists[row]])]
            given.append([end, *order])
            targets += [(at, position, token, weight) for position, token, weight in self._targets(order)]
        width = max(map(len, given))
        target_rows, positions, tokens_, weights = zip(*targets, strict=True)
        return gather(inputs, padding) | {
            "given": torch.tensor([row + [end] * (width - len(row)) for row in given]),
            "hidden": hidden,
            "row": torch.tensor(target_rows),
            "position": torch.tensor(positions),
            "token": torch.tensor(tokens_),
            "weight": torch.tensor(weights),
        }

    def _targets(self, order: Sequence[int]) -> list[tuple[int, int, float]]:
        """Return the targets of a list: a position, a token and its weight."""
        out = []
        for position, tag in enumerate(order):
            correct = order[position:] if self.orders.order == "set" else [tag]
            out += [(position, token, 1 / len(correct)) for token in correct]
        return [*out, (len(order), self.orders.end, 1.0)]


def loss(net: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """Return the mean cross entropy over the positions of the lists.

    Args:
        net: Maps a batch to log-probabilities, shape (rows, positions, tokens).
        batch: From `TagBatches`.
    """
    log_probs = net(batch)[batch["row"], batch["position"], batch["token"]]
    return -(log_probs * batch["weight"]).sum() / batch["weight"].sum()
