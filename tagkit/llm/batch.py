"""Asks many questions at once; what was answered is kept, whatever happens next."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

from tqdm.auto import tqdm

from tagkit.errors import BudgetSpent, HostedError
from tagkit.llm.budget import Ledger, OverBudget
from tagkit.llm.cache import AnswerCache, key_of
from tagkit.llm.client import Client, Failed, Question, Stopped
from tagkit.llm.reply import Reply

ENOUGH = 10
"""So many failures one after the other, and the server is taken to be down."""
MANY = 20
"""From so many requests on, a bar is shown."""


@dataclass
class Plan:
    """Which questions have an answer, and which are to be sent.

    Attributes:
        keys: The key of each question.
        replies: The answers that are there, by key.
        missing: The questions to send, by key, each once.
        failures: Why questions that were sent have no answer, by key.
    """

    keys: list[str]
    replies: dict[str, Reply]
    missing: dict[str, Question] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """Questions that have an answer."""
        return sum(key in self.replies for key in self.keys)


def plan(questions: Sequence[Question], where: str, cache: AnswerCache) -> Plan:
    """Look up what is known already.

    Args:
        questions: To ask.
        where: The server and how it is asked: part of an answer's key.
        cache: Of answers.
    """
    keys = [key_of([where, question.plain()]) for question in questions]
    made = Plan(keys, {key: Reply.from_plain(row) for key, row in cache.get(keys).items()})
    for key, question in zip(keys, questions, strict=True):
        if key not in made.replies:
            made.missing.setdefault(key, question)
    return made


def ask_all(
    made: Plan, client: Client, cache: AnswerCache, ledger: Ledger, concurrency: int, on_done: Callable[[], None]
) -> None:
    """Send what is missing and put the answers, and why there is none, into the plan.

    Each answer goes into the cache in the thread that got it, so nothing that was answered is lost when the asking is
    interrupted: requests under way go on in the background, and the process waits for them when it ends.

    Args:
        made: What to send; answers are added to it.
        client: Asks.
        cache: Keeps the answers.
        ledger: Counts what came from the cache.
        concurrency: Requests under way at a time.
        on_done: Called at the end, also before an error is raised.

    Raises:
        BudgetSpent: The budget does not allow the next request.
        HostedError: The server turns everything down, or ten questions failed one after the other.
    """
    ledger.count(cached=len(made.keys) - len(made.missing))
    if not made.missing:
        on_done()
        return

    def work(key: str, question: Question) -> Reply:
        try:
            reply = client.ask(question)
        except (OverBudget, HostedError):
            client.stop()  # here, before this thread takes the next question
            raise
        cache.put(key, question.model, reply.plain())
        return reply

    model = next(iter(made.missing.values())).model
    pool = ThreadPoolExecutor(concurrency, thread_name_prefix="tagkit-llm")
    futures = {pool.submit(work, key, question): key for key, question in made.missing.items()}
    try:
        end = _collect(futures, made, client, f"asking {model}")
    finally:
        client.stop()
        pool.shutdown(wait=False, cancel_futures=True)
        on_done()
    if isinstance(end, OverBudget):
        total, done = len(made.keys), made.done
        raise BudgetSpent(
            f"llm: the budget is spent ({ledger.remaining()}): {done} of {total} products have their answer, which is "
            "kept; raise the budget and run the same again, and only the others are asked",
            done,
            total,
        )
    if end is not None:
        raise HostedError(f"{end}; {made.done} of {len(made.keys)} products have their answer, which is kept")


def _collect(futures: dict[Future[Reply], str], made: Plan, client: Client, title: str) -> Exception | None:
    """Wait for the answers; return what made the asking end early."""
    end: Exception | None = None
    in_a_row = 0
    slow = 0.5 if sys.stderr.isatty() else 15
    with tqdm(total=len(futures), desc=title, disable=len(futures) < MANY, leave=False, mininterval=slow) as bar:
        for future in as_completed(futures):
            problem = None if future.cancelled() else future.exception()
            if future.cancelled() or isinstance(problem, Stopped):
                continue
            bar.update(1)
            if problem is None:
                made.replies[futures[future]] = future.result()
                in_a_row = 0
            elif isinstance(problem, Failed):
                made.failures[futures[future]] = str(problem)
                in_a_row += 1
                if in_a_row >= ENOUGH:
                    end = end or HostedError(f"llm: {ENOUGH} requests failed one after the other, the last: {problem}")
            elif isinstance(problem, (OverBudget, HostedError)):
                end = end or problem
            else:
                raise problem
            if end is not None:
                client.stop()
                for other in futures:
                    other.cancel()
    return end
