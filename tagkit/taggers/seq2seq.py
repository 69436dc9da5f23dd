"""The strategy `seq2seq`: an encoder of the text, and a light decoder that generates whole tags one by one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import log_softmax, logsumexp
from torch import Tensor

from tagkit.cache import FitCache
from tagkit.datasets.items import as_products
from tagkit.explanation import Share
from tagkit.generation import Search, SpecialTokens, decode
from tagkit.generation.base import ListTagger
from tagkit.generation.hypothesis import Method
from tagkit.generation.prompt_format import Item, Votes
from tagkit.generation.tag_batches import CopySpans, TagBatches, loss
from tagkit.generation.tag_decoder import Reading, TagDecoder, TagStepper, gather
from tagkit.generation.target_order import Order, TargetOrder
from tagkit.generation.votes import Confidence, count_votes, expected_votes, vote_facts
from tagkit.neural import Backbone, TrainOptions, Window, device, train
from tagkit.neural.backbone import head_state, load_head
from tagkit.neural.batches import sorted_buckets
from tagkit.neural.checkpoint import checkpoint_file
from tagkit.neural.gradients import Piece, TokenScore
from tagkit.neural.hardware import prepare, uses_bf16
from tagkit.neural.inference import embed
from tagkit.neural.label_scorer import LabelScorer, frequent_tags
from tagkit.neural.options import choose_model
from tagkit.parameters import PositiveFloat, PositiveInt
from tagkit.product import Product
from tagkit.tagger import Space, State
from tagkit.taggers.explained import FirstTagExplained, position
from tagkit.taggers.tag_learner import TagLearner

Floats = NDArray[np.float32]
ROWS, TOKENS = 512, 4096
"""The maximum number of lists, and of tokens of texts, in a batch of tagging."""
FIRST = "log-probability that it is the first tag of a list"


class Seq2Seq(TagLearner, FirstTagExplained, ListTagger):
    """An encoder and a recurrent decoder whose tokens are whole tags.

    Unlike `encoder`, the decoder conditions each tag on the previous ones: tags that go with them become more probable,
    and tags that they make redundant less. Tags are scored as by `encoder`, by the vectors of their texts and by
    stacked features. Constrained decoding generates only tags of train; open decoding may also copy words and pairs of
    words from the text, which have the source "seq2seq:new".

    A logistic regression fitted on dev turns the expected share of the `returns` lists that contain a tag (see
    `TagStepper.expect`), its log-probability and its stacked features into its score; without dev see `generator`.
    Texts are truncated to the window (see `n_truncated_chars`). It learns more products as `encoder` does.

    Args:
        order: The order of tags in training: "given", "frequency", "shuffled" in each epoch, or "set" (every remaining
            tag is correct, see `TargetOrder`).
        decoding: "constrained" or "open".

    Source: Yang et al., SGM: Sequence Generation Model for Multi-label Classification (COLING 2018); the order "set":
    Ye et al., One2Set (ACL 2021); votes: Wang et al., Self-Consistency (ICLR 2023).
    """

    name = "seq2seq"
    gradient_unit = FIRST
    space: ClassVar[Space] = {
        "learning_rate": (1e-4, 1e-3, "log"),
        "head_rate": (1.0, 10.0, "log"),
        "epochs": (3, 12),
        "order": list(get_args(Order)),
        "temperature": (0.7, 1.3),
        "dropout": (0.0, 0.3),
    }

    order: Order = "set"
    epochs: PositiveInt = 6
    learning_rate: PositiveFloat = 3e-4
    decoding: Literal["constrained", "open"] = "constrained"
    method: Method = "sample"
    returns: PositiveInt = 16

    def _fit(self, train_: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        self.search(1)
        self.tags_, minimum = frequent_tags(train_, self.min_count, self.name)
        numbers = {tag: number for number, tag in enumerate(self.tags_)}
        tagged = [product for product in train_ if any(tag in numbers for tag in product.tags)]
        lists = [[numbers[tag] for tag in dict.fromkeys(product.tags) if tag in numbers] for product in tagged]
        backbone = Backbone.load(choose_model(self.model, train_))
        labels = embed(backbone, self.tags_, precision=self.precision)
        backbone.trim(self._windows(backbone, tagged), tagged)
        self._features = self.stacked_features(backbone)
        features: Floats | None = None
        if self.use_stacked_features:
            features = self._features.fit(self.tags_, tagged, dev, minimum, cache)
        share = np.bincount(np.concatenate(lists), minlength=len(self.tags_)) / len(tagged)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            chance = share if features is None else np.full(len(share), 0.5)
            self._net = TagDecoder(backbone, labels, chance, self.dropout)
        self.known_, self.max_tokens_, self.confidence_ = len(self.tags_), 0, Confidence()
        self.history_: list[dict[str, float]] = []
        if features is None:
            features = np.zeros((len(tagged), len(labels)), dtype=np.float32)
        checkpoint = checkpoint_file(self.name, self.get_params(), train_, dev)
        self._train(tagged, features, dev, cache, self.train_options(), checkpoint)

    @property
    def _scorer(self) -> LabelScorer:
        return self._net.scorer

    def _train(
        self,
        tagged: Sequence[Product],
        features: Floats,
        dev: Sequence[Product],
        cache: FitCache,
        options: TrainOptions,
        checkpoint: Path | None = None,
    ) -> None:
        numbers = {tag: number for number, tag in enumerate(self.tags_)}
        lists = [[numbers[tag] for tag in dict.fromkeys(product.tags) if tag in numbers] for product in tagged]
        rows = [row for row, found in enumerate(lists) if found]
        tagged, lists, features = [tagged[row] for row in rows], [lists[row] for row in rows], features[rows]
        longest = round(1.25 * sorted(map(len, lists))[int(0.99 * (len(lists) - 1))]) + 1
        self.max_tokens_ = max(longest, self.max_tokens_)
        self.copies_ = CopySpans(self.tags_)
        backbone = self._scorer.backbone
        if self.freeze:
            backbone.freeze_embeddings()
        readings = self.readings(tagged, features)
        orders = TargetOrder(self.order, [[(tag,) for tag in row] for row in lists], -1, len(self.tags_))
        batches = TagBatches(orders, lists)
        if self.decoding == "open":
            batches.hide(tagged, self.tags_, readings)
        labelled_dev = [product for product in dev if product.tags]
        found = train(
            self._net,
            loss,
            lambda rows: batches([readings[i] for i in rows], rows, backbone.padding),
            [len(reading.window) for reading in readings],
            options,
            name=self.name,
            head_rate=self.head_rate,
            evaluate=(lambda _: self._f1(labelled_dev)) if labelled_dev and self.patience else None,
            checkpoint=checkpoint,
        )
        self.history_ = [*self.history_, *found]
        if labelled_dev:
            self.calibrate(labelled_dev)

    def add_tags(self, tags: Sequence[str]) -> Self:
        """Make the strategy give tags that train does not have; see `TagLearner.add_tags`."""
        super().add_tags(tags)
        self.copies_ = CopySpans(self.tags_)
        return self

    def _windows(self, backbone: Backbone, products: Sequence[Product]) -> list[Window]:
        """Return the first window of each product's text."""
        first: dict[int, Window] = {}
        for window in self.read_windows(backbone, products):
            first.setdefault(window.row, window)
        return [first[row] for row in range(len(products))]

    def readings(self, products: Sequence[Product], features: Floats | None = None) -> list[Reading]:
        """Return the inputs of the network for products.

        Args:
            products: The products.
            features: Their stacked features, shape (products, tags); None: computed, or 0 if they are not used.
        """
        if features is None and self._features.fitted:
            features = self._features.transform(products)
        elif features is None:
            features = np.zeros((len(products), len(self.tags_)), dtype=np.float32)
        windows = self._windows(self._net.scorer.backbone, products)
        readings = [Reading(window, row) for window, row in zip(windows, features, strict=True)]
        return self.copies_(products, readings) if self.decoding == "open" else readings

    def votes(self, products: Sequence[Product]) -> Votes:
        """Return the generated tags of each product with their votes and log-probabilities."""
        return self._votes(products, self.search(self.max_tokens_))

    def _f1(self, products: Sequence[Product]) -> float:
        """Return the micro-F1 of one greedy list per product, by which the best epoch is chosen."""
        return self.micro_f1(self._votes(products, Search(tokens=self.max_tokens_)), products)

    def _votes(self, products: Sequence[Product], search: Search) -> Votes:
        readings, stepper = self.readings(products), self._stepper()
        special = SpecialTokens(-1, self._net.end)
        known = [Item(tag, "") for tag in (*self.tags_, "")]  # the end is the token after the tags
        out: Votes = [{} for _ in products]
        for batch in sorted_buckets(
            [len(reading.window) for reading in readings], TOKENS, max(1, ROWS // search.width)
        ):
            keys = [products[i].text for i in batch]
            found = decode(stepper, [readings[i] for i in batch], search, self._net.end, keys=keys)
            words = [[*known, *(Item(copy, "") for copy in readings[i].copies)] for i in batch]
            if search.returns > 1:
                expected = zip(*stepper.expect(found, search.length_power), strict=True)
                rows = zip(expected, batch, words, strict=True)
                counted = [expected_votes(*row, readings[i].features, names) for row, i, names in rows]
            else:
                read = [lambda tokens, names=names: names[tokens[0]] for names in words]
                counted = [count_votes(texts, special, name) for texts, name in zip(found, read, strict=True)]  # type: ignore[arg-type]
            for i, votes in zip(batch, counted, strict=True):
                out[i] = votes
        return out

    def _stepper(self) -> TagStepper:
        prepare(self._net, where := device())
        return TagStepper(self._net, uses_bf16(self.tag_precision, where))

    def _first_logits(self, reading: Reading, ids: Tensor) -> Tensor:
        """Return the logits of a list's first token, shape (rows, tokens); `ids` are read instead of the text's."""
        batch = gather([reading], self._net.scorer.backbone.padding)
        batch = {key: value.to(ids.device).expand(len(ids), *value.shape[1:]) for key, value in batch.items()}
        memory = self._net.read(batch | {"ids": ids})
        given = torch.full((len(ids), 1), self._net.end, device=ids.device)
        return self._net.step(memory, given, self._net.start(memory))[0][:, 0]

    def _read_tag(self, product: Product, tag: str) -> tuple[Reading, int]:
        """Return the input for a product, and which token a tag is, -1 for a tag that cannot be generated."""
        reading = self.readings([product])[0]
        return reading, self._token_of(tag, reading)

    def _token_of(self, tag: str, reading: Reading) -> int:
        at = position(self.tags_, tag)
        copied = position(reading.copies, tag) if at < 0 else -1
        return at if copied < 0 else self._net.end + 1 + copied

    def _first_tag_chances(self, products: Sequence[Product], tag: str) -> list[float]:
        readings, out, stepper = self.readings(products), [0.0] * len(products), self._stepper()
        for batch in sorted_buckets([len(reading.window) for reading in readings], TOKENS, ROWS):
            with torch.inference_mode():
                chances = stepper.start([readings[i] for i in batch]).softmax(-1).tolist()
            for i, row in zip(batch, chances, strict=True):
                at = self._token_of(tag, readings[i])
                out[i] = row[at] if at >= 0 else 0.0
        return out

    def _token_scores(self, product: Product, tag: str) -> list[TokenScore]:
        reading, at = self._read_tag(product, tag)
        if at < 0:
            return []

        def score(ids: Tensor) -> Tensor:
            return self._first_logits(reading, ids).log_softmax(-1)[:, at]

        backbone = self._net.scorer.backbone
        return [TokenScore(self._net, backbone.model.get_input_embeddings(), score, reading.window, backbone.padding)]

    def _logits_now(self, reading: Reading) -> NDArray[np.float64]:
        """Return the logits of the first token of a list, shape (tokens,)."""
        prepare(self._net, where := device())
        with torch.inference_mode():
            ids = torch.from_numpy(reading.window.ids)[None].to(where)
            return self._first_logits(reading, ids)[0].double().cpu().numpy()

    def _other_pieces(self, product: Product, tag: str) -> list[Piece]:
        reading, at = self._read_tag(product, tag)
        now, weighted = self._logits_now(reading), self._net.scorer.weighted

        def value(features: Floats) -> NDArray[np.float64]:
            logits = np.tile(now, (len(features), 1))
            logits[:, : len(self.tags_)] += weighted(features - reading.features)
            return log_softmax(logits, axis=1)[:, at]

        return self._features.pieces(product, value)

    def _shares(self, product: Product, tag: str) -> list[Share]:
        reading, at = self._read_tag(product, tag)
        if not 0 <= at < len(self.tags_):
            return []
        logits, scorer = self._logits_now(reading), self._net.scorer
        weight = scorer.feature_weight.item()
        shares = self._features.shares(product, at, float(logits[at]), scorer.bias[at].item(), weight)
        return [*shares, Share("all other tags", -float(logsumexp(logits)), "the more probable they are, the lower")]

    def _facts(self, product: Product, tag: str) -> dict[str, Any]:
        reading, at = self._read_tag(product, tag)
        facts = {FIRST: round(float(log_softmax(self._logits_now(reading))[at]), 3)} if at >= 0 else {}
        return facts | vote_facts(self.votes([product])[0], tag)

    @property
    def known(self) -> Collection[Item]:
        """The tags of train."""
        return {Item(tag, "") for tag in self.tags_}

    def n_truncated_chars(self, products: Any) -> list[int]:
        """Return for each product the number of characters of its text beyond the window."""
        rows = as_products(products)
        ends = [max(0, int(window.ends.max(initial=0))) for window in self._windows(self._net.scorer.backbone, rows)]
        return [len(product.text.rstrip()) - end for product, end in zip(rows, ends, strict=True)]

    def _state(self) -> State:
        state: State = {"tags": self.tags_, "known": self.known_, "max_tokens": self.max_tokens_}
        state |= {"history": self.history_, "backbone": self._net.scorer.backbone.state(), "net": head_state(self._net)}
        return state | {"confidence": self.confidence_.weights, "features": self._features.state()}

    def _restore(self, state: State) -> None:
        self.tags_, self.max_tokens_, self.history_ = state["tags"], state["max_tokens"], state["history"]
        self.known_ = state.get("known", len(self.tags_))
        self.copies_ = CopySpans(self.tags_)
        backbone, labels = Backbone.from_state(state["backbone"]), state["net"]["scorer.labels"]
        self._features = self.stacked_features(backbone).restore(state["features"])
        self._net = TagDecoder(backbone, labels, np.full(len(labels), 0.5), self.dropout)
        load_head(self._net, state["net"])
        self.confidence_ = Confidence(state["confidence"])
