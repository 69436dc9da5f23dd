"""Character BiLSTM-CRF that learns from partly labelled sentences too, and may choose which of them to keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence as Rows
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from tagkit.cache import FitCache
from tagkit.errors import BadInput
from tagkit.neural import TrainOptions, Window, bio, helpers, train
from tagkit.neural.bilstm import (
    PADDING,
    UNKNOWN,
    Example,
    Network,
    allowed_labels,
    collate,
    encoder_vectors,
    key,
    loss,
)
from tagkit.neural.inference import run
from tagkit.neural.labeller import Labeller
from tagkit.product import Product
from tagkit.tagger import Space, State

PIECE = 256
"""The most characters learnt from at once. A longer text is learnt from in pieces, and is tagged as a whole."""


class BiLSTMCRF(TrainOptions, Labeller):
    """BIO labelling of characters by a bidirectional LSTM and a conditional random field, without an encoder.

    Sentences labelled by a dictionary lack entities. Where a product counts as partly labelled (`partial`), its known
    entities are as given and every other character may have any label: what is maximised is the probability of all
    label sequences that agree (LSTM-CRF-PA of the paper). With `select`, a policy besides decides for each partly
    labelled sentence of a batch whether it is learnt from (PA+SL): its state is what the LSTM read and how it scores
    the labels that are allowed, its reward the mean log-likelihood of the sentences kept, less that of all, and it is
    trained by policy gradient together with the rest. With these switches off it is the paper's LSTM-CRF.

    It differs from the paper's system in the training loop (AdamW with warm-up and falling rate, for fewer epochs),
    in the selector's baseline and its smaller state, and in the character vectors, which the paper learnt from a
    million sentences: here they begin at random, or are an encoder's input vectors (`vectors`).

    Args:
        partial: What the ids of partly labelled products begin with, as the reader `dsner_ec` marks them (option
            `distant`); "": none are.
        select: Whether a policy chooses among the partly labelled sentences.
        vectors: An encoder (a name from `tagkit models list`, a hub id or a folder) whose input vectors of single
            characters, reduced to `size` by principal components, the character vectors begin with; None: random.
        size: Dimension of the character vectors.
        hidden: Units of the LSTM in each direction.
        dropout: Before and after the LSTM.

    Source: Yang et al., Distantly Supervised NER with Partial Annotation Learning and Reinforcement Learning (COLING
    2018); policy gradient: Williams, Simple Statistical Gradient-Following Algorithms (Machine Learning 1992).
    """

    name = "bilstm_crf"
    space: ClassVar[Space] = {
        "learning_rate": (1e-3, 1e-2, "log"),
        "epochs": (20, 80),
        "size": (50, 200),
        "hidden": (50, 200),
        "dropout": (0.1, 0.6),
        "select": [False, True],
    }

    partial: str = "ds_pa"
    select: bool = False
    vectors: str | None = None
    size: int = 100
    hidden: int = 100
    dropout: float = 0.2
    epochs: int = 40
    learning_rate: float = 3e-3
    batch_size: int = 64
    precision: str = "fp32"

    def _fit(self, train_: Rows[Product], dev: Rows[Product], cache: FitCache) -> None:
        self._check_parameters()
        gold = self._read_gold(train_)
        counts = Counter(char for product in train_ for char in map(key, product.text))
        known, table = encoder_vectors(self.vectors, counts, self.size) if self.vectors else ([], None)
        self.characters_ = sorted(counts.keys() | set(known))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self._net = self._network()
        ids = self._ids()
        if table is None:
            self._net.rare[[ids[char] for char, count in counts.items() if count == 1]] = True
        else:
            self._net.embed.weight.data[[ids[char] for char in known]] = table
        examples = list(self._examples(train_, gold))
        judged = list(dev) if self.patience and any(product.tags for product in dev) else []
        self.history_ = train(
            self._net,
            lambda net, batch: loss(self._net.chain, batch, *net(batch["ids"], batch["mask"], batch["allowed"])),
            lambda rows: collate([examples[i] for i in rows]),
            [len(piece) for piece, *_ in examples],
            self.train_options(),
            name=self.name,
            evaluate=(lambda _: bio.span_f1(self._tag(judged), judged)) if judged else None,
            checkpoint=helpers.checkpoint_file(self.name, self.get_params(), train_, judged),
        )

    def _check_parameters(self) -> None:
        for name in ("size", "hidden"):
            if not isinstance(getattr(self, name), int) or getattr(self, name) < 1:
                raise BadInput(f"{name} is a whole number of at least 1, not {getattr(self, name)!r}")
        if not 0 <= self.dropout < 1:
            raise BadInput(f"dropout is at least 0 and below 1, not {self.dropout!r}")

    def _network(self) -> Network:
        count = UNKNOWN + 1 + len(self.characters_)
        return Network(count, 1 + 2 * len(self.types_), self.size, self.hidden, self.dropout, self.select)

    def _ids(self) -> dict[str, int]:
        return {char: at for at, char in enumerate(self.characters_, UNKNOWN + 1)}

    def _windows(self, products: Rows[Product]) -> list[Window]:
        """Return the characters of all texts that have some, each text as one window."""
        ids, out = self._ids(), []
        for row, text in enumerate(product.text for product in products):
            if text:
                read = np.array([ids.get(char, UNKNOWN) for char in map(key, text)], dtype=np.int64)
                out.append(Window(row, read, np.arange(len(text)), np.arange(1, len(text) + 1)))
        return out

    def _examples(self, products: Rows[Product], gold: Rows[bio.Spans]) -> Iterator[Example]:
        """Yield what is learnt from: texts, or pieces of long ones, and the labels that their characters may have."""
        for window in self._windows(products):
            distant = bool(self.partial) and products[window.row].id.startswith(self.partial)
            for first in range(0, len(window), PIECE):
                part = slice(first, first + PIECE)
                piece = Window(window.row, window.ids[part], window.starts[part], window.ends[part])
                # A span that is cut in two begins anew.
                cut = [(max(start, first), min(end, first + PIECE), kind) for start, end, kind in gold[window.row]]
                spans = [span for span in cut if span[0] < span[1]]
                labels = bio.token_labels(spans, self.types_, piece.starts, piece.ends)
                yield piece, allowed_labels(labels, 1 + 2 * len(self.types_), distant), distant

    def _probabilities(self, products: Rows[Product]) -> list[NDArray[np.float32]]:
        windows = self._windows(products)
        out = [np.zeros((0, 1 + 2 * len(self.types_)), dtype=np.float32) for _ in products]
        for batch, scores in run(self._net, windows, PADDING):
            lengths = torch.tensor([len(windows[i]) for i in batch])
            mask = torch.arange(scores.shape[1]) < lengths[:, None]
            for i, row in zip(batch, self._net.chain.probabilities(scores, mask), strict=True):
                out[windows[i].row] = row[: len(windows[i])]
        return out

    def _state(self) -> State:
        state: State = {"types": self.types_, "characters": self.characters_, "history": self.history_}
        return state | {"net": helpers.state_of(self._net)}

    def _restore(self, state: State) -> None:
        self.types_, self.characters_, self.history_ = state["types"], state["characters"], state["history"]
        self._net = self._network()
        helpers.restore(self._net, state["net"])
        self._net.eval()
