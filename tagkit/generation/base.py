"""What strategies share that write lists: how to decode, and how votes become ranked tags with scores."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from tagkit.generation import Search
from tagkit.generation.constraints import spans
from tagkit.generation.prompt_format import Item, Votes, items
from tagkit.generation.votes import Confidence, Vote
from tagkit.product import Product, Tag, Tags
from tagkit.tagger import Tagger


@dataclass(kw_only=True, eq=False, repr=False)
class DecodingOptions:
    """How lists of tags are decoded.

    Args:
        method: "greedy", "beam", "diverse" (diverse beam search) or "sample".
        returns: TagBatches per product; of beam search also the number of beams.
        temperature: Of sampling.
        top_p: Of sampling: only the most probable tokens that together reach this probability.
        min_p: Of sampling: only tokens of at least this share of the highest probability.
        penalty: Of diverse beam search, for a token that another group of beams chose.
        limit: How many tags to give at most.
        seed: Of the order of training, of dropout and, with a product's text, of sampling: equal texts get equal tags,
            whatever the batch.
    """

    method: str = "greedy"
    returns: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    min_p: float = 0.0
    penalty: float = 0.5
    limit: int = 20
    seed: int = 0


class ListWriter(DecodingOptions, Tagger):
    """Base of the strategies that write lists of tags, one or several per product.

    Subclasses say how products are written about (`votes`) and which tags train has (`_known`), and call `_calibrate`
    in the end of `_fit`.
    """

    typed_ = False

    @property
    def needs_threshold(self) -> bool:  # type: ignore[override]
        """Whether several lists are written per product: rare tags are then left to a threshold."""
        return self.returns > 1

    @abstractmethod
    def votes(self, products: Sequence[Product]) -> Votes:
        """Return for each product the tags that were written, with their votes and log-probabilities."""

    @property
    @abstractmethod
    def _known(self) -> Collection[Item]:
        """The tags of train."""

    def _search(self, tokens: int) -> Search:
        return Search(
            self.method,
            returns=self.returns,
            tokens=tokens,
            penalty=self.penalty,
            temperature=self.temperature,
            top_p=self.top_p,
            min_p=self.min_p,
            seed=self.seed,
        )

    def set_decoding(self, dev: Sequence[Product], **how: Any) -> None:
        """Decode otherwise from now on, without training again; the scores are calibrated anew.

        Args:
            dev: Products with gold tags, to calibrate on.
            **how: Keywords of `__init__` that say how to decode.

        Raises:
            NotFitted: The strategy was neither fitted nor loaded.
            BadInput: There is no such keyword, or its value is not possible.
        """
        self.check_fitted()
        self.set_params(**how)
        self._search(1)
        self._calibrate(dev)

    def _calibrate(self, dev: Sequence[Product]) -> None:
        """Learn on dev what votes and log-probabilities are worth."""
        judged = [product for product in dev if items(product, self.typed_)]
        votes: list[Vote] = []
        right: list[bool] = []
        for product, found in zip(judged, self.votes(judged) if judged else [], strict=True):
            gold = set(items(product, self.typed_))
            votes += found.values()
            right += [item in gold for item in found]
        self._confidence = Confidence()
        self._confidence.fit(votes, right)

    def _micro_f1(self, found: Votes, products: Sequence[Product]) -> float:
        """Return the micro-F1 of written tags against the gold ones, for choosing the best epoch on dev."""
        gold = [set(items(product, self.typed_)) for product in products]
        hits = sum(len(votes.keys() & right) for votes, right in zip(found, gold, strict=True))
        return 2 * hits / max(1, sum(map(len, found)) + sum(map(len, gold)))

    def _tag(self, products: Sequence[Product]) -> Tags:
        out, known = [], self._known
        for product, votes in zip(products, self.votes(products), strict=True):
            scores = dict(zip(votes, self._confidence(list(votes.values())), strict=True))
            best = sorted(scores, key=lambda item: (-scores[item], votes[item].place))[: self.limit]
            found = ((item, self.name if item in known else f"{self.name}:new") for item in best)
            text = product.text
            out.append([Tag(item.text, scores[item], who, spans(item, text), item.type) for item, who in found])
        return out
