"""What the strategies whose networks score tags by their texts share: tags that train lacks, and learning more."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from tagkit.cache import FitCache
from tagkit.neural import Backbone, TrainOptions
from tagkit.neural.inference import embed
from tagkit.neural.label_scorer import LabelScorer, frequent_tags
from tagkit.neural.options import EncoderOptions, continued, replayed
from tagkit.product import Product
from tagkit.taggers.explained import TokenExplained
from tagkit.taggers.stacking import StackedFeatures, StackingOptions

Floats = NDArray[np.float32]


class TagLearner(TrainOptions, EncoderOptions, StackingOptions, TokenExplained):
    """Base of the strategies with a `LabelScorer` and stacked features.

    Subclasses set in `_fit` the attributes below, and call `_train` there.
    """

    # These are not annotated, and so are no parameters.
    _net = cast(Any, None)
    _features = cast(StackedFeatures, None)
    tags_ = cast("list[str]", None)  # all tags that can be given
    known_ = 0  # how many of these were trained; the others were added by their texts

    @property
    @abstractmethod
    def _scorer(self) -> LabelScorer:
        """The part of the network that scores tags."""

    @abstractmethod
    def _train(
        self,
        tagged: Sequence[Product],
        features: Floats,
        dev: Sequence[Product],
        cache: FitCache,
        options: TrainOptions,
        checkpoint: Path | None = None,
    ) -> None:
        """Train the network on tagged products, and calibrate it on dev.

        Args:
            tagged: The products.
            features: Their stacked features, shape (products, tags).
            dev: Products to choose the epoch and the calibration on.
            cache: For the stacked features of dev.
            options: How to train.
            checkpoint: See `tagkit.neural.train`.
        """

    def _rough(self) -> Self:
        made = super()._rough()
        made._features = self._features.rough()
        return made

    def _learn(
        self, more: Sequence[Product], old: Sequence[Product] | None, dev: Sequence[Product], cache: FitCache
    ) -> None:
        self._net, self._features = copy.deepcopy(self._net), copy.copy(self._features)
        tagged = [product for product in more if product.tags]
        if old is None:
            self.add_tags(sorted({tag for product in tagged for tag in product.tags}))
            features = np.zeros((len(tagged), len(self.tags_)), dtype=np.float32)
            if self._features.fitted:
                features = self._features.transform(tagged)
            extra: list[str] = []
        else:
            extra = self.tags_[self.known_ :]
            earlier = [product for product in old if product.tags]
            features = self._learn_features([*earlier, *tagged], dev, cache)
            rows = replayed(len(earlier), len(tagged), self.seed)
            tagged, features = [*(earlier[row] for row in rows), *tagged], features[[*rows, *range(-len(tagged), 0)]]
        if tagged:
            self._train(tagged, features, dev, cache, continued(self.train_options()))
        self.add_tags(extra)

    def _learn_features(self, products: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> Floats:
        """Take the tags of products, with what the network knows of them, and learn the stacked features anew.

        Returns:
            The held-out logits of the products, shape (products, tags).
        """
        tags, least = frequent_tags(products, self.min_count, self.name)
        self.add_tags(tags)
        place = {tag: number for number, tag in enumerate(self.tags_)}
        self._scorer.select([place[tag] for tag in tags])
        self.tags_, self.known_ = tags, len(tags)
        self._features = self.stacked_features(self._scorer.backbone)
        held_out = self._features.fit(tags, products, dev, least, cache) if self.use_stacked_features else None
        return np.zeros((len(products), len(tags)), dtype=np.float32) if held_out is None else held_out

    def add_tags(self, tags: Sequence[str]) -> Self:
        """Make the strategy give tags that train does not have, by their texts alone (zero-shot).

        They borrow from the known tags with the most similar texts.

        Args:
            tags: The new tags; known ones among them stay as they are.

        Returns:
            The strategy itself.

        Raises:
            NotFitted: The strategy was neither fitted nor loaded.
            WeightsMissing: The encoder as it was before training is unavailable.
        """
        self.check_fitted()
        new = [tag for tag in dict.fromkeys(tags) if tag not in set(self.tags_)]
        if new:
            scorer = self._scorer
            labels = embed(Backbone.load(scorer.backbone.source, scorer.backbone.sha256), new)
            weights = scorer.lender_weights(labels, self.known_)
            scorer.extend(labels, weights)
            self._features.extend(new, weights)
            self.tags_ = [*self.tags_, *new]
        return self
