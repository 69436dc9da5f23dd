"""Asks a server one question: again after faults, in the form that the server understands, within the budget."""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from tagkit.errors import HostedError
from tagkit.llm.budget import PER_MESSAGE, PER_REQUEST, Ledger, Tokens
from tagkit.llm.dialect import Dialect, filtered
from tagkit.llm.http import Response, Sender, Unreachable
from tagkit.llm.reply import Reply, garbled, read_reply

log = logging.getLogger(__name__)
PAUSE, LONGEST = 1.0, 60.0
"""Seconds before the first repetition (doubled each time), and at most."""
PATIENCE = 300.0
"""A server that asks to wait longer than so many seconds is not waited for."""
AGAIN = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 529))
UNCLEAR = frozenset((400, 415, 422, 500, 501))
"""What servers say to a field that they do not know."""
HOPELESS: Mapping[int, str] = {
    401: "the server does not accept the API key (or wants one)",
    402: "the account has no credit",
    403: "the server does not allow this",
    404: "the server knows no such model or address (the endpoint often ends in /v1)",
}


@dataclass(frozen=True)
class Question:
    """One request, before it is put in a server's dialect.

    Attributes:
        model: The model's name.
        messages: Role and content of each.
        schema: The JSON schema of the answer.
        max_tokens: The longest answer.
        options: Further fields of the request.
    """

    model: str
    messages: tuple[tuple[str, str], ...]
    schema: Mapping[str, Any]
    max_tokens: int
    options: Mapping[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """Return all of it as JSON values: the same for the same question."""
        return dict(vars(self))

    @property
    def bound(self) -> Tokens:
        """The most tokens that it can take, at one per byte."""
        size = sum(len(content.encode()) + PER_MESSAGE for _, content in self.messages)
        return Tokens(size + len(json.dumps(self.schema).encode()) + PER_REQUEST, self.max_tokens)


class Failed(Exception):
    """A question that the server did not answer; the message says why."""


class Stopped(Exception):
    """The asking was called off."""


class Client:
    """Asks questions.

    Args:
        sender: Sends.
        dialect: What the server understands; learned from its first answers, and kept by the caller.
        ledger: Books what is spent.
        timeout: Seconds for each request.
        retries: How often a question is sent again.
        key_hint: What to look at when the key is not accepted.
    """

    def __init__(
        self, sender: Sender, dialect: Dialect, ledger: Ledger, timeout: float, retries: int, key_hint: str = ""
    ) -> None:
        self._sender = sender
        self._dialect = dialect
        self._ledger = ledger
        self._timeout = timeout
        self._retries = retries
        self._key_hint = key_hint
        self._stop = threading.Event()
        self._probing = threading.Lock()
        self._not_before = 0.0
        self._random = random.Random()

    def stop(self) -> None:
        """Let no further request be sent; those under way go on."""
        self._stop.set()

    def ask(self, question: Question) -> Reply:
        """Return the answer to a question.

        Until the server's dialect is known, one question is asked at a time.

        Raises:
            Failed: No answer came after all repetitions, or the server turned this question down.
            HostedError: It would turn all of them down: no access, no such model.
            OverBudget: The budget does not allow it.
            Stopped: `stop` was called.
        """
        if not self._dialect.settled:
            with self._probing:
                if not self._dialect.settled:
                    return self._ask(question)
        return self._ask(question)

    def _ask(self, question: Question) -> Reply:
        dialect, attempt = self._dialect.copy(), 0
        while True:
            body = dialect.body(question.model, question.messages, question.schema, question.max_tokens)
            body |= {name: value for name, value in question.options.items() if name not in dialect.dropped}
            problem, wait = self._send(body, question.bound)
            if isinstance(problem, Reply):
                self._dialect.settle(dialect)
                return problem
            if isinstance(problem, Response):
                self._give_up_if_hopeless(problem)
                if problem.status in UNCLEAR and dialect.adapt(problem.text, body, named=problem.status == 500):
                    log.info("the server refused the request (%s); asked again as %s", _say(problem), dialect)
                    continue
                if problem.status == 400 and filtered(problem.text):
                    return Reply("", "content_filter", _say(problem), counted=True)
                if problem.status not in AGAIN:
                    raise Failed(_say(problem))
            if attempt == self._retries:
                raise Failed(f"{_say(problem)} ({attempt + 1} attempts)")
            if wait > PATIENCE:
                raise Failed(f"{_say(problem)}: the server asks to wait {wait:.0f} s")
            pause = max(wait, min(LONGEST, PAUSE * 2**attempt) * self._random.uniform(0.5, 1))
            log.info("%s; asked again in %.1f s", _say(problem), pause)
            self._sleep(pause)
            attempt += 1
            self._ledger.count(retries=1)

    def _send(self, body: Mapping[str, Any], bound: Tokens) -> tuple[Reply | Response | str, float]:
        """Send once; return the answer, or what went wrong and how many seconds the server asks to wait."""
        self._sleep(self._not_before - time.monotonic())
        self._ledger.reserve(bound)
        booked = False
        try:
            self._sleep(0)
            response = self._sender.post(json.dumps(body, ensure_ascii=False).encode(), self._timeout)
            wait = retry_after(response.headers)
            if response.status != 200:
                if response.status in (429, 503) and wait:
                    self._not_before = max(self._not_before, time.monotonic() + min(wait, PATIENCE))
                return response, wait
            reply = read_reply(response.text, bound)
            if reply is None:
                self._ledger.lost(bound)
                booked = True
                return f"the server's answer is no chat completion: {garbled(response.text)}", 0.0
            self._ledger.answered(bound, Tokens(reply.prompt_tokens, reply.completion_tokens), reply.counted)
            booked = True
            return reply, 0.0
        except Unreachable as error:
            if error.sent:
                self._ledger.lost(bound)
                booked = True
            return str(error), 0.0
        finally:
            if not booked:
                self._ledger.refused(bound)

    def _sleep(self, seconds: float) -> None:
        if self._stop.wait(max(seconds, 0)):
            raise Stopped

    def _give_up_if_hopeless(self, response: Response) -> None:
        """Raise where the server would turn every question down."""
        known = self._dialect.settled and response.status in (403, 404)  # it has answered others: this one's own fault
        reason = "" if known else HOPELESS.get(response.status, "")
        if response.status == 429 and "insufficient_quota" in response.text:
            reason = HOPELESS[402]
        if reason:
            hint = f"; {self._key_hint}" if response.status in (401, 403) and self._key_hint else ""
            raise HostedError(f"llm: {reason}{hint}: {_say(response)}")


def retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds that a server asks to wait, 0 if it does not say (readably).

    `Retry-After` holds seconds or a date (RFC 9110, section 10.2.3); some servers give `retry-after-ms` beside it.
    """
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        return max(0.0, float(headers.get("retry-after", "0")))
    except ValueError:
        pass
    try:
        date = parsedate_to_datetime(headers["retry-after"])
    except (KeyError, ValueError):
        return 0.0
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _say(problem: Reply | Response | str) -> str:
    """Return in a few words what went wrong."""
    if not isinstance(problem, Response):
        return str(problem)
    try:
        error = json.loads(problem.text)
        detail = error.get("error", error.get("detail", error)) if isinstance(error, dict) else error
        text = detail.get("message", detail) if isinstance(detail, dict) else detail
    except ValueError:
        text = problem.text
    return f"status {problem.status}: {garbled(str(text))}"
