"""Tokens and cost: an upper bound before asking, what was spent after, and a budget that no request may exceed."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

from tagkit.errors import BadInput


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

    def cost(self, price_in: float | None, price_out: float | None) -> float | None:
        """Return the cost at prices per million tokens of prompts and answers, None without prices."""
        if price_in is None or price_out is None:
            return None
        return (self.prompt * price_in + self.completion * price_out) / 1_000_000


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

    It can be shared between threads. The arguments are those of `set_budget`.
    """

    def __init__(
        self,
        price_in: float | None = None,
        price_out: float | None = None,
        cost: float | None = None,
        tokens: int | None = None,
    ) -> None:
        self._lock = threading.Lock()
        self._used = self._lost = self._reserved = Tokens()
        self._in_flight = 0
        self._counts: Counter[str] = Counter()
        self.set_budget(price_in, price_out, cost, tokens)

    def set_budget(
        self, price_in: float | None, price_out: float | None, cost: float | None, tokens: int | None
    ) -> None:
        """Set prices and budget; what was spent remains.

        Args:
            price_in: The price of a million tokens of prompts.
            price_out: The price of a million tokens of answers.
            cost: The budget as a cost; None for no limit.
            tokens: The budget in tokens; None for no limit.

        Raises:
            BadInput: There is a budget as a cost without prices, or a budget is negative.
        """
        if cost is not None and (price_in is None or price_out is None):
            raise BadInput("llm: the parameter `budget` needs the prices `price_in` and `price_out` per million tokens")
        if any(limit is not None and limit < 0 for limit in (cost, tokens)):
            raise BadInput("llm: a budget must not be negative")
        with self._lock:
            self._prices = price_in, price_out
            self._max_cost, self._max_tokens = cost, tokens
            self._excess = ""

    def reserve(self, bound: Tokens) -> bool:
        """Reserve the upper bound of a request.

        Returns:
            Whether it was reserved; False while it does not fit, but requests in flight may return enough.

        Raises:
            OverBudget: It does not fit and nothing is in flight, or the server charged more than a request's bound.
        """
        with self._lock:
            tokens = self._used + self._lost + self._reserved + bound
            too_many = self._max_tokens is not None and tokens.total > self._max_tokens
            too_costly = self._max_cost is not None and (tokens.cost(*self._prices) or 0) > self._max_cost
            if self._excess or ((too_many or too_costly) and not self._in_flight):
                raise OverBudget(self._excess)
            if too_many or too_costly:
                return False
            self._reserved += bound
            self._in_flight += 1
            return True

    def settle(self, bound: Tokens, used: Tokens | None = None, *, counted: bool = True, lost: bool = False) -> None:
        """Record what came of a request.

        Args:
            bound: What was reserved.
            used: What the answer took, None without an answer. If it is more than was reserved, no budget can be
                guaranteed any longer, and no further request is allowed.
            counted: Whether the server counted `used`.
            lost: Whether the request was sent and brought no answer; otherwise, one without an answer costs nothing.
        """
        with self._lock:
            self._reserved -= bound
            self._in_flight -= 1
            if lost:
                self._lost += bound
            self._counts.update(requests=int(used is not None), uncounted=int(not counted), lost=int(lost))
            if used is not None:
                self._used += used
                limited = self._max_cost is not None or self._max_tokens is not None
                if limited and (used.prompt > bound.prompt or used.completion > bound.completion):
                    self._excess = (
                        f"the server charged {used.total:,} tokens for a request of at most {bound.total:,}: "
                        "it ignores `max_tokens`; "
                    )

    def count(self, **more: int) -> None:
        """Count answers from the cache (`cached`) or repeated requests (`retries`)."""
        with self._lock:
            self._counts.update(more)

    @property
    def spend(self) -> Spend:
        """What was spent so far."""
        with self._lock:
            used = self._used
            return Spend(
                **self._counts,
                prompt_tokens=used.prompt,
                completion_tokens=used.completion,
                cost=used.cost(*self._prices),
            )

    def status(self) -> str:
        """Return what is used of the budget, for messages."""
        used = self._used + self._lost
        cost = "" if self._max_cost is None else f"{used.cost(*self._prices):.6g} of {self._max_cost:.6g}"
        tokens = "" if self._max_tokens is None else f"{used.total:,} of {self._max_tokens:,} tokens"
        return self._excess + " and ".join(filter(None, (cost, tokens)))
