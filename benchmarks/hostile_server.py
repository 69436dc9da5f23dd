"""What servers of hosted models do instead of answering, for benchmarks/robustness.py."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "tests"))
import loopback

Fault = Callable[[Any], None]


def faults(key: str) -> Iterator[tuple[str, Fault]]:
    """Yield what a server does instead of answering."""
    answer = loopback.completion('{"tags": ["红色"]}')
    head = b"HTTP/1.1 200 OK\r\n"
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
    for after in ("inf", "-inf", "nan", "1e400", "-5", "9" * 5000, "Wed, 21 Oct 9999999999999999999 07:28:00 GMT",
                  "Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 01 Jan 0001 00:00:00 +2359", "soon"):  # fmt: skip
        yield f"Retry-After: {after[:30]}", loopback.status(429, **{"Retry-After": after})
    for charset in ("base64", "zlib", "bz2", "idna", "undefined", "utf-16", "rot13", "no such"):
        for code in (200, 500):
            kind = {"Content-Type": f"application/json; charset={charset}"}
            yield f"charset {charset}, status {code}", lambda h, code=code, kind=kind: h.send(code, answer, **kind)
    for count in (-5, "1", 10**400, float("nan"), True, None, [1]):
        usage = {"prompt_tokens": count, "completion_tokens": count}
        yield f"usage {str(count)[:9]}", loopback.says(answer | {"usage": usage})
    for token in ({"logprob": 10**400}, {"logprob": float("nan")}, {"logprob": 0, "bytes": 10**13}, {"bytes": [300]}):
        choice = {"logprobs": {"content": [{"token": "x"} | token]}}
        yield f"log-probabilities {str(token)[:30]}", loopback.says(loopback.completion('{"tags": []}', None, choice))
    for code in (200, 400, 500):
        yield f"deep JSON, status {code}", lambda h, code=code: h.send(code, "[" * 200_000)
    for finish in ("stop", "length"):
        for content in (
            "[" * 100_000,
            '{"tags":' * 100_000,
            "[" * 99 + "1," * 2**20 + "!",
            "{}," * 2**20,
            "<think>" * 2**17,
        ):
            reply = loopback.completion(content, None, {"finish_reason": finish})
            yield f"answer {content[:8]}, {finish}", loopback.says(reply)
    for name in ("content", "refusal", "finish_reason", "tool_calls"):
        message = {"role": "assistant", "content": None, name: key}
        yield f"key in {name}", loopback.says({"choices": [{"message": message, name: key}]})
    for name, code in (("error", 500), ("error", 400), ("redirection", 302), ("denial", 401)):
        body = json.dumps({"error": {"message": key}}).replace("/", "\\/").replace("s", "\\u0073")
        yield (
            f"key in a {name}",
            lambda h, code=code, body=body: h.send(code, body, reason=key, Location=key, X_Key=key),
        )
    yield "hang", loopback.hang(3)
    yield "a byte now and then", loopback.drip(3)
    yield "an endless answer", loopback.flood
    yield "a cut answer", loopback.cut
    yield "a reset connection", reset
    yield "no HTTP", raw(b"hello\r\n\r\n")
    yield "garbage in chunks", raw(chunked, b"zz\r\n")
    yield "a huge chunk", raw(chunked, b"f" * 20 + b"\r\nx")
    yield "a negative length", raw(head, b"Content-Length: -5\r\n\r\n")
    yield "two lengths", raw(head, b"Content-Length: 5\r\nContent-Length: 9\r\n\r\nhello")
    yield "endless headers", raw(head, *[b"A: b\r\n" * 9999] * 99)
    yield "headers now and then", raw(head, *[b"A: b\r\n"] * 60, pause=0.05)
    yield "endless interim answers", raw(*[b"HTTP/1.1 100 Continue\r\n\r\n"] * 60, pause=0.05)
    bomb = gzip.compress(b" " * 2**26)
    yield "a gzip bomb", raw(head, b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb), bomb)
    yield "a web page", loopback.says(f"<html>\x1b[31m{key}", Content_Type="text/html")
    yield "a stream of events", loopback.says("data: {}\n\n", Content_Type="text/event-stream")


def raw(*parts: bytes, pause: float = 0.0) -> Fault:
    """Return a fault that sends what may be no HTTP, and closes the connection."""

    def fault(handler: Any) -> None:
        handler.close_connection = True
        for part in parts:
            handler.wfile.write(part)
            time.sleep(pause)

    return fault


def reset(handler: Any) -> None:
    """Reset the connection."""
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
