"""Asks many questions at once; what was answered is stored at once, whatever happens next."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tagkit.cache import cache_folder
from tagkit.errors import BadInput, BudgetSpent, HostedError
from tagkit.llm.answer import Reply
from tagkit.llm.budget import OverBudget
from tagkit.llm.client import Client, Failed, Stopped
from tagkit.llm.request import Question
from tagkit.progress import progress_bar

log = logging.getLogger(__name__)
VERSION = 2
"""Part of each key: raised when the form of questions or stored answers changes."""
MAX_FAILURES, MAX_FAILURES_WHILE_SILENT = 10, 2
"""After so many failures in a row the server is considered down; the second where it has been silent for long."""
BAR_FROM = 20
"""From so many requests on, a progress bar is shown."""
FILE, WAIT = "answers.db", 60.0
"""The file of the cache, and how many seconds another process is waited for that is writing there."""
TABLE = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, reply TEXT NOT NULL) WITHOUT ROWID"


class AnswerCache:
    """Answers on disk, so that no question is paid for twice: a table of texts in an SQLite file.

    Several threads and processes may use it at once. It holds the answers (and with them tags, not titles), neither
    key nor address. Where it cannot be written, a warning says so once, and there is no cache.

    Args:
        folder: Where it is; None: `llm` in the cache of tagkit.

    Raises:
        BadInput: It is damaged; the message names it.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._answers: sqlite3.Connection | None = None
        self._warned = False
        try:
            self.folder = folder or cache_folder("llm")
            path = self.folder / FILE
            answers = sqlite3.connect(path, timeout=WAIT, isolation_level=None, check_same_thread=False)
            for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", TABLE):
                answers.execute(statement)
            self._answers = answers
        except (OSError, sqlite3.OperationalError) as error:
            self._warn(error)
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error

    def __getitem__(self, key: str) -> Reply | None:
        """Return an answer, None if there is none.

        Raises:
            BadInput: The cache is damaged; the message names it.
        """
        if self._answers is None:
            return None
        try:
            found = self._answers.execute("SELECT reply FROM answers WHERE key = ?", (key,)).fetchone()
            return Reply.from_json(found[0]) if found else None
        except (sqlite3.Error, ValueError, TypeError, KeyError, RecursionError) as error:
            raise self._damaged(error) from error

    def __setitem__(self, key: str, reply: Reply) -> None:
        """Store an answer. A full disk costs a warning, not the answer."""
        if self._answers is not None:
            try:
                self._answers.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, reply.to_json()))
            except sqlite3.Error as error:
                self._warn(error)

    def _damaged(self, error: Exception) -> BadInput:
        return BadInput(f"the cache of answers {self.folder} is damaged ({error}): move it away")

    def _warn(self, error: Exception) -> None:
        if not self._warned:
            log.warning("answers of hosted models cannot be stored: %s", error)
        self._warned = True


@dataclass
class Batch:
    """Questions, and what is known of their answers.

    Attributes:
        keys: The key of each question.
        replies: The answers, by key.
        missing: The questions to send, by key, each once.
        failures: Why questions that were sent have no answer, by key.
    """

    keys: list[str] = field(default_factory=list)
    replies: dict[str, Reply] = field(default_factory=dict)
    missing: dict[str, Question] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def n_answered(self) -> int:
        """Questions that have an answer."""
        return sum(key in self.replies for key in self.keys)


def look_up(questions: Sequence[Question], url: str, structured: str, cache: AnswerCache) -> Batch:
    """Look up which questions have been answered before, by this server (its base URL) and in this format."""
    batch = Batch()
    for question in questions:
        parts = json.dumps([VERSION, url, structured, vars(question)], ensure_ascii=False, sort_keys=True)
        key = hashlib.sha256(parts.encode()).hexdigest()
        batch.keys.append(key)
        if key in batch.replies or key in batch.missing:
            continue
        if reply := cache[key]:
            batch.replies[key] = reply
        else:
            batch.missing[key] = question
    return batch


def ask_missing(batch: Batch, client: Client, cache: AnswerCache, concurrency: int) -> None:
    """Send the missing questions; answers and failures are added to the batch.

    The event loop runs in a thread of its own, so that it does not matter whether one is running already, as in
    Jupyter. When this is interrupted, requests in flight continue in that thread and their answers are stored; the
    process waits for them when it ends.

    Raises:
        BudgetSpent: The budget does not allow the next request.
        HostedError: The server refuses everything, or ten questions failed in a row.
    """
    client.ledger.count(cached=len(batch.keys) - len(batch.missing))
    if not batch.missing:
        return
    with_loop = ThreadPoolExecutor(1, thread_name_prefix="tagkit-llm")
    running = with_loop.submit(lambda: asyncio.run(_ask_all(batch, client, cache, concurrency)))
    with_loop.shutdown(wait=False)
    try:
        end = running.result()
    except BaseException:
        client.stop()
        raise
    total, done = len(batch.keys), batch.n_answered
    if isinstance(end, OverBudget):
        raise BudgetSpent(
            f"llm: the budget is spent ({client.ledger.status()}): {done} of {total} products have their answer, "
            "which is stored; raise the budget and run the same again, and only the others are asked",
            done,
            total,
        )
    if end is not None:
        raise HostedError(f"{end}; {done} of {total} products have their answer, which is stored")


async def _ask_all(batch: Batch, client: Client, cache: AnswerCache, concurrency: int) -> Exception | None:
    """Ask all missing questions; return what ended the asking early."""
    questions = iter(batch.missing.items())
    end: Exception | None = None
    in_a_row = 0

    async def work() -> None:
        nonlocal end, in_a_row
        for key, question in questions:  # an iterator that all workers share
            try:
                batch.replies[key] = cache[key] = await client.ask(question)
                in_a_row = 0
            except Stopped:
                return
            except Failed as failure:
                batch.failures[key] = str(failure)
                in_a_row += 1
                if in_a_row >= (MAX_FAILURES_WHILE_SILENT if client.is_silent() else MAX_FAILURES):
                    end = end or HostedError(f"llm: {in_a_row} requests failed in a row, the last: {failure}")
            except (OverBudget, HostedError) as error:
                end = end or error
            bar.update(1)
            if end is not None:
                client.stop()
                return

    total = len(batch.missing)
    title = f"asking {next(iter(batch.missing.values())).model}"
    with progress_bar(total=total, desc=title, shown=total >= BAR_FROM, leave=False, mininterval=0.5) as bar:
        async with client:
            await asyncio.gather(*(work() for _ in range(min(concurrency, total))))
    return end
