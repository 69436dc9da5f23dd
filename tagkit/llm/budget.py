"""Tokens and money: an upper bound before, what was spent after, and a budget that no request may exceed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from tagkit.errors import BadInput

MILLION = 1_000_000
PER_MESSAGE, PER_REQUEST = 16, 128
"""Tokens that a chat template may put around a message, and around a conversation."""


@dataclass(frozen=True)
class Tokens:
    """Tokens of a prompt and of its answer."""

    prompt: int = 0
    completion: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        """Return the sum of both."""
        return Tokens(self.prompt + other.prompt, self.completion + other.completion)

    def __sub__(self, other: Tokens) -> Tokens:
        """Return the difference of both."""
        return Tokens(self.prompt - other.prompt, self.completion - other.completion)

    @property
    def total(self) -> int:
        """All of them."""
        return self.prompt + self.completion


@dataclass(frozen=True)
class Prices:
    """What a million tokens cost, in any one currency; None where it is not known."""

    prompt: float | None = None
    completion: float | None = None

    def cost(self, tokens: Tokens) -> float | None:
        """Return what tokens cost, None without prices."""
        if self.prompt is None or self.completion is None:
            return None
        return (tokens.prompt * self.prompt + tokens.completion * self.completion) / MILLION


@dataclass(frozen=True)
class Estimate:
    """The most that asking can take, before anything is sent.

    Attributes:
        products: Products to ask about.
        cached: Those of them that have an answer in the cache.
        requests: Requests to send; products with the same text share one.
        prompt_tokens: No tokenizer that makes at most one token of a byte makes more of the prompts. It is loose: texts
            have three to five bytes a token.
        completion_tokens: All answers at their longest (`max_tokens`).
        cost: Both at the given prices; None without prices. Requests that have to be sent again come on top.
    """

    products: int
    cached: int
    requests: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None

    @property
    def tokens(self) -> int:
        """Tokens of prompts and answers."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True)
class Spend:
    """What was spent.

    Attributes:
        requests: Requests that were answered.
        cached: Products whose answer was in the cache, or was that of another product with the same text.
        prompt_tokens: As the server counted; where it did not, the upper bound.
        completion_tokens: As the server counted; where it did not, the bytes of the answer.
        cost: At the given prices (without rebates, such as those for repeated prompts); None without prices.
        uncounted: Answers whose tokens the server did not count.
        lost: Requests that were sent and brought no answer (time-outs, cut connections). Whether they are charged for
            nobody knows: they count in full against the budget, not in the figures above.
        retries: Requests that were sent again, after whatever went wrong.
    """

    requests: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    uncounted: int = 0
    lost: int = 0
    retries: int = 0


class OverBudget(Exception):
    """The next request could exceed the budget."""


class Ledger:
    """Keeps the books over all threads: each request reserves its upper bound and gives back what it did not need.

    Args:
        prices: Per million tokens.
        cost: The budget in money; None for none.
        tokens: The budget in tokens; None for none.

    Raises:
        BadInput: A budget in money without prices, or a budget below zero.
    """

    def __init__(self, prices: Prices, cost: float | None = None, tokens: int | None = None) -> None:
        self._change = threading.Condition()
        self._used = Tokens()
        self._lost = Tokens()
        self._reserved = Tokens()
        self._flying = 0
        self._counts = Spend()
        self.allow(prices, cost, tokens)

    def allow(self, prices: Prices, cost: float | None, tokens: int | None) -> None:
        """Set prices and budget anew; what was spent stays.

        Raises:
            BadInput: As on making it.
        """
        if cost is not None and prices.cost(Tokens()) is None:
            raise BadInput("llm: a `budget` in money needs the prices `price_in` and `price_out` (per million tokens)")
        if any(limit is not None and limit < 0 for limit in (cost, tokens)):
            raise BadInput("llm: a budget is not below zero")
        with self._change:
            self._prices, self._cost, self._tokens = prices, cost, tokens

    def reserve(self, bound: Tokens) -> None:
        """Set a request's upper bound aside; waits while requests under way may still give some back.

        Raises:
            OverBudget: It does not fit, and nothing is under way.
        """
        with self._change:
            while not self._fits(bound):
                if not self._flying:
                    raise OverBudget
                self._change.wait()
            self._reserved += bound
            self._flying += 1

    def _fits(self, bound: Tokens) -> bool:
        tokens = self._used + self._lost + self._reserved + bound
        cost = self._prices.cost(tokens)
        return (self._tokens is None or tokens.total <= self._tokens) and (
            self._cost is None or cost is None or cost <= self._cost
        )

    def answered(self, bound: Tokens, used: Tokens, counted: bool) -> None:
        """Book an answer.

        Args:
            bound: What was reserved.
            used: What it took.
            counted: Whether the server counted that.
        """
        with self._change:
            self._used += used
            self._book(bound, requests=1, uncounted=int(not counted))

    def lost(self, bound: Tokens) -> None:
        """Book a request that was sent and brought no answer."""
        with self._change:
            self._lost += bound
            self._book(bound, lost=1)

    def refused(self, bound: Tokens) -> None:
        """Book a request that the server turned down, or that did not reach it: it costs nothing."""
        with self._change:
            self._book(bound)

    def count(self, **more: int) -> None:
        """Count answers from the cache (`cached`) or requests sent again (`retries`)."""
        with self._change:
            self._add(**more)

    def _book(self, bound: Tokens, **more: int) -> None:
        self._reserved -= bound
        self._flying -= 1
        self._add(**more)
        self._change.notify_all()

    def _add(self, **more: int) -> None:
        self._counts = replace(self._counts, **{name: getattr(self._counts, name) + n for name, n in more.items()})

    @property
    def spend(self) -> Spend:
        """What was spent so far."""
        with self._change:
            used = self._used
            cost = self._prices.cost(used)
            return replace(self._counts, prompt_tokens=used.prompt, completion_tokens=used.completion, cost=cost)

    def remaining(self) -> str:
        """Return the budget and what is taken of it, for messages."""
        with self._change:
            taken = self._used + self._lost
            parts = []
            if self._cost is not None:
                parts.append(f"{self._prices.cost(taken):.6g} of {self._cost:.6g}")
            if self._tokens is not None:
                parts.append(f"{taken.total:,} of {self._tokens:,} tokens")
            return " and ".join(parts)
