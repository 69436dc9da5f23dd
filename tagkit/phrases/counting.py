"""What TF-IDF and KP-Miner share: counting in how many texts each word or phrase stands."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from tagkit.cache import FitCache
from tagkit.phrases.candidates import Reading, WordTagger
from tagkit.product import Product
from tagkit.tagger import State


class CountingTagger(WordTagger):
    """Base of the strategies that weigh a phrase by how few of the texts learnt from hold it."""

    @abstractmethod
    def _keys(self, reading: Reading) -> Iterable[str]:
        """Return the words and phrases that are counted in one product, each once."""

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        super()._fit(train, dev, cache)
        self.counts_ = dict(Counter(key for product in train for key in self._keys(self._read(product))))
        self.products_ = len(train)

    def _idf(self, key: str) -> float:
        """Return ln((1 + n) / (1 + df)), which is 0 for what stands in all n texts and highest for the unseen."""
        return float(np.log((1 + self.products_) / (1 + self.counts_.get(key, 0))))

    def _state(self) -> State:
        terms = sorted(self.counts_)
        counts = np.array([self.counts_[term] for term in terms], dtype=np.int64)
        return super()._state() | {"products": self.products_, "terms": terms, "counts": counts}

    def _restore(self, state: State) -> None:
        super()._restore(state)
        self.products_ = int(state["products"])
        self.counts_ = dict(zip(state["terms"], state["counts"].tolist(), strict=True))
