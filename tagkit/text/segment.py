"""Word segmentation: jieba for Chinese with the known tags as user words, plain words for English."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

from tagkit.text import _patterns
from tagkit.text.language import HAN
from tagkit.text.phrases import PhraseMatcher
from tagkit.text.present import lower

_JOINED = r"(?:[-'’.&]|(?<=[0-9]),(?=[0-9]{3}(?![0-9])))"
WORD = re.compile(rf"[^\W_]+(?:{_JOINED}[^\W_]+)*")
PIECE = re.compile(rf"(?P<latin>[0-9A-Za-z]+(?:{_JOINED}[0-9A-Za-z]+)*)|[^0-9A-Za-z]+")
BY_SCRIPT = re.compile(rf"(?P<chinese>[{_patterns.HAN}]+)|[^\W_{_patterns.HAN}]+(?:{_JOINED}[^\W_{_patterns.HAN}]+)*")
LONGEST = 500
"""Chinese without a blank is cut by jieba in parts of so many characters, since its time grows with their square."""
UNKNOWN = 50
"""The longest run of characters that form no known word in which words are guessed and their parts of speech."""
GUESSED = 300
"""The parts of speech of so many such characters of a text are guessed; those behind them stay single characters."""


class Token(NamedTuple):
    """A word, its span (`start`, `end`) in the segmented text, and its part of speech (`pos`, jieba's tag or "")."""

    text: str
    start: int
    end: int
    pos: str = ""


class Segmenter:
    """Cut texts into words.

    User words take precedence: each occurrence of one becomes a token, preferring the longest, and the text between
    them is cut.

    Args:
        user_words: Words that are not cut, usually the known tags. Case is ignored.
    """

    def __init__(self, user_words: Iterable[str] = ()) -> None:
        self.user_words = tuple(dict.fromkeys(lower(word) for word in user_words if len(word.strip()) > 1))
        self._matcher = PhraseMatcher(self.user_words)

    def tokens(self, text: str, lang: str, *, pos: bool = False) -> list[Token]:
        """Return the words of a text in order, without blanks and punctuation.

        Args:
            text: The text, cleaned or not.
            lang: "zh" is cut by jieba, except Latin words and numbers; any other language at blanks and punctuation,
                and only its Chinese words by jieba.
            pos: Whether to tag parts of speech (of Chinese words only, slower). User words get "n".
        """
        found: list[Token] = []
        at = 0
        tagger = _jieba_pos()() if pos else None
        for start, end, _ in self._matcher.find(lower(text)):
            found.extend(_cut(text, at, start, lang, tagger))
            found.append(Token(text[start:end], start, end, "n" if pos else ""))
            at = end
        found.extend(_cut(text, at, len(text), lang, tagger))
        return found


def _cut(text: str, start: int, end: int, lang: str, tagger: Any) -> Iterator[Token]:
    """Cut the part of a text between two user words."""
    if lang != "zh":
        for match in WORD.finditer(text, start, end):
            if not HAN.search(match[0]):
                yield Token(match[0], match.start(), match.end())
                continue
            for part in BY_SCRIPT.finditer(text, match.start(), match.end()):
                if part["chinese"]:
                    yield from _chinese_words(part[0], part.start(), tagger)
                else:
                    yield Token(part[0], part.start(), part.end())
        return
    for match in PIECE.finditer(text, start, end):
        if match["latin"]:
            yield Token(match[0], match.start(), match.end(), "eng" if tagger else "")
        else:
            yield from _chinese_words(match[0], match.start(), tagger)


def _parts(text: str) -> Iterator[str]:
    """Split a text after a blank, or where there is none after `LONGEST` characters."""
    at = 0
    while at < len(text):
        end = at + LONGEST
        if end < len(text):
            end = max(text.rfind(blank, at, end) for blank in " \n") + 1 or end
        yield text[at:end]
        at = end


def _chinese_words(text: str, at: int, tagger: Any) -> Iterator[Token]:
    """Cut a text that begins at character `at` by jieba, which tags parts of speech where there is a tagger."""
    for part in _parts(text):
        pairs = tagger.cut(part) if tagger else ((word, "") for word in _jieba().cut(part))
        for word, kind in pairs:
            if any(char.isalnum() for char in word):
                yield Token(word, at, at + len(word), kind)
            at += len(word)


@cache
def _jieba() -> Any:
    """Load jieba's dictionary from its package, once.

    jieba's cache in the temporary folder is not used: it is no faster, may be of another version or user, which would
    silently change the words, and cannot be written on a read-only machine.
    """
    import jieba

    jieba.setLogLevel(logging.ERROR)
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return tokenizer


@cache
def _jieba_pos() -> Any:
    """Load jieba's part-of-speech tagger, and return what makes one for a text.

    The words of characters that form none of the dictionary are guessed, which takes milliseconds a character, so
    guesses are kept. A longer run of such characters than `UNKNOWN` is no sentence, and its characters stay single, as
    do those of a text beyond `GUESSED`.
    """
    import jieba.posseg

    class Tokenizer(jieba.posseg.POSTokenizer):  # type: ignore[misc]
        def __init__(self) -> None:
            self.tokenizer, self.word_tag_tab, self.left = shared.tokenizer, shared.word_tag_tab, GUESSED

        def _POSTokenizer__cut_detail(self, run: str) -> Any:  # noqa: N802
            if len(run) > min(UNKNOWN, self.left):
                return [pair(char, known(char, "x")) for char in run]
            self.left -= len(run)
            return guessed(run)

    shared = jieba.posseg.POSTokenizer(_jieba())
    shared.initialize()
    pair, known = jieba.posseg.pair, shared.word_tag_tab.get
    guess = jieba.posseg.POSTokenizer._POSTokenizer__cut_detail
    guessed = lru_cache(maxsize=10_000)(lambda run: list(guess(shared, run)))
    return Tokenizer
