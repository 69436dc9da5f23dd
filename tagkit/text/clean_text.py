"""A text that is cleaned step by step and knows where each of its characters came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from tagkit.errors import BadInput
from tagkit.product import Span

_SHORT = tuple((at, at + 1) for at in range(512))


class CleanText(NamedTuple):
    """A cleaned text that knows where each of its characters came from.

    Attributes:
        text: The clean text.
        original: The text before any cleaning.
        offsets: For each character of `text` the start and end in `original`; None where nothing moved.
    """

    text: str
    original: str
    offsets: tuple[tuple[int, int], ...] | None = None

    def to_original(self, start: int, end: int) -> Span:
        """Map a span of the clean text back to the original.

        Args:
            start: Its first character.
            end: The position after its last character.

        Returns:
            The span of `original` from the first to the last of these characters. It includes what was removed between
            them, and excludes what was removed before and after them.

        Raises:
            BadInput: The span is not inside the clean text.
        """
        if not 0 <= start <= end <= len(self.text):
            raise BadInput(f"characters {start} to {end} are not inside a text of {len(self.text)}")
        if self.offsets is None:
            return Span(start, end)
        if start < end:
            return Span(self.offsets[start][0], self.offsets[end - 1][1])
        place = self.offsets[start][0] if start < len(self.offsets) else self.offsets[-1][1] if self.offsets else 0
        return Span(place, place)

    @property
    def all_offsets(self) -> Sequence[tuple[int, int]]:
        """The offsets, also where nothing moved."""
        length = len(self.text)
        if self.offsets is not None:
            return self.offsets
        return _SHORT[:length] if length <= len(_SHORT) else [(at, at + 1) for at in range(length)]

    def replaced(self, pattern: re.Pattern[str], new: str | Callable[[re.Match[str]], str]) -> CleanText:
        """Replace all matches by strings of which none is longer than its match, or all are."""
        text, count = pattern.subn(new, self.text)
        if not count:
            return self
        if len(text) == len(self.text):  # each replacement is as long as its match: nothing moved
            return self._replace(text=text)
        make = (lambda _: new) if isinstance(new, str) else new
        return self.rebuilt((m.start(), m.end(), make(m)) for m in pattern.finditer(self.text))

    def rebuilt(self, edits: Iterable[tuple[int, int, str]]) -> CleanText:
        """Replace spans (start, end), which are in order and don't overlap, by new strings."""
        old = self.all_offsets
        pieces: list[str] = []
        offsets: list[tuple[int, int]] = []
        at = 0
        for start, end, new in edits:
            pieces += (self.text[at:start], new)
            offsets += old[at:start]
            if len(new) == end - start:
                offsets += old[start:end]
            else:
                offsets += [(old[start][0], old[end - 1][1])] * len(new)
            at = end
        pieces.append(self.text[at:])
        offsets += old[at:]
        return CleanText("".join(pieces), self.original, tuple(offsets))
