"""Multi-label classification: a fine-tuned encoder scores every known tag, by the tag's own text too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor

from tagkit.cache import FitCache
from tagkit.calibration import platt
from tagkit.errors import BadInput
from tagkit.features import targets
from tagkit.neural import Backbone, TrainOptions, Window, helpers, train
from tagkit.neural.inference import pad, run
from tagkit.neural.label_scorer import Scorer
from tagkit.neural.losses import LOSSES, multilabel_loss
from tagkit.neural.vectors import embed
from tagkit.product import Product, Tags
from tagkit.tagger import Space, State, Tagger, ranked
from tagkit.taggers._stacked_features import Surface

Floats = NDArray[np.float32]


class Encoder(TrainOptions, Tagger):
    """One logit per tag from the mean vector x of a fine-tuned encoder.

    The logit of tag t is (Wx)·l_t + d_t·x + b_t + c·s_t. l_t is the vector that the encoder gave the tag's own text
    before training, and W is shared by all tags, so that a tag with few examples borrows from those with like texts,
    and a new tag (`add_tags`) works without training; d_t is the tag's own and begins at 0. s_t is what the surface
    says (wide and deep): the logit of a regression over the score of `linear`, the votes of the products with the most
    alike words, how frequent the tag is in the product's category, and whether it or a synonym stands in the text, held
    out in training, so that the encoder learns what these do not say. Among them are the votes of the nearest products
    in the space of the encoder before training; for these a saved strategy names that encoder and does not hold it.
    Probabilities are calibrated on dev by temperature and shift. Thresholds per tag are chosen on dev by the
    refinement `thresholds`, which `tagkit.compare` applies. A text longer than the model's window is read in
    overlapping windows whose logits are averaged; nothing is cut.

    Args:
        model: The encoder: a name from `tagkit models list`, a hub id or a folder; "auto": by the products' language.
        category: Whether the category, where there is one, is read before the text.
        wide: Whether the surface and the neighbours count (s_t); of more than 12,000 products in train they are learnt
            from so many, and not beyond 40 million products times tags.
        synonyms: Other forms by preferred tag: for the surface a tag stands in the text where one of these does.
        loss: "bce", "focal" or "asymmetric".
        balance: Gold tags count (products / products with the tag) to this power; 0: all alike.
        min_count: Tags with fewer train products are not learnt; None: 1, and where train has over 2,000 tags, 2.
        head_rate: By how much the learning rate of all but the encoder is multiplied.
        dropout: On the mean vector.
        freeze: Whether the word embeddings stay as they are.
        window: The most tokens read at once; None: what the model can.
        limit: How many tags to give at most.
        tag_precision: Of tagging, as `precision`; in fp32 a product's scores do not depend on the batch (within 1e-4).

    Source: Devlin et al., BERT (NAACL 2019); label texts as weights: Pappas and Henderson, GILE: A Generalized
    Input-Label Embedding for Text Classification (TACL 2019); linear part: Cheng et al., Wide & Deep Learning for
    Recommender Systems (DLRS 2016).
    """

    name = "encoder"
    space: ClassVar[Space] = {
        "learning_rate": (1e-4, 1e-3, "log"),
        "head_rate": (1.0, 10.0, "log"),
        "epochs": (4, 20),
        "loss": list(LOSSES),
        "balance": (0.0, 0.5),
        "dropout": (0.0, 0.3),
    }

    model: str = "auto"
    category: bool = True
    wide: bool = True
    synonyms: Mapping[str, Sequence[str]] | None = None
    loss: str = "bce"
    balance: float = 0.0
    min_count: int | None = None
    epochs: int = 12
    learning_rate: float = 3e-4
    head_rate: float = 3.0
    dropout: float = 0.1
    freeze: bool = True
    window: int | None = None
    limit: int = 20
    tag_precision: str = "fp32"

    def _fit(self, train_: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        if self.loss not in LOSSES:
            raise BadInput(f"loss is one of {', '.join(LOSSES)}, not {self.loss!r}")
        self.tags_, least = helpers.vocabulary(train_, self.min_count, self.name)
        tagged = [product for product in train_ if product.tags]
        gold = targets(tagged, self.tags_).toarray().astype(np.float32)
        share = gold.mean(0)
        backbone = Backbone.load(helpers.choose_model(self.model, train_))
        labels = embed(backbone, self.tags_, precision=self.precision)
        helpers.trim(backbone, self._windows(backbone, tagged), tagged)
        if self.freeze:
            backbone.freeze_embeddings()
        self._surface = Surface(backbone.source, self.category, self.tag_precision, self.synonyms)
        known = self._surface.fit(self.tags_, tagged, dev, least, cache) if self.wide else None
        wide = np.zeros_like(gold) if known is None else known
        # The surface knows how frequent each tag is; without it the bias begins there.
        self._net = Scorer(backbone, labels, share if known is None else np.full(len(share), 0.5), self.dropout)
        weights = torch.from_numpy(np.minimum(share.clip(1e-6) ** -self.balance, 50).astype(np.float32))
        windows = self._windows(backbone, tagged)
        judged = [product for product in dev if product.tags]
        truth = targets(judged, self.tags_)
        self.known_, self.scale_, self.shift_ = len(self.tags_), 1.0, 0.0
        self.history_ = train(
            self._net,
            lambda net, batch: multilabel_loss(
                self.loss,
                net(batch["ids"], batch["mask"], batch["wide"]),
                batch["gold"],
                weights.to(batch["gold"]),
            ),
            lambda rows: _collate([windows[i] for i in rows], gold, wide, backbone.padding),
            [len(window) for window in windows],
            self.train_options(),
            name=self.name,
            evaluate=(lambda _: _best_f1(self._logits(judged, cache), truth.toarray()))
            if judged and self.patience
            else None,
            head_rate=self.head_rate,
            checkpoint=helpers.checkpoint_file(self.name, self.get_params(), train_, dev),
        )
        if judged:
            self.scale_, self.shift_ = platt(self._logits(judged, cache), truth)

    def _windows(self, backbone: Backbone, products: Sequence[Product]) -> list[Window]:
        prefixes = [product.category for product in products] if self.category else None
        return backbone.reader(window=self.window).read([product.text for product in products], prefixes)

    def _logits(self, products: Sequence[Product], cache: FitCache | None = None) -> NDArray[np.float64]:
        """Return the uncalibrated logits, shape (products, tags)."""
        windows = self._windows(self._net.backbone, products)
        out = np.zeros((len(products), len(self.tags_)))
        for batch, scores in run(self._net, windows, self._net.backbone.padding, self.tag_precision):
            np.add.at(out, [windows[i].row for i in batch], scores.numpy())
        out /= np.bincount([window.row for window in windows], minlength=len(products))[:, None]
        return out + self._net.beside(self._surface.read(products, cache)) if self._surface else out

    def _tag(self, products: Sequence[Product]) -> Tags:
        found = np.round(expit(self.scale_ * self._logits(products) + self.shift_), 6)
        rows = []
        for row in found:
            best = np.argsort(-row, kind="stable")[: self.limit]
            rows.append(ranked(((self.tags_[i], row[i]) for i in best if row[i]), self.name))
        return rows

    def add_tags(self, tags: Sequence[str]) -> Self:
        """Let tags that train did not have be given too, by their texts alone (zero-shot).

        What was learnt of the known tags with the most alike texts is theirs as well.

        Args:
            tags: The new tags; those already known are left as they are.

        Returns:
            The strategy itself.

        Raises:
            NotFitted: The strategy was neither fitted nor loaded.
            WeightsMissing: The encoder as it was before training is not to be had.
        """
        self.check_fitted()
        new = [tag for tag in dict.fromkeys(tags) if tag not in set(self.tags_)]
        if new:
            labels = embed(Backbone.load(self._net.backbone.source), new)
            near = self._net.nearness(labels, self.known_)
            self._net.extend(labels, near)
            self._surface.extend(new, near)
            self.tags_ = [*self.tags_, *new]
        return self

    def _state(self) -> State:
        state: State = {"tags": self.tags_, "history": self.history_, "known": self.known_}
        state |= {"scale": self.scale_, "shift": self.shift_}
        state |= {"backbone": self._net.backbone.state(), "net": self._net.head_state()}
        return state | {"features": self._surface.state()}

    def _restore(self, state: State) -> None:
        self.tags_, self.known_, self.history_ = state["tags"], state["known"], state["history"]
        self.scale_, self.shift_ = state["scale"], state["shift"]
        labels, backbone = state["net"]["labels"], Backbone.from_state(state["backbone"])
        self._surface = Surface(backbone.source, self.category, self.tag_precision, self.synonyms).restore(
            state["features"]
        )
        self._net = Scorer(backbone, labels, np.full(len(labels), 0.5), self.dropout)
        stored = {key: torch.from_numpy(value) for key, value in state["net"].items()}
        self._net.load_state_dict(stored, strict=False)
        self._net.eval()


def _collate(windows: list[Window], gold: Floats, wide: Floats, padding: int) -> dict[str, Tensor]:
    rows = [window.row for window in windows]
    return pad(windows, padding) | {"gold": torch.from_numpy(gold[rows]), "wide": torch.from_numpy(wide[rows])}


def _best_f1(logits: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    """Return the best micro-F1 of one threshold for all tags."""
    order = np.argsort(-logits, axis=None)
    hits = truth.ravel()[order].cumsum()
    return float((2 * hits / (np.arange(1, len(hits) + 1) + truth.sum())).max())
