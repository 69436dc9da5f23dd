"""Where a hosted model is, and the API key for it: read from the environment, shown nowhere."""

from __future__ import annotations

import base64
import ipaddress
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlsplit

from tagkit.errors import BadInput, NotSetUp

ENDPOINT_VARIABLE = "TAGKIT_LLM_ENDPOINT"
KEY_VARIABLE, COMMON_KEY_VARIABLE = "TAGKIT_LLM_KEY", "OPENAI_API_KEY"
MIN_SECRET = 8
"""Shorter keys ("EMPTY", "ollama") are placeholders for local servers; they are not secret and not redacted."""
MASK = "***"


class ApiKey:
    """An API key ("" for none) that no `repr`, log, traceback or pickle shows."""

    __slots__ = ("_pattern", "_value")

    def __init__(self, value: str = "") -> None:
        self._value = value
        self._pattern = re.compile("|".join(_spellings(value)), re.IGNORECASE)

    def __bool__(self) -> bool:
        """Return whether there is a key."""
        return bool(self._value)

    def __repr__(self) -> str:
        """Return whether there is a key, not which."""
        return f"ApiKey({MASK})" if self._value else "ApiKey()"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError("an API key is not pickled")

    def header(self) -> str:
        """Return the value of the HTTP header `Authorization`."""
        return f"Bearer {self._value}"

    def redact(self, text: str) -> str:
        """Return a text with the key masked, also where it is escaped (JSON, URL, HTML) or encoded (base64, hex)."""
        return self._pattern.sub(MASK, text) if len(self._value) >= MIN_SECRET else text


def _spellings(key: str) -> Iterator[str]:
    """Yield regular expressions of the ways to write a key that error messages and logs know."""
    # JSON texts contain JSON texts, and URLs URLs: each character may be escaped several times over.
    yield "".join(
        rf"(?:\\{{0,8}}{re.escape(char)}|\\{{1,8}}u{ord(char):04x}|%(?:25)*{ord(char):02x}|&\#(?:{ord(char)}|x{ord(char):x});)"
        for char in key
    )
    yield key.encode().hex()
    for before in range(3):  # bytes that precede it in its group of three, which base64 turns into four characters
        encoded = base64.b64encode(bytes(before) + key.encode()).decode()
        whole = encoded[-(-8 * before // 6) : 8 * (before + len(key)) // 6]
        yield re.escape(whole).replace("/", "[/_]").replace(r"\+", r"[+\-]")


@dataclass(frozen=True)
class Server:
    """An OpenAI-compatible server.

    Attributes:
        url: The base URL, such as "http://localhost:8000/v1".
        is_local: Whether it is this machine.
        key: The API key.
        key_variable: The environment variable that holds it, or may hold it.
    """

    url: str
    is_local: bool
    key: ApiKey
    key_variable: str


def find_server(endpoint: str, key_variable: str) -> Server:
    """Return the server of a parameter or of the environment, with its key.

    The key of `OPENAI_API_KEY` is used without being named only where nobody can read it on the way: over https, or to
    this machine.

    Args:
        endpoint: The base URL; "": the environment variable `TAGKIT_LLM_ENDPOINT`.
        key_variable: The environment variable that holds the key; "": `TAGKIT_LLM_KEY`, then `OPENAI_API_KEY`.

    Raises:
        BadInput: There is no server, or it is not an URL of the right form; the variable has no valid name (perhaps it
            is the key itself), is not set, or holds what cannot be a key. No message shows a key or a password.
    """
    url, host = _check_url((endpoint or os.environ.get(ENDPOINT_VARIABLE, "")).strip())
    is_local = _is_local(host)
    private = is_local or url.startswith("https:")
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*|", key_variable):
        raise BadInput(
            f"llm: key_variable is the name of an environment variable in capital letters, such as {KEY_VARIABLE}; "
            "the key itself belongs in that variable"
        )
    if key_variable and not os.environ.get(key_variable):
        raise BadInput(f"llm: the environment variable {key_variable}, which should hold the API key, is not set")
    names = [key_variable] if key_variable else [KEY_VARIABLE, COMMON_KEY_VARIABLE][: 1 + private]
    name = next((name for name in names if os.environ.get(name)), "")
    if not re.fullmatch(r"[!-~]*", os.environ.get(name, "").strip()):
        raise BadInput(f"llm: the environment variable {name} holds characters that no API key has")
    return Server(url, is_local, ApiKey(os.environ.get(name, "").strip()), " or ".join(names))


def _check_url(text: str) -> tuple[str, str]:
    """Return base URL and host."""
    if not text:
        raise NotSetUp(
            f"llm: no server is configured: set the parameter `endpoint` or the environment variable "
            f"{ENDPOINT_VARIABLE} to the base URL of an OpenAI-compatible server, such as http://localhost:8000/v1",
            "no endpoint",
        )
    wrong = BadInput("llm: the endpoint is not a URL of the form http://HOST:PORT/v1")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise BadInput(
            "llm: the endpoint contains more than scheme, host, port and path: a key belongs in the environment"
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise wrong
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = parts.path.rstrip("/").removesuffix("/chat/completions")
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{path}", parts.hostname


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
