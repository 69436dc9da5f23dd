"""The strategy `seq2seq`: an encoder of the text, and a light decoder that generates whole tags one by one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, ClassVar, Literal, get_args

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
from tagkit.generation.votes import Confidence, Vote, count_votes, vote_facts
from tagkit.neural import Backbone, TrainOptions, Window, device, train
from tagkit.neural.backbone import head_state, load_head
from tagkit.neural.batches import sorted_buckets
from tagkit.neural.checkpoint import checkpoint_file
from tagkit.neural.gradients import Piece, TokenScore
from tagkit.neural.hardware import prepare, uses_bf16
from tagkit.neural.inference import embed
from tagkit.neural.label_scorer import frequent_tags
from tagkit.neural.options import EncoderOptions, choose_model
from tagkit.parameters import PositiveFloat, PositiveInt
from tagkit.product import Product
from tagkit.tagger import Space, State
from tagkit.taggers.explained import TokenExplained, position
from tagkit.taggers.stacking import StackingOptions

Floats = NDArray[np.float32]
ROWS, TOKENS = 512, 4096
"""The maximum number of lists, and of tokens of texts, in a batch of tagging."""
FIRST = "log-probability that it is the first tag of a list"
MAX_TAGS, MIN_SHARE = 64, 0.001
"""The maximum number of tags of a product that get votes, and the minimum expected share of lists of each."""


class Seq2Seq(TrainOptions, EncoderOptions, StackingOptions, TokenExplained, ListTagger):
    """An encoder and a recurrent decoder whose tokens are whole tags.

    Unlike `encoder`, the decoder conditions each tag on the previous ones: tags that go with them become more probable,
    and tags that they make redundant less. Tags are scored as by `encoder`, by the vectors of their texts and by
    stacked features. Constrained decoding generates only tags of train; open decoding may also copy words and pairs of
    words from the text, which have the source "seq2seq:new".

    A logistic regression fitted on dev turns the expected share of the `returns` lists that contain a tag (see
    `TagStepper.expect`), its log-probability and its stacked features into its score; without dev see `generator`.
    Texts are truncated to the window (see `n_truncated_chars`).

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
        self.max_tokens_ = round(1.25 * sorted(map(len, lists))[int(0.99 * (len(lists) - 1))]) + 1
        backbone = Backbone.load(choose_model(self.model, train_))
        labels = embed(backbone, self.tags_, precision=self.precision)
        backbone.trim(self._windows(backbone, tagged), tagged)
        if self.freeze:
            backbone.freeze_embeddings()
        self.features_ = self.stacked_features(backbone)
        features: Floats | None = None
        if self.use_stacked_features:
            features = self.features_.fit(self.tags_, tagged, dev, minimum, cache)
        share = np.bincount(np.concatenate(lists), minlength=len(self.tags_)) / len(tagged)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            chance = share if features is None else np.full(len(share), 0.5)
            self.net_ = TagDecoder(backbone, labels, chance, self.dropout)
        self.copies_ = CopySpans(self.tags_)
        readings = self.readings(tagged, features)
        orders = TargetOrder(self.order, [[(tag,) for tag in row] for row in lists], -1, len(labels))
        batches = TagBatches(orders, lists)
        if self.decoding == "open":
            batches.hide(tagged, self.tags_, readings)
        labelled_dev = [product for product in dev if product.tags] if self.patience else []
        self.history_ = train(
            self.net_,
            loss,
            lambda rows: batches([readings[i] for i in rows], rows, backbone.padding),
            [len(reading.window) for reading in readings],
            self.train_options(),
            name=self.name,
            head_rate=self.head_rate,
            evaluate=(lambda _: self._f1(labelled_dev)) if labelled_dev else None,
            checkpoint=checkpoint_file(self.name, self.get_params(), train_, dev),
        )
        self.calibrate(dev)

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
        if features is None and self.features_.fitted:
            features = self.features_.transform(products)
        elif features is None:
            features = np.zeros((len(products), len(self.tags_)), dtype=np.float32)
        windows = self._windows(self.net_.scorer.backbone, products)
        readings = [Reading(window, row) for window, row in zip(windows, features, strict=True)]
        return self.copies_(products, readings) if self.decoding == "open" else readings

    def votes(self, products: Sequence[Product]) -> Votes:
        """Return the generated tags of each product with their votes and log-probabilities."""
        return self._votes(products, self.search(self.max_tokens_))

    def _f1(self, products: Sequence[Product]) -> float:
        """Return the micro-F1 of one greedy list per product, by which the best epoch is chosen."""
        return self.micro_f1(self._votes(products, Search(tokens=self.max_tokens_)), products)

    def _votes(self, products: Sequence[Product], search: Search) -> Votes:
        where = device()
        prepare(self.net_, where)
        stepper = TagStepper(self.net_, uses_bf16(self.tag_precision, where))
        readings = self.readings(products)
        special = SpecialTokens(-1, self.net_.end)
        known = [Item(tag, "") for tag in (*self.tags_, "")]  # the end is the token after the tags
        out: Votes = [{} for _ in products]
        lengths = [len(reading.window) for reading in readings]
        for batch in sorted_buckets(lengths, TOKENS, max(1, ROWS // search.width)):
            keys = [products[i].text for i in batch]
            found = decode(stepper, [readings[i] for i in batch], search, self.net_.end, keys=keys)
            words = [[*known, *(Item(copy, "") for copy in readings[i].copies)] for i in batch]
            if search.returns > 1:
                expected = zip(*stepper.expect(found, search.length_power), strict=True)
                rows = zip(expected, batch, words, strict=True)
                counted = [_expected_votes(*row, readings[i].features, names) for row, i, names in rows]
            else:
                read = [lambda tokens, names=names: names[tokens[0]] for names in words]
                counted = [count_votes(texts, special, name) for texts, name in zip(found, read, strict=True)]  # type: ignore[arg-type]
            for i, votes in zip(batch, counted, strict=True):
                out[i] = votes
        return out

    def _first_logits(self, reading: Reading, ids: Tensor) -> Tensor:
        """Return the logits of a list's first token, shape (rows, tokens); `ids` are read instead of the text's."""
        batch = gather([reading], self.net_.scorer.backbone.padding)
        batch = {key: value.to(ids.device).expand(len(ids), *value.shape[1:]) for key, value in batch.items()}
        memory = self.net_.read(batch | {"ids": ids})
        given = torch.full((len(ids), 1), self.net_.end, device=ids.device)
        return self.net_.step(memory, given, self.net_.start(memory))[0][:, 0]

    def _read_tag(self, product: Product, tag: str) -> tuple[Reading, int]:
        """Return the input for a product, and which token a tag is, -1 for a tag that cannot be generated."""
        reading = self.readings([product])[0]
        at = position(self.tags_, tag)
        copied = position(reading.copies, tag) if at < 0 else -1
        return reading, at if copied < 0 else self.net_.end + 1 + copied

    def _token_scores(self, product: Product, tag: str) -> list[TokenScore]:
        reading, at = self._read_tag(product, tag)
        if at < 0:
            return []

        def score(ids: Tensor) -> Tensor:
            return self._first_logits(reading, ids).log_softmax(-1)[:, at]

        backbone = self.net_.scorer.backbone
        return [TokenScore(self.net_, backbone.model.get_input_embeddings(), score, reading.window, backbone.padding)]

    def _logits_now(self, reading: Reading) -> NDArray[np.float64]:
        """Return the logits of the first token of a list, shape (tokens,)."""
        prepare(self.net_, where := device())
        with torch.inference_mode():
            ids = torch.from_numpy(reading.window.ids)[None].to(where)
            return self._first_logits(reading, ids)[0].double().cpu().numpy()

    def _other_pieces(self, product: Product, tag: str) -> list[Piece]:
        reading, at = self._read_tag(product, tag)
        now, weighted = self._logits_now(reading), self.net_.scorer.weighted

        def value(features: Floats) -> NDArray[np.float64]:
            logits = np.tile(now, (len(features), 1))
            logits[:, : len(self.tags_)] += weighted(features - reading.features)
            return log_softmax(logits, axis=1)[:, at]

        return self.features_.pieces(product, value)

    def _shares(self, product: Product, tag: str) -> list[Share]:
        reading, at = self._read_tag(product, tag)
        if not 0 <= at < len(self.tags_):
            return []
        logits, scorer = self._logits_now(reading), self.net_.scorer
        weight = scorer.feature_weight.item()
        shares = self.features_.shares(product, at, float(logits[at]), scorer.bias[at].item(), weight)
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
        windows = self._windows(self.net_.scorer.backbone, rows)
        ends = [max(0, int(window.ends.max(initial=0))) for window in windows]
        return [len(product.text.rstrip()) - end for product, end in zip(rows, ends, strict=True)]

    def _state(self) -> State:
        state: State = {"tags": self.tags_, "max_tokens": self.max_tokens_, "history": self.history_}
        state |= {"backbone": self.net_.scorer.backbone.state(), "net": head_state(self.net_)}
        return state | {"confidence": self.confidence_.weights, "features": self.features_.state()}

    def _restore(self, state: State) -> None:
        self.tags_, self.max_tokens_, self.history_ = state["tags"], state["max_tokens"], state["history"]
        self.copies_ = CopySpans(self.tags_)
        backbone, labels = Backbone.from_state(state["backbone"]), state["net"]["scorer.labels"]
        self.features_ = self.stacked_features(backbone).restore(state["features"])
        self.net_ = TagDecoder(backbone, labels, np.full(len(labels), 0.5), self.dropout)
        load_head(self.net_, state["net"])
        self.confidence_ = Confidence(state["confidence"])


def _expected_votes(
    share: Floats, weighted: Floats, best: Floats, prior: Floats, names: Sequence[Item]
) -> dict[Item, Vote]:
    """Return the votes of the tags of one product, from their expected shares of lists."""
    order = [at for at in np.argsort(-share, kind="stable")[:MAX_TAGS].tolist() if share[at] >= MIN_SHARE]
    votes = {}
    for place, at in enumerate(order):
        known = float(prior[at]) if at < len(prior) else 0.0
        log = float(best[at])
        votes[names[at]] = Vote(log, log, float(share[at]), float(weighted[at]), (0, place), known)
    return votes
