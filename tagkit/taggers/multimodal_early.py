"""Multimodal early: one small network on the words and the photo of a product together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit
from torch import Tensor, nn
from torch.nn import functional

from tagkit.attribution import occlusion
from tagkit.cache import FitCache
from tagkit.calibration import held_out, platt
from tagkit.explanation import Explanation, Share
from tagkit.features import TextFeatures, targets
from tagkit.images.options import Scaler
from tagkit.images.vectors import Photos
from tagkit.neural.head import HeadOptions
from tagkit.parameters import BelowOne
from tagkit.product import Product
from tagkit.tagger import Space, State
from tagkit.taggers.photo_scorer import PhotoScorer

Floats = NDArray[np.float32]
CASES = {"words and photo": (True, True), "words": (True, False), "photo": (False, True), "nothing": (False, False)}
"""What there is of a product: whether its words, and whether its photo."""
MOST_TERMS = 30_000
"""So many words and n-grams, the most frequent ones, have weights."""
VOLUME = 10.0
"""TF-IDF vectors have the length √2: they are multiplied by this, so that words have as much weight as the photo.
Chosen on the dev part of `fashion_small` among 5 and 10."""


class Halves(NamedTuple):
    """What the network reads of some products; a half that is missing is zeros.

    Attributes:
        words: Features of the texts, shape (n, terms).
        photo: Vectors of the photos, shape (n, size).
    """

    words: sparse.csr_matrix
    photo: Floats

    def only(self, case: str) -> Halves:
        """Return the halves of a case, zeros for the others."""
        words, photo = CASES[case]
        return Halves(self.words if words else self.words * 0, self.photo if photo else self.photo * 0)

    def at(self, rows: Any) -> Halves:
        """Return those of some products."""
        return Halves(self.words[rows], self.photo[rows])

    def cases(self) -> dict[str, NDArray[np.bool_]]:
        """Return which products are of which case, each of shape (n,)."""
        words, photo = np.asarray(abs(self.words).sum(axis=1)).ravel() > 0, (self.photo != 0).any(axis=1)
        return {case: (words == wanted[0]) & (photo == wanted[1]) for case, wanted in CASES.items()}


class Network(nn.Module):
    """One hidden layer on words and photo.

    Args:
        terms: How many features texts have.
        size: The length of the vector of a photo.
        hidden: The size of the hidden layer.
        tags: How many tags there are.
        dropout: The share of values that are hidden in each step.
    """

    def __init__(self, terms: int, size: int, hidden: int, tags: int, dropout: float) -> None:
        super().__init__()
        self.words = nn.EmbeddingBag(terms, hidden, mode="sum")
        nn.init.zeros_(self.words.weight)
        self.photo, self.out, self.dropout = nn.Linear(size, hidden), nn.Linear(hidden, tags), nn.Dropout(dropout)

    def forward(self, halves: tuple[Tensor, Tensor, Tensor, Tensor]) -> Tensor:
        """Return the logits of all tags, from columns, starts and values of the words' features, and the photos."""
        columns, starts, values, photo = halves
        words = self.words(columns, starts, per_sample_weights=self.dropout(values))
        out: Tensor = self.out(self.dropout(functional.relu(words + self.photo(self.dropout(photo)))))
        return out


class MultimodalEarly(HeadOptions, PhotoScorer):
    """Early fusion: one network on words and photo together, of which either may be missing.

    The hidden layer of the network reads TF-IDF of words and character n-grams beside the vector of the photo, as
    `image` has it. In each step of the training the words of some products are hidden, and the photos of others, so
    that a product that has only one of them is tagged by that. Scores are calibrated by Platt scaling, one sigmoid for
    all tags and for each of these cases, on dev; without dev on a tenth of train, which is not learned from.

    Args:
        hidden_half: Of this share of the products the words are hidden in a step of the training, and of the same
            share the photo.

    Source: early fusion: Snoek, Worring and Smeulders, Early versus late fusion in semantic video analysis (ACM
    Multimedia 2005); hiding a modality: Neverova et al., ModDrop: adaptive multi-modal gesture recognition (IEEE TPAMI
    2016).
    """

    name = "multimodal_early"
    reads_photos = True
    space: ClassVar[Space] = {"learning_rate": (3e-4, 3e-3, "log"), "dropout": (0.1, 0.6), "epochs": (5, 30)}

    hidden_half: BelowOne = 0.25

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        products, photos = self.tagged(train)
        y = self.choose_tags(products)
        self._scaler = Scaler.of(photos.vectors[photos.found])
        self._text = TextFeatures(min_count=2)
        counts = self._text.fit(products).getnnz(axis=0)
        self.terms_ = np.sort(np.argsort(-counts, kind="stable")[:MOST_TERMS])
        x = self._halves(products, photos)
        tagged_dev = [product for product in dev if product.tags]
        calibrating, gold = x, y
        if tagged_dev:
            calibrating, gold = self._halves(tagged_dev), targets(tagged_dev, self.tags_).toarray()
        elif (own := held_out(len(y))).any():
            calibrating, gold, x, y = x.at(own), y[own], x.at(~own), y[~own]
        sizes = (x.words.shape[1], x.photo.shape[1], self.hidden, y.shape[1], self.dropout)
        network: Any = self.train_network(partial(Network, *sizes), partial(self._batch, x), y)
        parts = (
            network.words.weight,
            network.photo.weight.T,
            network.photo.bias,
            network.out.weight.T,
            network.out.bias,
        )
        self.layers_ = [part.detach().numpy().copy() for part in parts]
        self._calibrate(calibrating, gold)

    def _halves(self, products: Sequence[Product], photos: Photos | None = None) -> Halves:
        """Return what the network reads of products.

        Args:
            products: The products.
            photos: The vectors of their photos; None: they are read.
        """
        photos = self.photos(products) if photos is None else photos
        vectors = np.zeros((len(products), len(self._scaler.mean)), dtype=np.float32)
        if photos.found.any():
            vectors[photos.found] = self._scaler(photos.vectors[photos.found])
        return Halves(self._text.transform(products)[:, self.terms_] * VOLUME, vectors)

    def _batch(self, x: Halves, rows: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return what the network takes of some products, some without their words and others without their photo."""
        own = x.at(rows.numpy())
        lengths = torch.from_numpy(np.diff(own.words.indptr))
        photo, draw = torch.from_numpy(own.photo), torch.rand(len(rows))
        has_both = (lengths > 0) & photo.any(1)
        no_words = has_both & (draw < self.hidden_half)
        no_photo = has_both & (draw > 1 - self.hidden_half) & ~no_words
        values = torch.from_numpy(own.words.data.astype(np.float32)) * ~no_words.repeat_interleave(lengths)
        columns, starts = (torch.from_numpy(part.astype(np.int64)) for part in (own.words.indices, own.words.indptr))
        return columns, starts[:-1], values, photo * ~no_photo[:, None]

    def _calibrate(self, x: Halves, gold: NDArray[Any]) -> None:
        """Choose a sigmoid for each case, from products that were not learned from."""
        self.sigmoids_ = {}
        for case in CASES:
            seen = x.only(case)
            rows = seen.cases()[case]
            known = rows.any() and platt(self._logits(seen.at(rows)), sparse.csr_matrix(gold[rows]))
            self.sigmoids_[case] = list(known or (1.0, 0.0))

    def _logits(self, x: Halves) -> NDArray[np.float64]:
        """Return the logits of all tags before calibration, shape (n, tags)."""
        # In 64 bits, so that rounding does not depend on how many products are scored together.
        words, photo, constants, second, more = (part.astype(np.float64) for part in self.layers_)
        hidden = np.maximum(x.words @ words + x.photo.astype(np.float64) @ photo + constants, 0)
        out: NDArray[np.float64] = hidden @ second + more
        return out

    def _log_odds(self, x: Halves) -> NDArray[np.float64]:
        """Return the log-odds of the calibrated scores of all tags, shape (n, tags)."""
        out = self._logits(x)
        for case, rows in x.cases().items():
            scale, shift = self.sigmoids_[case]
            out[rows] = scale * out[rows] + shift
        return out

    def _scores(self, products: Sequence[Product]) -> NDArray[np.float64]:
        x = self._halves(products)
        return np.where(x.cases()["nothing"][:, None], 0.0, np.round(expit(self._log_odds(x)), 6))

    def _explain(self, product: Product, tag: str) -> Explanation:
        made = Explanation(product.text, tag, float(self._score_of([product], tag)[0]), False, self.name)
        photos = self.photos([product])
        x = self._halves([product], photos)
        read = next(case for case, rows in x.cases().items() if rows[0])
        if tag not in self.tags_ or read == "nothing":
            return replace(made, facts={"read": read})
        at = self.tags_.index(tag)

        def score(variants: Sequence[Product]) -> list[float]:
            same = Photos(np.repeat(photos.vectors, len(variants), 0), np.repeat(photos.found, len(variants)))
            found: list[float] = self._log_odds(self._halves(variants, same))[:, at].tolist()
            return found

        both, words, photo, nothing = (float(self._log_odds(x.only(case))[0, at]) for case in CASES)
        shares = (
            Share("words", (both - photo + words - nothing) / 2, "mean of what they add to nothing and to the photo"),
            Share("photo", (both - words + photo - nothing) / 2, "mean of what it adds to nothing and to the words"),
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
            "terms": self.terms_,
            "mean": self._scaler.mean,
            "spread": self._scaler.spread,
            "layers": self.layers_,
            "sigmoids": self.sigmoids_,
        }

    def _restore(self, state: State) -> None:
        self.sha256_, self.tags_, self.terms_ = state["sha256"], state["tags"], state["terms"]
        self._text = TextFeatures()
        self._text.restore(state["text"])
        self._scaler = Scaler(state["mean"], state["spread"])
        self.layers_, self.sigmoids_ = state["layers"], state["sigmoids"]
        self.load_encoder(self.sha256_)
