"""A language model with all it needs to write about products: prompts, constraints, batches, votes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

import torch
from tqdm import tqdm

from tagkit.errors import BadInput
from tagkit.generation import Hypothesis, Search, decode
from tagkit.generation.candidates import CandidateRetriever
from tagkit.generation.causal import CausalStepper
from tagkit.generation.constraints import Constraints
from tagkit.generation.few_shot import Demonstrations
from tagkit.generation.hypothesis import DROP
from tagkit.generation.language_model import LanguageModel
from tagkit.generation.prompt_format import PromptFormat, Votes
from tagkit.generation.votes import count_votes
from tagkit.neural import device
from tagkit.neural.batches import sorted_buckets
from tagkit.neural.inference import side_by_side
from tagkit.product import Product

ROWS, TOKENS = 128, 16_384
"""At most so many rows, and tokens (prompt, answer and padding) in the cache, are worked on at a time."""
SIDE_BY_SIDE = 2
"""Batches at a time on a CPU: one batch on two cores has 12.5 products/s, two batches on a core each 13.4."""
CHUNK = 2000
"""Products whose prompts and grammars are held in memory at a time."""
SPARE = 64
"""Tokens of a prompt besides the product's text, the opening and the demonstrations."""


@dataclass
class Writer:
    """Writes the tags of products.

    Attributes:
        model: The language model.
        prompt_format: How products and tags are written; its window is narrowed so that prompt and answer fit into that
            of the model.
        constraints: What may be written, and how it is read.
        tokens: The most tokens of an answer.
        instruction: What the model is told first.
        constrained: Whether only what the constraints allow is written.
        retriever: Recalls candidates, of which the model chooses; None: it chooses of all.
        candidates: How many.
        few_shot: Chooses demonstrations; None: there are none.

    Raises:
        BadInput: The model's window has no room for a text.
    """

    model: LanguageModel
    prompt_format: PromptFormat
    constraints: Constraints
    tokens: int
    instruction: list[int] = field(default_factory=list)
    constrained: bool = True
    retriever: CandidateRetriever | None = None
    candidates: int = 0
    few_shot: Demonstrations | None = None

    def __post_init__(self) -> None:
        """Compute what all prompts begin with, and the room for a text."""
        self.prefix = [*self.model.front(), *self.instruction, *self.prompt_format.opening]
        self._other_ends: frozenset[int] | None = None
        room = self.model.window - self.tokens - len(self.prefix) - SPARE
        if room < 8:
            raise BadInput(
                f"generator: the window of {self.model.source}, {self.model.window} tokens, has no room for a text "
                f"beside {self.tokens} tokens of tags"
            )
        self.prompt_format.window = min(self.prompt_format.window, room)

    def prompts(self, products: Sequence[Product], few_shot: Sequence[Sequence[Product]] = ()) -> list[list[int]]:
        """Return the tokens of each prompt behind the prefix; demonstrations that do not fit are left out.

        Args:
            products: The products.
            few_shot: The demonstrations of each, the most important last.
        """
        prompts = []
        most = self.model.window - self.tokens - len(self.prefix)
        for product, others in zip(products, few_shot or [()] * len(products), strict=True):
            prompt = self.prompt_format.record(product)
            for other in reversed(others):
                before = self._before(other)
                if len(before) + len(prompt) > most:
                    break
                prompt = [*before, *prompt]
            prompts.append(prompt)
        return prompts

    def _before(self, other: Product) -> list[int]:
        """Return a demonstration as it stands between the prefix, which ends with its opening, and another record."""
        return [
            *self.prompt_format.demonstration(other)[len(self.prompt_format.opening) :],
            *self.prompt_format.opening,
        ]

    def _common(self, prompts: list[list[int]]) -> tuple[list[int], list[list[int]]]:
        """Part prompts into what all of them begin with, which is computed once, and the rest."""
        if self.few_shot is None or self.few_shot.kind != "shared":
            return self.prefix, prompts
        shared = [token for other in self.few_shot.products for token in self._before(other)]
        if any(prompt[: len(shared)] != shared for prompt in prompts):  # not all had room for all demonstrations
            return self.prefix, prompts
        return [*self.prefix, *shared], [prompt[len(shared) :] for prompt in prompts]

    def votes(self, products: Sequence[Product], search: Search, precision: str, compiled: bool = False) -> Votes:
        """Return for each product the tags that were written, with their votes.

        Args:
            products: The products.
            search: How to decode.
            precision: "fp32", "bf16", or "auto": bf16 where it is fast.
            compiled: Whether to use a static cache and, on a GPU, compiled steps.
        """
        out: Votes = []
        with tqdm(total=len(products), desc="writing tags", unit="product", delay=5, leave=False) as bar:
            for first in range(0, len(products), CHUNK):
                out += self._write(products[first : first + CHUNK], search, precision, compiled, bar)
        return out

    def _write(self, products: Sequence[Product], search: Search, precision: str, compiled: bool, bar: Any) -> Votes:
        prefix, prompts = self._common(self.prompts(products, self.few_shot.choose(products) if self.few_shot else ()))
        candidates = self.retriever(products, self.candidates) if self.retriever else None
        constraints = self.constraints.make(products, self.constrained, candidates)
        if not self.constrained and self._other_ends is None:
            self._other_ends = self.model.line_ends()
        out: Votes = [{} for _ in products]
        for batch, written in self.decode(
            prompts,
            search,
            precision,
            prefix=prefix,
            end=self.prompt_format.special.end,
            grammars=[constraint.grammar for constraint in constraints] if self.constrained else None,
            keys=[product.text for product in products],
            compiled=compiled,
        ):
            for i, texts in zip(batch, written, strict=True):
                out[i] = count_votes(texts, self.prompt_format.special, constraints[i].read, search.length_power)
            bar.update(len(batch))
        return out

    def decode(
        self,
        prompts: Sequence[Sequence[int]],
        search: Search,
        precision: str,
        *,
        prefix: list[int],
        end: int,
        grammars: Sequence[Any] | None,
        keys: Sequence[str],
        compiled: bool = False,
    ) -> Iterator[tuple[list[int], list[list[Hypothesis]]]]:
        """Write texts behind prompts in batches; on a CPU two batches side by side, each on half of the cores.

        Args:
            prompts: The tokens of each prompt behind the prefix.
            search: How to decode.
            precision: "fp32", "bf16", or "auto": bf16 where it is fast.
            prefix: The tokens that all prompts begin with.
            end: The token that ends a text.
            grammars: What may be written behind each prompt; None: anything.
            keys: What the random numbers of each prompt depend on, besides the seed.
            compiled: Whether to use a static cache and, on a GPU, compiled steps.

        Yields:
            The positions of a batch's prompts, and for each the texts, the best first.
        """
        workers = min(SIDE_BY_SIDE, torch.get_num_threads()) if device().type == "cpu" else 1
        batches = sorted_buckets(
            [len(prompt) + search.tokens for prompt in prompts],
            tokens=TOKENS // workers // search.width,
            most=max(1, ROWS // workers // search.width),
        )
        steppers: SimpleQueue[CausalStepper] = SimpleQueue()
        for _ in range(min(workers, len(batches))):
            steppers.put(self.model.stepper(prefix, precision, search.tokens if compiled else None))

        def write(batch: list[int]) -> tuple[list[int], list[list[Hypothesis]]]:
            stepper = steppers.get()
            try:
                return batch, decode(
                    stepper,
                    [prompts[i] for i in batch],
                    search,
                    end,
                    grammars=None if grammars is None else [grammars[i] for i in batch],
                    keys=[keys[i] for i in batch],
                    other_ends=self._other_ends or frozenset(),
                    drop=2.0 if compiled else DROP,  # a batch of another size would be compiled anew
                )
            finally:
                steppers.put(stepper)

        yield from side_by_side(write, batches, workers)
