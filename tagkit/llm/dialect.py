"""What a server understands: structured answers by schema, as JSON, or none; names of parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

FORMATS = ("json_schema", "json_object", "text")
ABOUT_FORMAT = ("response_format", "json_schema", "json_object", "schema", "structured", "grammar", "guided")
OPTIONAL = ("logprobs", "temperature", "seed")
"""Fields without which a question still makes sense: left out where the server's refusal names them."""


@dataclass
class Dialect:
    """How requests to one server are put.

    A server that refuses a request is asked in a simpler way; the way in which it first answers is kept.

    Attributes:
        format: One of `FORMATS`.
        fixed: Whether the format was asked for, so that no other is tried.
        dropped: Fields that are left out.
        limit: What the server calls the longest answer.
        system: Whether it takes system messages; if not, they go before the first message of the user.
        settled: Whether it has ever answered.
    """

    format: str = FORMATS[0]
    fixed: bool = False
    dropped: frozenset[str] = frozenset()
    limit: str = "max_tokens"
    system: bool = True
    settled: bool = field(default=False, repr=False)

    def copy(self) -> Dialect:
        """Return a copy to try things with."""
        return Dialect(**vars(self))

    def settle(self, worked: Dialect) -> None:
        """Keep the first way that worked."""
        if not self.settled:
            vars(self).update(vars(worked) | {"settled": True})

    def body(
        self, model: str, messages: Iterable[tuple[str, str]], schema: Mapping[str, Any], max_tokens: int
    ) -> dict[str, Any]:
        """Return the request: its fields but for the options.

        Args:
            model: The model's name.
            messages: Role and content of each.
            schema: Of the answer.
            max_tokens: The longest answer.
        """
        rows = [{"role": role, "content": content} for role, content in messages]
        if not self.system and rows[0]["role"] == "system":
            first = rows.pop(0)
            rows[0] = rows[0] | {"content": f"{first['content']}\n\n{rows[0]['content']}"}
        body: dict[str, Any] = {"model": model, "messages": rows, self.limit: max_tokens}
        if self.format == "json_schema":
            form = {"name": "tags", "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        elif self.format == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body

    def adapt(self, refusal: str, body: Mapping[str, Any], named: bool = False) -> bool:
        """Change what the server's refusal names; return whether anything changed.

        A refusal that names nothing costs the format, as long as the server has never answered.

        Args:
            refusal: The server's words.
            body: The request that it refused.
            named: Whether to change only what is named, and nothing once the server has answered (for faults that
                come by themselves, too).
        """
        words = refusal.lower()
        if "context length" in words or filtered(words) or (named and self.settled):
            return False
        changed = False
        for name in OPTIONAL:
            if name in words and name in body:
                self.dropped |= {name}
                changed = True
        if self.limit == "max_tokens" and "max_completion_tokens" in words and "max_tokens" in words:
            self.limit, changed = "max_completion_tokens", True
        if self.system and "system" in words and "role" in words:
            self.system, changed = False, True
        about_format = any(word in words for word in ABOUT_FORMAT)
        guess = not changed and not self.settled and not named
        if "response_format" in body and not self.fixed and (about_format or guess):
            self.format, changed = FORMATS[FORMATS.index(self.format) + 1], True
        return changed


def filtered(refusal: str) -> bool:
    """Say whether a server's words are those of a filter of contents."""
    words = refusal.lower()
    return "content_filter" in words or "content management policy" in words or "content_policy_violation" in words
