"""Hosted language models behind any OpenAI-compatible address, with examples from train and answers kept on disk."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tagkit.cache import FitCache
from tagkit.errors import BadInput
from tagkit.generation.few_shot import Demonstrations
from tagkit.llm import address, answer, batch, prompt, secret
from tagkit.llm.budget import Estimate, Ledger, Prices, Spend, Tokens
from tagkit.llm.cache import AnswerCache
from tagkit.llm.client import Client, Question
from tagkit.llm.dialect import FORMATS, Dialect
from tagkit.llm.http import Sender
from tagkit.llm.shape import Shape
from tagkit.llm.vocabulary import Vocabulary
from tagkit.product import Product, Span, Tag, Tags, as_products
from tagkit.tagger import State, Tagger
from tagkit.text.language import language_of
from tagkit.text.present import places

log = logging.getLogger(__name__)
VOCABULARIES = {"auto": None, "closed": True, "open": False}
RECALLED = 50
"""Neighbours whose tags are offered first, where not all tags of a closed vocabulary are."""


class LLM(Tagger):
    """Asks a language model for each product, one product per request, for JSON of a given form.

    Works with hosted services, vLLM, Ollama, llama.cpp and `transformers serve`. Answers are asked for by JSON schema;
    where the server refuses that, as JSON, and last in words only. Whatever comes back is checked: where the vocabulary
    is closed, no tag outside it is given. Types are those of train.

    A tag's score is the geometric mean of the probabilities of its tokens where the server gives log-probabilities,
    else it follows from the rank (1, then falling evenly): no probability then, and nothing to calibrate.

    Every answer goes into a cache on disk at once, keyed by server, model, prompt and parameters: the same run again
    sends no request, and one that was stopped goes on where it was. After `predict`, `outcomes_` says for each product
    what came of it and `spend_` what was spent since `fit`; `estimate` gives an upper bound before.

    Args:
        endpoint: The server's base address, such as "http://localhost:8000/v1"; "": the environment variable
            `TAGKIT_LLM_ENDPOINT`.
        model: The model's name there.
        key_variable: The environment variable that holds the API key; "": `TAGKIT_LLM_KEY`, then `OPENAI_API_KEY` (over
            https or to this machine only). A key is read from the environment only, when it is needed.
        shots: Demonstrations: the tagged training products that are most similar to the product; 0 for none.
        vocabulary: "closed": only tags of train; "open": any; "auto": closed where nine in ten of train's tags belong
            to another training product too.
        candidates: How many tags of a closed vocabulary one product is offered, those of its neighbours first; 0: all.
        category: Whether to show the products' categories.
        instruction: What to tell the model besides.
        limit: How many tags to ask for and to give at most.
        structured: "json_schema", "json_object" or "text"; "auto": the first that the server takes.
        logprobs: Whether to ask for log-probabilities (not asked for again where the server refuses them).
        temperature: Of sampling; None: the server's own.
        seed: Of sampling, for servers that take one.
        max_tokens: The longest answer.
        extra: Further fields of the request, such as {"reasoning_effort": "low"}.
        concurrency: Requests under way at a time.
        timeout: Seconds for a request, all in all. Some local servers go on with a request that was given up, and are
            slower for the next: give a slow one more time, and concurrency 1.
        retries: How often a request is sent again (after 429, 5xx, time-outs, cut connections), with growing pauses.
        price_in: Price of a million tokens of prompts.
        price_out: Price of a million tokens of answers.
        budget: No request is sent that could take the cost since `fit` above this.
        token_budget: Likewise for tokens.

    Source: Brown et al., Language Models are Few-Shot Learners (NeurIPS 2020); demonstrations by similarity: Liu et
    al., What Makes Good In-Context Examples for GPT-3? (DeeLIO 2022).
    """

    name = "llm"
    needs_threshold = False

    endpoint: str = ""
    model: str = ""
    key_variable: str = ""
    shots: int = 5
    vocabulary: str = "auto"
    candidates: int = 300
    category: bool = True
    instruction: str = ""
    limit: int = 20
    structured: str = "auto"
    logprobs: bool = True
    temperature: float | None = 0.0
    seed: int | None = None
    max_tokens: int = 512
    extra: Mapping[str, Any] | None = None
    concurrency: int = 8
    timeout: float = 60.0
    retries: int = 5
    price_in: float | None = None
    price_out: float | None = None
    budget: float | None = None
    token_budget: int | None = None

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        self._check()
        tagged = [product for product in train if product.tags and product.text.strip()]
        if not tagged:
            raise BadInput("llm takes demonstrations and vocabulary from train, and no product there has text and tags")
        chinese = sum(language_of(product) == "zh" for product in tagged)
        self.language_ = "zh" if 2 * chinese >= len(tagged) else "en"
        self._learn(tagged)

    def _check(self) -> None:
        """Refuse parameters that do not do, and a server or key that is not there."""
        secret.find(self.key_variable, address.find(self.endpoint))
        if not self.model:
            raise BadInput("llm: which model shall answer? Set the parameter `model` to its name on the server")
        if self.vocabulary not in VOCABULARIES:
            raise BadInput(f"llm: vocabulary is one of {', '.join(VOCABULARIES)}, not {self.vocabulary!r}")
        if self.structured not in ("auto", *FORMATS):
            raise BadInput(f"llm: structured is one of auto, {', '.join(FORMATS)}, not {self.structured!r}")
        for name, least in {
            "limit": 1,
            "max_tokens": 1,
            "concurrency": 1,
            "shots": 0,
            "candidates": 0,
            "retries": 0,
        }.items():
            if getattr(self, name) < least:
                raise BadInput(f"llm: {name} is at least {least}, not {getattr(self, name)}")
        if self.timeout <= 0:
            raise BadInput(f"llm: timeout is above 0 seconds, not {self.timeout}")
        Ledger(self._prices(), self.budget, self.token_budget)

    def _prices(self) -> Prices:
        return Prices(self.price_in, self.price_out)

    def _learn(self, tagged: Sequence[Product]) -> None:
        self._examples = Demonstrations("similar", max(self.shots, RECALLED)).fit(tagged)
        self._vocabulary = Vocabulary(tagged, VOCABULARIES[self.vocabulary], self.candidates)
        self._dialect = Dialect() if self.structured == "auto" else Dialect(self.structured, fixed=True)
        self._ledger = Ledger(self._prices(), self.budget, self.token_budget)
        self.spend_: Spend = self._ledger.spend
        self.outcomes_: list[answer.Outcome] = []

    def estimate(self, products: Iterable[Any]) -> Estimate:
        """Return an upper bound of the tokens and the cost of tagging products; nothing is sent.

        Args:
            products: As for `predict`.

        Raises:
            NotFitted: The strategy was neither fitted nor loaded.
            BadInput: No server is configured, or an item is not a product.
        """
        self.check_fitted()
        rows = [product for product in as_products(products) if product.text.strip()]
        made = self._plan(self._ask_for(rows)[0])
        bound = sum((question.bound for question in made.missing.values()), Tokens())
        cost = self._prices().cost(bound)
        return Estimate(len(rows), made.done, len(made.missing), bound.prompt, bound.completion, cost)

    def outcome_counts(self) -> dict[str, int]:
        """Return how often each kind of outcome came in the last `predict`."""
        counts = Counter(outcome.kind for outcome in self.outcomes_)
        return {kind: counts[kind] for kind in answer.KINDS}

    def _ask_for(self, products: Sequence[Product]) -> tuple[list[Question], list[Shape]]:
        """Return for each product the question and the form of its answer."""
        near = self._examples.choose(products) if products else []
        options = dict(self.extra or {}) | ({"logprobs": True} if self.logprobs else {})
        options |= {name: getattr(self, name) for name in ("temperature", "seed") if getattr(self, name) is not None}
        questions, shapes = [], []
        for product, nearest_last in zip(products, near, strict=True):
            shape = self._vocabulary.shape(product, nearest_last[::-1][:RECALLED])
            text = prompt.messages(
                product,
                shape,
                nearest_last[-self.shots :] if self.shots else [],
                limit=self.limit,
                language=self.language_,
                category=self.category,
                instruction=self.instruction,
            )
            questions.append(Question(self.model, text, shape.schema, self.max_tokens, options))
            shapes.append(shape)
        return questions, shapes

    def _plan(self, questions: Sequence[Question]) -> batch.Plan:
        return batch.plan(questions, f"{address.find(self.endpoint)} {self.structured}", AnswerCache())

    def _tag(self, products: Sequence[Product]) -> Tags:
        self._check()
        self._ledger.allow(self._prices(), self.budget, self.token_budget)
        where = address.find(self.endpoint)
        sender = Sender(where, secret.find(self.key_variable, where))
        hint = f"see the environment variable {self.key_variable or f'{secret.OWN} or {secret.COMMON}'}"
        client = Client(sender, self._dialect, self._ledger, self.timeout, self.retries, hint)
        questions, shapes = self._ask_for(products)
        made = self._plan(questions)
        out: Tags = []

        def note() -> None:
            self.spend_ = self._ledger.spend
            out.extend(self._read(products, shapes, made))

        batch.ask_all(made, client, AnswerCache(), self._ledger, self.concurrency, note)
        self._report()
        return out

    def _read(self, products: Sequence[Product], shapes: Sequence[Shape], made: batch.Plan) -> Tags:
        """Turn the answers that are there into tags, and note what came of each product."""
        self.outcomes_ = []
        out: Tags = []
        for product, shape, key in zip(products, shapes, made.keys, strict=True):
            found: list[answer.Found] = []
            if key in made.replies:
                outcome, found = answer.read(product.id, made.replies[key], shape, self._vocabulary, self.limit)
            else:
                outcome = answer.Outcome(product.id, answer.FAILED, made.failures.get(key, "not asked"))
            self.outcomes_.append(outcome)
            out.append([self._tag_of(tag, product.text) for tag in found])
        return out

    def _tag_of(self, found: answer.Found, text: str) -> Tag:
        spans = tuple(Span(start, end) for start, end in places(found.text, text))
        return Tag(found.text, found.score, self.name, spans, found.type)

    def _report(self) -> None:
        """Warn of answers that were not as they should be."""
        counts = {kind: count for kind, count in self.outcome_counts().items() if count and kind != answer.OK}
        if counts:
            first = next(outcome for outcome in self.outcomes_ if outcome.kind != answer.OK)
            said = ", ".join(f"{count} {kind}" for kind, count in counts.items())
            log.warning(
                "llm: of %d answers, %s (`outcomes_` lists them); the first, for product %s: %s",
                len(self.outcomes_),
                said,
                first.product,
                re.sub(r"\s+", " ", first.reason),
            )

    def _state(self) -> State:
        return {"language": self.language_, "train": [product.to_dict() for product in self._examples.products]}

    def _restore(self, state: State) -> None:
        self.language_ = state["language"]
        self._learn(as_products(state["train"]))
