"""A small OpenAI-compatible server on this machine: it answers with words of the title, and fails on command."""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Fault = Callable[["Handler"], None]
KEY = "sk-loopback/0123456789abcdef"
RED, BLUE = "红色高跟鞋", "蓝色连衣裙女"


class Loopback:
    """A real HTTP server in a thread.

    Attributes:
        requests: The bodies of all requests, in order.
        keys: The header `Authorization` of each.
        headers: All headers of each, their names in lower case.
        paths: The path of each.
        faults: What happens to the next requests, in order; None: nothing.
        reply: Makes the content of an answer from a request's body.
        extra: Further fields of each choice, such as a finish reason, or a function that makes them from the content.
        usage: The token counts of an answer; None: none.
        refuses: Words in a request that are answered with status 400.
        delay: Seconds before each answer.
        most: The largest number of requests in flight.
    """

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.faults: list[Fault | None] = []
        self.reply: Callable[[dict[str, Any]], str] = look_up
        self.extra: Any = {}
        self.usage: dict[str, int] | None = {"prompt_tokens": 100, "completion_tokens": 10}
        self.refuses: tuple[str, ...] = ()
        self.delay = 0.0
        self.scheme = "http"
        self.most = self.under_way = 0
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"loopback": self}))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self._server.server_address[1]}/v1"

    def speak_tls(self, certificate: Path) -> None:
        """Take TLS connections from now on, with the key and the certificate of a file."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.scheme = "https"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    """Notes a request, then fails or answers."""

    protocol_version = "HTTP/1.1"
    loopback: Loopback

    def do_POST(self) -> None:
        server = self.loopback
        self.body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with server.lock:
            server.requests.append(self.body)
            server.keys.append(self.headers["Authorization"])
            server.headers.append({name.lower(): value for name, value in self.headers.items()})
            server.paths.append(self.path)
            fault = server.faults.pop(0) if server.faults else None
            server.under_way += 1
            server.most = max(server.most, server.under_way)
        try:
            time.sleep(server.delay)
            if fault is not None:
                fault(self)
            elif named := [name for name in server.refuses if name in json.dumps(self.body)]:
                self.send(400, {"error": {"message": f"these fields are not known here: {named}"}})
            else:
                content = server.reply(self.body)
                extra = server.extra(content) if callable(server.extra) else server.extra
                self.send(200, completion(content, server.usage, extra))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with server.lock:
                server.under_way -= 1

    def send(self, status: int, body: Any, reason: str | None = None, **headers: str) -> None:
        content = (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()
        self.send_response(status, reason)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def completion(content: str | None, usage: dict[str, int] | None = None, extra: dict[str, Any] | None = None) -> dict:
    choice: dict[str, Any] = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    choice |= extra or {}
    return {"object": "chat.completion", "choices": [choice]} | ({"usage": usage} if usage else {})


def title(body: dict[str, Any]) -> str:
    """Return the title that a request asks about."""
    content = body["messages"][-1]["content"]
    return json.loads(content[content.rindex('{"title"') :])["title"]


def look_up(body: dict[str, Any]) -> str:
    """Answer with those of the words offered, by schema or else in the instruction, that are in the title."""
    schema = body.get("response_format", {}).get("json_schema", {}).get("schema", {"properties": {"tags": {}}})
    words = re.split(r"[^\w]+", body["messages"][0]["content"])
    found = {}
    for name, form in schema["properties"].items():
        allowed = dict.fromkeys(form.get("items", {}).get("enum", words))
        found[name] = [word for word in allowed if word and word in title(body)]
    return json.dumps(found, ensure_ascii=False)


def texts(row: list[Any]) -> list[str]:
    return [tag.text for tag in row]


def kinds(tagger: Any) -> list[str]:
    return [outcome.kind for outcome in tagger.outcomes_]


# ---------------------------------------------------------------- faults


def status(code: int, message: str = "no", **headers: str) -> Fault:
    return lambda handler: handler.send(code, {"error": {"message": message}}, **headers)


def says(body: Any, **headers: str) -> Fault:
    """Answer 200 with this body."""
    return lambda handler: handler.send(200, body, **headers)


def hang(seconds: float) -> Fault:
    """Send nothing for a while, then close."""

    def fault(handler: Handler) -> None:
        time.sleep(seconds)
        handler.close_connection = True

    return fault


def drip(seconds: float) -> Fault:
    """Send a byte now and then: no read takes long, and the answer never ends."""

    def fault(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        for _ in range(int(seconds / 0.05)):
            handler.wfile.write(b" ")
            time.sleep(0.05)
        handler.close_connection = True

    return fault


def flood(handler: Handler) -> None:
    """Send an endless answer in chunks."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    while True:
        handler.wfile.write(b"100000\r\n" + b" " * 0x100000 + b"\r\n")


def cut(handler: Handler) -> None:
    """Begin an answer and break the connection."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [{"mess')
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True
