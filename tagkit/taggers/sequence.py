"""Sequence labelling: a fine-tuned encoder labels where tags begin and continue (BIO), with their types and places."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tagkit.cache import FitCache
from tagkit.neural import Backbone, TrainOptions, Window, bio, device, train
from tagkit.neural.backbone import head_state, load_head
from tagkit.neural.character_labels import CharacterLabels, TokenLabels
from tagkit.neural.checkpoint import checkpoint_file
from tagkit.neural.crf import CRF
from tagkit.neural.gradients import Piece
from tagkit.neural.hardware import uses_bf16
from tagkit.neural.inference import pad, run
from tagkit.neural.options import EncoderOptions, choose_model, continued, main_language
from tagkit.neural.token_classifier import TokenClassifier, collate, lowest_margin
from tagkit.neural.value_hints import ValueHints
from tagkit.parameters import BelowOne, NonNegativeFloat, PositiveFloat, PositiveInt, Probability
from tagkit.product import Product
from tagkit.tagger import Space, State
from tagkit.taggers.labeller import CharacterLabeller


class SequenceTagger(EncoderOptions, CharacterLabeller):
    """BIO labelling of tokens or characters, with the types of train.

    Each label is "outside", "begin" or "inside" of a type. Types are those of the annotations of train; where train has
    tags without places, their places in the text are searched, and there is one type "". The best well-formed labels
    are found over characters, so that strategies that split texts differently can be averaged (`ensemble`). A text
    longer than the model's window is read in overlapping windows; nothing is cut.

    It learns more products by a short continued training on these and on four times as many old ones, drawn at random;
    without the old products on the new ones alone, which may make it forget. New types get labels of their own, and
    what is outside of the values of an old product may be a value of a new type; a new product's tag without a type
    gets the most probable of the known types.

    Args:
        level: "char" labels characters, "word" the tokenizer's pieces, "auto": characters where most products are
            Chinese.
        crf: Whether a conditional random field learns which label follows which.
        decoding: "viterbi" takes the most probable well-formed labels, "greedy" the most probable label of each
            character, as the transformers pipeline does (aggregation "simple").
        epochs: See `TrainOptions`; None: 15, and up to 60 where these would be fewer than 600 steps.
        learning_rate: See `TrainOptions`; None: 5e-4, and 2e-4 for encoders of more than six layers.
        augment: The probability that a value is exchanged, in each epoch, for another of its type from the same
            category.
        smoothing: Label smoothing: how much of each gold label is spread over all labels.
        freeze: See `EncoderOptions`; None: unless characters are read, which are few and which encoders have seldom
            seen alone.
        recheck: In bf16 a text is read again in fp32 where the log-odds of a token's two best labels are below this;
            0: no text is. With the default of 0.05, 4 in 100 of OA-Mine's train and 18 in 100 titles unlike it were;
            labels that differ from those in fp32 fell from 6 in 1,452 texts to 0, and from 84 in 3,000 to 7.
        dictionary: Whether what train's values say of a text is added to the scores of the labels (see `ValueHints`);
            None: where `epochs` is None and train is small, so that training takes more than 15 epochs.

    Source: Devlin et al., BERT (NAACL 2019), section 5.3; labels: Ramshaw and Marcus, Text Chunking using
    Transformation-Based Learning (1995).
    """

    name = "sequence"
    space: ClassVar[Space] = {
        "learning_rate": (1e-4, 1e-3, "log"),
        "epochs": (5, 25),
        "crf": [False, True],
        "dictionary": [False, True],
        "augment": (0.0, 0.5),
        "smoothing": (0.0, 0.2),
        "dropout": (0.0, 0.3),
    }

    epochs: PositiveInt | None = None  # type: ignore[assignment]
    learning_rate: PositiveFloat | None = None
    average: BelowOne = 0.99
    freeze: bool | None = None
    level: Literal["auto", "char", "word"] = "auto"
    crf: bool = False
    decoding: Literal["viterbi", "greedy"] = "viterbi"
    augment: Probability = 0.0
    smoothing: BelowOne = 0.0
    recheck: NonNegativeFloat = 0.05
    dictionary: bool | None = False

    _hints = cast("ValueHints | None", None)  # not annotated, and so no parameter

    def _fit(self, train_: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        self._fit_on(train_, dev)

    def fit_labels(self, train_: Sequence[Product], labels: CharacterLabels, dev: Sequence[Product] = ()) -> Self:
        """Learn from products with gold tags, and from what another strategy says of further ones (see `distil`).

        Args:
            train_: The products with gold tags, each tag in one spelling.
            labels: The label probabilities of further products; a CRF learns their best well-formed labels.
            dev: As in `fit`.

        Returns:
            The strategy itself.
        """
        self._fit_on(train_, dev, labels)
        self.fitted_, self.learned_from_ = True, train_
        return self

    def _fit_on(self, train_: Sequence[Product], dev: Sequence[Product], more: CharacterLabels | None = None) -> None:
        gold = self._read_gold(train_)
        every = [*train_, *(more.products if more else ())]
        use = self.learns_from_few(len(train_)) if self.dictionary is None else self.dictionary
        self._hints = ValueHints.count(train_, gold, self.types_) if use else None
        self.level_ = self.level
        if self.level == "auto":
            self.level_ = "char" if main_language(train_) == "zh" else "word"
        backbone = Backbone.load(choose_model(self.model, train_))
        backbone.trim(self._windows(backbone, every), [] if self.level_ == "char" else every)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self._net = TokenClassifier(backbone, 1 + 2 * len(self.types_), self.dropout, self.crf)
        self.history_: list[dict[str, float]] = []
        labelled_dev = [product for product in dev if product.tags] if self.patience else []
        checkpoint = checkpoint_file(self.name, self.get_params(), every, labelled_dev)
        options = self.suited_options(backbone.layers, len(train_), len(every) - len(train_))
        self._train(train_, gold, dev, options, checkpoint, more)

    def _learn(
        self, more: Sequence[Product], old: Sequence[Product] | None, dev: Sequence[Product], cache: FitCache
    ) -> None:
        products, gold, types, unsure = self._read_more(more, old)
        options = continued(
            self.suited_options(self._net.backbone.layers), len(products) if types != self.types_ else 0
        )
        self._net = self._net.with_types(self.types_, types, self.late_, self.seed)
        self.types_ = types
        if self._hints is not None:
            every = [*(old or ()), *more]
            found = ValueHints.count(every, list(map(bio.flat_gold, every)), types)
            self._hints = self._hints.plus(found) if old is None else found
        self._train(products, gold, dev, options, unsure=unsure)

    def _train(
        self,
        products: Sequence[Product],
        gold: Sequence[bio.Spans],
        dev: Sequence[Product],
        options: TrainOptions,
        checkpoint: Path | None = None,
        more: CharacterLabels | None = None,
        unsure: Sequence[bool] = (),
    ) -> None:
        """Train the network on products with these spans, and on others with label probabilities; see `train`.

        Where a product is `unsure`, what is outside of its spans may belong to a late type.
        """
        backbone, known = self._net.backbone, len(products)
        soft = None if more is None else TokenLabels(more, self.types_, self.crf)
        products = [*products, *(more.products if more else ())]
        gold = [*gold, *([] for _ in products[known:])]
        windows = self._windows(backbone, products)
        if self.augment:  # a text is rewritten as a whole, with all its windows in one batch
            windows = [w for at, w in enumerate(windows) if not at or windows[at - 1].row != w.row]
        swap = bio.ValueSwap(products, gold, self.augment)
        reader = backbone.reader(self.level_, self.window)

        def labels(window: Window, spans: bio.Spans, row: int) -> NDArray[np.number]:
            if soft is not None and row >= known:
                return soft(row - known, window)
            found = bio.token_labels(spans, self.types_, window.starts, window.ends)
            if unsure and unsure[row]:
                found[found == bio.OUTSIDE] = self._net.unsure
            return found if soft is None else soft.gold(found)

        def collate_(chosen: Sequence[int]) -> dict[str, Tensor]:
            read = [(windows[i], windows[i].row, products[windows[i].row].text, gold[windows[i].row]) for i in chosen]
            if self.augment:
                rows = [row for _, row, _, _ in read]
                texts, spans = zip(*map(swap, rows), strict=True)
                fresh = reader.read(texts, [products[row].category for row in rows] if self.category else None)
                read = [(w, rows[w.row], texts[w.row], spans[w.row]) for w in fresh]
            wanted = [labels(w, own, row) for w, row, _, own in read]
            given = [self._hinted(w, text, own if row < known else None) for w, row, text, own in read]
            return collate(given, wanted, backbone.padding)

        freeze = self.level_ != "char" if self.freeze is None else self.freeze
        if freeze:
            backbone.freeze_embeddings()
        labelled_dev = [product for product in dev if product.tags] if self.patience else []
        found = train(
            self._net,
            lambda net, batch: self._net.loss(
                net(batch["ids"], batch["mask"], batch.get("hints")), batch["labels"], self.smoothing
            ),
            collate_,
            [len(window) for window in windows],
            options,
            name=self.name,
            evaluate=(lambda _: bio.span_f1(self._tag(labelled_dev), labelled_dev)) if labelled_dev else None,
            checkpoint=checkpoint,
        )
        self.history_ = [*self.history_, *found]

    def _windows(self, backbone: Backbone, products: Sequence[Product]) -> list[Window]:
        """Return the windows that hold a character: others have no label, and a batch of them would have no loss."""
        windows = self.read_windows(backbone, products, self.level_)
        return [window for window in windows if (window.starts >= 0).any()]

    def _hinted(self, window: Window, text: str, own: bio.Spans | None = None) -> Window:
        """Return a window of a text with what train's values say of it; `own` are the spans of a training text."""
        if self._hints is None:
            return window
        return replace(window, hints=self._hints.of_tokens(text, window, self.types_, own))

    def _spans(self, products: Sequence[Product]) -> list[list[bio.Scored]]:
        if self.decoding == "greedy":
            return [bio.greedy_spans(tokens, self.types_) for tokens in self._best_labels(products)]
        return super()._spans(products)

    def _probabilities(self, products: Sequence[Product]) -> list[NDArray[np.float32]]:
        out = [np.zeros((len(product.text), 1 + 2 * len(self.types_)), dtype=np.float32) for product in products]
        weight = [np.zeros(len(product.text), dtype=np.float32) for product in products]
        for text, starts, ends, row in self._labelled(products):
            self._add(row, starts, ends, out[text], weight[text])
        for row, total in zip(out, weight, strict=True):
            row[total == 0, bio.OUTSIDE] = 1
            row /= np.maximum(total, 1)[:, None]
        return out

    def _best_labels(self, products: Sequence[Product]) -> list[list[bio.Labelled]]:
        """Return the tokens of each text with their best labels; where windows overlap the more probable one counts."""
        best: list[dict[int, bio.Labelled]] = [{} for _ in products]
        for text, starts, ends, row in self._labelled(products):
            known = best[text]
            label, chances = row.argmax(-1).tolist(), row.max(-1).tolist()
            for token in zip(starts.tolist(), ends.tolist(), label, chances, strict=True):
                if token[0] not in known or token[3] > known[token[0]][3]:
                    known[token[0]] = token
        return [[tokens[start] for start in sorted(tokens)] for tokens in best]

    def _labelled(self, products: Sequence[Product]) -> Iterator[tuple[int, Any, Any, NDArray[np.float32]]]:
        """Yield for each window its row, the starts and ends of its tokens, and the probabilities of their labels."""
        windows = [self._hinted(w, products[w.row].text) for w in self._windows(self._net.backbone, products)]
        low = uses_bf16(self.tag_precision, device())
        close = []
        for window, starts, ends, row in self._read(windows, "bf16" if low else "fp32"):
            if low and lowest_margin(row) < self.recheck:
                close.append(window)
            else:
                yield window.row, starts, ends, row
        for window, starts, ends, row in self._read(close, "fp32"):
            yield window.row, starts, ends, row

    def _read(self, windows: list[Window], precision: str) -> Iterator[tuple[Window, Any, Any, NDArray[np.float32]]]:
        """Yield each window with the starts and ends of its tokens, and the probabilities of their labels."""
        for batch, found in run(self._net, windows, self._net.backbone.padding, precision):
            counts = [windows[i].starts >= 0 for i in batch]
            for i, row, counted in zip(batch, self._net.probabilities(found, counts), counts, strict=True):
                yield windows[i], windows[i].starts[counted], windows[i].ends[counted], row

    def _add(self, row: Any, starts: Any, ends: Any, out: Any, weight: Any) -> None:
        """Add the probabilities of a window to those of its text; where windows overlap they are averaged."""
        part = slice(int(starts[0]), int(ends[-1]))
        inner = np.zeros_like(out[part])
        bio.to_characters(row, starts - part.start, ends - part.start, inner)
        out[part], weight[part] = out[part] + inner, weight[part] + 1

    def _differentiable(self, product: Product) -> Iterator[tuple[Window, nn.Module, Callable[[Tensor], Tensor], int]]:
        net = self._net
        for window in self._windows(net.backbone, [product]):
            counted = torch.from_numpy(window.starts >= 0)
            hints = pad([self._hinted(window, product.text)], net.backbone.padding).get("hints")

            def probabilities(ids: Tensor, counted: Tensor = counted, hints: Tensor | None = hints) -> Tensor:
                mask = counted.to(ids.device).expand(len(ids), -1)
                found = net(ids, torch.ones_like(ids), None if hints is None else hints.to(ids.device))
                return net.crf.marginals(found, mask) if isinstance(net.crf, CRF) else found.softmax(-1)

            yield window, net.backbone.model.get_input_embeddings(), probabilities, net.backbone.padding

    def _other_pieces(self, product: Product, tag: str) -> list[Piece]:
        place, _ = self._best_place(product, tag)
        if place is None or self._hints is None:
            return []
        alone = copy.copy(self)
        alone._hints = None
        found = alone._places(product, tag, alone._probabilities([product])[0])
        without = next(other.score for other in found if other[:3] == place[:3])
        marks = [mark for mark in self._hints.marks(product.text) if mark[0] < place.end and mark[1] > place.start]
        added = math.log(place.score / without) / max(1, len(marks))
        return [(start, end, added) for start, end, _ in marks] or [(place.start, place.end, added)]

    def _state(self) -> State:
        learned: State = {"types": self.types_, "late": self.late_, "level": self.level_, "history": self.history_}
        learned |= {"hints": self._hints.state()} if self._hints is not None else {}
        return learned | {"backbone": self._net.backbone.state(), "net": head_state(self._net)}

    def _restore(self, state: State) -> None:
        self.types_, self.level_, self.history_ = state["types"], state["level"], state["history"]
        self.late_ = state.get("late", [])
        self._hints = ValueHints(**state["hints"]) if "hints" in state else None
        backbone = Backbone.from_state(state["backbone"])
        self._net = TokenClassifier(backbone, 1 + 2 * len(self.types_), self.dropout, self.crf)
        load_head(self._net, state["net"])
