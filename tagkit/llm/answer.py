"""What a server answered: the completion, as the cache stores it, and the tags with scores in it."""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import accumulate
from typing import Any

import jiter

from tagkit.llm.budget import Tokens
from tagkit.llm.prompt import TAGS, AnswerSchema, PromptVocabulary
from tagkit.product import Product, Span, Tag
from tagkit.text.present import places

KINDS = ("ok", "malformed", "empty", "refused", "truncated", "failed")
OK, MALFORMED, EMPTY, REFUSED, TRUNCATED, FAILED = KINDS
THINKING = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)
BRACKET = re.compile(r"[{\[]")
MAX_BROKEN = 100
"""So many brackets that begin no JSON are tried; an answer with more of them is malformed."""
TOKEN_BYTES = 16
"""An answer has at most so many bytes per token that it may have, on average; a longer one is cut off."""
MAX_COUNT = 10**12
"""No request takes more tokens; a server that says so does not count."""
STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
APOLOGY = re.compile(
    r"\W*(i['’]?m sorry|sorry|i can(no|['’])t|i am (sorry|not able|unable)|抱歉|对不起|很遗憾|我(无法|不能))", re.I
)
NONE = frozenset(("", "n/a", "none", "null", "无"))
"""What models write where there is no value."""


@dataclass(frozen=True)
class Reply:
    """A chat completion.

    Attributes:
        content: The text.
        finish: Why it ended: "stop", "length", "content_filter", or another reason of the server.
        refusal: The model's refusal, where the server reports it separately.
        prompt_tokens: Tokens of the question.
        completion_tokens: Tokens of the answer.
        counted: Whether the server counted them; if not, they are an upper bound.
        logprobs: Size in bytes and log-probability of each token of the text; empty where the server gives none.
    """

    content: str
    finish: str = ""
    refusal: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    counted: bool = True
    logprobs: tuple[tuple[int, float], ...] = ()

    @property
    def tokens(self) -> Tokens:
        """The tokens of question and answer."""
        return Tokens(self.prompt_tokens, self.completion_tokens)

    def to_json(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Reply:
        """Return what `to_json` wrote."""
        row = json.loads(text)
        return cls(**row | {"logprobs": tuple((size, value) for size, value in row["logprobs"])})

    def redacted(self, redact: Callable[[str], str]) -> Reply:
        """Return it with texts that are redacted; log-probabilities no longer fit a text that this changed."""
        content = redact(self.content)
        logprobs = self.logprobs if content == self.content else ()
        texts: dict[str, Any] = {"content": content, "finish": redact(self.finish), "refusal": redact(self.refusal)}
        return replace(self, **texts, logprobs=logprobs)


def parse_reply(body: str, bound: Tokens) -> Reply | None:
    """Return the reply in the body of an HTTP response, None if that is no chat completion.

    Where the server does not count tokens, they are those of `bound` for the prompt, and for the answer its bytes, but
    no more than those of `bound` unless the answer is longer than it allows. Such an answer is cut off.
    """
    try:
        row = json.loads(body)
        choice = row["choices"][0]
        message = choice["message"]
        answer, refusal = _text(message.get("content")), _text(message.get("refusal"))
        finish = _text(choice.get("finish_reason"))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        return None
    counts = row.get("usage")
    counts = [counts.get(name) for name in ("prompt_tokens", "completion_tokens")] if isinstance(counts, dict) else []
    counted = bool(counts) and all(type(count) is int and 0 <= count <= MAX_COUNT for count in counts)
    limit = TOKEN_BYTES * bound.completion
    content, size = answer[:limit], len(answer.encode())
    prompt, completion = counts if counted else (bound.prompt, size if size > limit else min(size, bound.completion))
    finish = finish[:limit] if content == answer else "length"
    logprobs = _logprobs(choice.get("logprobs"), content)
    return Reply(content, finish, refusal[:limit], prompt, completion, counted, logprobs)


def _text(value: Any) -> str:
    """Return a text ("" for none; a list of parts is joined) without lone surrogates, which no file can hold."""
    if isinstance(value, list):
        return "".join(_text(part.get("text")) for part in value if isinstance(part, dict))
    if value is not None and not isinstance(value, str):
        raise TypeError("not a text")
    return (value or "").encode("utf-8", "replace").decode()


def _logprobs(logprobs: Any, content: str) -> tuple[tuple[int, float], ...]:
    """Return size in bytes and log-probability of each token, none unless the tokens spell the text."""
    try:
        tokens = logprobs["content"]
        parts = [bytes(t["bytes"]) if isinstance(t.get("bytes"), list) else t["token"].encode() for t in tokens]
        values = [min(0.0, float(token["logprob"])) for token in tokens]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return ()
    if not b"".join(parts).startswith(content.encode()):
        return ()
    return tuple((len(part), value) for part, value in zip(parts, values, strict=True))


@dataclass(frozen=True)
class Outcome:
    """What came of asking about one product.

    Attributes:
        product: The product's id.
        kind: "ok"; "malformed": no JSON of the right form; "empty": no tag; "refused": by the model or a filter;
            "truncated": cut off at the maximum length, its complete tags are used; "failed": no answer.
        reason: Why, "" for ok.
        rejected: Tags that were dropped, being outside the closed vocabulary or of an unknown type.
    """

    product: str
    kind: str
    reason: str = ""
    rejected: int = 0


def read_tags(
    product: Product,
    reply: Reply,
    schema: AnswerSchema,
    vocabulary: PromptVocabulary,
    limit: int,
    redact: Callable[[str], str] = str,
) -> tuple[Outcome, list[Tag]]:
    """Return what came of a question, and the tags of the answer: at most `limit`, the best first, each once.

    A tag's score is the geometric mean of the probabilities of its tokens, where the server gives them for the whole
    answer; else it follows from the rank: 1 for the first tag, decreasing linearly to 1 / limit.
    """
    if reply.refusal or reply.finish == "content_filter":
        return Outcome(product.id, REFUSED, reply.refusal or "by the server's content filter"), []
    content = redact(THINKING.sub("", reply.content).strip())
    cut = reply.finish == "length"
    if not content:
        kind, reason = (TRUNCATED, "cut off before the first tag") if cut else (EMPTY, "no text")
        return Outcome(product.id, kind, reason), []
    value = find_json(content, cut, lambda value: _fits(value, schema))
    if value is None:
        if APOLOGY.match(content):
            return Outcome(product.id, REFUSED, excerpt(content)), []
        kind, missing = (TRUNCATED, "complete tag") if cut else (MALFORMED, "JSON of the right form")
        return Outcome(product.id, kind, f"no {missing} in {excerpt(content)}"), []
    scores = _string_scores(reply)
    found: dict[tuple[str, str], Tag] = {}
    rejected = 0
    for rank, (name, text) in enumerate(_pairs(value, schema)):
        score = max(limit - rank, 1) / limit
        if reply.logprobs:
            score = scores[text].pop(0) if scores[text] else 0.0
        spelling = vocabulary.spelling(name, text.strip()) if name in schema.fields else ""
        rejected += not spelling
        if spelling and (name, spelling) not in found:
            spans = tuple(Span(start, end) for start, end in places(spelling, product.text))
            found[name, spelling] = Tag(spelling, score, "llm", spans, name if schema.typed else "")
    tags = sorted(found.values(), key=lambda tag: -tag.score)[:limit]
    kind, reason = OK, ""
    if cut:
        kind, reason = TRUNCATED, f"cut off at the maximum length after {len(tags)} tags"
    elif not tags:
        kind, reason = EMPTY, f"none of the {rejected} tags is allowed" if rejected else "no tag"
    return Outcome(product.id, kind, reason, rejected), tags


def find_json(text: str, cut: bool, fits: Callable[[Any], bool]) -> Any:
    """Return the first JSON object or list in a text that has the right form, None if there is none.

    Code fences and words around the JSON are ignored, as are objects around the right one. A list counts only at the
    top level: inside an object of another form, it answers something else. Of a text that is cut off, the complete part
    counts.
    """
    position = broken = 0
    in_broken_object = False
    while broken < MAX_BROKEN and (match := BRACKET.search(text, position)):
        position = match.end()
        try:
            value, position = json.JSONDecoder().raw_decode(text, match.start())
        except (ValueError, RecursionError):
            broken += 1
            value = _complete_part(text[match.start() :]) if cut else None
            in_broken_object = in_broken_object or (value is None and match[0] == "{")
        if isinstance(value, list) and not in_broken_object and fits(value):
            return value
        if (inner := next(filter(fits, _objects(value)), None)) is not None:
            return inner
    return None


def _complete_part(text: str) -> Any:
    """Return what is complete of JSON that was cut off, None for what is no JSON. A number at the end may be cut."""
    try:
        return jiter.from_json(text.rstrip("+-.0123456789eE").encode(), partial_mode=True)
    except ValueError:
        return None


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield a value and everything in it, as far as these are objects, the outer ones first."""
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            yield value
            value = list(value.values())
        if isinstance(value, list):
            stack += reversed(value)


def _fits(value: Any, schema: AnswerSchema) -> bool:
    """Return whether JSON has the form that was asked for, or an equivalent one."""
    if isinstance(value, dict):
        return any(name in value for name in schema.fields) or (schema.typed and not value)
    return isinstance(value, list) and not schema.typed and all(isinstance(item, str) for item in value)


def _pairs(value: Any, schema: AnswerSchema) -> Iterator[tuple[str, str]]:
    """Yield (field, text) in the order of the answer."""
    for name, texts in value.items() if isinstance(value, dict) else [(TAGS, value)]:
        for text in texts if isinstance(texts, list) else [texts]:
            if isinstance(text, (int, float)) and not isinstance(text, bool):
                text = str(text)
            if isinstance(text, str) and text.strip().lower() not in NONE and (schema.typed or name == TAGS):
                yield name, _text(text)


def _string_scores(reply: Reply) -> dict[str, list[float]]:
    """Return for each JSON string of an answer the geometric means of the probabilities of its tokens, in order."""
    ends = list(accumulate(size for size, _ in reply.logprobs))
    out: dict[str, list[float]] = defaultdict(list)
    for match in STRING.finditer(reply.content.encode() if reply.logprobs else b""):
        first, last = bisect_right(ends, match.start() + 1), bisect_left(ends, match.end() - 1)
        values = [value for _, value in reply.logprobs[first : last + 1]]
        with suppress(ValueError):
            out[json.loads(match[0])].append(math.exp(sum(values) / len(values)) if values else 0.0)
    return out


def excerpt(text: str, limit: int = 200) -> str:
    """Return the beginning of a text on one line, for messages."""
    line = " ".join(text.split())
    return repr(line if len(line) <= limit else f"{line[:limit]} …")
