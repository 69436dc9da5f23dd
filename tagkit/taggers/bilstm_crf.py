"""Character BiLSTM-CRF that learns from partially labelled sentences too, and may select among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tagkit.cache import FitCache
from tagkit.neural import TrainOptions, Window, bio, train
from tagkit.neural.backbone import head_state, load_head
from tagkit.neural.bilstm import (
    PADDING,
    UNKNOWN,
    BiLSTM,
    Example,
    allowed_labels,
    collate,
    encoder_vectors,
    key,
    loss,
)
from tagkit.neural.checkpoint import checkpoint_file
from tagkit.neural.hardware import Precision
from tagkit.neural.inference import run
from tagkit.neural.options import continued
from tagkit.parameters import BelowOne, PositiveFloat, PositiveInt
from tagkit.product import Product
from tagkit.tagger import Space, State
from tagkit.taggers.labeller import CharacterLabeller

PIECE = 256
"""The most characters of a training example. Longer texts are split in training, and tagged as a whole."""


class BiLSTMCRF(CharacterLabeller):
    """BIO labelling of characters by a bidirectional LSTM and a conditional random field, without an encoder.

    Sentences labelled by a dictionary lack entities. Where a product counts as partially labelled (`partial`), its
    known entities are as given and every other character may have any label: the probability of all label sequences
    that agree is maximised (LSTM-CRF-PA of the paper). With `select`, a policy decides for each partially labelled
    sentence of a batch whether it is used (PA+SL): its state is the last state of the LSTM and the mean score of the
    allowed labels, its reward the mean log-likelihood of the selected sentences, less that of all, and it is trained by
    policy gradient together with the rest. With both switches off it is the paper's LSTM-CRF.

    It differs from the paper's system in the training loop (AdamW with warm-up and decay, for fewer epochs), in the
    selector's baseline and its smaller state, and in the character vectors, which the paper pre-trained on a million
    sentences: here they are random at first, or an encoder's input vectors (`vectors`).

    It learns more products as `sequence` does; vectors of new characters are random at first.

    Args:
        partial: What the ids of partially labelled products begin with, as the data set `dsner_ec` marks them (option
            `distant`); "": there are none.
        select: Whether a policy selects among the partially labelled sentences.
        vectors: An encoder (a name from `tagkit models list`, a hub id or a folder) whose input vectors of single
            characters, reduced to `size` by principal components, initialise the character vectors; None: random ones.
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
    size: PositiveInt = 100
    hidden: PositiveInt = 100
    dropout: BelowOne = 0.2
    epochs: PositiveInt = 40
    learning_rate: PositiveFloat = 3e-3
    batch_size: PositiveInt = 64
    precision: Precision = "fp32"

    def _fit(self, train_: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
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
        self.history_: list[dict[str, float]] = []
        labelled_dev = list(dev) if self.patience and any(product.tags for product in dev) else []
        checkpoint = checkpoint_file(self.name, self.get_params(), train_, labelled_dev)
        self._train(train_, gold, dev, self.train_options(), checkpoint)

    def _learn(
        self, more: Sequence[Product], old: Sequence[Product] | None, dev: Sequence[Product], cache: FitCache
    ) -> None:
        products, gold, types, unsure = self._read_more(more, old)
        options = continued(self.train_options(), len(products) if types != self.types_ else 0)
        before, ids, places = self._net, list(self._ids().values()), bio.label_places(self.types_, types)
        counts = Counter(char for product in products for char in map(key, product.text))
        known, self.characters_ = self.characters_, sorted({*self.characters_, *counts})
        self.types_ = types
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self._net = self._network()
        now = self._ids()
        self._net.take(before, [PADDING, UNKNOWN, *ids], [PADDING, UNKNOWN, *(now[char] for char in known)], places)
        self._net.rare[[now[char] for char, count in counts.items() if count == 1]] = True
        self._train(products, gold, dev, options, unsure=unsure)

    def _train(
        self,
        products: Sequence[Product],
        gold: Sequence[bio.Spans],
        dev: Sequence[Product],
        options: TrainOptions,
        checkpoint: Path | None = None,
        unsure: Sequence[bool] = (),
    ) -> None:
        """Train the network on products with these spans; see `tagkit.neural.train`, and `More` on `unsure`."""
        examples = list(self._examples(products, gold, unsure))
        labelled_dev = list(dev) if self.patience and any(product.tags for product in dev) else []
        found = train(
            self._net,
            lambda net, batch: loss(self._net.crf, batch, *net(batch["ids"], batch["mask"], batch["allowed"])),
            lambda rows: collate([examples[i] for i in rows]),
            [len(piece) for piece, *_ in examples],
            options,
            name=self.name,
            evaluate=(lambda _: bio.span_f1(self._tag(labelled_dev), labelled_dev)) if labelled_dev else None,
            checkpoint=checkpoint,
        )
        self.history_ = [*self.history_, *found]

    def _network(self) -> BiLSTM:
        count = UNKNOWN + 1 + len(self.characters_)
        return BiLSTM(count, 1 + 2 * len(self.types_), self.size, self.hidden, self.dropout, self.select)

    def _ids(self) -> dict[str, int]:
        return {char: at for at, char in enumerate(self.characters_, UNKNOWN + 1)}

    def _windows(self, products: Sequence[Product]) -> list[Window]:
        """Return each text that has characters as one window."""
        ids, out = self._ids(), []
        for row, text in enumerate(product.text for product in products):
            if text:
                read = np.array([ids.get(char, UNKNOWN) for char in map(key, text)], dtype=np.int64)
                out.append(Window(row, read, np.arange(len(text)), np.arange(1, len(text) + 1)))
        return out

    def _examples(
        self, products: Sequence[Product], gold: Sequence[bio.Spans], unsure: Sequence[bool]
    ) -> Iterator[Example]:
        """Yield the training examples: texts, or pieces of long ones, and the labels that their characters may have."""
        every, late = range(1 + 2 * len(self.types_)), bio.label_places(self.late_, self.types_)
        for window in self._windows(products):
            distant = bool(self.partial) and products[window.row].id.startswith(self.partial)
            for first in range(0, len(window), PIECE):
                part = slice(first, first + PIECE)
                piece = Window(window.row, window.ids[part], window.starts[part], window.ends[part])
                # The second part of a span that is cut in two begins anew.
                cut = [(max(start, first), min(end, first + PIECE), kind) for start, end, kind in gold[window.row]]
                spans = [span for span in cut if span[0] < span[1]]
                labels = bio.token_labels(spans, self.types_, piece.starts, piece.ends)
                open_ = every if distant else late if unsure and unsure[window.row] else ()
                yield piece, allowed_labels(labels, len(every), open_), distant

    def _probabilities(self, products: Sequence[Product]) -> list[NDArray[np.float32]]:
        windows = self._windows(products)
        out = [np.zeros((0, 1 + 2 * len(self.types_)), dtype=np.float32) for _ in products]
        for batch, scores in run(self._net, windows, PADDING):
            lengths = torch.tensor([len(windows[i]) for i in batch])
            mask = torch.arange(scores.shape[1]) < lengths[:, None]
            for i, row in zip(batch, self._net.crf.probabilities(scores, mask), strict=True):
                out[windows[i].row] = row[: len(windows[i])]
        return out

    def _differentiable(self, product: Product) -> Iterator[tuple[Window, nn.Module, Callable[[Tensor], Tensor], int]]:
        net = self._net

        def probabilities(ids: Tensor) -> Tensor:
            return net.crf.marginals(net(ids, torch.ones_like(ids)), torch.ones_like(ids, dtype=torch.bool))

        for window in self._windows([product]):
            yield window, net.embed, probabilities, UNKNOWN

    def _state(self) -> State:
        state: State = {
            "types": self.types_,
            "late": self.late_,
            "characters": self.characters_,
            "history": self.history_,
        }
        return state | {"net": head_state(self._net)}

    def _restore(self, state: State) -> None:
        self.types_, self.characters_, self.history_ = state["types"], state["characters"], state["history"]
        self.late_ = state.get("late", [])
        self._net = self._network()
        load_head(self._net, state["net"])
