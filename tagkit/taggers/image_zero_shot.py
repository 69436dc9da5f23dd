"""Zero-shot by photo: tags whose texts are near the photo in the space of a CLIP-like model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tagkit.cache import FitCache
from tagkit.errors import BadInput, NotSetUp
from tagkit.explanation import Explanation, Share
from tagkit.features import best_tags
from tagkit.images.histogram import SIZE
from tagkit.images.options import PhotoOptions
from tagkit.parameters import PositiveFloat, PositiveInt
from tagkit.product import Product, Tags
from tagkit.tagger import Space, State, Tagger

Floats = NDArray[np.float32]


class ImageZeroShot(PhotoOptions, Tagger):
    """The tags whose texts are nearest to a product's photo in the space of a CLIP-like model.

    Nothing is trained: of train only the names of the tags count, each written into the prompt. The scores of a photo
    are a softmax of the cosines over all tags, so that they say which tag suits better, not how probable it is. A
    product without a readable photo gets no tags. It learns new tags at once.

    Args:
        model: A model with a text tower (CLIP, SigLIP, Chinese-CLIP), by its hub id or folder; there is no default.
        prompt: The text for a tag, which takes the place of "{}".
        temperature: The lower, the more the nearest tags count.
        limit: How many tags to give at most.

    Source: Radford et al., Learning Transferable Visual Models From Natural Language Supervision (ICML 2021).
    """

    name = "image_zero_shot"
    reads_photos = True
    needs_threshold = True
    space: ClassVar[Space] = {"prompt": ["{}", "a photo of {}", "一张{}的照片"], "temperature": (0.005, 0.1, "log")}

    model: str = ""
    prompt: str = "{}"
    temperature: PositiveFloat = 0.01
    limit: PositiveInt = 10

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        self.sha256_ = ""
        self._use({tag for product in train for tag in product.tags})

    def _learn_new(self, more: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        self._use({*self.tags_, *(tag for product in more for tag in product.tags)})

    def _use(self, tags: set[str]) -> None:
        """Embed the tags."""
        if not self.model:
            raise NotSetUp(
                "image_zero_shot needs a model with a text tower: give a hub id or folder as `model`", "no model"
            )
        if "{}" not in self.prompt:
            raise BadInput(f'image_zero_shot: the prompt needs "{{}}" where the tag goes, not {self.prompt!r}')
        if not tags:
            raise BadInput("image_zero_shot chooses among the tags of train, and no training product has one")
        self.tags_ = sorted(tags)
        encoder = self.load_encoder(self.sha256_)
        self.texts_ = _unit(encoder.encode_texts([self.prompt.replace("{}", tag) for tag in self.tags_]))

    def _scores(self, products: Sequence[Product]) -> NDArray[np.float64]:
        """Return the scores of all tags, shape (products, tags); zeros for a product without a photo."""
        photos = self.photos(products)
        out = np.zeros((len(products), len(self.tags_)))
        if photos.found.any():
            vectors = _unit(photos.vectors[photos.found][:, :-SIZE])
            cosines = np.round(vectors @ self.texts_.T, 5).astype(np.float64)
            weights = np.exp((cosines - cosines.max(axis=1, keepdims=True)) / self.temperature)
            out[photos.found] = np.round(weights / weights.sum(axis=1, keepdims=True), 6)
        return out

    def _tag(self, products: Sequence[Product]) -> Tags:
        return best_tags(self._scores(products), self.tags_, self.name, self.limit)

    def _score_of(self, products: Sequence[Product], tag: str) -> Sequence[float]:
        if tag not in self.tags_:
            return [0.0] * len(products)
        scores: list[float] = self._scores(products)[:, self.tags_.index(tag)].tolist()
        return scores

    def _explain(self, product: Product, tag: str) -> Explanation:
        score = float(self._score_of([product], tag)[0])
        shares = (Share("photo", score, "its likeness to the tag's text, among all tags"),)
        made = Explanation(product.text, tag, score, False, self.name, "likeness", shares=shares)
        photos = self.photos([product])
        return made if photos.found[0] else replace(made, shares=(), facts={"photo": photos.reasons[0]})

    def _state(self) -> State:
        return {"sha256": self.sha256_, "tags": self.tags_, "texts": self.texts_}

    def _restore(self, state: State) -> None:
        self.sha256_, self.tags_, self.texts_ = state["sha256"], state["tags"], state["texts"]
        self.load_encoder(self.sha256_)


def _unit(vectors: Floats) -> Floats:
    """Return vectors of length 1."""
    unit: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return unit
