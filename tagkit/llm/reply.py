"""What a server's answer holds, in a form that can be kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tagkit.llm.budget import Tokens


@dataclass(frozen=True)
class Reply:
    """The answer to one question.

    Attributes:
        content: The text.
        finish: Why it ended: "stop", "length", "content_filter", or what else the server says.
        refusal: The model's words of refusal, if the server gives them apart.
        prompt_tokens: Of the question.
        completion_tokens: Of the answer.
        counted: Whether the server counted them; if not, they are an upper bound.
        pieces: For each token of the text its bytes and its log-probability; none where the server gives none.
    """

    content: str
    finish: str = ""
    refusal: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    counted: bool = True
    pieces: tuple[tuple[int, float], ...] = ()

    def plain(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    @classmethod
    def from_plain(cls, row: Mapping[str, Any]) -> Reply:
        """Return what `plain` was made of."""
        return cls(**dict(row) | {"pieces": tuple((size, value) for size, value in row["pieces"])})


def read_reply(text: str, bound: Tokens) -> Reply | None:
    """Read a chat completion.

    Args:
        text: The body of the response.
        bound: The most tokens that question and answer can have, for servers that do not count.

    Returns:
        The answer, None where the text is no chat completion.
    """
    try:
        row = json.loads(text)
        choice = row["choices"][0]
        message = choice["message"]
        content, refusal = _text(message.get("content")), _text(message.get("refusal"))
        finish = _text(choice.get("finish_reason"))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return None
    used = _count(row.get("usage"))
    pieces = _pieces(choice.get("logprobs"), content)
    tokens = used or Tokens(bound.prompt, len(content.encode()))
    return Reply(content, finish, refusal, tokens.prompt, tokens.completion, used is not None, pieces)


def _count(usage: Any) -> Tokens | None:
    """Return what the server counted, None where it did not."""
    try:
        prompt, completion = (usage[f"{kind}_tokens"] for kind in ("prompt", "completion"))
    except (KeyError, TypeError):
        return None
    whole = all(isinstance(count, int) and count >= 0 for count in (prompt, completion))
    return Tokens(prompt, completion) if whole else None


def _text(value: Any) -> str:
    """Return a text as it is, "" for none; a list of parts is joined."""
    if isinstance(value, list):
        return "".join(_text(part.get("text")) for part in value if isinstance(part, dict))
    if value is not None and not isinstance(value, str):
        raise TypeError("not a text")
    return value or ""


def _pieces(logprobs: Any, content: str) -> tuple[tuple[int, float], ...]:
    """Return bytes and log-probability of each token, none unless the tokens make up the text."""
    try:
        tokens = logprobs["content"]
        parts = [bytes(t["bytes"]) if t.get("bytes") is not None else t["token"].encode() for t in tokens]
        values = [float(token["logprob"]) for token in tokens]
    except (KeyError, TypeError, ValueError, AttributeError):
        return ()
    if not b"".join(parts).startswith(content.encode()):
        return ()
    return tuple((len(part), value) for part, value in zip(parts, values, strict=True))


def garbled(text: str, limit: int = 200) -> str:
    """Return the beginning of a text on one line, for messages."""
    line = " ".join(text.split())
    return repr(line if len(line) <= limit else f"{line[:limit]} …")
