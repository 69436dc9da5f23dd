"""One HTTP request with a time limit for all of it, and errors that hold no key.

The standard library's `http.client` suffices, and its socket can be shut when time is up: the time-outs of httpx and
requests are per read, so a server that sends a byte now and then holds them for ever.
"""

from __future__ import annotations

import base64
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection, IncompleteRead
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from tagkit.llm.address import Address
from tagkit.llm.secret import Secret

MOST = 16 * 2**20
"""Bytes of an answer; more is not read."""


class Unreachable(Exception):
    """No answer came: no connection, a cut one, or time was up.

    Attributes:
        sent: Whether the server may have had the request, and may charge for it.
    """

    def __init__(self, message: str, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


@dataclass(frozen=True)
class Response:
    """What came back: the status, the headers (names in lower case) and the text, without the key."""

    status: int
    headers: Mapping[str, str]
    text: str


class Sender:
    """Posts JSON to one server; each thread keeps its own connection open.

    Proxies are those of the environment (`HTTPS_PROXY`, `NO_PROXY`), but none for this machine.

    Args:
        address: The server.
        key: Sent with each request, if there is one.
    """

    def __init__(self, address: Address, key: Secret) -> None:
        self._address = address
        self._key = key
        self._path = f"{address.path}/chat/completions"
        self._threads = threading.local()
        direct = address.loopback or bool(proxy_bypass(address.netloc))
        self._proxy = urlsplit("" if direct else getproxies().get(address.scheme, ""))
        self._tls = ssl.create_default_context() if address.scheme == "https" else None

    def post(self, body: bytes, timeout: float) -> Response:
        """Send one request and return the answer.

        Args:
            body: JSON.
            timeout: Seconds for everything, from connecting to the last byte.

        Raises:
            Unreachable: No whole answer came in that time.
        """
        link = self._connection()
        failure, sent, response = "", False, None
        limit = _Limit(link, timeout)
        try:
            if link.sock is None:
                link.timeout = timeout
                link.connect()
            sent = True
            with limit:
                response = self._exchange(link, body)
        except (OSError, HTTPException, ValueError) as error:
            failure = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        # Raised out here, so that no frame or context of the failed exchange, which held the key, hangs on it.
        if response is None or limit.over:
            link.close()
            reason = f"no whole answer within {timeout:g} s" if limit.over else self._key.redact(failure)
            raise Unreachable(reason, sent)
        return response

    def _exchange(self, link: HTTPConnection, body: bytes) -> Response:
        target = f"{self._address}/chat/completions" if self._plain_proxy else self._path
        link.putrequest("POST", target, skip_accept_encoding=True)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), "User-Agent": "tagkit"}
        for name, value in headers.items():
            link.putheader(name, value)
        if self._key:
            link.putheader("Authorization", self._key.header())
        if self._plain_proxy and self._proxy.username:
            link.putheader("Proxy-Authorization", _basic(self._proxy))
        link.endheaders(body)
        answer = link.getresponse()
        content = answer.read(MOST + 1)
        if len(content) > MOST:
            raise HTTPException(f"the answer is longer than {MOST} bytes")
        if answer.length:
            raise IncompleteRead(b"", answer.length)
        text = self._key.redact(content.decode("utf-8", errors="replace"))
        return Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, text)

    @property
    def _plain_proxy(self) -> bool:
        return bool(self._proxy.hostname) and self._tls is None

    def _connection(self) -> HTTPConnection:
        """Return this thread's connection, a new one where the server has closed the last."""
        link: HTTPConnection | None = getattr(self._threads, "link", None)
        if link is None or _closed(link):
            if link is not None:
                link.close()
            link = self._threads.link = self._connect()
        return link

    def _connect(self) -> HTTPConnection:
        proxy, address = self._proxy, self._address
        host, port = (proxy.hostname, proxy.port or 80) if proxy.hostname else (address.host, address.port)
        if self._tls is None:
            return HTTPConnection(host, port)
        link = HTTPSConnection(host, port, context=self._tls)
        if proxy.hostname:
            login = {"Proxy-Authorization": _basic(proxy)} if proxy.username else {}
            link.set_tunnel(address.host, address.port, login)
        return link


class _Limit:
    """Shuts a connection's socket when time is up, which ends whatever waits on it."""

    def __init__(self, link: HTTPConnection, seconds: float) -> None:
        self.over = False
        self._link = link
        self._end = time.monotonic() + seconds

    def __enter__(self) -> None:
        sock = self._link.sock
        sock.settimeout(None)
        self._timer = threading.Timer(max(self._end - time.monotonic(), 0), self._shut, [sock])
        self._timer.daemon = True
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _shut(self, sock: socket.socket) -> None:
        self.over = True
        with suppress(OSError):  # it may just have ended by itself
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _closed(link: HTTPConnection) -> bool:
    """Say whether the other side has closed an idle connection: then there is something to read, the end."""
    if link.sock is None:
        return False
    with selectors.DefaultSelector() as selector:
        selector.register(link.sock, selectors.EVENT_READ)
        return bool(selector.select(0))


def _basic(proxy: SplitResult) -> str:
    login = f"{unquote(proxy.username or '')}:{unquote(proxy.password or '')}"
    return f"Basic {base64.b64encode(login.encode()).decode()}"
