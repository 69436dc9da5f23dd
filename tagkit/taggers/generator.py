"""Generation: a causal language model, prompted or fine-tuned, writes the tags, held to what is allowed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, ClassVar

import torch

from tagkit.cache import FitCache
from tagkit.errors import BadInput
from tagkit.generation import Search, SpecialTokens
from tagkit.generation.base import ListWriter
from tagkit.generation.candidates import CandidateRetriever
from tagkit.generation.constraints import Constraints
from tagkit.generation.few_shot import KINDS, Demonstrations
from tagkit.generation.fine_tune import fine_tune
from tagkit.generation.language_model import LanguageModel
from tagkit.generation.prompt_format import Item, PromptFormat, Votes, items
from tagkit.generation.target_order import ORDERS
from tagkit.generation.votes import Confidence
from tagkit.generation.writer import Writer
from tagkit.neural import TrainOptions, device
from tagkit.neural.checkpoint import checkpoint_file
from tagkit.product import Product, as_products
from tagkit.tagger import Space, State

MODES = ("fine-tuned", "prompted")
DECODINGS = ("constrained", "open")
UNLEARNT = 64
"""The most tokens of a list when there is no train list to learn it from."""


class Generator(TrainOptions, ListWriter):
    """A language model reads "Product: ... Tags:" and writes "a; b; c".

    *fine-tuned* trains the model on train, the loss on the tags alone. *prompted* leaves it as it is and shows it an
    instruction and `shots` train products. Constrained decoding writes tags of train only or, where tags have types,
    "Type: value; ..." with train's types and values that stand in the text (and, where many of train's do not, train's
    values); never one twice, always well-formed. Open decoding may invent tags. A tag that train does not have gets
    the source "generator:new", all others "generator".

    Several texts of a product (`returns`) are merged: a tag's votes and log-probabilities give its score, by a
    logistic regression learnt on dev; without dev it is the share of the texts, weighted by their probabilities, times
    the mean probability of the tag's tokens. A text beyond the window is cut, and `n_truncated_chars`
    says by how much. A saved prompted strategy names its model; a fine-tuned one holds it.

    Args:
        model: A name from `tagkit models list`, the hub id of a causal language model, or a folder.
        mode: "fine-tuned" or "prompted".
        shots: Demonstrations in a prompt (prompted).
        demonstrations: "similar": for each product its nearest in train; "shared": the same for all, computed once.
        category: Whether the category, where there is one, is told.
        order: In which order the tags are learnt: "given", "frequency", "shuffled" anew in each epoch, or "set" (every
            tag that is left is right, see `TargetOrder`).
        augment: How likely, in each epoch, a typed value is exchanged for another of its type from the same category.
        layers: How many of the last layers are trained, which takes less time; 0: all weights are.
        lora: Rank of the matrices that are trained in the place of the weights (needs peft); 0: none.
        learning_rate: See `TrainOptions`; None: 3e-4, and 1e-3 with LoRA.
        decoding: "constrained" or "open".
        candidates: Constrained plain tags: how many are recalled first (by look-up, neighbours and the graph of tags
            that stand together) for the model to choose from; 0: all of train.
        tokens: The most tokens written; None: a quarter more than almost all of train's lists have.
        window: The most tokens of a text that are read.
        tag_precision: Of tagging, as `precision`; in fp32 a product's scores do not depend on the batch (within 1e-4).
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
        "order": list(ORDERS),
    }

    model: str = "smollm2-135m"
    mode: str = "fine-tuned"
    shots: int = 0
    demonstrations: str = "similar"
    category: bool = True
    order: str = "given"
    augment: float = 0.0
    layers: int = 0
    lora: int = 0
    epochs: int = 3
    learning_rate: float | None = None
    batch_size: int = 8
    decoding: str = "constrained"
    candidates: int = 0
    tokens: int | None = None
    window: int = 512
    tag_precision: str = "fp32"
    compile: bool = False

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        self._check()
        self.typed_ = any(tag.type for product in train for tag in product.annotations)
        tagged = [product for product in train if items(product, self.typed_)]
        if not tagged and (self.mode == "fine-tuned" or self.decoding == "constrained" or self.shots):
            raise BadInput("generator learns from tags, and no training product has one: there is none in train")
        known = sorted({item for product in tagged for item in items(product, self.typed_)})
        model = LanguageModel.load(self.model)
        prompt_format = self._prompt_format(model, known=known)
        lengths = sorted(len(prompt_format.line(prompt_format.tags(items(product, self.typed_)))) for product in tagged)
        self.most_ = round(1.25 * lengths[int(0.99 * (len(lengths) - 1))]) if lengths else UNLEARNT
        constraints = Constraints(prompt_format).fit(tagged)
        self._writer = self._make_writer(prompt_format, constraints)
        if self.candidates and self.decoding == "constrained" and not self.typed_:
            self._writer.retriever = CandidateRetriever().fit(tagged, dev)
        if self.mode == "prompted" and self.shots:
            self._writer.few_shot = Demonstrations(self.demonstrations, self.shots, self.seed).fit(tagged)
        self.history_: list[dict[str, float]] = []
        judged = [product for product in dev if items(product, self.typed_)]
        if self.mode == "fine-tuned":
            self.history_ = fine_tune(
                self._writer,
                tagged,
                self.order,
                self.train_options(learning_rate=self.learning_rate or (1e-3 if self.lora else 3e-4)),
                augment=self.augment,
                layers=self.layers,
                lora=self.lora,
                evaluate=(lambda _: self._f1(judged)) if judged and self.patience else None,
                checkpoint=checkpoint_file(self.name, self.get_params(), train, judged),
            )
        self._calibrate(judged)

    def _check(self) -> None:
        known = {"mode": MODES, "decoding": DECODINGS, "order": ORDERS, "demonstrations": KINDS}
        for name, values in known.items():
            if getattr(self, name) not in values:
                raise BadInput(f"generator: {name} is one of {', '.join(values)}, not {getattr(self, name)!r}")
        least_of = {"shots": 0, "layers": 0, "lora": 0, "candidates": 0, "limit": 1, "window": 8}
        for name, least in least_of.items():
            if getattr(self, name) < least:
                raise BadInput(f"generator: {name} is at least {least}, not {getattr(self, name)!r}")
        if self.layers and self.lora:
            raise BadInput("generator: train either the last `layers` or by `lora`, not both")
        self._search(self.tokens or UNLEARNT)

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
            self.tokens or self.most_,
            prompt_format.instruction(constraints.types) if self.mode == "prompted" else [],
            self.decoding == "constrained",
            candidates=self.candidates,
        )

    def _f1(self, products: Sequence[Product]) -> float:
        """Return the micro-F1 of one greedy list per product, for choosing the best epoch."""
        self._writer.model.changed()
        with torch.autocast(device().type, enabled=False):
            found = self._writer.votes(products, Search(tokens=self._writer.tokens), self.precision)
        return self._micro_f1(found, products)

    def votes(self, products: Sequence[Product]) -> Votes:
        """Return for each product the tags that were written, with their votes and log-probabilities."""
        return self._writer.votes(products, self._search(self._writer.tokens), self.tag_precision, self.compile)

    @property
    def _known(self) -> Collection[Item]:
        return self._writer.constraints.known

    def n_truncated_chars(self, products: Any) -> list[int]:
        """Return for each product how many characters of its text are beyond the window."""
        return [len(product.text) - self._writer.prompt_format.read(product) for product in as_products(products)]

    def _state(self) -> State:
        writer = self._writer
        state: State = {"typed": self.typed_, "most": self.most_, "special": list(writer.prompt_format.special)}
        state["history"] = self.history_
        parts: dict[str, Any] = {
            "constraints": writer.constraints,
            "retriever": writer.retriever,
            "few_shot": writer.few_shot,
        }
        parts |= {"confidence": self._confidence, "model": writer.model if self.mode == "fine-tuned" else None}
        for name, part in parts.items():
            if part is not None:
                state[name] = part.state()
        return state

    def _restore(self, state: State) -> None:
        self.typed_, self.most_, self.history_ = bool(state["typed"]), state["most"], state["history"]
        model = LanguageModel.from_state(state["model"]) if "model" in state else LanguageModel.load(self.model)
        prompt_format = self._prompt_format(model, SpecialTokens(*state["special"]))
        self._writer = self._make_writer(prompt_format, Constraints(prompt_format).restore(state["constraints"]))
        self._confidence = Confidence.restore(state["confidence"])
        if "retriever" in state:
            self._writer.retriever = CandidateRetriever.restore(state["retriever"])
        if "few_shot" in state:
            self._writer.few_shot = Demonstrations(self.demonstrations, self.shots, self.seed).restore(
                state["few_shot"]
            )
