"""Sequence labelling: a fine-tuned encoder marks where tags begin and go on (BIO), with their types and places."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Rows
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tagkit.cache import FitCache
from tagkit.errors import BadInput
from tagkit.neural import Backbone, TrainOptions, Window, bio, device, helpers, train
from tagkit.neural.augment import ValueSwap
from tagkit.neural.crf import CRF
from tagkit.neural.hardware import uses_bf16
from tagkit.neural.inference import pad, run
from tagkit.neural.labeller import Labeller
from tagkit.product import Product
from tagkit.tagger import Space, State

DECODINGS = ("viterbi", "greedy")


class Sequence(TrainOptions, Labeller):
    """BIO labelling of tokens or characters, typed where train is.

    Every label is "outside", "begins" or "goes on" of a type. Types are those of train's annotations; where train has
    tags without places, their places in the text are looked up, and there is one type "". The best well-formed labels
    are found over characters, so that strategies that cut texts differently can be averaged (`ensemble`). A text
    longer than the model's window is read in overlapping windows; nothing is cut.

    Args:
        model: The encoder: a name from `tagkit models list`, a hub id or a folder; "auto": by the products' language.
        level: "char" labels characters, "word" the tokenizer's pieces, "auto": characters where most products are
            Chinese.
        category: Whether the category, where there is one, is read before the text.
        crf: Whether a conditional random field learns which label follows which.
        decoding: "viterbi" takes the most probable well-formed labels, "greedy" each character's own best label, as
            the transformers pipeline does (aggregation "simple").
        learning_rate: See `TrainOptions`; None: 5e-4, and 2e-4 for encoders of more than six layers.
        augment: How likely, in each epoch, a value is exchanged for another of its type from the same category.
        smoothing: How much of each gold label is spread over all labels.
        dropout: Before the last layer.
        freeze: Whether the word embeddings stay as they are; None: not where characters are read, which are few and
            which encoders seldom saw alone.
        window: The most tokens read at once; None: what the model can.
        tag_precision: Of tagging, as `precision`; in fp32 a product's scores do not depend on the batch (within 1e-4).
        recheck: In bf16 a text is read again in fp32 where the log-odds of a token's two best labels are below this;
            0: none is. With the default of 0.05, 4 in 100 of OA-Mine's train and 18 in 100 titles unlike it were;
            labels other than in fp32 fell from 6 in 1,452 texts to 0, and from 84 in 3,000 to 7.

    Source: Devlin et al., BERT (NAACL 2019), section 5.3; labels: Ramshaw and Marcus, Text Chunking using
    Transformation-Based Learning (1995).
    """

    name = "sequence"
    space: ClassVar[Space] = {
        "learning_rate": (1e-4, 1e-3, "log"),
        "epochs": (5, 25),
        "crf": [False, True],
        "augment": (0.0, 0.5),
        "smoothing": (0.0, 0.2),
        "dropout": (0.0, 0.3),
    }

    model: str = "auto"
    level: str = "auto"
    category: bool = True
    crf: bool = False
    decoding: str = "viterbi"
    epochs: int = 15
    learning_rate: float | None = None
    average: float = 0.99
    augment: float = 0.0
    smoothing: float = 0.0
    dropout: float = 0.1
    freeze: bool | None = None
    window: int | None = None
    tag_precision: str = "fp32"
    recheck: float = 0.05

    def _fit(self, train_: Rows[Product], dev: Rows[Product], cache: FitCache) -> None:
        if self.decoding not in DECODINGS:
            raise BadInput(f"decoding is one of {', '.join(DECODINGS)}, not {self.decoding!r}")
        gold = self._read_gold(train_)
        self.level_ = self.level
        if self.level == "auto":
            self.level_ = "char" if helpers.main_language(train_) == "zh" else "word"
        backbone = Backbone.load(helpers.choose_model(self.model, train_))
        helpers.trim(backbone, self._windows(backbone, train_), [] if self.level_ == "char" else train_)
        windows = self._windows(backbone, train_)
        if self.augment:  # a text is written anew as a whole, all its windows in one batch
            windows = [w for at, w in enumerate(windows) if not at or windows[at - 1].row != w.row]
        labels = [bio.token_labels(gold[w.row], self.types_, w.starts, w.ends) for w in windows]
        swap = ValueSwap(train_, gold, self.augment)
        reader = backbone.reader(self.level_, self.window)

        def collate(rows: Rows[int]) -> dict[str, Tensor]:
            if not self.augment:
                return _collate([windows[i] for i in rows], [labels[i] for i in rows], backbone.padding)
            texts, spans = zip(*(swap(windows[i].row) for i in rows), strict=True)
            categories = [train_[windows[i].row].category for i in rows]
            fresh = reader.read(texts, categories if self.category else None)
            marks = [bio.token_labels(spans[w.row], self.types_, w.starts, w.ends) for w in fresh]
            return _collate(fresh, marks, backbone.padding)

        if self.level_ != "char" if self.freeze is None else self.freeze:
            backbone.freeze_embeddings()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self._net = Network(backbone, 1 + 2 * len(self.types_), self.dropout, self.crf)
        judged = [product for product in dev if product.tags] if self.patience else []
        self.history_ = train(
            self._net,
            lambda net, batch: self._net.loss(net(batch["ids"], batch["mask"]), batch["labels"], self.smoothing),
            collate,
            [len(window) for window in windows],
            self.train_options(learning_rate=self.learning_rate or (2e-4 if backbone.layers > 6 else 5e-4)),
            name=self.name,
            evaluate=(lambda _: bio.span_f1(self._tag(judged), judged)) if judged else None,
            checkpoint=helpers.checkpoint_file(self.name, self.get_params(), train_, judged),
        )

    def _windows(self, backbone: Backbone, products: Rows[Product]) -> list[Window]:
        """Return the windows with a character: others have no label, and the mean loss of a batch of such is none."""
        prefixes = [product.category for product in products] if self.category else None
        texts = [product.text for product in products]
        windows = backbone.reader(self.level_, self.window).read(texts, prefixes)
        return [window for window in windows if (window.starts >= 0).any()]

    def _spans(self, products: Rows[Product]) -> list[list[bio.Scored]]:
        if self.decoding == "greedy":
            return [bio.greedy_spans(tokens, self.types_) for tokens in self._best_labels(products)]
        return super()._spans(products)

    def _probabilities(self, products: Rows[Product]) -> list[NDArray[np.float32]]:
        out = [np.zeros((len(product.text), 1 + 2 * len(self.types_)), dtype=np.float32) for product in products]
        weight = [np.zeros(len(product.text), dtype=np.float32) for product in products]
        for text, starts, ends, row in self._labelled(products):
            self._add(row, starts, ends, out[text], weight[text])
        for row, total in zip(out, weight, strict=True):
            row[total == 0, bio.OUTSIDE] = 1
            row /= np.maximum(total, 1)[:, None]
        return out

    def _best_labels(self, products: Rows[Product]) -> list[list[bio.Labelled]]:
        """Return each text's tokens with their most probable labels; where windows overlap the surer one counts."""
        best: list[dict[int, bio.Labelled]] = [{} for _ in products]
        for text, starts, ends, row in self._labelled(products):
            known = best[text]
            label, chances = row.argmax(-1).tolist(), row.max(-1).tolist()
            for token in zip(starts.tolist(), ends.tolist(), label, chances, strict=True):
                if token[0] not in known or token[3] > known[token[0]][3]:
                    known[token[0]] = token
        return [[tokens[start] for start in sorted(tokens)] for tokens in best]

    def _labelled(self, products: Rows[Product]) -> Iterator[tuple[int, Any, Any, NDArray[np.float32]]]:
        """Yield for each window its text, its tokens' starts and ends, and their labels' probabilities."""
        windows = self._windows(self._net.backbone, products)
        low = uses_bf16(self.tag_precision, device())
        close = []
        for window, starts, ends, row in self._read(windows, "bf16" if low else "fp32"):
            if low and _closest_call(row) < self.recheck:
                close.append(window)
            else:
                yield window.row, starts, ends, row
        for window, starts, ends, row in self._read(close, "fp32"):
            yield window.row, starts, ends, row

    def _read(self, windows: list[Window], precision: str) -> Iterator[tuple[Window, Any, Any, NDArray[np.float32]]]:
        """Yield each window with its tokens' starts and ends, and their labels' probabilities."""
        for batch, found in run(self._net, windows, self._net.backbone.padding, precision):
            counts = [windows[i].starts >= 0 for i in batch]
            for i, row, counted in zip(batch, self._net.probabilities(found, counts), counts, strict=True):
                yield windows[i], windows[i].starts[counted], windows[i].ends[counted], row

    def _add(self, row: Any, starts: Any, ends: Any, out: Any, weight: Any) -> None:
        """Add a window's probabilities to those of its text; where windows overlap they are averaged."""
        part = slice(int(starts[0]), int(ends[-1]))
        inner = np.zeros_like(out[part])
        bio.to_characters(row, starts - part.start, ends - part.start, inner)
        out[part] += inner
        weight[part] += 1

    def _state(self) -> State:
        state: State = {"types": self.types_, "level": self.level_, "history": self.history_}
        state |= {"backbone": self._net.backbone.state(), "head": helpers.state_of(self._net.head)}
        return state | {"chain": helpers.state_of(self._net.chain)}

    def _restore(self, state: State) -> None:
        self.types_, self.level_, self.history_ = state["types"], state["level"], state["history"]
        backbone = Backbone.from_state(state["backbone"])
        self._net = Network(backbone, 1 + 2 * len(self.types_), self.dropout, self.crf)
        helpers.restore(self._net.head, state["head"])
        helpers.restore(self._net.chain, state["chain"])
        self._net.eval()


class Network(nn.Module):
    """An encoder with a linear layer over its tokens, and a chain over their labels if wanted."""

    def __init__(self, backbone: Backbone, labels: int, dropout: float, crf: bool) -> None:
        super().__init__()
        self.backbone = backbone
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(backbone.size, labels)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)
        self.chain: nn.Module = CRF(labels) if crf else nn.Identity()

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return the label scores of all tokens, shape (batch, tokens, labels)."""
        found = self.dropout(self.backbone(ids, mask))
        with torch.autocast(ids.device.type, enabled=False):  # In bf16 many of the labels' scores would be ties.
            return self.head(found.float())

    def loss(self, scores: Tensor, labels: Tensor, smoothing: float) -> Tensor:
        """Return the mean loss over the tokens that count (label 0 and more)."""
        if isinstance(self.chain, CRF):
            return self.chain.loss(scores, labels)
        return nn.functional.cross_entropy(scores.float().flatten(0, 1), labels.flatten(), label_smoothing=smoothing)

    def probabilities(self, scores: Tensor, counts: list[NDArray[np.bool_]]) -> list[NDArray[np.float32]]:
        """Return the label probabilities of the tokens that count, for each row shape (tokens, labels)."""
        if not isinstance(self.chain, CRF):
            found = scores.softmax(-1).numpy()
            return [row[: len(counted)][counted] for row, counted in zip(found, counts, strict=True)]
        mask = np.zeros(scores.shape[:2], dtype=bool)
        for row, counted in zip(mask, counts, strict=True):
            row[: len(counted)] = counted
        found = self.chain.probabilities(scores, torch.from_numpy(mask))
        return [row[: len(counted)][counted] for row, counted in zip(found, counts, strict=True)]


def _closest_call(row: NDArray[np.float32]) -> float:
    """Return the lowest log-odds of a token's best against its second best label; `row` is (tokens, labels)."""
    second, best = np.partition(row, -2, axis=-1)[:, -2:].T
    return float(np.log(best / np.maximum(second, 1e-12)).min())


def _collate(windows: list[Window], labels: list[NDArray[np.int64]], padding: int) -> dict[str, Tensor]:
    batch = pad(windows, padding)
    target = np.full(batch["ids"].shape, -100, dtype=np.int64)
    for row, label in enumerate(labels):
        target[row, : len(label)] = label
    return batch | {"labels": torch.from_numpy(target)}
