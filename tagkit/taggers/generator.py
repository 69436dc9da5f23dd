"""The strategy `generator`: a causal language model, prompted or fine-tuned, generates the tags."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated, Any, ClassVar, Literal, get_args

import torch
from pydantic import Field

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
from tagkit.generation.votes import Confidence
from tagkit.generation.writer import Writer
from tagkit.neural import TrainOptions, device
from tagkit.neural.checkpoint import checkpoint_file
from tagkit.neural.hardware import Precision
from tagkit.parameters import NonNegativeInt, PositiveFloat, PositiveInt, Probability
from tagkit.product import Product
from tagkit.tagger import Space, State

DEFAULT_TOKENS = 64
"""The maximum number of tokens of a list if train has no tags."""


class Generator(TrainOptions, ListTagger):
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
        prompt_format = self._prompt_format(model, known=known)
        lengths = sorted(len(prompt_format.line(prompt_format.tags(items(product, self.typed_)))) for product in tagged)
        self.max_tokens_ = round(1.25 * lengths[int(0.99 * (len(lengths) - 1))]) if lengths else DEFAULT_TOKENS
        constraints = Constraints(prompt_format).fit(tagged)
        self.writer_ = self._make_writer(prompt_format, constraints)
        if self.candidates and self.decoding == "constrained" and not self.typed_:
            self.writer_.retriever = CandidateRetriever().fit(tagged, dev)
        if self.mode == "prompted" and self.shots:
            self.writer_.few_shot = Demonstrations(self.demonstrations, self.shots, self.seed).fit(tagged)
        self.history_: list[dict[str, float]] = []
        labelled_dev = [product for product in dev if items(product, self.typed_)]
        if self.mode == "fine-tuned":
            self.history_ = fine_tune(
                self.writer_,
                tagged,
                self.order,
                self.train_options(learning_rate=self.learning_rate or (1e-3 if self.lora else 3e-4)),
                augment=self.augment,
                layers=self.layers,
                lora=self.lora,
                evaluate=(lambda _: self._f1(labelled_dev)) if labelled_dev and self.patience else None,
                checkpoint=checkpoint_file(self.name, self.get_params(), train, labelled_dev),
            )
        self.calibrate(labelled_dev)

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
