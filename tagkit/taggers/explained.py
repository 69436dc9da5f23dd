"""What the strategies with networks share in explaining a tag: words by gradients or occlusion, and shares."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, cast

from torch import nn

from tagkit import attribution
from tagkit.explanation import Explanation, Share
from tagkit.neural.gradients import GRADIENTS, Method, Piece, TokenScore, token_weights, usable
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
            method: "occlusion", "integrated gradients", "gradient × input"; "": `explained_by`, and gradients where the
                score does not change without any of the words, as that of a tag which is far from being given.
        """
        score, key = partial(self.score_of, tag=tag), fold(tag)
        given = any(fold(one.text) == key for one in self._tag([product])[0])
        made = Explanation(product.text, tag, score([product])[0], given, self.name, facts=self._facts(product, tag))
        made = replace(made, shares=tuple(self._shares(product, tag)) or attribution.category_share(product, score))
        if (method or self.explained_by) == OCCLUSION:
            words = attribution.occlusion(product, score)
            if method or any(word.weight for word in words):
                weights = "by how much the score falls without the word"
                return replace(made, words=words, method=OCCLUSION, facts={**made.facts, "weights": weights})
        return self._by_gradients(product, made, cast(Method, method if method in GRADIENTS else GRADIENTS[0]))

    def _by_gradients(self, product: Product, made: Explanation, method: Method) -> Explanation:
        """Return an explanation with the words that count by gradients; without words where there is no gradient."""
        scores = self._token_scores(product, made.tag)
        if not scores:
            return made
        used, why = usable(method)
        pieces = [*token_weights(scores, used), *self._other_pieces(product, made.tag)]
        words, rest = attribution.pool(product, pieces)
        facts = {**made.facts, "weights": f"by how much the word adds to the {self.gradient_unit}"}
        facts |= {"beside words": round(rest, 3)} if round(rest, 3) else {}
        facts |= {"note": f"{used} is used: {why}"} if why else {}
        return replace(made, words=words, method=used, facts=facts)


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
