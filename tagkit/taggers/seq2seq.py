"""Generation with an encoder: it reads the text, and a light decoder writes whole tags, one after the other."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from tagkit.cache import FitCache
from tagkit.errors import BadInput
from tagkit.generation import Search, SpecialTokens, decode
from tagkit.generation.base import ListWriter
from tagkit.generation.prompt_format import Item, Votes
from tagkit.generation.tag_batches import CopySpans, TagBatches, loss
from tagkit.generation.tag_decoder import Reading, TagDecoder, TagStepper
from tagkit.generation.target_order import ORDERS, TargetOrder
from tagkit.generation.votes import Confidence, Vote, count_votes
from tagkit.neural import Backbone, TrainOptions, Window, device, train
from tagkit.neural.backbone import head_state, load_head
from tagkit.neural.batches import sorted_buckets
from tagkit.neural.checkpoint import checkpoint_file
from tagkit.neural.hardware import prepare, uses_bf16
from tagkit.neural.inference import embed
from tagkit.neural.label_scorer import frequent_tags
from tagkit.neural.options import EncoderOptions, choose_model
from tagkit.product import Product, as_products
from tagkit.tagger import Space, State
from tagkit.taggers._stacking import StackedFeatures

DECODINGS = ("constrained", "open")
Floats = NDArray[np.float32]
ROWS, TOKENS = 512, 4096
"""A batch of tagging has at most so many lists, and tokens of texts."""
MOST, LEAST = 64, 0.001
"""So many tags of a product are looked at, and none that a smaller share of lists would have."""


class Seq2Seq(TrainOptions, EncoderOptions, ListWriter):
    """An encoder and a recurrent decoder whose tokens are whole tags.

    The decoder writes one tag at a time and so knows, unlike `encoder`, which tags stand already: what goes with them
    becomes likelier, what they make superfluous less so. Tags are scored as by `encoder`, by their own texts' vectors
    and by stacked features. Constrained decoding writes tags of train alone; open decoding may also copy words,
    and pairs of words, of the text, which get the source "seq2seq:new". `returns` lists are drawn (or searched
    for). How many of them a tag is in, in expectation (see `TagStepper.expect`), its log-probability, and what the
    surface says give its score by a logistic regression learnt on dev; without dev see `generator`. A text beyond the
    window is cut, and `n_truncated_chars` says by how much.

    Args:
        use_stacked_features: Whether stacked features count (see `encoder`).
        synonyms: Other forms by preferred tag, for the stacked features (see `encoder`).
        min_count: Tags with fewer train products are not learnt; None: 1, and where train has over 2,000 tags, 2.
        order: In which order the tags are learnt: "given", "frequency", "shuffled" anew in each epoch, or "set" (every
            tag that is left is right, see `TargetOrder`).
        head_rate: By how much the learning rate of all but the encoder is multiplied.
        decoding: "constrained" or "open".

    Source: Yang et al., SGM: Sequence Generation Model for Multi-label Classification (COLING 2018); the order "set":
    Ye et al., One2Set (ACL 2021); votes: Wang et al., Self-Consistency (ICLR 2023).
    """

    name = "seq2seq"
    space: ClassVar[Space] = {
        "learning_rate": (1e-4, 1e-3, "log"),
        "head_rate": (1.0, 10.0, "log"),
        "epochs": (3, 12),
        "order": list(ORDERS),
        "temperature": (0.7, 1.3),
        "dropout": (0.0, 0.3),
    }

    use_stacked_features: bool = True
    synonyms: Mapping[str, Sequence[str]] | None = None
    min_count: int | None = None
    order: str = "set"
    epochs: int = 6
    learning_rate: float = 3e-4
    head_rate: float = 3.0
    decoding: str = "constrained"
    method: str = "sample"
    returns: int = 16

    def _fit(self, train_: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        for name, values in (("decoding", DECODINGS), ("order", ORDERS)):
            if getattr(self, name) not in values:
                raise BadInput(f"seq2seq: {name} is one of {', '.join(values)}, not {getattr(self, name)!r}")
        self._search(1)
        self.tags_, least = frequent_tags(train_, self.min_count, self.name)
        at = {tag: number for number, tag in enumerate(self.tags_)}
        tagged = [product for product in train_ if any(tag in at for tag in product.tags)]
        lists = [[at[tag] for tag in dict.fromkeys(product.tags) if tag in at] for product in tagged]
        self.most_ = round(1.25 * sorted(map(len, lists))[int(0.99 * (len(lists) - 1))]) + 1
        backbone = Backbone.load(choose_model(self.model, train_))
        labels = embed(backbone, self.tags_, precision=self.precision)
        backbone.trim(self._windows(backbone, tagged), tagged)
        if self.freeze:
            backbone.freeze_embeddings()
        self._features = StackedFeatures(backbone.source, self.category, self.tag_precision, self.synonyms)
        known = self._features.fit(self.tags_, tagged, dev, least, cache) if self.use_stacked_features else None
        share = np.bincount(np.concatenate(lists), minlength=len(self.tags_)) / len(tagged)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            self._net = TagDecoder(backbone, labels, share if known is None else np.full(len(share), 0.5), self.dropout)
        self._copies = CopySpans(self.tags_)
        silent = np.zeros((len(tagged), len(labels)), dtype=np.float32)
        readings = self._read(tagged, silent if known is None else known)
        learn = TagBatches(TargetOrder(self.order, [[(tag,) for tag in row] for row in lists], -1, len(labels)), lists)
        if self.decoding == "open":
            learn.hide(tagged, self.tags_, readings)
        labelled_dev = [product for product in dev if product.tags] if self.patience else []
        self.history_ = train(
            self._net,
            loss,
            lambda rows: learn([readings[i] for i in rows], rows, backbone.padding),
            [len(reading.window) for reading in readings],
            self.train_options(),
            name=self.name,
            head_rate=self.head_rate,
            evaluate=(lambda _: self._f1(labelled_dev)) if labelled_dev else None,
            checkpoint=checkpoint_file(self.name, self.get_params(), train_, dev),
        )
        self._calibrate(dev)

    def _windows(self, backbone: Backbone, products: Sequence[Product]) -> list[Window]:
        """Return the first window of each product's text."""
        first: dict[int, Window] = {}
        for window in self.read_windows(backbone, products):
            first.setdefault(window.row, window)
        return [first[row] for row in range(len(products))]

    def _read(self, products: Sequence[Product], features: Any) -> list[Reading]:
        windows = self._windows(self._net.scorer.backbone, products)
        readings = [Reading(window, row) for window, row in zip(windows, features, strict=True)]
        return self._copies(products, readings) if self.decoding == "open" else readings

    def votes(self, products: Sequence[Product]) -> Votes:
        """Return for each product the tags that were written, with their votes and log-probabilities."""
        return self._votes(products, self._search(self.most_))

    def _f1(self, products: Sequence[Product]) -> float:
        """Return the micro-F1 of one greedy list per product, for choosing the best epoch."""
        return self._micro_f1(self._votes(products, Search(tokens=self.most_)), products)

    def _votes(self, products: Sequence[Product], search: Search) -> Votes:
        where = device()
        prepare(self._net, where)
        stepper = TagStepper(self._net, uses_bf16(self.tag_precision, where))
        size = len(products), len(self.tags_)
        features = self._features.transform(products) if self._features.fitted else np.zeros(size, dtype=np.float32)
        readings = self._read(products, features)
        special = SpecialTokens(-1, self._net.end)
        known = [Item(tag, "") for tag in (*self.tags_, "")]  # behind the tags stands the end
        out: Votes = [{} for _ in products]
        lengths = [len(reading.window) for reading in readings]
        for batch in sorted_buckets(lengths, TOKENS, max(1, ROWS // search.width)):
            keys = [products[i].text for i in batch]
            found = decode(stepper, [readings[i] for i in batch], search, self._net.end, keys=keys)
            words = [[*known, *(Item(copy, "") for copy in readings[i].copies)] for i in batch]
            if search.returns > 1:
                expected = zip(*stepper.expect(found, search.length_power), strict=True)
                rows = zip(expected, batch, words, strict=True)
                counted = [_expected(*row, readings[i].features, names) for row, i, names in rows]
            else:
                read = [lambda tokens, names=names: names[tokens[0]] for names in words]
                counted = [count_votes(texts, special, name) for texts, name in zip(found, read, strict=True)]  # type: ignore[arg-type]
            for i, votes in zip(batch, counted, strict=True):
                out[i] = votes
        return out

    @property
    def _known(self) -> Collection[Item]:
        return {Item(tag, "") for tag in self.tags_}

    def n_truncated_chars(self, products: Any) -> list[int]:
        """Return for each product how many characters of its text are beyond the window."""
        rows = as_products(products)
        windows = self._windows(self._net.scorer.backbone, rows)
        ends = [max(0, int(window.ends.max(initial=0))) for window in windows]
        return [len(product.text.rstrip()) - end for product, end in zip(rows, ends, strict=True)]

    def _state(self) -> State:
        state: State = {"tags": self.tags_, "most": self.most_, "history": self.history_}
        state |= {"backbone": self._net.scorer.backbone.state(), "net": head_state(self._net)}
        return state | {"confidence": self._confidence.state(), "features": self._features.state()}

    def _restore(self, state: State) -> None:
        self.tags_, self.most_, self.history_ = state["tags"], state["most"], state["history"]
        self._copies = CopySpans(self.tags_)
        backbone, labels = Backbone.from_state(state["backbone"]), state["net"]["scorer.labels"]
        self._features = StackedFeatures(backbone.source, self.category, self.tag_precision, self.synonyms).restore(
            state["features"]
        )
        self._net = TagDecoder(backbone, labels, np.full(len(labels), 0.5), self.dropout)
        load_head(self._net, state["net"])
        self._confidence = Confidence.restore(state["confidence"])


def _expected(share: Floats, weighted: Floats, best: Floats, prior: Floats, names: Sequence[Item]) -> dict[Item, Vote]:
    """Return the votes of one product's tags that some list may well have had."""
    order = [at for at in np.argsort(-share, kind="stable")[:MOST].tolist() if share[at] >= LEAST]
    votes = {}
    for place, at in enumerate(order):
        known = float(prior[at]) if at < len(prior) else 0.0
        log = float(best[at])
        votes[names[at]] = Vote(log, log, float(share[at]), float(weighted[at]), (0, place), known)
    return votes
