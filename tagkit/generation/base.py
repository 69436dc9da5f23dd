"""The base of the strategies that generate lists of tags: how they decode, and scores from votes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import fields
from typing import Any

from tagkit.errors import BadInput
from tagkit.generation.constraints import spans
from tagkit.generation.hypothesis import DecodingOptions, Search
from tagkit.generation.prompt_format import Item, Votes, items
from tagkit.generation.votes import Confidence, Vote
from tagkit.parameters import PositiveInt
from tagkit.product import Product, Tag, Tags
from tagkit.tagger import Tagger


class ListTagger(DecodingOptions, Tagger):
    """Base of the strategies that generate one or several lists of tags per product.

    Subclasses implement `votes` and `known`, and call `calibrate` at the end of `_fit`.

    Args:
        limit: The maximum number of tags per product.
    """

    limit: PositiveInt = 20
    typed_ = False

    @property
    def needs_threshold(self) -> bool:  # type: ignore[override]
        """Whether several lists are generated per product; rare tags then have to be cut by a threshold."""
        return self.returns > 1

    def search(self, tokens: int) -> Search:
        """Return the settings of decoding, of which `tokens` is the maximum number of tokens of a list.

        Raises:
            BadInput: A value is outside its range.
        """
        return Search(tokens=tokens, **{field.name: getattr(self, field.name) for field in fields(DecodingOptions)})

    @abstractmethod
    def votes(self, products: Sequence[Product]) -> Votes:
        """Return the generated tags of each product with their votes and log-probabilities."""

    @property
    @abstractmethod
    def known(self) -> Collection[Item]:
        """The tags of train."""

    def set_decoding(self, dev: Sequence[Product], **options: Any) -> None:
        """Change how lists are decoded, without training again, and calibrate the scores anew.

        Args:
            dev: Products with gold tags, for calibration.
            **options: Values of `DecodingOptions`, and `limit`.

        Raises:
            NotFitted: The strategy was neither fitted nor loaded.
            BadInput: There is no such option, or a value is outside its range; nothing is changed then.
        """
        self.check_fitted()
        known = [*(field.name for field in fields(DecodingOptions)), "limit"]
        for name in options:
            if name not in known:
                raise BadInput(f"{self.name}: {name} is no option of decoding; these are: {', '.join(known)}")
        self.clone().set_params(**options).search(1)
        self.set_params(**options)
        self.calibrate(dev)

    def calibrate(self, dev: Sequence[Product]) -> None:
        """Fit the scores of tags on dev (see `Confidence`); without enough tags they stay uncalibrated."""
        labelled = [product for product in dev if items(product, self.typed_)]
        votes: list[Vote] = []
        correct: list[bool] = []
        for product, found in zip(labelled, self.votes(labelled) if labelled else [], strict=True):
            gold = set(items(product, self.typed_))
            votes += found.values()
            correct += [item in gold for item in found]
        self.confidence_ = Confidence()
        self.confidence_.fit(votes, correct)

    def micro_f1(self, found: Votes, products: Sequence[Product]) -> float:
        """Return the micro-F1 of generated tags against the gold tags, by which the best epoch is chosen on dev."""
        gold = [set(items(product, self.typed_)) for product in products]
        hits = sum(len(votes.keys() & row) for votes, row in zip(found, gold, strict=True))
        return 2 * hits / max(1, sum(map(len, found)) + sum(map(len, gold)))

    def _tag(self, products: Sequence[Product]) -> Tags:
        out, known = [], self.known
        for product, votes in zip(products, self.votes(products), strict=True):
            scores = dict(zip(votes, self.confidence_(list(votes.values())), strict=True))
            best = sorted(scores, key=lambda item: (-scores[item], votes[item].place))[: self.limit]
            sources = [self.name if item in known else f"{self.name}:new" for item in best]
            text = product.text
            out.append(
                [
                    Tag(item.text, scores[item], source, spans(item, text), item.type)
                    for item, source in zip(best, sources, strict=True)
                ]
            )
        return out
