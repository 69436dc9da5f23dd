"""In which order a model learns to write a product's tags, and what it should write at each place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import torch

Tokens = tuple[int, ...]
ORDERS = ("given", "frequency", "shuffled", "set")


class Target(NamedTuple):
    """A list to learn.

    Attributes:
        tokens: Its tokens.
        wanted: For each of them the tokens that are right in its place, with weights of sum 1.
    """

    tokens: list[int]
    wanted: list[dict[int, float]]


class TargetOrder:
    """Puts tags in order.

    "given" leaves the data set's order; "frequency" puts the frequent tags (in train) first; "shuffled" draws a new
    order each time. "set" draws an order too, but at each place every tag that is still left is right: the wanted
    distribution over the next token is that of a tag drawn evenly from those left that begin as this one has begun.
    So no order is taught, only when the list is complete. This is the idea of One2Set for a model that writes from
    left to right: there, the targets are assigned to parallel slots; here, the expectation over all orders of what is
    left is computed at each place, given the tags before it.

    Args:
        order: One of `ORDERS`.
        lists: The tags (as tokens) of all training products.
        separator: The token between tags.
        end: The token behind the last one.

    Source: Ye et al., One2Set: Generating Diverse Keyphrases as a Set (ACL 2021); Yang et al., SGM: Sequence Generation
    Model for Multi-label Classification (COLING 2018).
    """

    def __init__(self, order: str, lists: Sequence[Sequence[Tokens]], separator: int, end: int) -> None:
        self.order = order
        self.separator = separator
        self.end = end
        self.counts = Counter(tag for tags in lists for tag in set(tags))

    def __call__(self, tags: Sequence[Tokens]) -> Target:
        """Return the target for one product; draws from torch's random numbers where the order is drawn."""
        ordered = self.arrange(tags)
        tokens: list[int] = []
        wanted: list[dict[int, float]] = []
        for place, tag in enumerate(ordered):
            last = place + 1 == len(ordered)
            written = [*tag, self.end if last else self.separator]
            tokens += written
            if self.order == "set":
                wanted += self._any(ordered[place:], written)
            else:
                wanted += [{token: 1.0} for token in written]
        return Target(tokens, wanted)

    def arrange(self, tags: Sequence[Tokens]) -> list[Tokens]:
        """Return the tags of one product in the order they are learnt in."""
        if self.order == "frequency":
            return sorted(tags, key=lambda tag: -self.counts[tag])
        if self.order in ("shuffled", "set"):
            return [tags[i] for i in torch.randperm(len(tags)).tolist()]
        return list(tags)

    def _any(self, left: Sequence[Tokens], written: Sequence[int]) -> list[dict[int, float]]:
        """Return what is right at each token of a tag when any of those left would be."""
        out = []
        going = [[*tag, written[-1]] for tag in left]
        for at, token in enumerate(written):
            counts = Counter(tag[at] for tag in going)
            out.append({key: count / len(going) for key, count in counts.items()})
            going = [tag for tag in going if tag[at] == token]
        return out
