"""What the strategies with networks share in explaining a tag: words by gradients or occlusion, and shares."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self, cast

from torch import nn

from tagkit import attribution
from tagkit.explanation import Explanation, Share
from tagkit.neural.gradients import GRADIENTS, Method, Piece, TokenScore, missing, token_weights
from tagkit.neural.tokens import Window
from tagkit.product import Product
from tagkit.tagger import Tagger
from tagkit.text.spelling import fold

OCCLUSION = "occlusion"


class TokenExplained(Tagger):
    """Base of the strategies whose network reads tokens, so that gradients tell which of them count."""

    explained_by: ClassVar[str] = OCCLUSION
    """The default method."""
    gradient_unit: ClassVar[str] = "log-odds of the tag"
    """What gradients are taken of."""

    def _rough(self) -> Self:
        """Return a copy that computes in bf16 where the device multiplies that in hardware."""
        made = copy.copy(self)
        if hasattr(made, "tag_precision"):
            made.tag_precision = "auto"
        return made

    @abstractmethod
    def _token_scores(self, product: Product, tag: str) -> list[TokenScore]:
        """Return the tag's score as a function of the tokens of each window; nothing for a tag without one."""

    def _other_pieces(self, product: Product, tag: str) -> list[Piece]:
        """Return what the text adds to the score other than through the network, by stretches of the text."""
        return []

    def _shares(self, product: Product, tag: str) -> list[Share]:
        """Return what each source contributes to the score."""
        return []

    def _facts(self, product: Product, tag: str) -> dict[str, Any]:
        """Return further values, such as log-probabilities."""
        return {}

    def _explain(self, product: Product, tag: str, method: str = "") -> Explanation:
        """Return why a product has a tag, or why not.

        Args:
            product: A product whose text has a letter or digit.
            tag: Any text, given by the strategy or not.
            method: "occlusion", "integrated gradients", "gradient × input"; "": `explained_by`. Where a method cannot
                be used, occlusion is; where that changes no score, as of a tag which is far from being given, and no
                method was named, integrated gradients are.
        """
        chosen = cast(Method, method or self.explained_by)
        why = missing(chosen)
        made = None
        if chosen == OCCLUSION or why:
            made = self._by_occlusion(product, tag)
            if method or any(word.weight for word in made.words) or missing(GRADIENTS[0]):
                made = made.with_facts(note=f"occlusion is used: {why}") if why else made
                return self._with_sources(product, made)
            chosen = GRADIENTS[0]
        score = made.score if made else self.score_of([product], tag)[0]
        made = replace(
            made or Explanation(product.text, tag, score, score > 0, self.name), method="", words=(), facts={}
        )
        return self._with_sources(product, self._by_gradients(product, made, chosen))

    def _with_sources(self, product: Product, made: Explanation) -> Explanation:
        """Add what each source contributes, and the facts."""
        shares = tuple(self._shares(product, made.tag)) or made.shares
        return replace(made, shares=shares, facts={**self._facts(product, made.tag), **made.facts})

    def _by_gradients(self, product: Product, made: Explanation, method: Method) -> Explanation:
        """Return an explanation with the words that count by gradients; without words where there is no gradient."""
        scores = self._token_scores(product, made.tag)
        if not scores:
            return made
        pieces = [*token_weights(scores, method), *self._other_pieces(product, made.tag)]
        words, rest = attribution.pool(product, pieces)
        facts = {"weights": f"by how much the word adds to the {self.gradient_unit}"}
        facts |= {"beside words": str(round(rest, 3))} if round(rest, 3) else {}
        return replace(made, words=words, method=method, facts=facts)


class FirstTagExplained(TokenExplained):
    """Base of the strategies that generate lists: words count by how probable they make the tag as the first of a list.

    So no list is generated for each word that is left out.
    """

    first_tag_only_ = False  # not annotated, and so no parameter

    def _rough(self) -> Self:
        """Return a copy in bf16 whose scores are the probabilities of the first tag of a list."""
        made = super()._rough()
        made.first_tag_only_ = True
        return made

    @abstractmethod
    def _first_tag_chances(self, products: Sequence[Product], tag: str) -> list[float]:
        """Return for each product the probability that a tag is the first of its list."""

    def _score_of(self, products: Sequence[Product], tag: str) -> Sequence[float]:
        return self._first_tag_chances(products, tag) if self.first_tag_only_ else super()._score_of(products, tag)

    def _by_occlusion(self, product: Product, tag: str) -> Explanation:
        found = super()._by_occlusion(product, tag)
        return found.with_facts(weights="by how much its probability as the first tag of a list falls without the word")


def windows_scores(
    net: nn.Module, embedding: nn.Module, score: Any, windows: Sequence[Window], empty: int
) -> list[TokenScore]:
    """Return the scores of windows whose mean is the score of the text."""
    return [TokenScore(net, embedding, score, window, empty, 1 / len(windows)) for window in windows]


def position(tags: Sequence[str], tag: str) -> int:
    """Return the position of a tag in any of its spellings, -1 if it is not there."""
    if tag in tags:
        return list(tags).index(tag)
    key = fold(tag)
    return next((at for at, known in enumerate(tags) if fold(known) == key), -1)
