"""The API key: read from the environment, shown nowhere."""

from __future__ import annotations

import os
import re
from typing import NoReturn

from tagkit.errors import BadInput
from tagkit.llm.address import Address

OWN, COMMON = "TAGKIT_LLM_KEY", "OPENAI_API_KEY"
SHORT = 8
"""Shorter keys ("EMPTY", "ollama") are what local servers take for none; they are no secret and are not redacted."""
MASK = "***"


class Secret:
    """A key that no `repr`, log, traceback or pickle shows.

    Args:
        value: The key; "" for none.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str = "") -> None:
        self._value = value

    def __bool__(self) -> bool:
        """Say whether there is a key."""
        return bool(self._value)

    def __repr__(self) -> str:
        """Return that there is a key, not which."""
        return f"Secret({MASK})" if self._value else "Secret()"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError("a key is not pickled")

    def header(self) -> str:
        """Return the value of the header `Authorization`."""
        return f"Bearer {self._value}"

    def redact(self, text: str) -> str:
        """Return a text without the key."""
        return text.replace(self._value, MASK) if len(self._value) >= SHORT else text


def find(variable: str, address: Address, strategy: str = "llm") -> Secret:
    """Return the key for a server, none if no variable holds one.

    The key of `OPENAI_API_KEY` goes without being named only where nobody between can read it: over https, or to
    this machine.

    Args:
        variable: The environment variable that holds the key; "": `TAGKIT_LLM_KEY`, then `OPENAI_API_KEY`.
        address: Where it will be sent.
        strategy: Who asks, for messages.

    Raises:
        BadInput: The name is not that of a variable (perhaps it is the key itself), the variable is not set, or what it
            holds cannot be a key. No message shows a value.
    """
    if variable:
        if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", variable):
            raise BadInput(
                f"{strategy}: key_variable is the name of an environment variable in capital letters, such as {OWN}; "
                "the key itself goes into that variable"
            )
        if not os.environ.get(variable):
            raise BadInput(
                f"{strategy}: the environment variable {variable}, which should hold the API key, is not set"
            )
    names = [variable] if variable else [OWN, COMMON] if address.scheme == "https" or address.loopback else [OWN]
    name = next((name for name in names if os.environ.get(name)), "")
    value = os.environ.get(name, "").strip()
    if not re.fullmatch(r"[!-~]*", value):
        raise BadInput(f"{strategy}: the environment variable {name} holds characters that no API key has")
    return Secret(value)
