"""Where hosted models are: the base address of an OpenAI-compatible server."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from tagkit.errors import BadInput

VARIABLE = "TAGKIT_LLM_ENDPOINT"


@dataclass(frozen=True)
class Address:
    """A server's base address, taken apart.

    Attributes:
        scheme: "http" or "https".
        host: A name or an IP address.
        port: Its port.
        path: What stands before "/chat/completions", for example "/v1".
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def loopback(self) -> bool:
        """Whether it is this machine."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def netloc(self) -> str:
        """Host and port as an address writes them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        """Return the base address."""
        return f"{self.scheme}://{self.netloc}{self.path}"


def find(endpoint: str, strategy: str = "llm") -> Address:
    """Return the address of the server.

    Args:
        endpoint: The base address, for example "http://localhost:8000/v1"; "": that of the environment variable
            `TAGKIT_LLM_ENDPOINT`.
        strategy: Who asks, for messages.

    Raises:
        BadInput: There is none, or it is not the address of a server. The address itself is not shown where it holds
            a user's name or a key.
    """
    text = endpoint or os.environ.get(VARIABLE, "")
    if not text:
        raise BadInput(
            f"{strategy}: no server is configured: set the parameter `endpoint` or the environment variable {VARIABLE} "
            "to the base address of an OpenAI-compatible server, such as http://localhost:8000/v1"
        )
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise BadInput(f"{strategy}: the endpoint is not an address of the form http://HOST:PORT/v1") from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise BadInput(
            f"{strategy}: the endpoint holds more than scheme, host, port and path: a key belongs into the environment"
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(f"{strategy}: the endpoint {text!r} is not an address of the form http://HOST:PORT/v1")
    path = parts.path.rstrip("/").removesuffix("/chat/completions")
    return Address(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), path)
