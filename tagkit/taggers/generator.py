"""The strategy `generator`: a causal language model, prompted or fine-tuned, generates the tags."""

from __future__ import annotations

import copy
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_args

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from tagkit import weights
from tagkit.cache import FitCache
from tagkit.datasets.items import as_products
from tagkit.errors import BadInput
from tagkit.few_shot import Demonstrations, Similarity
from tagkit.generation import Search, SpecialTokens
from tagkit.generation.base import ListTagger
from tagkit.generation.candidates import CandidateRetriever
from tagkit.generation.constraints import Constraints
from tagkit.generation.fine_tune import fine_tune
from tagkit.generation.language_model import LanguageModel
from tagkit.generation.prompt_format import Item, PromptFormat, Votes, items
from tagkit.generation.target_order import Order
from tagkit.generation.votes import Confidence, vote_facts
from tagkit.generation.writer import Writer
from tagkit.neural import TrainOptions, Window, device
from tagkit.neural.checkpoint import checkpoint_file
from tagkit.neural.gradients import TokenScore
from tagkit.neural.hardware import Precision, prepare, uses_bf16
from tagkit.neural.options import continued, replayed
from tagkit.parameters import NonNegativeInt, PositiveFloat, PositiveInt, Probability
from tagkit.product import Product
from tagkit.tagger import Space, State
from tagkit.taggers.explained import FirstTagExplained
from tagkit.text.spelling import fold

FIRST = "log-probability that it is the first tag of a list"
DEFAULT_TOKENS = 64
"""The maximum number of tokens of a list if train has no tags."""


class Generator(TrainOptions, FirstTagExplained, ListTagger):
    """A causal language model continues "Product: ... Tags:" with "a; b; c", constrained to the tags of train.

    The mode "fine-tuned" trains the model on train, with the loss on the tags only; "prompted" uses it as it is, with
    an instruction and `shots` demonstrations. Constrained decoding generates well-formed lists of distinct tags of
    train. Where tags have types, it generates "Type: value; ..." with types of train and values that are present in the
    text; if many values of train are not present in their texts, also with values of train. Open decoding may generate
    other tags; these have the source "generator:new", all others "generator".

    Several lists of a product (`returns`) are merged: a logistic regression fitted on dev turns the votes and
    log-probabilities of a tag into its score. Without dev, the score is the share of the lists that contain the tag,
    weighted by their probabilities, times the mean probability of its tokens. Texts are truncated to the window (see
    `n_truncated_chars`). A saved prompted strategy contains only the name of its model, a fine-tuned one its weights.

    A fine-tuned one learns more products as `encoder` does, with the old products only; a prompted one is fitted again.

    Args:
        model: A name from `tagkit models list`, the hub id of a causal language model, or a folder.
        mode: "fine-tuned" or "prompted".
        shots: The number of demonstrations in a prompt ("prompted").
        demonstrations: "similar": the nearest neighbours of each product in train; "shared": the same for all,
            computed once.
        category: Whether the prompt contains the product's category.
        order: The order of tags in training: "given", "frequency", "shuffled" in each epoch, or "set" (every remaining
            tag is correct, see `TargetOrder`).
        augment: The probability, in each epoch, that a typed value is exchanged for another of its type from the same
            category.
        layers: The number of last layers that are trained, which takes less time; 0: all weights.
        lora: The rank of the matrices that are trained instead of the weights (requires peft); 0: no LoRA.
        learning_rate: See `TrainOptions`; None: 3e-4, and 1e-3 with LoRA.
        decoding: "constrained" or "open".
        candidates: Constrained plain tags: the number of candidates, retrieved by dictionary matching, neighbours and
            co-occurrence, that the model chooses from; 0: all tags of train.
        tokens: The maximum number of tokens of a list; None: 1.25 times the 99th percentile of train.
        window: The maximum number of tokens of a text.
        tag_precision: The precision of tagging, as `precision`; in fp32 the scores of a product do not depend on the
            batch (within 1e-4).
        compile: Whether tagging uses a static cache and, on a GPU, compiled steps.

    Source: Yang et al., SGM: Sequence Generation Model for Multi-label Classification (COLING 2018); constrained: De
    Cao et al., Autoregressive Entity Retrieval (ICLR 2021); demonstrations: Liu et al., What Makes Good In-Context
    Examples for GPT-3? (DeeLIO 2022); votes: Wang et al., Self-Consistency Improves Chain of Thought Reasoning in
    Language Models (ICLR 2023).
    """

    name = "generator"
    gradient_unit = FIRST
    space: ClassVar[Space] = {
        "learning_rate": (5e-5, 1e-3, "log"),
        "epochs": (1, 6),
        "batch_size": [4, 8, 16],
        "order": list(get_args(Order)),
    }

    model: str = "smollm2-135m"
    mode: Literal["fine-tuned", "prompted"] = "fine-tuned"
    shots: NonNegativeInt = 0
    demonstrations: Similarity = "similar"
    category: bool = True
    order: Order = "given"
    augment: Probability = 0.0
    layers: NonNegativeInt = 0
    lora: NonNegativeInt = 0
    epochs: PositiveInt = 3
    learning_rate: PositiveFloat | None = None
    batch_size: PositiveInt = 8
    decoding: Literal["constrained", "open"] = "constrained"
    candidates: NonNegativeInt = 0
    tokens: PositiveInt | None = None
    window: Annotated[int, Field(ge=8)] = 512
    tag_precision: Precision = "fp32"
    compile: bool = False

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        self._check()
        self.typed_ = any(tag.type for product in train for tag in product.annotations)
        tagged = [product for product in train if items(product, self.typed_)]
        if not tagged and (self.mode == "fine-tuned" or self.decoding == "constrained" or self.shots):
            raise BadInput("generator needs tags to train on, and no product of train has one")
        known = sorted({item for product in tagged for item in items(product, self.typed_)})
        model = LanguageModel.load(self.model)
        self.max_tokens_, self.confidence_ = 0, Confidence()
        self.history_: list[dict[str, float]] = []
        self._write_with(self._prompt_format(model, known=known), tagged, dev)
        dev = [product for product in dev if items(product, self.typed_)]
        self._train(tagged, dev, self._options(), checkpoint_file(self.name, self.get_params(), train, dev))

    def _learn(
        self, more: Sequence[Product], old: Sequence[Product] | None, dev: Sequence[Product], cache: FitCache
    ) -> None:
        earlier, new = ([one for one in part or () if items(one, self.typed_)] for part in (old, more))
        if self.typed_ and not new and any(one.tags for one in more):
            raise BadInput(
                "generator knows tags with types: give those of the new products as `annotations` with types"
            )
        if self.mode == "prompted" or old is None or not new:
            super()._learn(more, old, dev, cache)
            return
        writer = self.writer_
        prompt_format = self._prompt_format(copy.deepcopy(writer.model), writer.prompt_format.special)
        self._write_with(prompt_format, [*earlier, *new], dev)
        chosen = [*(earlier[row] for row in replayed(len(earlier), len(new), self.seed)), *new]
        self._train(chosen, [one for one in dev if items(one, self.typed_)], continued(self._options()))

    def _options(self) -> TrainOptions:
        return self.train_options(learning_rate=self.learning_rate or (1e-3 if self.lora else 3e-4))

    def _write_with(self, prompt_format: PromptFormat, tagged: Sequence[Product], dev: Sequence[Product]) -> None:
        """Make the writer, which generates the tags of tagged products."""
        lengths = sorted(len(prompt_format.line(prompt_format.tags(items(product, self.typed_)))) for product in tagged)
        longest = round(1.25 * lengths[int(0.99 * (len(lengths) - 1))]) if lengths else DEFAULT_TOKENS
        self.max_tokens_ = max(longest, self.max_tokens_)
        self.writer_ = self._make_writer(prompt_format, Constraints(prompt_format).fit(tagged))
        if self.candidates and self.decoding == "constrained" and not self.typed_:
            self.writer_.retriever = CandidateRetriever().fit(tagged, dev)
        if self.mode == "prompted" and self.shots:
            self.writer_.few_shot = Demonstrations(self.demonstrations, self.shots, self.seed).fit(tagged)

    def _train(
        self, tagged: Sequence[Product], dev: Sequence[Product], options: TrainOptions, checkpoint: Path | None = None
    ) -> None:
        """Fine-tune the model where it is to be, and calibrate the scores on dev; both parts have tags."""
        if self.mode == "fine-tuned":
            found = fine_tune(
                self.writer_,
                tagged,
                self.order,
                options,
                augment=self.augment,
                layers=self.layers,
                lora=self.lora,
                evaluate=(lambda _: self._f1(dev)) if dev and self.patience else None,
                checkpoint=checkpoint,
            )
            self.history_ = [*self.history_, *found]
        if dev:
            self.calibrate(dev)

    def _check(self) -> None:
        if self.layers and self.lora:
            raise BadInput("generator: set either `layers` or `lora`, not both")
        self.search(self.tokens or DEFAULT_TOKENS)

    def _prompt_format(
        self, model: LanguageModel, special: SpecialTokens | None = None, known: Sequence[Item] = ()
    ) -> PromptFormat:
        return PromptFormat(
            model, typed=self.typed_, category=self.category, window=self.window, special=special, known=known
        )

    def _make_writer(self, prompt_format: PromptFormat, constraints: Constraints) -> Writer:
        return Writer(
            prompt_format.model,
            prompt_format,
            constraints,
            self.tokens or self.max_tokens_,
            prompt_format.instruction(constraints.types) if self.mode == "prompted" else [],
            self.decoding == "constrained",
            candidates=self.candidates,
        )

    def _f1(self, products: Sequence[Product]) -> float:
        """Return the micro-F1 of one greedy list per product, by which the best epoch is chosen."""
        self.writer_.model.drop_copies()
        with torch.autocast(device().type, enabled=False):
            found = self.writer_.votes(products, Search(tokens=self.writer_.tokens), self.precision)
        return self.micro_f1(found, products)

    def votes(self, products: Sequence[Product]) -> Votes:
        """Return the generated tags of each product with their votes and log-probabilities."""
        return self.writer_.votes(products, self.search(self.writer_.tokens), self.tag_precision, self.compile)

    def _first_tag_chances(self, products: Sequence[Product], tag: str) -> list[float]:
        model, out = self.writer_.model, []
        prepare(model, where := device())
        low = uses_bf16(self.tag_precision, where)
        for product in products:
            window, target = self._written(product, tag)
            with torch.inference_mode(), torch.autocast(where.type, torch.bfloat16, enabled=low):
                found = _log_probabilities(model, torch.from_numpy(window.ids)[None].to(where), len(target))
            out.append(float(found.sum().exp()))
        return out

    def _item(self, product: Product, tag: str) -> Item:
        """Return a tag with the type that it is given with, else the most frequent type that it has in train."""
        key = fold(tag)
        if self.typed_ and not self.first_tag_only_:
            for one in self._tag([product])[0]:
                if fold(one.text) == key:
                    return Item(one.text, one.type)
        known = (item for item in self.writer_.constraints.vocabulary if fold(item.text) == key)
        return next(known, Item(tag, self.writer_.constraints.types[0] if self.typed_ else ""))

    def _written(self, product: Product, tag: str) -> tuple[Window, list[int]]:
        """Return the prompt of a product followed by a tag, as a window of tokens, and the tokens of the tag."""
        writer, form = self.writer_, self.writer_.prompt_format
        prompt = writer.prompts([product], writer.few_shot.choose([product]) if writer.few_shot else ())[0]
        first = len(writer.prefix) + len(prompt) - len(form.record(product))
        target = form.item(self._item(product, tag))
        ids = np.array([*writer.prefix, *prompt, *target], dtype=np.int64)
        starts, ends = np.full((2, len(ids)), -1)
        for at, (start, end) in enumerate(form.places(product), first):
            starts[at], ends[at] = start, max(end, start)
        return Window(0, ids, starts, ends), target

    def _token_scores(self, product: Product, tag: str) -> list[TokenScore]:
        window, target = self._written(product, tag)
        model = self.writer_.model

        def score(ids: Tensor) -> Tensor:
            return _log_probabilities(model, ids, len(target)).sum(1)

        return [TokenScore(model, model.model.get_input_embeddings(), score, window, model.padding)]

    def _facts(self, product: Product, tag: str) -> dict[str, Any]:
        window, target = self._written(product, tag)
        model = self.writer_.model
        prepare(model, where := device())
        with torch.inference_mode():
            found = _log_probabilities(model, torch.from_numpy(window.ids)[None].to(where), len(target))[0].tolist()
        tokens = [f"{model.decode([token]).strip()} {log:.2f}" for token, log in zip(target, found, strict=True)]
        facts = {FIRST: round(sum(found), 3), "log-probability of each of its tokens": " · ".join(tokens)}
        return facts | vote_facts(self.votes([product])[0], tag)

    @property
    def known(self) -> Collection[Item]:
        """The tags of train."""
        return self.writer_.constraints.known

    def n_truncated_chars(self, products: Any) -> list[int]:
        """Return for each product the number of characters of its text beyond the window."""
        return [
            len(product.text) - self.writer_.prompt_format.n_read_chars(product) for product in as_products(products)
        ]

    def _state(self) -> State:
        writer = self.writer_
        state: State = {"typed": self.typed_, "max_tokens": self.max_tokens_, "history": self.history_}
        state |= {"special": list(writer.prompt_format.special), "confidence": self.confidence_.weights}
        parts: dict[str, Any] = {
            "constraints": writer.constraints,
            "retriever": writer.retriever,
            "few_shot": writer.few_shot,
            "model": writer.model if self.mode == "fine-tuned" else None,
        }
        if self.mode != "fine-tuned":
            state["sha256"] = weights.digest(self.model)
        return state | {name: part.state() for name, part in parts.items() if part is not None}

    def _restore(self, state: State) -> None:
        self.typed_, self.max_tokens_, self.history_ = bool(state["typed"]), state["max_tokens"], state["history"]
        model = LanguageModel.from_state(state["model"]) if "model" in state else None
        model = model or LanguageModel.load(self.model, state["sha256"])
        prompt_format = self._prompt_format(model, SpecialTokens(*state["special"]))
        self.writer_ = self._make_writer(prompt_format, Constraints(prompt_format).restore(state["constraints"]))
        self.confidence_ = Confidence(state["confidence"])
        if "retriever" in state:
            self.writer_.retriever = CandidateRetriever.from_state(state["retriever"])
        if "few_shot" in state:
            few_shot = Demonstrations(self.demonstrations, self.shots, self.seed)
            self.writer_.few_shot = few_shot.restore(state["few_shot"])


def _log_probabilities(model: LanguageModel, ids: Tensor, count: int) -> Tensor:
    """Return the log-probabilities of the last `count` tokens of texts without padding, shape (rows, count)."""
    logits = model(ids, torch.ones_like(ids), count + 1)[:, :-1].float()
    found: Tensor = logits.log_softmax(-1).gather(2, ids[:, -count:, None])[..., 0]
    return found
