"""Tokens and cost: an upper bound before asking, what was spent after, and a budget that no request may exceed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from tagkit.errors import BadInput

MILLION = 1_000_000


@dataclass(frozen=True)
class Tokens:
    """The tokens of a prompt and of its answer."""

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
        """All tokens."""
        return self.prompt + self.completion


@dataclass(frozen=True)
class Prices:
    """The price of a million tokens, in any one currency; None where it is unknown."""

    prompt: float | None = None
    completion: float | None = None

    def cost(self, tokens: Tokens) -> float | None:
        """Return what tokens cost, None without prices."""
        if self.prompt is None or self.completion is None:
            return None
        return (tokens.prompt * self.prompt + tokens.completion * self.completion) / MILLION


@dataclass(frozen=True)
class Estimate:
    """An upper bound of what tagging takes, computed before anything is sent.

    Attributes:
        products: Products to ask about.
        cached: Those of them whose answer is in the cache.
        requests: Requests to send; products with the same text share one.
        prompt_tokens: One token per byte, plus what a chat template may add. The bound is loose: most tokenizers need
            one token for three to five bytes.
        completion_tokens: All answers at their maximum length (`max_tokens`).
        cost: Both at the given prices; None without prices. Repeated requests come on top.
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
        cost: At the given prices, without discounts such as those for cached prompts; None without prices.
        uncounted: Answers whose tokens the server did not count.
        lost: Requests that were sent and brought no answer (timeouts, broken connections). They may be charged for, so
            they count in full against the budget, but not in the numbers above.
        retries: Requests that were sent again after a failure.
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
    """Accounts for all requests: each one reserves its upper bound and returns what it did not need.

    It can be shared between threads.

    Args:
        prices: Per million tokens.
        cost: The budget as a cost; None for no limit.
        tokens: The budget in tokens; None for no limit.

    Raises:
        BadInput: There is a budget as a cost without prices, or a budget is negative.
    """

    def __init__(self, prices: Prices, cost: float | None = None, tokens: int | None = None) -> None:
        self._lock = threading.Lock()
        self._used = Tokens()
        self._lost = Tokens()
        self._reserved = Tokens()
        self._in_flight = 0
        self._counts = Spend()
        self.set_budget(prices, cost, tokens)

    def set_budget(self, prices: Prices, cost: float | None, tokens: int | None) -> None:
        """Set the prices and the budget; what was spent remains.

        Raises:
            BadInput: As for the class.
        """
        if cost is not None and prices.cost(Tokens()) is None:
            raise BadInput("llm: the parameter `budget` needs the prices `price_in` and `price_out` per million tokens")
        if any(limit is not None and limit < 0 for limit in (cost, tokens)):
            raise BadInput("llm: a budget must not be negative")
        with self._lock:
            self._prices, self._cost, self._tokens = prices, cost, tokens
            self._excess = ""

    def reserve(self, bound: Tokens) -> bool:
        """Reserve the upper bound of a request.

        Returns:
            Whether it was reserved; False while it does not fit, but requests in flight may return enough.

        Raises:
            OverBudget: It does not fit and nothing is in flight, or the server charged more than a request's bound.
        """
        with self._lock:
            if self._excess or not self._fits(bound):
                if self._excess or not self._in_flight:
                    raise OverBudget(self._excess)
                return False
            self._reserved += bound
            self._in_flight += 1
            return True

    def _fits(self, bound: Tokens) -> bool:
        tokens = self._used + self._lost + self._reserved + bound
        cost = self._prices.cost(tokens)
        return (self._tokens is None or tokens.total <= self._tokens) and (
            self._cost is None or cost is None or cost <= self._cost
        )

    def answered(self, bound: Tokens, used: Tokens, counted: bool) -> None:
        """Record an answer.

        Args:
            bound: What was reserved.
            used: What it took. Where that is more than was reserved, a budget cannot be kept any longer: no further
                request is allowed.
            counted: Whether the server counted `used`.
        """
        with self._lock:
            self._used += used
            limited = self._cost is not None or self._tokens is not None
            if limited and (used.prompt > bound.prompt or used.completion > bound.completion):
                self._excess = (
                    f"the server charged {used.total:,} tokens for a request of at most {bound.total:,}: it ignores "
                    "`max_tokens`"
                )
            self._release(bound, requests=1, uncounted=int(not counted))

    def lost(self, bound: Tokens) -> None:
        """Record a request that was sent and brought no answer."""
        with self._lock:
            self._lost += bound
            self._release(bound, lost=1)

    def refused(self, bound: Tokens) -> None:
        """Record a request that the server refused or that did not reach it: it costs nothing."""
        with self._lock:
            self._release(bound)

    def count(self, **more: int) -> None:
        """Count answers from the cache (`cached`) or repeated requests (`retries`)."""
        with self._lock:
            self._add(**more)

    def _release(self, bound: Tokens, **more: int) -> None:
        self._reserved -= bound
        self._in_flight -= 1
        self._add(**more)

    def _add(self, **more: int) -> None:
        self._counts = replace(self._counts, **{name: getattr(self._counts, name) + n for name, n in more.items()})

    @property
    def spend(self) -> Spend:
        """What was spent so far."""
        with self._lock:
            used = self._used
            cost = self._prices.cost(used)
            return replace(self._counts, prompt_tokens=used.prompt, completion_tokens=used.completion, cost=cost)

    def status(self) -> str:
        """Return what is used of the budget, for messages."""
        with self._lock:
            used = self._used + self._lost
            parts = []
            if self._cost is not None:
                parts.append(f"{self._prices.cost(used):.6g} of {self._cost:.6g}")
            if self._tokens is not None:
                parts.append(f"{used.total:,} of {self._tokens:,} tokens")
            return " and ".join(parts)
