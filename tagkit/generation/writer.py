"""Generation of tags with a language model: prompts, constraints, batches, and votes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

import torch

from tagkit.errors import BadInput
from tagkit.few_shot import Demonstrations
from tagkit.generation.candidates import CandidateRetriever
from tagkit.generation.causal import CausalStepper
from tagkit.generation.constraints import Constraints
from tagkit.generation.hypothesis import DROP, Hypothesis, Search
from tagkit.generation.language_model import LanguageModel
from tagkit.generation.prompt_format import PromptFormat, Votes
from tagkit.generation.search import decode
from tagkit.generation.votes import count_votes
from tagkit.neural import device
from tagkit.neural.batches import sorted_buckets
from tagkit.neural.inference import side_by_side
from tagkit.product import Product
from tagkit.progress import progress_bar

ROWS, TOKENS = 128, 16_384
"""The maximum number of rows, and of tokens (prompt, output and padding) in the cache, at a time."""
SIDE_BY_SIDE = 2
"""Batches at a time on a CPU: one batch on two cores gives 12.5 products/s, two batches on one core each 13.4."""
CHUNK = 2000
"""The number of products whose prompts and grammars are in memory at a time."""
SPARE = 64
"""Tokens reserved in a prompt for category and headings."""


@dataclass
class Writer:
    """Generates the tags of products.

    Attributes:
        model: The language model.
        prompt_format: The format of prompts; its window is reduced so that prompt and output fit in that of the model.
        constraints: What may be generated, and how it is read as tags.
        tokens: The maximum number of tokens of a list.
        instruction: The tokens of an instruction at the start of each prompt.
        constrained: Whether generation is constrained.
        retriever: Retrieves the candidates that the model chooses from; None: it chooses from all tags.
        candidates: The number of candidates.
        few_shot: Chooses demonstrations; None: no demonstrations.

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
        """Compute the common prefix of all prompts, and the window of a text."""
        self.prefix = [*self.model.initial_tokens(), *self.instruction, *self.prompt_format.opening]
        self._other_ends: frozenset[int] | None = None
        window = self.model.window - self.tokens - len(self.prefix) - SPARE
        if window < 8:
            raise BadInput(
                f"generator: the window of {self.model.source}, {self.model.window} tokens, has no room for a text "
                f"beside {self.tokens} tokens of tags"
            )
        self.prompt_format.window = min(self.prompt_format.window, window)

    def prompts(self, products: Sequence[Product], few_shot: Sequence[Sequence[Product]] = ()) -> list[list[int]]:
        """Return the tokens of each prompt after the prefix; demonstrations that do not fit are omitted.

        Args:
            products: The products.
            few_shot: The demonstrations of each product, the most important last.
        """
        prompts = []
        max_tokens = self.model.window - self.tokens - len(self.prefix)
        for product, others in zip(products, few_shot or [()] * len(products), strict=True):
            prompt = self.prompt_format.record(product)
            for other in reversed(others):
                earlier = self._demonstration(other)
                if len(earlier) + len(prompt) > max_tokens:
                    break
                prompt = [*earlier, *prompt]
            prompts.append(prompt)
        return prompts

    def _demonstration(self, other: Product) -> list[int]:
        """Return a demonstration as it follows the prefix (which ends with its opening) and precedes another record."""
        return [
            *self.prompt_format.demonstration(other)[len(self.prompt_format.opening) :],
            *self.prompt_format.opening,
        ]

    def _split_prefix(self, prompts: list[list[int]]) -> tuple[list[int], list[list[int]]]:
        """Split prompts into their common prefix, which is computed once, and the rest."""
        if self.few_shot is None or self.few_shot.kind != "shared":
            return self.prefix, prompts
        shared = [token for other in self.few_shot.products for token in self._demonstration(other)]
        if any(prompt[: len(shared)] != shared for prompt in prompts):  # some omit demonstrations
            return self.prefix, prompts
        return [*self.prefix, *shared], [prompt[len(shared) :] for prompt in prompts]

    def votes(self, products: Sequence[Product], search: Search, precision: str, compiled: bool = False) -> Votes:
        """Return the generated tags of each product with their votes.

        Args:
            products: The products.
            search: The settings of decoding.
            precision: "fp32", "bf16", or "auto": bf16 where the hardware supports it.
            compiled: Whether to use a static cache and, on a GPU, compiled steps.
        """
        out: Votes = []
        with progress_bar(total=len(products), desc="generating tags", unit="product", delay=5, leave=False) as bar:
            for first in range(0, len(products), CHUNK):
                out += self._chunk_votes(products[first : first + CHUNK], search, precision, compiled, bar)
        return out

    def _chunk_votes(
        self, products: Sequence[Product], search: Search, precision: str, compiled: bool, bar: Any
    ) -> Votes:
        prefix, prompts = self._split_prefix(
            self.prompts(products, self.few_shot.choose(products) if self.few_shot else ())
        )
        candidates = self.retriever(products, self.candidates) if self.retriever else None
        constraints = self.constraints.make(products, self.constrained, candidates)
        if not self.constrained and self._other_ends is None:
            self._other_ends = self.model.line_ends()
        out: Votes = [{} for _ in products]
        for batch, generated in self.decode(
            prompts,
            search,
            precision,
            prefix=prefix,
            end=self.prompt_format.special.end,
            grammars=[constraint.grammar for constraint in constraints] if self.constrained else None,
            keys=[product.text for product in products],
            compiled=compiled,
        ):
            for i, texts in zip(batch, generated, strict=True):
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
        """Generate texts in batches; on a CPU two batches in parallel, each on half of the cores.

        Args:
            prompts: The tokens of each prompt after the prefix.
            search: The settings of decoding.
            precision: "fp32", "bf16", or "auto": bf16 where the hardware supports it.
            prefix: The tokens that start every prompt.
            end: The token that ends a text.
            grammars: The grammar of each prompt's texts; None: no constraint.
            keys: What seeds the random numbers of each prompt, together with the seed.
            compiled: Whether to use a static cache and, on a GPU, compiled steps.

        Yields:
            The numbers of a batch's prompts, and the texts of each, the best first.
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

        def generate(batch: list[int]) -> tuple[list[int], list[list[Hypothesis]]]:
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
                    drop=2.0 if compiled else DROP,  # a batch of another size would be compiled again
                )
            finally:
                steppers.put(stepper)

        yield from side_by_side(generate, batches, workers)
