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
        return Tokens(self.prompt + other.prompt, self.completion + other.completion)

    def __sub__(self, other: Tokens) -> Tokens:
        return Tokens(self.prompt - other.prompt, self.completion - other.completion)

    @property
    def total(self) -> int:
        """All tokens."""
        return self.prompt + self.completion


@dataclass(frozen=True)
class Budget:
    """Prices, and limits of what may be spent.

    Attributes:
        price_in: The price of a million tokens of prompts; None: unknown.
        price_out: The price of a million tokens of answers; None: unknown.
        max_cost: No more may be spent; None: no limit.
        max_tokens: No more may be used; None: no limit.

    Raises:
        BadInput: The cost is limited without prices, or a limit is negative.
    """

    price_in: float | None = None
    price_out: float | None = None
    max_cost: float | None = None
    max_tokens: int | None = None

    def __post_init__(self) -> None:
        """Check the limits."""
        if self.max_cost is not None and self.cost(Tokens()) is None:
            raise BadInput("llm: the parameter `budget` needs the prices `price_in` and `price_out` per million tokens")
        if any(limit is not None and limit < 0 for limit in (self.max_cost, self.max_tokens)):
            raise BadInput("llm: a budget must not be negative")

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit."""
        return self.max_cost is not None or self.max_tokens is not None

    def cost(self, tokens: Tokens) -> float | None:
        """Return the cost of tokens, None without prices."""
        if self.price_in is None or self.price_out is None:
            return None
        return (tokens.prompt * self.price_in + tokens.completion * self.price_out) / 1_000_000

    def allows(self, tokens: Tokens) -> bool:
        """Return whether tokens are within all limits."""
        if self.max_tokens is not None and tokens.total > self.max_tokens:
            return False
        return self.max_cost is None or (self.cost(tokens) or 0) <= self.max_cost


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
        completion_tokens: As the server counted; where it did not, the bytes of the answer, or its maximum length where
            that is less.
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
    """

    def __init__(self, budget: Budget) -> None:
        self._lock = threading.Lock()
        self._used = self._lost = self._reserved = Tokens()
        self._in_flight = 0
        self._counts: Counter[str] = Counter()
        self._budget, self._excess = budget, ""

    def set_budget(self, budget: Budget) -> None:
        """Set prices and limits; what was spent remains, and so does what the server charged in excess of them."""
        with self._lock:
            if budget != self._budget:
                self._budget, self._excess = budget, ""

    def reserve(self, bound: Tokens) -> bool:
        """Reserve the upper bound of a request.

        Within a budget no more requests are in flight than answers have come, and one: if the server turns out to
        charge more than their bounds, few are to be paid for.

        Returns:
            Whether it was reserved; False while it does not fit, but requests in flight may return enough.

        Raises:
            OverBudget: It does not fit and nothing is in flight, or the server charged more than a request's bound.
        """
        with self._lock:
            fits = self._budget.allows(self._used + self._lost + self._reserved + bound)
            fits = fits and not (self._budget.is_limited and self._in_flight > self._counts["requests"])
            if self._excess or not (fits or self._reserved.total):
                raise OverBudget(self._excess)
            if fits:
                self._reserved += bound
                self._in_flight += 1
            return fits

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
                if self._budget.is_limited and (used.prompt > bound.prompt or used.completion > bound.completion):
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
            used, cost = self._used, self._budget.cost(self._used)
            return Spend(**self._counts, prompt_tokens=used.prompt, completion_tokens=used.completion, cost=cost)

    def status(self) -> str:
        """Return what is used of the budget, for messages."""
        used, budget = self._used + self._lost, self._budget
        cost = "" if budget.max_cost is None else f"{budget.cost(used):.6g} of {budget.max_cost:.6g}"
        tokens = "" if budget.max_tokens is None else f"{used.total:,} of {budget.max_tokens:,} tokens"
        return self._excess + " and ".join(filter(None, (cost, tokens)))
