"""What the network of `seq2seq` learns to write: lists of whole tags, and spans of the text to copy."""

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
"""How likely a tag that stands in the text is hidden in training, so that it has to be copied."""
SPANS, LONGEST = 64, 24
"""So many spans of a text may be copied, each of so many characters at most."""
Place = tuple[int, int]


class CopySpans:
    """Finds the spans of texts that may be copied: words, and two words that stand together.

    Args:
        tags: The known tags; they are written, not copied.
    """

    def __init__(self, tags: Sequence[str]) -> None:
        self.known = set(tags)
        self._segmenter = Segmenter(tags)

    def __call__(self, products: Sequence[Product], readings: Sequence[Reading]) -> list[Reading]:
        """Return the readings of products with their spans."""
        return [self._find(product, reading) for product, reading in zip(products, readings, strict=True)]

    def _find(self, product: Product, reading: Reading) -> Reading:
        text, language = product.text, language_of(product)
        words = [token for token in self._segmenter.tokens(text, language) if not is_stopword(token.text, language)]
        near = [(a, b) for a, b in pairwise(words) if not text[a.end : b.start].strip()]
        found: dict[str, Place] = {}
        for start, end in sorted([(w.start, w.end) for w in words] + [(a.start, b.end) for a, b in near]):
            span = text[start:end]
            tokens = tokens_of(reading, start, end)
            if 2 <= len(span) <= LONGEST and span not in self.known and tokens:
                found.setdefault(span, tokens)
        chosen = list(found)[:SPANS]
        return replace(reading, copies=tuple(chosen), places=tuple(found[span] for span in chosen))


def tokens_of(reading: Reading, start: int, end: int) -> Place | None:
    """Return the first token of a span of the text and the one behind its last; None: it is not in the window."""
    window = reading.window
    inside = ((window.starts < end) & (window.ends > start) & (window.starts >= 0)).nonzero()[0]
    return (int(inside[0]), int(inside[-1]) + 1) if len(inside) else None


class TagBatches:
    """Makes the batches that the network learns from.

    Args:
        orders: In which order tags are learnt.
        lists: The tags of each training product, by their numbers.
    """

    def __init__(self, orders: TargetOrder, lists: Sequence[Sequence[int]]) -> None:
        self.orders = orders
        self.lists = lists
        self._inside: list[dict[int, Place]] = [{} for _ in lists]

    def hide(self, products: Sequence[Product], tags: Sequence[str], readings: Sequence[Reading]) -> None:
        """Let tags that stand in the text be hidden now and then, so that copying is learnt."""
        for row, (product, reading) in enumerate(zip(products, readings, strict=True)):
            for number in self.lists[row]:
                for start, end in places(tags[number], product.text)[:1]:
                    if tokens := tokens_of(reading, start, end):
                        self._inside[row][number] = tokens

    def __call__(self, readings: Sequence[Reading], rows: Sequence[int], padding: int) -> dict[str, Tensor]:
        """Return the batch of some products, drawing orders and hidden tags from torch's random numbers.

        Args:
            readings: Of these products.
            rows: Their positions in train.
            padding: The id of the padding token.
        """
        end = self.orders.end
        shown, given, wanted, hidden = [], [], [], torch.zeros(len(rows), end, dtype=torch.bool)
        for at, (reading, row) in enumerate(zip(readings, rows, strict=True)):
            copied: dict[int, int] = {}
            more: list[Place] = []
            for number, tokens in self._inside[row].items():
                if torch.rand(()) < HIDDEN:
                    hidden[at, number] = True
                    copied[number] = end + 1 + len(reading.copies) + len(more)
                    more.append(tokens)
            shown.append(replace(reading, copies=(*reading.copies, *map(str, more)), places=(*reading.places, *more)))
            order = [copied.get(tag, tag) for (tag,) in self.orders.arrange([(tag,) for tag in self.lists[row]])]
            given.append([end, *order])
            wanted += [(at, place, token, weight) for place, token, weight in self._wanted(order)]
        width = max(map(len, given))
        rows_, places_, tokens_, weights = zip(*wanted, strict=True)
        return gather(shown, padding) | {
            "given": torch.tensor([row + [end] * (width - len(row)) for row in given]),
            "hidden": hidden,
            "row": torch.tensor(rows_),
            "place": torch.tensor(places_),
            "token": torch.tensor(tokens_),
            "weight": torch.tensor(weights),
        }

    def _wanted(self, order: Sequence[int]) -> list[tuple[int, int, float]]:
        """Return what is right at each place of a list: the place, a token, and its weight."""
        out = []
        for place, tag in enumerate(order):
            left = order[place:] if self.orders.order == "set" else [tag]
            out += [(place, token, 1 / len(left)) for token in left]
        return [*out, (len(order), self.orders.end, 1.0)]


def loss(net: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """Return the cross entropy of what is wanted, the mean over the places.

    Args:
        net: From a batch to the log-probabilities, shape (rows, places, tokens).
        batch: From `TagBatches`.
    """
    logs = net(batch)[batch["row"], batch["place"], batch["token"]]
    return -(logs * batch["weight"]).sum() / batch["weight"].sum()
