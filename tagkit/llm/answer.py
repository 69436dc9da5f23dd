"""From a model's words to tags with scores, and to what must be said about the answer."""

from __future__ import annotations

import bisect
import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from tagkit.llm.reply import Reply, garbled
from tagkit.llm.shape import TAGS, Shape
from tagkit.llm.vocabulary import Vocabulary

OK, MALFORMED, EMPTY, REFUSED, TRUNCATED, FAILED = KINDS = (
    "ok",
    "malformed",
    "empty",
    "refused",
    "truncated",
    "failed",
)
THOUGHT = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)
BRACKET = re.compile(r"[{\[]")
LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')
SORRY = re.compile(
    r"\W*(i['’]?m sorry|sorry|i can(no|['’])t|i am (sorry|not able|unable)|抱歉|对不起|很遗憾|我(无法|不能))", re.I
)
NONE = frozenset(("", "n/a", "none", "null", "无"))
"""What models write for "there is none"."""


@dataclass(frozen=True)
class Outcome:
    """What came of asking about one product.

    Attributes:
        product: The product's id.
        kind: "ok"; "malformed": no JSON of the right form; "empty": no tag; "refused": by the model or a filter;
            "truncated": cut at the longest answer, its whole tags are used; "failed": no answer.
        reason: Why, "" for ok.
        outside: Tags that were left out, being outside the closed vocabulary or of an unknown type.
    """

    product: str
    kind: str
    reason: str = ""
    outside: int = 0


@dataclass(frozen=True)
class Found:
    """One tag of an answer: its text, its type ("" for none) and its score."""

    text: str
    type: str
    score: float


def read(product: str, reply: Reply, shape: Shape, vocabulary: Vocabulary, limit: int) -> tuple[Outcome, list[Found]]:
    """Read an answer.

    A tag's score is the geometric mean of the probabilities of its tokens, where the server gives them for the whole
    answer; else it follows from the rank: 1 for the first, falling evenly to 1 / limit.

    Args:
        product: Whose answer it is.
        reply: The answer.
        shape: What was asked for.
        vocabulary: What is allowed.
        limit: How many tags to keep.

    Returns:
        What came of it, and the tags, the best first, each once.
    """
    if reply.refusal or reply.finish == "content_filter":
        return Outcome(product, REFUSED, reply.refusal or "the server's filter"), []
    content = THOUGHT.sub("", reply.content).strip()
    cut = reply.finish == "length"
    if not content:
        kind, reason = (TRUNCATED, "cut before the first tag") if cut else (EMPTY, "no text")
        return Outcome(product, kind, reason), []
    value = find_json(content, cut, lambda value: _fits(value, shape))
    if value is None:
        if SORRY.match(content):
            return Outcome(product, REFUSED, garbled(content)), []
        kind = TRUNCATED if cut else MALFORMED
        return Outcome(
            product, kind, f"no {'whole tag' if cut else 'JSON of the right form'} in {garbled(content)}"
        ), []
    scores = _Scores(reply)
    found: dict[tuple[str, str], Found] = {}
    outside = 0
    for rank, (kind, text) in enumerate(_pairs(value, shape)):
        known = kind in shape.fields
        allowed = vocabulary.allowed(kind, text.strip()) if known else ""
        score = scores.of(text) if reply.pieces else max(limit - rank, 1) / limit
        if not allowed:
            outside += 1
        else:
            found.setdefault((kind, allowed), Found(allowed, kind if shape.typed else "", score))
    tags = sorted(found.values(), key=lambda tag: -tag.score)[:limit]
    if cut:
        return Outcome(product, TRUNCATED, f"cut at the longest answer, {len(tags)} tags are whole", outside), tags
    if not tags:
        return Outcome(product, EMPTY, f"all {outside} tags are not allowed" if outside else "no tag", outside), tags
    return Outcome(product, OK, "", outside), tags


def find_json(text: str, cut: bool, fits: Callable[[Any], bool]) -> Any:
    """Return the first JSON object or list in a text that has the right form, None if there is none.

    Fences and words around the JSON do not matter, nor objects around the right one. A list counts only where it
    stands by itself: in an object of another form, it is the answer to something else.

    Args:
        text: What the model wrote.
        cut: Whether it may break off: then what is whole of it counts.
        fits: Says whether a value has the right form.
    """
    position, broken = 0, False
    while match := BRACKET.search(text, position):
        position = match.end()
        value = None
        try:
            value, position = json.JSONDecoder().raw_decode(text, match.start())
        except ValueError:
            value = _whole_part(text[match.start() :]) if cut else None
            broken = broken or (value is None and match[0] == "{")
        except RecursionError:
            return None
        if isinstance(value, list) and not broken and fits(value):
            return value
        if (inner := next(filter(fits, _objects(value)), None)) is not None:
            return inner
    return None


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield a value and what is within it, as far as these are objects, the outer first."""
    if isinstance(value, dict):
        yield value
    if isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _objects(part)


def _whole_part(text: str) -> Any:
    """Return what is whole of JSON that breaks off: it is cut behind the last whole value, and closed."""
    closers: list[str] = []
    ends: list[tuple[int, str]] = []
    position = 0
    while position < len(text):
        char = text[position]
        if char == '"':
            literal = LITERAL.match(text, position)
            if literal is None:
                break
            position = literal.end()
            ends.append((position, "".join(reversed(closers))))
            continue
        if char in "{[":
            closers.append("}" if char == "{" else "]")
        elif char in "}]" and closers:
            closers.pop()
        if char in "{}[]":
            ends.append((position + 1, "".join(reversed(closers))))
        position += 1
    for end, tail in reversed(ends[-200:]):
        try:
            return json.loads(text[:end] + tail)
        except (ValueError, RecursionError):
            continue
    return None


def _fits(value: Any, shape: Shape) -> bool:
    """Say whether JSON has the form that was asked for, or one that says the same."""
    if isinstance(value, dict):
        return any(name in value for name in shape.fields) or (shape.typed and not value)
    return isinstance(value, list) and not shape.typed and all(isinstance(item, str) for item in value)


def _pairs(value: Any, shape: Shape) -> Iterator[tuple[str, str]]:
    """Yield (field, text) in the order of the answer."""
    for kind, texts in value.items() if isinstance(value, dict) else [(TAGS, value)]:
        for text in texts if isinstance(texts, list) else [texts]:
            if isinstance(text, (int, float)) and not isinstance(text, bool):
                text = str(text)
            if isinstance(text, str) and text.strip().lower() not in NONE and (shape.typed or kind == TAGS):
                yield kind, text


class _Scores:
    """The probabilities of an answer's tags; asked for in the order of the answer."""

    def __init__(self, reply: Reply) -> None:
        self._values = [value for _, value in reply.pieces]
        self._ends = list(accumulate(size for size, _ in reply.pieces))
        self._literals = list(_literals(reply.content)) if reply.pieces else []
        self._next = 0

    def of(self, text: str) -> float:
        """Return the geometric mean of the probabilities of the tokens that spell the next string with this text."""
        for number in range(self._next, len(self._literals)):
            literal, start, end = self._literals[number]
            if literal == text:
                self._next = number + 1
                first, last = bisect.bisect_right(self._ends, start), bisect.bisect_left(self._ends, end)
                return _mean(self._values[first : last + 1])
        return 0.0


def _literals(content: str) -> Iterator[tuple[str, int, int]]:
    """Yield each JSON string of a text with the bytes where its inside begins and ends."""
    position = size = 0
    for match in LITERAL.finditer(content):
        size += len(content[position : match.start() + 1].encode())
        inside = len(match[0][1:-1].encode())
        with suppress(ValueError):
            yield json.loads(match[0]), size, size + inside
        size += inside
        position = match.end() - 1


def _mean(logprobs: Sequence[float]) -> float:
    return min(1.0, math.exp(sum(logprobs) / len(logprobs))) if logprobs else 0.0
