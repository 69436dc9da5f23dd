"""Asks a server one question: repeatedly after failures, in a form that it supports, within the budget.

The connection is that of the `openai` package. Its own retries are switched off, because the ledger accounts for every
attempt, and so is its time limit, which is one per read: a server that sends a byte now and then never exceeds it.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
import threading
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self

import httpx2
import openai

from tagkit.errors import HostedError
from tagkit.llm.answer import Reply, excerpt, parse_reply
from tagkit.llm.budget import Ledger, Tokens
from tagkit.llm.request import Question, RequestFormat, is_filtered
from tagkit.llm.server import Server

log = logging.getLogger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before the first retry (doubled each time), and at most."""
PATIENCE = 300.0
"""Seconds that all pauses of a question take at most, and that a server may be silent before nothing is sent again."""
SAID = 10.0
"""A server that asks for a longer pause is named in a warning, since nothing happens meanwhile."""
CONNECT = 10.0
"""Seconds for connecting, at most."""
MAX_BYTES, MAX_ERROR = 16 * 2**20, 2**16
"""A longer response is not read; of one that is no answer, so many characters are looked at."""
HEADERS = frozenset(("accept", "connection", "content-length", "content-type", "host"))
"""What is sent of the headers that `openai` makes; others describe this machine or are meant for openai.com only."""
RETRIED = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 529))
UNSUPPORTED = frozenset((400, 415, 422, 500, 501))
"""How servers reject a field that they do not support."""
FATAL: Mapping[int, str] = {
    401: "the server does not accept the API key, or requires one",
    402: "the account has no credit",
    403: "the server denies access",
    404: "the server knows no such model or address (the endpoint often ends in /v1)",
}
NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)


class Failed(Exception):
    """A question that the server did not answer; the message says why."""


class Stopped(Exception):
    """The asking was stopped."""


@dataclass(frozen=True)
class _Problem:
    """What a request brought instead of an answer.

    Attributes:
        text: What happened, or the body of the response; without the key.
        status: The HTTP status; 0 if there was no response.
        message: The server's message in that body, if `openai` finds it.
        wait: The seconds that the server asks to wait.
        lost: Whether the server may charge for the request.
    """

    text: str
    status: int = 0
    message: str = ""
    wait: float = 0.0
    lost: bool = False

    def __str__(self) -> str:
        return f"status {self.status}: {excerpt(self.message or self.text)}" if self.status else self.text


class Client:
    """Asks one server; an asynchronous context manager.

    Args:
        server: The server.
        form: The form of the requests; learned from the first answers, and owned by the caller.
        ledger: Accounts for what is spent.
        timeout: Seconds for each request, from connecting to the last byte.
        retries: How often a question is sent again.
    """

    def __init__(self, server: Server, form: RequestFormat, ledger: Ledger, timeout: float, retries: int) -> None:
        self._server = server
        self._form = form
        self.ledger = ledger
        self._timeout = timeout
        self._retries = retries
        self._stopped = threading.Event()
        self._probing = asyncio.Lock()
        self._not_before = 0.0
        self._answered = time.monotonic()

    async def __aenter__(self) -> Self:
        self._openai = _connect(self._server, self._timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._openai.close()

    def is_silent(self) -> bool:
        """Return whether the server has answered nothing for longer than a question waits."""
        return self._will_be_silent(0)

    def stop(self) -> None:
        """Send no further request; those in flight continue. May be called from any thread."""
        self._stopped.set()

    async def ask(self, question: Question) -> Reply:
        """Return the answer to a question.

        Until the server has answered once, one question is asked at a time.

        Raises:
            Failed: No answer came after all retries, or the server refused this question.
            HostedError: The server would refuse all questions: no access, no such model.
            OverBudget: The budget does not allow it.
            Stopped: `stop` was called.
        """
        if not self._form.confirmed:
            async with self._probing:
                if not self._form.confirmed:
                    return await self._ask(question)
        return await self._ask(question)

    async def _ask(self, question: Question) -> Reply:
        form, attempt, paused = RequestFormat(**vars(self._form)), 0, 0.0
        while True:
            body = form.body(question)
            result = await self._send(body, question.bound)
            if isinstance(result, Reply):
                self._form.confirm(form)
                return result
            self._raise_if_fatal(result)
            if result.status in UNSUPPORTED and form.adapt(result.text, body, only_named=result.status == 500):
                log.info("the server rejected the request (%s); sent again as %s", result, form)
                continue
            if result.status == 400 and is_filtered(result.text):
                return Reply("", "content_filter", str(result))
            if result.status and result.status not in RETRIED:
                raise Failed(str(result))
            attempt += 1
            if attempt > self._retries:
                raise Failed(f"{result} ({attempt} attempt{'s' * (attempt > 1)})")
            pause = max(result.wait, min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1)) * random.uniform(0.5, 1))
            paused += pause
            if paused > PATIENCE or self._will_be_silent(pause):
                asks = f"the server asks to wait {result.wait:g} s" if result.wait else "the server is silent"
                raise Failed(f"{result}: {asks}")
            level = logging.WARNING if result.wait > SAID else logging.INFO
            log.log(level, "llm: %s; sent again in %.1f s", result, pause)
            await self._pause(pause)
            self.ledger.count(retries=1)

    async def _send(self, body: dict[str, Any], bound: Tokens) -> Reply | _Problem:
        """Send one request and account for it."""
        await self._pause(self._not_before - time.monotonic())
        while not self.ledger.reserve(bound):
            await self._pause(0.02)
        result: Reply | _Problem = _Problem("cancelled", lost=True)
        try:
            result = await self._exchange(body, bound)
        finally:
            if isinstance(result, Reply):
                self.ledger.settle(bound, result.tokens, counted=result.counted)
            else:
                self.ledger.settle(bound, lost=result.lost)
        if isinstance(result, Reply) or (result.status and result.status not in RETRIED):
            self._answered = time.monotonic()
        elif result.status in (429, 503) and not self._will_be_silent(result.wait):
            self._not_before = max(self._not_before, time.monotonic() + result.wait)
        return result

    def _will_be_silent(self, pause: float) -> bool:
        """Return whether after a pause the server will have been silent for too long."""
        return time.monotonic() + pause - self._answered > PATIENCE

    async def _exchange(self, body: dict[str, Any], bound: Tokens) -> Reply | _Problem:
        """Send one request and return what came of it; no exception of `openai`, whose frames know the key, leaves."""
        redact = self._server.key.redact
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._openai.post("/chat/completions", cast_to=httpx2.Response, body=body)
        except TimeoutError:
            return _Problem(f"no complete answer within {self._timeout:g} s", lost=True)
        except openai.APIStatusError as error:
            message, text = error.message.partition(" - ")[2][:MAX_ERROR], error.response.text[:MAX_ERROR]
            return _Problem(redact(text), error.status_code, redact(message), retry_after(error.response.headers))
        except Exception as error:  # what a server sends may lead to any
            cause = error.__cause__ or error
            text = redact(f"{type(cause).__name__}: {cause}"[:MAX_ERROR])
            return _Problem(text, lost=not isinstance(cause, NOT_SENT))
        if reply := parse_reply(response.text, bound):
            return reply.redacted(redact)
        text = excerpt(redact(response.text[:MAX_ERROR]))
        return _Problem(f"the server's answer is no chat completion: {text}", lost=True)

    async def _pause(self, seconds: float) -> None:
        """Sleep, but no longer than until `stop` is called."""
        end = time.monotonic() + seconds
        while not self._stopped.is_set():
            if (left := end - time.monotonic()) <= 0:
                return
            await asyncio.sleep(min(left, 0.1))
        raise Stopped

    def _raise_if_fatal(self, problem: _Problem) -> None:
        """Raise if the server would refuse every question."""
        status = 402 if problem.status == 429 and "insufficient_quota" in problem.text else problem.status
        if status in FATAL and not (self._form.confirmed and status in (403, 404)):  # it has answered others
            hint = f"; see the environment variable {self._server.key_variable}" if status in (401, 403) else ""
            raise HostedError(f"llm: {FATAL[status]}{hint}: {problem}")


def _connect(server: Server, timeout: float) -> openai.AsyncOpenAI:
    """Return a connection that follows no redirection, reads no endless response and sends no header but our own.

    Proxies and certificates are those of the environment (`HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`), but there is no
    proxy for this machine.
    """
    for name in ("httpcore2", "httpx2"):  # they log the server's headers and status line, which may echo the key
        logging.getLogger(name).setLevel(logging.WARNING)

    async def prepare(request: httpx2.Request) -> None:
        for name in request.headers.keys() - HEADERS:
            del request.headers[name]
        request.headers.update({"User-Agent": "tagkit", "Accept-Encoding": "identity"})
        if server.key:
            request.headers["Authorization"] = server.key.header()

    async def limit(response: httpx2.Response) -> None:
        response.headers.pop("Content-Encoding", None)  # nothing was to be compressed: a bomb is not unpacked
        response.encoding = "utf-8"  # JSON has no other; the server's may unpack, or not be one of text
        response.stream = _Limited(response.stream)

    http = openai.DefaultAsyncHttpxClient(
        verify=not (server.is_local and server.url.startswith("http:")),  # certificates take longer than a request
        follow_redirects=False,
        timeout=httpx2.Timeout(None, connect=min(timeout, CONNECT)),
        mounts={f"all://{httpx2.URL(server.url).netloc.decode()}": None} if server.is_local else None,  # no proxy
        event_hooks={"request": [prepare], "response": [limit]},
    )
    return openai.AsyncOpenAI(base_url=server.url, api_key="set by prepare", max_retries=0, http_client=http)


class _Limited(httpx2.AsyncByteStream):
    """The body of a response, up to `MAX_BYTES`."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > MAX_BYTES:
                raise httpx2.ReadError(f"the response is longer than {MAX_BYTES:,} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds that a server asks to wait, 0 if it does not say so readably.

    `Retry-After` holds seconds or a date (RFC 9110, section 10.2.3); some servers add `retry-after-ms`.
    """
    text = headers.get("retry-after", "0")
    try:
        seconds = float(headers["retry-after-ms"]) / 1000 if "retry-after-ms" in headers else float(text)
    except ValueError:
        try:
            date = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return 0.0
        seconds = (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return 0.0 if math.isnan(seconds) else max(0.0, seconds)
