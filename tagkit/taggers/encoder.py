"""Multi-label classification: a fine-tuned encoder scores every known tag, by the tag's own text too."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor

from tagkit.cache import FitCache
from tagkit.calibration import platt
from tagkit.explanation import Share
from tagkit.features import best_tags, targets
from tagkit.neural import Backbone, TrainOptions, Window, train
from tagkit.neural.backbone import head_state, load_head
from tagkit.neural.checkpoint import checkpoint_file
from tagkit.neural.gradients import Piece, TokenScore
from tagkit.neural.inference import embed, pad, run
from tagkit.neural.label_scorer import LOSSES, LabelScorer, Loss, frequent_tags, multilabel_loss
from tagkit.neural.options import choose_model
from tagkit.parameters import NonNegativeFloat, PositiveFloat, PositiveInt
from tagkit.product import Product, Tags
from tagkit.tagger import Space, State
from tagkit.taggers.explained import position, windows_scores
from tagkit.taggers.tag_learner import TagLearner

Floats = NDArray[np.float32]
MOST_WEIGHT = 50
"""The highest weight of a gold tag (`balance`)."""


class Encoder(TagLearner):
    """One logit per tag from the mean vector x of a fine-tuned encoder.

    The logit of tag t is (Wx)·l_t + d_t·x + b_t + c·s_t. l_t is the vector that the encoder gave the tag's own text
    before training, and W is shared by all tags, so that a tag with few examples borrows from those with similar texts,
    and a new tag (`add_tags`) works without training; d_t is the tag's own and starts at 0. s_t are the stacked
    features (as in wide and deep learning): the logit of a regression over the score of `linear`, the votes of the
    products with the most similar words and vectors, how frequent the tag is in the product's category, and whether it
    or a synonym is present in the text. They are held out in training, so that the encoder learns what they do not
    say. The vectors are those of the encoder before training; a saved strategy names that encoder and does not hold it.
    Probabilities are calibrated on dev by temperature and shift. Thresholds per tag are chosen on dev by the
    refinement `thresholds`, which `tagkit.compare` applies. A text longer than the model's window is read in
    overlapping windows whose logits are averaged; nothing is cut.

    It learns more products by a short continued training on these and on four times as many old ones, drawn at random;
    the stacked features are learned anew. Without the old products it is trained on the new ones alone, which may make
    it forget, and the stacked features stay as they are. Words are read by the pieces that the first train needed.

    Args:
        loss: "bce", "focal" or "asymmetric".
        balance: The weight of a gold tag is (products / products with the tag) to this power; 0: all weigh the same.
        limit: How many tags to give at most.

    Source: Devlin et al., BERT (NAACL 2019); label texts as weights: Pappas and Henderson, GILE: A Generalized
    Input-Label Embedding for Text Classification (TACL 2019); stacked features: Cheng et al., Wide & Deep Learning for
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

    epochs: PositiveInt = 12
    learning_rate: PositiveFloat = 3e-4
    loss: Loss = "bce"
    balance: NonNegativeFloat = 0.0
    limit: PositiveInt = 20

    def _fit(self, train_: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        self.tags_, least = frequent_tags(train_, self.min_count, self.name)
        tagged = [product for product in train_ if product.tags]
        share = np.asarray(targets(tagged, self.tags_).mean(0)).ravel()
        backbone = Backbone.load(choose_model(self.model, train_))
        labels = embed(backbone, self.tags_, precision=self.precision)
        backbone.trim(self.read_windows(backbone, tagged), tagged)
        self._features = self.stacked_features(backbone)
        held_out = self._features.fit(self.tags_, tagged, dev, least, cache) if self.use_stacked_features else None
        features = np.zeros((len(tagged), len(self.tags_)), dtype=np.float32) if held_out is None else held_out
        # Stacked features know how frequent each tag is; without them the biases start from the frequencies.
        prior = share if held_out is None else np.full(len(share), 0.5)
        self._net = LabelScorer(backbone, labels, prior, self.dropout)
        self.known_, self.scale_, self.shift_ = len(self.tags_), 1.0, 0.0
        self.history_: list[dict[str, float]] = []
        checkpoint = checkpoint_file(self.name, self.get_params(), train_, dev)
        self._train(tagged, features, dev, cache, self.train_options(), checkpoint)

    @property
    def _scorer(self) -> LabelScorer:
        return self._net

    def _train(
        self,
        tagged: Sequence[Product],
        features: Floats,
        dev: Sequence[Product],
        cache: FitCache,
        options: TrainOptions,
        checkpoint: Path | None = None,
    ) -> None:
        gold = targets(tagged, self.tags_).toarray().astype(np.float32)
        share = gold.mean(0)
        weights = torch.from_numpy(np.minimum(share.clip(1e-6) ** -self.balance, MOST_WEIGHT).astype(np.float32))
        backbone = self._net.backbone
        if self.freeze:
            backbone.freeze_embeddings()
        windows = self.read_windows(backbone, tagged)
        labelled_dev = [product for product in dev if product.tags]
        truth = targets(labelled_dev, self.tags_)
        self.history_ = [
            *self.history_,
            *train(
                self._net,
                lambda net, batch: multilabel_loss(
                    self.loss,
                    net(batch["ids"], batch["mask"], batch["features"]),
                    batch["gold"],
                    weights.to(batch["gold"]),
                ),
                lambda rows: _collate([windows[i] for i in rows], gold, features, backbone.padding),
                [len(window) for window in windows],
                options,
                name=self.name,
                evaluate=(lambda _: _best_f1(self._logits(labelled_dev, cache), truth.toarray()))
                if labelled_dev and self.patience
                else None,
                head_rate=self.head_rate,
                checkpoint=checkpoint,
            ),
        ]
        if labelled_dev:
            self.scale_, self.shift_ = platt(self._logits(labelled_dev, cache), truth)

    def _logits(self, products: Sequence[Product], cache: FitCache | None = None) -> NDArray[np.float64]:
        """Return the uncalibrated logits, shape (products, tags)."""
        windows = self.read_windows(self._net.backbone, products)
        out = np.zeros((len(products), len(self.tags_)))
        for batch, scores in run(self._net, windows, self._net.backbone.padding, self.tag_precision):
            np.add.at(out, [windows[i].row for i in batch], scores.numpy())
        out /= np.bincount([window.row for window in windows], minlength=len(products))[:, None]
        if self._features.fitted:
            out += self._net.weighted(self._features.transform(products, cache))
        return out

    def _scores(self, products: Sequence[Product]) -> NDArray[np.float64]:
        """Return the scores of all tags, shape (products, tags)."""
        scores: NDArray[np.float64] = np.round(expit(self.scale_ * self._logits(products) + self.shift_), 6)
        return scores

    def _tag(self, products: Sequence[Product]) -> Tags:
        return best_tags(self._scores(products), self.tags_, self.name, self.limit)

    def _score_of(self, products: Sequence[Product], tag: str) -> Sequence[float]:
        at = position(self.tags_, tag)
        return [0.0] * len(products) if at < 0 else self._scores(products)[:, at].tolist()

    def _token_scores(self, product: Product, tag: str) -> list[TokenScore]:
        at, net = position(self.tags_, tag), self._net
        if at < 0:
            return []

        def score(ids: Tensor) -> Tensor:
            return self.scale_ * net(ids, torch.ones_like(ids))[:, at]

        windows = self.read_windows(net.backbone, [product])
        return windows_scores(net, net.backbone.model.get_input_embeddings(), score, windows, net.backbone.padding)

    def _other_pieces(self, product: Product, tag: str) -> list[Piece]:
        at = position(self.tags_, tag)
        return self._features.pieces(product, lambda found: self.scale_ * self._net.weighted(found)[:, at])

    def _shares(self, product: Product, tag: str) -> list[Share]:
        at = position(self.tags_, tag)
        if at < 0:
            return []
        logit = self.scale_ * float(self._logits([product])[0, at]) + self.shift_
        constant = self.scale_ * self._net.bias[at].item() + self.shift_
        return self._features.shares(product, at, logit, constant, self.scale_ * self._net.feature_weight.item())

    def _state(self) -> State:
        state: State = {"tags": self.tags_, "history": self.history_, "known": self.known_}
        state |= {"scale": self.scale_, "shift": self.shift_}
        state |= {"backbone": self._net.backbone.state(), "net": head_state(self._net)}
        return state | {"features": self._features.state()}

    def _restore(self, state: State) -> None:
        self.tags_, self.known_, self.history_ = state["tags"], state["known"], state["history"]
        self.scale_, self.shift_ = state["scale"], state["shift"]
        labels, backbone = state["net"]["labels"], Backbone.from_state(state["backbone"])
        self._features = self.stacked_features(backbone).restore(state["features"])
        self._net = LabelScorer(backbone, labels, np.full(len(labels), 0.5), self.dropout)
        load_head(self._net, state["net"])


def _collate(windows: list[Window], gold: Floats, features: Floats, padding: int) -> dict[str, Tensor]:
    rows = [window.row for window in windows]
    return pad(windows, padding) | {"gold": torch.from_numpy(gold[rows]), "features": torch.from_numpy(features[rows])}


def _best_f1(logits: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    """Return the best micro-F1 of one threshold for all tags."""
    order = np.argsort(-logits, axis=None)
    hits = truth.ravel()[order].cumsum()
    return float((2 * hits / (np.arange(1, len(hits) + 1) + truth.sum())).max())
