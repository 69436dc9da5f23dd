"""Answers kept on disk, so that no question is paid for twice."""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tagkit.cache import cache_folder
from tagkit.errors import BadInput

log = logging.getLogger(__name__)
VERSION = 1
"""Goes into each key: raised when questions or kept answers change their form."""
TABLE = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, model TEXT, time TEXT, reply TEXT) WITHOUT ROWID"
WAIT = 30.0
"""Seconds that a process waits for another one that is writing."""


def key_of(question: Any) -> str:
    """Return the key of a question.

    Args:
        question: Everything that may change the answer, as JSON values.

    Returns:
        A sha256 in hexadecimal digits.
    """
    text = json.dumps([VERSION, question], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class AnswerCache:
    """A SQLite file of answers by key; each answer is one transaction, so none is ever half there.

    Several threads and processes may use it at once: each call opens the file anew. What it holds are the answers (and
    with them tags, not titles), the model's name and the time; neither key nor address.

    Args:
        path: The file; None: `llm/answers.sqlite` in tagkit's cache.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or cache_folder("llm") / "answers.sqlite"
        self._warned = False

    def get(self, keys: Iterable[str]) -> dict[str, Any]:
        """Return the answers that are there, by key.

        Raises:
            BadInput: The file is not what it should be; the message names it.
        """
        wanted, found = list(dict.fromkeys(keys)), {}
        if not wanted or not self.path.exists():
            return {}
        try:
            with self._open() as link:
                for first in range(0, len(wanted), 500):
                    part = wanted[first : first + 500]
                    marks = ",".join("?" * len(part))
                    rows = link.execute(f"SELECT key, reply FROM answers WHERE key IN ({marks})", part)
                    found.update({key: json.loads(reply) for key, reply in rows})
        except (sqlite3.Error, ValueError) as error:
            raise BadInput(f"the cache of answers {self.path} cannot be read ({error}): move it away") from error
        return found

    def put(self, key: str, model: str, reply: Any) -> None:
        """Keep an answer. A disk that is full costs a warning, not the answer: the caller has it."""
        row = (key, model, json.dumps(reply, ensure_ascii=False))
        try:
            with self._open() as link:
                link.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, datetime('now'), ?)", row)
        except sqlite3.Error as error:
            if not self._warned:
                log.warning("answers cannot be kept in %s: %s", self.path, error)
            self._warned = True

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        link = sqlite3.connect(self.path, timeout=WAIT)
        try:
            with link:
                link.execute(TABLE)
                yield link
        finally:
            link.close()
