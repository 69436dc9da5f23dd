"""Texts as windows of tokens with the characters they came from; long texts get several windows, nothing is cut."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, pre_tokenizers

from tagkit.errors import BadInput

LEVELS = ("text", "word", "char")
WORDS = r"\d+|[^\W\d_]+|[^\w\s]|_"
"""What the word level never joins: numbers, letters, marks. 500ml is two words, and a value may end between them."""


@dataclass(frozen=True, slots=True)
class Window:
    """A span of one text as tokens.

    Attributes:
        row: The position of its text.
        ids: The token ids, special tokens and prefix included.
        starts: The first character of each token, -1 for special tokens and the prefix.
        ends: The character after its last one, -1 likewise.
        hints: What is known of the labels of its tokens before they are read (see `ValueHints`), shape (tokens,
            labels); None: nothing.
    """

    row: int
    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    hints: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        """Return the number of tokens."""
        return len(self.ids)


class TextReader:
    """Reads texts as windows.

    Args:
        tokenizer: The tokenizer; its post-processor defines which special tokens surround a text.
        level: "text" reads the tokenizer's own pieces; "word" does too, but never joins numbers, letters and marks;
            "char" reads every character as one token, so that a span may begin and end anywhere (Chinese).
        size: The most tokens of one window, special tokens included. Two windows of one text share a quarter of it,
            64 tokens at most.

    Raises:
        BadInput: The level is unknown, or the window has no room.
    """

    def __init__(self, tokenizer: Tokenizer, level: str = "word", size: int = 512) -> None:
        if level not in LEVELS:
            raise BadInput(f"level is one of {', '.join(LEVELS)}, not {level!r}")
        self.tokenizer = with_word_borders(tokenizer) if level == "word" else tokenizer
        self.level = level
        self.size = size
        self.overlap = min(64, size // 4)
        around = tokenizer.encode("").ids
        self.before, self.after = around[: (len(around) + 1) // 2], around[(len(around) + 1) // 2 :]
        kind = json.loads(tokenizer.to_str())["model"]
        self._unknown = tokenizer.token_to_id(str(kind.get("unk_token") or "")) or int(kind.get("unk_id") or 0)
        self._char_ids: dict[str, int] = {}
        if size < 8 + len(around):
            raise BadInput(f"a window of {size} tokens is too small")

    def read(self, texts: Sequence[str], prefixes: Sequence[str] | None = None) -> list[Window]:
        """Return the windows of all texts, those of one text in order.

        Args:
            texts: The texts; a text without tokens has one window of special tokens alone.
            prefixes: What is read before each text (a category), separated from it by the tokenizer's separator.
        """
        pieces = self._chars(texts) if self.level == "char" else self._pieces(texts)
        heads = self._heads(prefixes) if prefixes is not None else [[]] * len(texts)
        windows = []
        for row, ((ids, starts, ends), head) in enumerate(zip(pieces, heads, strict=True)):
            front = self.before + head
            room = self.size - len(front) - len(self.after)
            for first in _firsts(len(ids), room, self.overlap):
                part = slice(first, first + room)
                pad_front, pad_after = [-1] * len(front), [-1] * len(self.after)
                windows.append(
                    Window(
                        row,
                        np.array([*front, *ids[part], *self.after], dtype=np.int64),
                        np.array([*pad_front, *starts[part], *pad_after], dtype=np.int64),
                        np.array([*pad_front, *ends[part], *pad_after], dtype=np.int64),
                    )
                )
        return windows

    def _heads(self, prefixes: Sequence[str]) -> list[list[int]]:
        separator = self.after or self.before
        known: dict[str, list[int]] = {}
        for prefix in dict.fromkeys(prefixes):
            ids = self.tokenizer.encode(prefix, add_special_tokens=False).ids[: self.size // 4] if prefix else []
            known[prefix] = [*ids, *separator] if ids else []
        return [known[prefix] for prefix in prefixes]

    def _pieces(self, texts: Sequence[str]) -> list[tuple[list[int], list[int], list[int]]]:
        encoded = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [(e.ids, *_places(e.offsets)) for e in encoded]

    def _chars(self, texts: Sequence[str]) -> list[tuple[list[int], list[int], list[int]]]:
        fresh = sorted({char for text in texts for char in text} - self._char_ids.keys())
        for char, encoding in zip(fresh, self.tokenizer.encode_batch(fresh, add_special_tokens=False), strict=True):
            # The last token: a Metaspace tokenizer puts a separate mark before the character.
            self._char_ids[char] = encoding.ids[-1] if encoding.ids else self._unknown
        return [
            ([self._char_ids[char] for char in text], list(range(len(text))), list(range(1, len(text) + 1)))
            for text in texts
        ]


def _places(offsets: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Return starts and ends; of several tokens at one place (a separate Metaspace mark) only the last has it."""
    starts, ends = [start for start, _ in offsets], [end for _, end in offsets]
    for at in range(len(offsets) - 1):
        if starts[at] >= starts[at + 1] or ends[at] <= starts[at]:
            starts[at] = ends[at] = -1
    return starts, ends


def with_word_borders(tokenizer: Tokenizer) -> Tokenizer:
    """Return a copy of a tokenizer that never joins numbers, letters and marks."""
    copy = Tokenizer.from_str(tokenizer.to_str())
    steps = [pre_tokenizers.Split(Regex(r"\s+"), "removed"), pre_tokenizers.Split(Regex(WORDS), "isolated")]
    own = [copy.pre_tokenizer] if copy.pre_tokenizer is not None else []
    copy.pre_tokenizer = pre_tokenizers.Sequence([*steps, *own])
    return copy


def _firsts(length: int, room: int, overlap: int) -> list[int]:
    """Return where the windows of a text of `length` tokens begin."""
    if length <= room:
        return [0]
    step = room - overlap
    firsts = list(range(0, length - room, step))
    return [*firsts, length - room]
