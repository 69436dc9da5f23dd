"""Multimodal early: one small network on the words and the photo of a product together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit
from sklearn.utils.extmath import randomized_svd

from tagkit.attribution import occlusion
from tagkit.cache import FitCache
from tagkit.calibration import platt
from tagkit.explanation import Explanation, Share
from tagkit.features import TextFeatures, targets
from tagkit.images.options import Scaler
from tagkit.images.vectors import Photos
from tagkit.neural.head import HeadOptions, head_logits
from tagkit.parameters import BelowOne, PositiveInt
from tagkit.product import Product
from tagkit.tagger import Space, State
from tagkit.taggers.photo_scorer import PhotoScorer

Floats = NDArray[np.float32]
Found = NDArray[np.bool_]
CASES = {"words and photo": (True, True), "words": (True, False), "photo": (False, True), "nothing": (False, False)}
"""What there is of a product: whether its words, and whether its photo."""
HELD_OUT = 10
"""Without dev, every tenth training product is held out to calibrate on."""


class MultimodalEarly(HeadOptions, PhotoScorer):
    """Early fusion: a one network on words and photo together, of which either may be missing.

    Its input is the vector of the photo, as in `image`, beside that of the text: TF-IDF of words and character n-grams,
    reduced by a singular value decomposition (latent semantic analysis). In each step of the training the words of some
    products are hidden, and the photos of others, so that a product that has only one of them is tagged by that.
    Scores are calibrated by Platt scaling, one sigmoid for all tags and for each of these cases, on dev; without dev on
    a tenth of train, which is not learned from.

    Args:
        topics: The size of the vector of a text.
        hidden_half: Of this share of the products the words are hidden in a step of the training, and of the same
            share the photo.

    Source: early fusion: Snoek, Worring and Smeulders, Early versus late fusion in semantic video analysis (ACM
    Multimedia 2005); hiding a modality: Neverova et al., ModDrop: adaptive multi-modal gesture recognition (IEEE TPAMI
    2016); the vector of a text: Deerwester et al., Indexing by latent semantic analysis (JASIS 1990).
    """

    name = "multimodal_early"
    reads_photos = True
    space: ClassVar[Space] = {"learning_rate": (3e-4, 3e-3, "log"), "dropout": (0.1, 0.6), "epochs": (5, 30)}

    topics: PositiveInt = 512
    hidden_half: BelowOne = 0.15

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        products, photos = self.tagged(train)
        y = self.choose_tags(products)
        self._scaler = Scaler.of(photos.vectors[photos.found])
        self._learn_words(products)
        x = self._side_by_side(products, photos)
        held_out = [product for product in dev if product.tags]
        if held_out:
            vectors, gold = self._vectors(held_out), targets(held_out, self.tags_).toarray()
        else:
            kept = np.arange(len(x)) % HELD_OUT > 0
            vectors, gold, x, y = x[~kept], y[~kept], x[kept], y[kept]
        self.layers_ = self.train_head(x, y, self._hide)
        self._calibrate(vectors, gold)

    def _learn_words(self, products: Sequence[Product]) -> None:
        """Choose what turns a text into a vector."""
        self._text = TextFeatures(min_count=2)
        features = self._text.fit(products)
        _, _, topics = randomized_svd(features, min(self.topics, *features.shape), random_state=self.seed)
        self.topics_ = topics.T.astype(np.float32)
        self._text_scaler = Scaler.of((features @ self.topics_).astype(np.float32))

    def _vectors(self, products: Sequence[Product]) -> Floats:
        """Return the vectors of words and photo side by side, zeros for a half that is missing."""
        return self._side_by_side(products, self.photos(products))

    def _side_by_side(self, products: Sequence[Product], photos: Photos) -> Floats:
        features = self._text.transform(products)
        has_words = np.diff(features.indptr) > 0
        size = self.topics_.shape[1]
        out = np.zeros((len(products), size + len(self._scaler.mean)), dtype=np.float32)
        out[has_words, :size] = self._text_scaler(features[has_words] @ self.topics_)
        if photos.found.any():
            out[photos.found, size:] = self._scaler(photos.vectors[photos.found])
        return out

    def _halves(self, x: Any) -> tuple[Any, Any]:
        """Return the parts of vectors that stand for words and for the photo."""
        size = self.topics_.shape[1]
        return x[:, :size], x[:, size:]

    def _hide(self, batch: torch.Tensor) -> torch.Tensor:
        """Return vectors of which some have no words any more and others no photo, but none neither."""
        words, photo = self._halves(batch)
        has_both = words.any(1, keepdim=True) & photo.any(1, keepdim=True)
        draw = torch.rand(len(batch), 1)
        no_words, no_photo = draw < self.hidden_half, draw > 1 - self.hidden_half
        return torch.cat([words * ~(has_both & no_words), photo * ~(has_both & no_photo)], dim=1)

    def _with(self, x: Floats, case: str) -> Floats:
        """Return vectors with the halves of a case only."""
        parts = [half * np.float32(kept) for half, kept in zip(self._halves(x), CASES[case], strict=True)]
        return np.concatenate(parts, axis=1)

    def _cases(self, x: Floats) -> dict[str, Found]:
        """Return which vectors have which halves, by the names of `CASES`, each of shape (n,)."""
        words, photo = (half.any(axis=1) for half in self._halves(x))
        return {case: (words == wanted[0]) & (photo == wanted[1]) for case, wanted in CASES.items()}

    def _calibrate(self, x: Floats, gold: NDArray[Any]) -> None:
        """Choose a sigmoid for each case, from products that were not learned from."""
        self.sigmoids_ = {}
        for case in CASES:
            seen = self._with(x, case)
            rows = self._cases(seen)[case]
            known = rows.any() and platt(self.raw(seen[rows]), sparse.csr_matrix(gold[rows]))
            self.sigmoids_[case] = list(known or (1.0, 0.0))

    def raw(self, x: Floats) -> Floats:
        """Return the logits of all tags before calibration, shape (products, tags)."""
        return head_logits(self.layers_, x)

    def _log_odds(self, x: Floats) -> NDArray[np.float64]:
        """Return the log-odds of the calibrated scores of all tags, shape (products, tags)."""
        out = self.raw(x).astype(np.float64)
        for case, rows in self._cases(x).items():
            scale, shift = self.sigmoids_[case]
            out[rows] = scale * out[rows] + shift
        return out

    def _scores(self, products: Sequence[Product]) -> NDArray[np.float64]:
        x = self._vectors(products)
        return np.where(self._cases(x)["nothing"][:, None], 0.0, np.round(expit(self._log_odds(x)), 6))

    def _explain(self, product: Product, tag: str) -> Explanation:
        made = Explanation(product.text, tag, float(self._score_of([product], tag)[0]), False, self.name)
        photos = self.photos([product])
        x = self._side_by_side([product], photos)
        read = next(case for case, rows in self._cases(x).items() if rows[0])
        if tag not in self.tags_ or read == "nothing":
            return replace(made, facts={"read": read})
        at = self.tags_.index(tag)

        def score(variants: Sequence[Product]) -> list[float]:
            same = Photos(np.repeat(photos.vectors, len(variants), 0), np.repeat(photos.found, len(variants)))
            found: list[float] = self._log_odds(self._side_by_side(variants, same))[:, at].tolist()
            return found

        both, words, photo, nothing = (float(self._log_odds(self._with(x, case))[0, at]) for case in CASES)
        shares = (
            Share(
                "words", (both - photo + words - nothing) / 2, "the mean of what they add to nothing and to the photo"
            ),
            Share(
                "photo", (both - words + photo - nothing) / 2, "the mean of what it adds to nothing and to the words"
            ),
            Share("tag", nothing, "without words and photo"),
        )
        facts = {
            "read": read,
            "shares": "add up to the log-odds of the score (Shapley values)",
            "weights": "by how much the log-odds fall without the word",
        }
        return replace(made, method="occlusion", words=occlusion(product, score)[0], shares=shares, facts=facts)

    def _state(self) -> State:
        return {
            "sha256": self.sha256_,
            "tags": self.tags_,
            "text": self._text.state(),
            "topics": self.topics_,
            "scales": [[one.mean, one.spread] for one in (self._text_scaler, self._scaler)],
            "layers": self.layers_,
            "sigmoids": self.sigmoids_,
        }

    def _restore(self, state: State) -> None:
        self.sha256_, self.tags_ = state["sha256"], state["tags"]
        self._text = TextFeatures()
        self._text.restore(state["text"])
        self.topics_, self.layers_, self.sigmoids_ = state["topics"], state["layers"], state["sigmoids"]
        self._text_scaler, self._scaler = (Scaler(*pair) for pair in state["scales"])
        self.load_encoder(self.sha256_)
