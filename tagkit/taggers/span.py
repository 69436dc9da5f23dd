"""Spans: a fine-tuned encoder scores spans of the text for types, by the types' own texts; values may overlap."""

from __future__ import annotations

import copy
import functools
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar, Literal, Self, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tagkit.cache import FitCache
from tagkit.datasets.split import hold_out_tenth
from tagkit.errors import BadInput
from tagkit.neural import Backbone, TrainOptions, Window, bio, train
from tagkit.neural.backbone import head_state, load_head
from tagkit.neural.checkpoint import checkpoint_file
from tagkit.neural.inference import embed, run
from tagkit.neural.options import EncoderOptions, choose_model, continued, main_language, replayed
from tagkit.neural.span_scorer import SCORED, Example, SpanScorer, collate, mark_loss, span_loss, targets, token_marks
from tagkit.neural.spans import SpanUnits, ValueCounts
from tagkit.parameters import BelowOne, PositiveFloat, PositiveInt, Probability
from tagkit.product import Product, Tags
from tagkit.tagger import Space, State
from tagkit.taggers.span_choice import Choice, decided, types_with_several, with_further
from tagkit.taggers.span_explained import Rules, SpanExplained

FEWEST = 50
"""So many products are needed to keep a tenth of them for choosing thresholds."""
CHUNK = 2000
"""Products that are read at a time."""


class SpanTagger(TrainOptions, EncoderOptions, SpanExplained):
    """A score for each short span of the text and each type, so that values may overlap and have several types.

    The vector of a span is made of its first, its last and the mean of its tokens. A type's weights are a linear
    function of the vector that the encoder gave the type's own text before training, shared by all types, and a part of
    its own: types with few examples borrow from those with similar names, and `add_types` adds one by its name alone.
    To the score are added what train knows, held out in training: how often the span's text is a value of the type, in
    all and in the category, how often it is none, and how frequent the type is in the category.

    Types compete for the characters of a text as far as they do in train: a span that overlaps a better one of another
    type is the less likely, the seldomer values of the two types overlap. Scores are calibrated, and a threshold chosen
    for F1, on dev or, where there is none, on a tenth of train; in that case training goes on for a short time with all
    of train. Where products name the attributes that they ask for, F1 is that of these attributes, and a score says how
    likely the value is right if the attribute is asked for. A text longer than the model's window is read in
    overlapping windows; nothing is cut.

    It learns more products by a short continued training on these and on four times as many old ones, drawn at random;
    without the old products on the new ones alone, which may make it forget. That an old product has no value of a type
    that was added or learned later says nothing about this type.

    Args:
        epochs: See `TrainOptions`; None: 15, and up to 60 where these would be fewer than 600 steps.
        level: "char" reads single characters, "word" the tokenizer's pieces, "auto": characters where most products
            are Chinese.
        augment: The probability that a value is exchanged, in each epoch, for another of its type from the same
            category.
        values: How many values a type has in a text: "one", "several", or "auto": what is usual for it in train.
        only_asked: Whether a product that names attributes without a value (`Product.attributes`) gets values of those
            alone. In `oa_mine` they reveal which attributes have a value, so that no comparison may use them.

    Source: spans beside the texts of types: Zaratiana et al., GLiNER: Generalist Model for Named Entity Recognition
    using Bidirectional Transformer (NAACL 2024); nested spans and their loss: Su et al., Global Pointer: Novel
    Efficient Span-based Approach for Named Entity Recognition (2022).
    """

    name = "span"
    needs_threshold = False
    space: ClassVar[Space] = {
        "learning_rate": (1e-4, 1e-3, "log"),
        "head_rate": (1.0, 10.0, "log"),
        "epochs": (5, 40),
        "augment": (0.0, 0.5),
        "dropout": (0.0, 0.3),
    }

    epochs: PositiveInt | None = None  # type: ignore[assignment]
    learning_rate: PositiveFloat | None = None
    head_rate: PositiveFloat = 2.0
    average: BelowOne = 0.99
    freeze: bool | None = None
    level: Literal["auto", "char", "word"] = "auto"
    augment: Probability = 0.3
    values: Literal["auto", "one", "several"] = "auto"
    only_asked: bool = False

    # Not annotated, and so no parameters.
    _counts = ValueCounts()
    several_ = cast("dict[str, bool]", {})
    late_ = cast("list[str]", [])

    def _fit(self, train_: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        gold = self._gold(train_)
        self.types_, self.late_ = sorted({kind for spans in gold for _, _, kind in spans}), []
        if not self.types_:
            raise BadInput(f"{self.name} learns from tags that are present in the text, and none is in train")
        self.level_ = self.level
        if self.level == "auto":
            self.level_ = "char" if main_language(train_) == "zh" else "word"
        backbone = Backbone.load(choose_model(self.model, train_))
        labels = embed(backbone, list(map(_label, self.types_)), precision=self.precision)
        windows = self._windows(backbone, train_)
        backbone.trim(windows, [] if self.level_ == "char" else train_)
        self._units = SpanUnits.of([product.text for product in train_], gold)
        self._count(train_, gold, self._windows(backbone, train_))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self._net = SpanScorer(backbone, labels, -2.0, self.dropout)
        self.history_: list[dict[str, float]] = []
        self._choice = Choice()
        chosen_on = [product for product in dev if product.tags]
        learned: Sequence[Product] = train_
        if not chosen_on and len(train_) >= FEWEST:
            learned, chosen_on = map(list, hold_out_tenth(train_))  # type: ignore[assignment]
        options = self.suited_options(backbone.layers, len(learned))
        checkpoint = checkpoint_file(self.name, self.get_params(), train_, dev)
        self._train(learned, chosen_on if dev else [], options, checkpoint)
        self._choose(chosen_on)
        if len(learned) < len(train_):
            self._train(train_, [], continued(options))

    def _learn(
        self, more: Sequence[Product], old: Sequence[Product] | None, dev: Sequence[Product], cache: FitCache
    ) -> None:
        self._net = copy.deepcopy(self._net)
        everything = [*(old or ()), *more]
        gold = self._gold(everything)
        new = {kind for spans in gold[len(old or ()) :] for *_, kind in spans}
        new -= {kind for spans in gold[: len(old or ())] for *_, kind in spans} if old else set(self.types_)
        self._add(sorted({kind for spans in gold for _, _, kind in spans}))
        known = self._counts
        self._count(everything, gold, self._windows(self._net.backbone, everything))
        if old is None:
            self._counts = known.plus(self._counts)
        products = [*((old or ())[row] for row in replayed(len(old or ()), len(more), self.seed)), *more]
        options = continued(self.suited_options(self._net.backbone.layers), len(products) if new else 0)
        self._train(products, [], options, old=len(products) - len(more))
        self._choose([product for product in dev if product.tags])

    def add_types(self, types: Iterable[str]) -> Self:
        """Make the strategy give values of types that train does not have, by their names alone (zero-shot).

        Args:
            types: The names, such as "Sleeve Length" or "袖长"; known ones among them stay as they are.

        Returns:
            The strategy itself; `learn` with some examples makes it better at them.

        Raises:
            BadInput: A name is blank.
            NotFitted: The strategy was neither fitted nor loaded.
            WeightsMissing: The encoder as it was before training is unavailable.
        """
        self.check_fitted()
        names = list(types)
        if not all(isinstance(name, str) and name.strip() for name in names):
            raise BadInput(f"the name of a type is a text that is not blank, which not all of {names!r} are")
        self._net = copy.deepcopy(self._net)
        self._add(names)
        return self

    def _add(self, types: Iterable[str]) -> None:
        new = [kind for kind in dict.fromkeys(types) if kind not in set(self.types_)]
        if new:
            encoder = Backbone.load(self._net.backbone.source, self._net.backbone.sha256)
            self._net.add(embed(encoder, list(map(_label, new))))
            self.types_, self.late_ = [*self.types_, *new], [*self.late_, *new]

    def _gold(self, products: Sequence[Product]) -> list[bio.Spans]:
        """Return the distinct gold spans of each product, nested ones included."""
        return [sorted(set(bio.gold_spans(product))) for product in products]

    def _windows(self, backbone: Backbone, products: Sequence[Product]) -> list[Window]:
        windows = self.read_windows(backbone, products, self.level_)
        return [window for window in windows if (window.starts >= 0).any()]

    def _count(self, products: Sequence[Product], gold: Sequence[bio.Spans], windows: Sequence[Window]) -> None:
        """Count the values of products, and learn which types have several in a text."""
        self._counts = ValueCounts.count(products, gold, self._units, windows)
        self.several_ = types_with_several([product.text for product in products], gold)

    def _train(
        self,
        products: Sequence[Product],
        dev: Sequence[Product],
        options: TrainOptions,
        checkpoint: Path | None = None,
        old: int = 0,
    ) -> None:
        """Train the network; see `tagkit.neural.train`. A text is an example with all its windows.

        Of so many `old` products, those without a value of a late type may have been tagged before it was known.
        """
        backbone, gold = self._net.backbone, self._gold(products)
        late = set(self.late_)
        windows: dict[int, list[Window]] = defaultdict(list)
        for window in self._windows(backbone, products):
            windows[window.row].append(window)
        rows = list(windows)
        flat = [bio.without_overlaps(spans) for spans in gold]
        swap = bio.ValueSwap(products, flat, self.augment)

        def examples(row: int) -> list[Example]:
            product, found, text, spans = products[row], windows[row], products[row].text, gold[row]
            if self.augment and flat[row] == gold[row]:
                text, spans = swap(row)
                prefix = [product.category] if self.category else None
                found = backbone.reader(self.level_, self.window).read([text], prefix)
            unsure = late if row < old and late.isdisjoint(kind for *_, kind in gold[row]) else ()
            return [self._example(window, text, product.category, spans, unsure) for window in found]

        if self.level_ != "char" if self.freeze is None else self.freeze:
            backbone.freeze_embeddings()
        self.history_ = [
            *self.history_,
            *train(
                self._net,
                self._loss,
                lambda chosen: collate([one for at in chosen for one in examples(rows[at])], backbone.padding),
                [max(map(len, windows[row])) for row in rows],
                options,
                name=self.name,
                evaluate=(lambda _: bio.span_f1(self._tag(dev), dev)) if dev and self.patience else None,
                head_rate=self.head_rate,
                checkpoint=checkpoint,
            ),
        ]

    def _loss(self, net: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        tokens = net(batch["ids"], batch["mask"])
        scores = self._net.score(tokens, *(batch[key] for key in SCORED))
        values = int((batch["gold"] & batch["counted"]).sum())
        late = [self.types_.index(kind) for kind in self.late_]
        marked = mark_loss(self._net.mark_logs(tokens), batch["marks"], values, late)
        return span_loss(scores, batch["gold"], batch["counted"]) + marked

    def _example(
        self, window: Window, text: str, category: str, own: bio.Spans | None = None, unsure: Collection[str] = ()
    ) -> Example:
        """Return a window with its candidates, what is known of them, and for training its gold spans.

        Nothing is known of values of the types that are `unsure`.
        """
        numbers = {kind: number for number, kind in enumerate(self.types_)}
        found = self._units.candidates(window, text)
        at, known = self._counts.features(text, category, found, numbers, own)
        prior = self._counts.prior(category, self.types_, own)
        marks = token_marks(window, own or [], numbers, bool(unsure))
        gold, counted = targets(text, found, own or [], numbers)
        counted[:, [numbers[kind] for kind in unsure]] = False
        return Example(window, found, at, known, prior, gold, counted, marks)

    def _choose(self, products: Sequence[Product]) -> None:
        """Choose threshold and calibration on products with gold tags; without any, the former ones stay."""
        if products:
            self._choice = Choice.of(*decided(products, self._best(products)))

    def _scored(self, products: Sequence[Product]) -> Iterator[tuple[Example, NDArray[np.float32]]]:
        windows, net = self._windows(self._net.backbone, products), self._net
        for batch, tokens in run(net, windows, net.backbone.padding, self.tag_precision):
            for at, row in zip(batch, tokens, strict=True):
                product = products[windows[at].row]
                one = self._example(windows[at], product.text, product.category)
                yield one, net.scores_of(row, one)

    def _rules(self) -> Rules:
        several = dict.fromkeys(self.types_, self.values == "several") if self.values != "auto" else self.several_
        return several, functools.cache(self._counts.apart)

    def _asked(self, product: Product) -> set[str]:
        return {name for name, value in product.attributes.items() if not value} if self.only_asked else set()

    def _tag(self, products: Sequence[Product]) -> Tags:
        out: Tags = []
        for first in range(0, len(products), CHUNK):
            part = products[first : first + CHUNK]
            for product, found in zip(part, self._best(part), strict=True):
                asked = self._asked(product)
                given = [
                    (one.start, one.end, one.type, chance)
                    for one, is_further in with_further(found)
                    if (chance := self._choice.probability(one, is_further)) >= self._choice.threshold
                    and (not asked or one.type in asked)
                ]
                out.append(bio.as_tags(product.text, given, self.name))
        return out

    def _state(self) -> State:
        learned: State = {"types": self.types_, "late": self.late_, "level": self.level_, "history": self.history_}
        learned |= {"several": self.several_, "units": asdict(self._units)}
        learned |= {"counts": self._counts.state(), "choice": asdict(self._choice)}
        return learned | {"backbone": self._net.backbone.state(), "net": head_state(self._net)}

    def _restore(self, state: State) -> None:
        self.types_, self.level_, self.history_ = state["types"], state["level"], state["history"]
        self.several_, self._units = state["several"], SpanUnits(**state["units"])
        self.late_ = state.get("late", [])
        self._counts, self._choice = ValueCounts(**state["counts"]), Choice(**state["choice"])
        backbone = Backbone.from_state(state["backbone"])
        self._net = SpanScorer(backbone, np.asarray(state["net"]["labels"]), 0.0, self.dropout)
        load_head(self._net, state["net"])


def _label(kind: str) -> str:
    """Return the text by which a type is read; tags without types have one of their own."""
    return kind or "tag"
