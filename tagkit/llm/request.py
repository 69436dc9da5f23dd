"""Requests, in the form that a server supports: structured answers by schema, as JSON, or none; names of fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tagkit.llm.budget import Tokens
from tagkit.llm.prompt import Messages

FORMATS = ("json_schema", "json_object", "text")
ABOUT_FORMAT = ("response_format", "json_schema", "json_object", "schema", "structured", "grammar", "guided")
OPTIONAL = ("logprobs", "temperature", "seed")
"""Fields without which a question still makes sense: left out if the server's error names them."""
PER_MESSAGE, PER_REQUEST = 16, 128
"""Tokens that a chat template may add to a message, and to a conversation."""


@dataclass(frozen=True)
class Question:
    """What is asked, before it takes the form that a server supports.

    Attributes:
        model: The model's name.
        messages: Role and content of each.
        schema: The JSON schema of the answer.
        max_tokens: The maximum length of the answer.
        options: Further fields of the request.
    """

    model: str
    messages: Messages
    schema: Mapping[str, Any]
    max_tokens: int
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def bound(self) -> Tokens:
        """The most tokens that it can take, at one token per byte."""
        size = sum(len(content.encode()) + PER_MESSAGE for _, content in self.messages)
        return Tokens(size + len(json.dumps(self.schema).encode()) + PER_REQUEST, self.max_tokens)


@dataclass
class RequestFormat:
    """The form of the requests to one server.

    A server that rejects a request is asked in a simpler form; the first form that it answers is used from then on.

    Attributes:
        structured: One of `FORMATS`.
        fixed: Whether the user chose `structured`, so that no other format is tried.
        dropped: Fields that are left out.
        max_tokens_field: What the server calls the maximum length.
        system_role: Whether it takes system messages; if not, they precede the first message of the user.
        confirmed: Whether the server has ever answered.
    """

    structured: str = FORMATS[0]
    fixed: bool = False
    dropped: frozenset[str] = frozenset()
    max_tokens_field: str = "max_tokens"
    system_role: bool = True
    confirmed: bool = field(default=False, repr=False)

    def confirm(self, worked: RequestFormat) -> None:
        """Take over the first form that the server answered."""
        if not self.confirmed:
            vars(self).update(vars(worked) | {"confirmed": True})

    def body(self, question: Question) -> dict[str, Any]:
        """Return the fields of the request."""
        rows = [{"role": role, "content": content} for role, content in question.messages]
        if not self.system_role and rows[0]["role"] == "system":
            first = rows.pop(0)
            rows[0] = rows[0] | {"content": f"{first['content']}\n\n{rows[0]['content']}"}
        body: dict[str, Any] = {"model": question.model, "messages": rows, self.max_tokens_field: question.max_tokens}
        if self.structured == "json_schema":
            schema = {"name": "tags", "strict": True, "schema": question.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif self.structured == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body | {name: value for name, value in question.options.items() if name not in self.dropped}

    def adapt(self, error: str, body: Mapping[str, Any], only_named: bool = False) -> bool:
        """Change what the server's error names; return whether anything changed.

        An error that names nothing simplifies the format of the answer, as long as the server has never answered.

        Args:
            error: The server's message.
            body: The request that it rejected.
            only_named: Change only what is named, and nothing once the server has answered (for errors that also occur
                for other reasons).
        """
        words = error.lower()
        if "context length" in words or is_filtered(words) or (only_named and self.confirmed):
            return False
        before = dict(vars(self))
        self.dropped |= {name for name in OPTIONAL if name in words and name in body}
        if "max_completion_tokens" in words and "max_tokens" in words:
            self.max_tokens_field = "max_completion_tokens"
        if "system" in words and "role" in words:
            self.system_role = False
        about_format = any(word in words for word in ABOUT_FORMAT)
        guess = vars(self) == before and not self.confirmed and not only_named
        if "response_format" in body and not self.fixed and (about_format or guess):
            self.structured = FORMATS[FORMATS.index(self.structured) + 1]
        return vars(self) != before


def is_filtered(error: str) -> bool:
    """Return whether a server's error comes from a content filter."""
    words = error.lower()
    return any(name in words for name in ("content_filter", "content management policy", "content_policy_violation"))
