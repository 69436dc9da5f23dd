"""The order in which a model is trained to generate a product's tags, and the targets at each position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch

Tokens = tuple[int, ...]
Order = Literal["given", "frequency", "shuffled", "set"]


class Target(NamedTuple):
    """A list of tags as a training target.

    Attributes:
        tokens: Its tokens.
        wanted: For each position, the correct tokens with weights that sum to 1.
    """

    tokens: list[int]
    wanted: list[dict[int, float]]


class TargetOrder:
    """Orders tags and makes the training targets.

    "given" keeps the order of the data set; "frequency" puts the tags that are frequent in train first; "shuffled"
    draws a new order each time. "set" draws an order too, but every remaining tag is correct at each position: the
    target distribution of the next token is that of a tag drawn uniformly from the remaining tags that start like the
    current one. The model is thus trained to produce a set and to recognise when it is complete. This applies the idea
    of One2Set to a model that generates from left to right: there, targets are assigned to parallel slots; here, each
    position has the expectation over all orders of the remaining tags, given the tags before it.

    Args:
        order: One of `Order`.
        lists: The tags of all training products, as tokens.
        separator: The token between tags.
        end: The token after the last tag.

    Source: Ye et al., One2Set: Generating Diverse Keyphrases as a Set (ACL 2021); Yang et al., SGM: Sequence Generation
    Model for Multi-label Classification (COLING 2018).
    """

    def __init__(self, order: str, lists: Sequence[Sequence[Tokens]], separator: int, end: int) -> None:
        self.order = order
        self.separator = separator
        self.end = end
        self.counts = Counter(tag for tags in lists for tag in set(tags))

    def __call__(self, tags: Sequence[Tokens]) -> Target:
        """Return the target for one product; random orders use the random numbers of torch."""
        ordered = self.arrange(tags)
        tokens: list[int] = []
        wanted: list[dict[int, float]] = []
        for position, tag in enumerate(ordered):
            last = position + 1 == len(ordered)
            written = [*tag, self.end if last else self.separator]
            tokens += written
            if self.order == "set":
                wanted += self._any_of(ordered[position:], written)
            else:
                wanted += [{token: 1.0} for token in written]
        return Target(tokens, wanted)

    def arrange(self, tags: Sequence[Tokens]) -> list[Tokens]:
        """Return the tags of one product in the order of training."""
        if self.order == "frequency":
            return sorted(tags, key=lambda tag: -self.counts[tag])
        if self.order in ("shuffled", "set"):
            return [tags[i] for i in torch.randperm(len(tags)).tolist()]
        return list(tags)

    def _any_of(self, remaining: Sequence[Tokens], written: Sequence[int]) -> list[dict[int, float]]:
        """Return the target distribution at each token of a tag when each of the remaining tags is correct."""
        out = []
        matching = [[*tag, written[-1]] for tag in remaining]
        for position, token in enumerate(written):
            counts = Counter(tag[position] for tag in matching)
            out.append({key: count / len(matching) for key, count in counts.items()})
            matching = [tag for tag in matching if tag[position] == token]
        return out
