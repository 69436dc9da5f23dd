"""Hosted language models on any OpenAI-compatible server, with few-shot examples from train and a cache of answers."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from tagkit.attribution import by_spans
from tagkit.cache import FitCache
from tagkit.datasets.items import as_products
from tagkit.errors import BadInput
from tagkit.explanation import Explanation
from tagkit.few_shot import Demonstrations
from tagkit.learning import without
from tagkit.llm import answer, batch, prompt
from tagkit.llm.budget import Budget, Estimate, Ledger, Spend, Tokens
from tagkit.llm.client import Client
from tagkit.llm.request import Question, RequestFormat
from tagkit.llm.server import Server, find_server
from tagkit.parameters import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt
from tagkit.product import Product, Tag, Tags
from tagkit.tagger import State, Tagger
from tagkit.text.clean import has_content
from tagkit.text.language import language_of

log = logging.getLogger(__name__)
VOCABULARIES = {"auto": None, "closed": True, "open": False}
N_NEIGHBOURS = 50
"""Neighbours whose tags are offered first, where not all tags of a closed vocabulary are offered."""


class LLM(Tagger):
    """Asks a hosted language model for each product's tags as JSON, with similar training products as examples.

    Works with hosted services, vLLM, Ollama, llama.cpp and `transformers serve`. Answers are requested by JSON schema;
    where the server does not support that, as JSON, and finally by instruction only. Every answer is checked: with a
    closed vocabulary no other tag is given. Types are those of train.

    A tag's score is the geometric mean of the probabilities of its tokens where the server gives log-probabilities.
    Otherwise it follows from the rank (1, then decreasing linearly): it is no probability and cannot be calibrated.

    Every answer is cached on disk at once, under a key of server, model, prompt and parameters: the same run again
    sends no request, and an interrupted one resumes. After `predict`, `outcomes_` says for each product what came of it
    and `spend_` what was spent since `fit`; `estimate` gives an upper bound before.

    Args:
        endpoint: The server's base URL, such as "http://localhost:8000/v1"; "": the environment variable
            `TAGKIT_LLM_ENDPOINT`.
        model: The model's name there.
        key_variable: The environment variable that holds the API key; "": `TAGKIT_LLM_KEY`, then `OPENAI_API_KEY` (over
            https or to this machine only). A key is read from the environment only, when it is needed.
        shots: Demonstrations: the tagged training products that are most similar to the product; 0 for none.
        vocabulary: "closed": only tags of train; "open": any; "auto": closed if nine in ten of the tags in train occur
            in more than one training product.
        candidates: How many tags of a closed vocabulary are offered for one product, those of its neighbours first; 0:
            all.
        category: Whether to show the products' categories.
        instruction: A further instruction to the model.
        limit: The maximum number of tags to ask for and to return.
        structured: "json_schema", "json_object" or "text"; "auto": the first that the server supports.
        logprobs: Whether to ask for log-probabilities (not repeated where the server does not support them).
        temperature: Of sampling; None: the server's default.
        seed: Of sampling, for servers that support one.
        max_tokens: The maximum length of an answer.
        extra: Further fields of the request, such as {"reasoning_effort": "low"}.
        concurrency: The maximum number of requests in flight.
        timeout: Seconds for each request, from connecting to the last byte. Some local servers continue with a request
            that was given up, and are slower for the next: give a slow one more time, and concurrency 1.
        retries: How often a request is sent again (after 429, 5xx, timeouts, broken connections), with growing pauses
            that take five minutes in all at most.
        price_in: Price of a million tokens of prompts.
        price_out: Price of a million tokens of answers.
        budget: No request is sent that could raise the cost since `fit` above this.
        token_budget: The same for tokens.

    Source: Brown et al., Language Models are Few-Shot Learners (NeurIPS 2020); demonstrations by similarity: Liu et
    al., What Makes Good In-Context Examples for GPT-3? (DeeLIO 2022).
    """

    name = "llm"
    needs_threshold = False

    endpoint: str = ""
    model: str = ""
    key_variable: str = ""
    shots: NonNegativeInt = 5
    vocabulary: Literal["auto", "closed", "open"] = "auto"
    candidates: NonNegativeInt = 300
    category: bool = True
    instruction: str = ""
    limit: PositiveInt = 20
    structured: Literal["auto", "json_schema", "json_object", "text"] = "auto"
    logprobs: bool = True
    temperature: NonNegativeFloat | None = 0.0
    seed: int | None = None
    max_tokens: PositiveInt = 512
    extra: Mapping[str, Any] | None = None
    concurrency: PositiveInt = 8
    timeout: PositiveFloat = 60.0
    retries: NonNegativeInt = 5
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
        self._set_up(tagged)

    def _learn(
        self, more: Sequence[Product], old: Sequence[Product] | None, dev: Sequence[Product], cache: FitCache
    ) -> None:
        self._fit([*(without(self._examples.products, more) if old is None else old), *more], dev, cache)

    def _check(self) -> Server:
        """Return the server with its key; refuse invalid parameters."""
        server = find_server(self.endpoint, self.key_variable)
        if not self.model:
            raise BadInput("llm: no model is configured: set the parameter `model` to its name on the server")
        self._budget()
        return server

    def _budget(self) -> Budget:
        return Budget(self.price_in, self.price_out, self.budget, self.token_budget)

    def _set_up(self, tagged: Sequence[Product]) -> None:
        self._examples = Demonstrations("similar", max(self.shots, N_NEIGHBOURS)).fit(tagged)
        self._vocabulary = prompt.PromptVocabulary(tagged, VOCABULARIES[self.vocabulary], self.candidates)
        self._form = RequestFormat() if self.structured == "auto" else RequestFormat(self.structured, fixed=True)
        self._ledger = Ledger(self._budget())
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
        rows = [product for product in as_products(products) if has_content(product.text)]
        url = find_server(self.endpoint, self.key_variable).url
        asked = batch.look_up(self._questions(rows)[0], url, self.structured, batch.AnswerCache())
        bound = sum((question.bound for question in asked.missing.values()), Tokens())
        cost = self._budget().cost(bound)
        return Estimate(len(rows), asked.n_answered, len(asked.missing), bound.prompt, bound.completion, cost)

    def outcome_counts(self) -> dict[str, int]:
        """Return how often each kind of outcome occurred in the last `predict`."""
        counts = Counter(outcome.kind for outcome in self.outcomes_)
        return {kind: counts[kind] for kind in answer.KINDS}

    def _questions(self, products: Sequence[Product]) -> tuple[list[Question], list[prompt.AnswerSchema]]:
        """Return for each product the question and the schema of its answer."""
        near = self._examples.choose(products) if products else []
        options = dict(self.extra or {}) | ({"logprobs": True} if self.logprobs else {})
        options |= {name: getattr(self, name) for name in ("temperature", "seed") if getattr(self, name) is not None}
        questions, schemas = [], []
        for product, nearest_last in zip(products, near, strict=True):
            schema = self._vocabulary.schema(product, nearest_last[::-1][:N_NEIGHBOURS])
            messages = prompt.messages(
                product,
                schema,
                nearest_last[-self.shots :] if self.shots else [],
                limit=self.limit,
                language=self.language_,
                category=self.category,
                instruction=self.instruction,
            )
            questions.append(Question(self.model, messages, schema.json_schema(), self.max_tokens, options))
            schemas.append(schema)
        return questions, schemas

    def _tag(self, products: Sequence[Product]) -> Tags:
        server = self._check()
        self._ledger.set_budget(self._budget())
        client = Client(server, self._form, self._ledger, self.timeout, self.retries)
        questions, schemas = self._questions(products)
        cache = batch.AnswerCache()
        asked = batch.look_up(questions, server.url, self.structured, cache)
        try:
            batch.ask_missing(asked, client, cache, self.concurrency)
        finally:
            self.spend_ = self._ledger.spend
            out = self._read(products, schemas, asked, server)
        self._warn()
        return out

    def _read(
        self, products: Sequence[Product], schemas: Sequence[prompt.AnswerSchema], asked: batch.Batch, server: Server
    ) -> Tags:
        """Turn the answers into tags without the key, and note what came of each product."""
        self.outcomes_ = []
        out: Tags = []
        for product, schema, key in zip(products, schemas, asked.keys, strict=True):
            tags: list[Tag] = []
            outcome = answer.Outcome(product.id, answer.FAILED, asked.failures.get(key, "not asked"))
            if key in asked.replies:
                outcome, tags = answer.read_tags(
                    product, asked.replies[key], schema, self._vocabulary, self.limit, server.key.redact
                )
            self.outcomes_.append(outcome)
            out.append(tags)
        return out

    def _warn(self) -> None:
        """Warn of answers that were not as they should be."""
        counts = {kind: count for kind, count in self.outcome_counts().items() if count and kind != answer.OK}
        if counts:
            first = next(outcome for outcome in self.outcomes_ if outcome.kind != answer.OK)
            log.warning(
                "llm: of %d answers, %s (`outcomes_` lists them); the first, for product %s: %s",
                len(self.outcomes_),
                ", ".join(f"{count} {kind}" for kind, count in counts.items()),
                first.product,
                " ".join(first.reason.split()),
            )

    def _explain(self, product: Product, tag: str) -> Explanation:
        tags = self._tag([product])[0]  # answered from the cache where the product was tagged before
        found = by_spans(product, tag, self.name, tags, "spans of the answer")
        question, outcome = self._questions([product])[0][0], self.outcomes_[0]
        asked = "\n".join(f"{role}: {content}" for role, content in question.messages)
        said = ", ".join(one.text for one in tags) or outcome.reason or "no tags"
        facts = {**found.facts, "model": self.model, "question": asked, "answer": said, "outcome": outcome.kind}
        return replace(found, facts=facts)

    def _state(self) -> State:
        return {"language": self.language_, "train": [product.to_dict() for product in self._examples.products]}

    def _restore(self, state: State) -> None:
        self.language_ = state["language"]
        self._set_up(as_products(state["train"]))
