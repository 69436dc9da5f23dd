"""What the strategies without training share: reading a product as words, and choosing candidate phrases.

Rankers work on `Word`s and `Phrase`s alone, so that words chosen in another way (a part-of-speech tagger, a stemmer)
can be ranked by the same code.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from tagkit.cache import FitCache
from tagkit.errors import BadInput
from tagkit.features import CleaningOptions
from tagkit.product import Product, Span, Tag, Tags
from tagkit.tagger import State, Tagger
from tagkit.text import english
from tagkit.text.clean import DEFAULT, CleanText
from tagkit.text.language import language_of
from tagkit.text.segment import Segmenter, Token
from tagkit.text.stems import stem
from tagkit.text.stopwords import is_stopword

CONTENT_POS = ("n", "a", "vn", "b", "t", "z", "i", "l", "j", "eng")
"""What jieba's tags of content words begin with: nouns, adjectives, verbal nouns, words that tell kinds apart (男式),
times (夏季), states (雪白), set phrases, short forms, Latin words."""
CASED = tuple(step for step in DEFAULT if step not in ("case", "punctuation"))
"""Cleaning that leaves capitals and sentences."""
WORDS, STEMS, NOUN_PHRASES = ENGLISH = ("words", "stems", "noun phrases")
"""How English is read. "words": candidates are words between stop words and marks. "stems": the same, and words with
one Porter stem count as one word. "noun phrases": stems as well; candidates are nouns with the nouns and adjectives
before them, told by a part-of-speech tagger (needs tagkit[english]); marks are words as well where distances count."""
READING: dict[str, Sequence[object]] = {"max_words": (1, 5), "max_words_zh": (1, 3)}
READING |= {"pos_filter": [True, False], "tag_words": [True, False]}
"""What `tagkit tune` searches of how a text is read."""


@dataclass(frozen=True, slots=True)
class Word:
    """One token of a text.

    Attributes:
        form: What counts as the same word; a node of the word graph.
        start: Where it begins in the cleaned text.
        end: Where it ends there, exclusive.
        keep: Whether it may be part of a candidate.
        gap: What the product's own text has between it and the word before it.
        pos: "N" for a noun, "A" for an adjective, "" for anything else and where that is not known.
    """

    form: str
    start: int
    end: int
    keep: bool = True
    gap: str = ""
    pos: str = ""

    @property
    def follows(self) -> bool:
        """Whether it may form a phrase with the word before it: nothing between them, or blanks between Latin words."""
        return not self.gap or (self.form.isascii() and not self.gap.strip(" "))


@dataclass(frozen=True, slots=True)
class Phrase:
    """A candidate: words that stand side by side, and all places where they do.

    Attributes:
        text: As it is written at its first place.
        words: The forms of its words.
        places: The positions (first word, last word) of each occurrence among the words of the text, in order.
        key: What is the same for the same phrase in other texts: its text, or its stems.
    """

    text: str
    words: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    key: str = ""


@dataclass(frozen=True)
class Reading:
    """One product as the strategies see it: cleaned text, language ("zh" or "en") and words.

    `english` is the way in which English words were chosen, one of `ENGLISH`; "words" for Chinese.
    """

    clean: CleanText
    lang: str
    words: Sequence[Word]
    english: str = WORDS

    def phrases(self, select: Callable[[Sequence[Word]], list[tuple[int, int]]]) -> list[Phrase]:
        """Gather the occurrences that a selection gives into phrases, in the order of their first places.

        Args:
            select: Returns (first word, last word) of each occurrence, for example `longest` or `ngrams`.
        """
        forms = [word.form for word in self.words]
        places: dict[str, list[tuple[int, int]]] = {}
        for first, last in select(self.words):
            key = self.text(first, last) if self.english == WORDS else " ".join(forms[first : last + 1])
            places.setdefault(key, []).append((first, last))
        return [
            Phrase(self.text(*at[0]), tuple(forms[at[0][0] : at[0][1] + 1]), tuple(at), key)
            for key, at in places.items()
        ]

    def text(self, first: int, last: int) -> str:
        """Return the words from first to last as they are written, in lower case."""
        return " ".join(self.clean.text[self.words[first].start : self.words[last].end].lower().split())

    def spans(self, phrase: Phrase) -> tuple[Span, ...]:
        """Return where a phrase stands in the product's own text."""
        return tuple(self.clean.to_original(self.words[i].start, self.words[j].end) for i, j in phrase.places)


def runs(words: Sequence[Word], only: Collection[str] | None = None) -> list[tuple[int, int]]:
    """Return (first, last) of the longest rows of kept words that follow each other.

    Args:
        words: All words of the text.
        only: The forms that count; None: all that are kept.
    """
    found: list[tuple[int, int]] = []
    for i, word in enumerate(words):
        if not word.keep or (only is not None and word.form not in only):
            continue
        if found and found[-1][1] == i - 1 and word.follows:
            found[-1] = (found[-1][0], i)
        else:
            found.append((i, i))
    return found


def ngrams(words: Sequence[Word], most: int | None) -> list[tuple[int, int]]:
    """Return (first, last) of all rows of one up to `most` (None: any number) kept words that follow each other."""
    found = []
    for first, last in runs(words):
        length = last - first + 1
        for size in range(1, min(length if most is None else most, length) + 1):
            found += [(i, i + size - 1) for i in range(first, last - size + 2)]
    return found


def longest(words: Sequence[Word], most: int | None, only: Collection[str] | None = None) -> list[tuple[int, int]]:
    """Return (first, last) of the longest rows of kept words, those of more than `most` words parted into single words.

    Args:
        words: All words of the text.
        most: How many words a phrase may have; None: any number.
        only: The forms that count; None: all that are kept.
    """
    found = []
    for first, last in runs(words, only):
        if most is None or last - first < most:
            found.append((first, last))
        else:
            found += [(i, i) for i in range(first, last + 1)]
    return found


def noun_phrases(words: Sequence[Word], most: int | None = None) -> list[tuple[int, int]]:
    """Return (first, last) of all nouns in a row with the adjectives before them.

    Args:
        words: All words of the text.
        most: How many words a phrase may have, longer ones being left out; None: any number.
    """
    kinds = "".join(word.pos or "-" for word in words)
    found = ((match.start(), match.end() - 1) for match in re.finditer("A*N+", kinds))
    return [(first, last) for first, last in found if most is None or last - first < most]


Choose = Callable[[Sequence[Word], int | None], list[tuple[int, int]]]
"""From all words of a text and the most words of a phrase to (first, last) of phrases: `ngrams`, `longest` …"""


@dataclass(kw_only=True)
class PhraseOptions(CleaningOptions):
    """How the text of a product is read as words and phrases.

    Args:
        limit: How many tags to give at most; None: all.
        max_words: How many words an English phrase may have; None: any number.
        max_words_zh: The same for Chinese.
        pos_filter: Whether only Chinese nouns, adjectives and the like count, and known tags; False: all content words.
        tag_words: Whether the tags of train are kept whole as words, and written as there.
        english: How English is read, see `ENGLISH`.
    """

    limit: int | None = 10
    max_words: int | None = 3
    max_words_zh: int | None = 1
    pos_filter: bool = True
    tag_words: bool = True
    english: str = "words"


class WordTagger(PhraseOptions, Tagger):
    """Base of the strategies that score the words and phrases of one product.

    A subclass implements `_score`. Scores are divided by the product's
    highest, so that the best tag has 1 and no product's scores depend on another product. Of equal tags the one that
    stands first comes first, or, where `ties` is "last", the one that stands last.
    """

    ties = "first"
    space = READING

    @abstractmethod
    def _score(self, reading: Reading) -> list[tuple[Phrase, float]]:
        """Return the candidates of one product with scores of 0 and more, the higher the better."""

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        counts = Counter(tag for product in train for tag in product.tags)
        self._know(sorted(counts, key=lambda tag: (-counts[tag], tag)) if self.tag_words else [])

    def _state(self) -> State:
        return {"tags": self.tags_}

    def _restore(self, state: State) -> None:
        self._know(state["tags"])

    def _know(self, tags: list[str]) -> None:
        """Take the tags that stay whole as words; of two with one clean form the first is how it is written."""
        self.tags_ = tags
        self._written: dict[str, str] = {}
        for tag in tags:
            self._written.setdefault(self.clean(tag).text, tag)
        self._segmenter = Segmenter(self._written)

    def _tag(self, products: Sequence[Product]) -> Tags:
        return [self._tag_one(product) for product in products]

    def _tag_one(self, product: Product) -> list[Tag]:
        reading = self._read(product)
        scored = self._score(reading)
        top = max((score for _, score in scored), default=0.0) or 1.0
        # Rounded, so that equal phrases stay equal whatever the order of additions was.
        pairs = [(phrase, round(score / top, 9)) for phrase, score in scored]
        sign = -1 if self.ties == "last" else 1
        best = sorted(pairs, key=lambda pair: (-pair[1], sign * pair[0].places[0][0], pair[0].places))[: self.limit]
        return [Tag(self._as_tag(phrase.text), score, self.name, reading.spans(phrase)) for phrase, score in best]

    def _as_tag(self, text: str) -> str:
        """Write a clean text as train writes that tag (T恤 for t恤), as it is where train has no such tag."""
        return self._written.get(text, text)

    def _read(self, product: Product) -> Reading:
        if self.english not in ENGLISH:
            raise BadInput(f"{self.name}: `english` is one of {', '.join(ENGLISH)}, not {self.english!r}")
        lang = language_of(product)
        if lang != "zh" and self.english == NOUN_PHRASES:
            return _tagged(self.clean(product.text, CASED), lang)
        cleaned = self.clean(product.text)
        tokens = self._segmenter.tokens(cleaned.text, lang, pos=self.pos_filter and lang == "zh")
        words: list[Word] = []
        stemmed = lang != "zh" and self.english == STEMS
        for token in tokens:
            keep = token.text in self._written or self._worth(token, lang)
            gap = _gap(cleaned, words[-1].end if words else 0, token.start)
            form = stem(token.text) if stemmed else token.text
            words.append(Word(form, token.start, token.end, keep, gap))
        return Reading(cleaned, lang, words, STEMS if stemmed else WORDS)

    def _most(self, reading: Reading) -> int | None:
        """Return how many words a phrase may have."""
        most = self.max_words_zh if reading.lang == "zh" else self.max_words
        if most is not None and most < 1:
            raise BadInput(f"{self.name}: a phrase needs at least one word, not {most!r}")
        return most

    def _phrases(self, reading: Reading, choose: Choose) -> list[Phrase]:
        """Return the noun phrases of a product where English is read so, else what is chosen of its words."""
        most = self._most(reading)
        select = noun_phrases if reading.english == NOUN_PHRASES else choose
        return reading.phrases(lambda words: select(words, most))

    def _worth(self, token: Token, lang: str) -> bool:
        """Say whether a token that is no known tag may be part of a candidate."""
        if len(token.text) < 2 or not any(map(str.isalpha, token.text)) or is_stopword(token.text, lang):
            return False
        return not (self.pos_filter and lang == "zh") or token.pos.startswith(CONTENT_POS)


def _tagged(cleaned: CleanText, lang: str) -> Reading:
    """Read an English product by parts of speech: nouns and adjectives are kept, marks are words as well.

    The tagger sees a full stop behind the title, in the place of the line break.
    """
    title, line_break, rest = cleaned.text.partition("\n")
    words: list[Word] = []
    for token in english.tokens(f"{title}. {rest}" if line_break else title):
        start, end = (place - (place > len(title) + bool(line_break)) for place in (token.start, token.end))
        pos = "" if token.pos not in english.NOMINAL else "N" if token.pos in english.NOUNS else "A"
        if not any(map(str.isalpha, token.text)):
            pos = ""
        words.append(
            Word(stem(token.text), start, end, bool(pos), _gap(cleaned, words[-1].end if words else 0, start), pos)
        )
    return Reading(cleaned, lang, words, NOUN_PHRASES)


def _gap(cleaned: CleanText, before: int, after: int) -> str:
    """Return what the product's own text has between two places of the cleaned one, marks included."""
    if before >= after:
        return ""
    span = cleaned.to_original(before, after)
    return cleaned.original[span.start : span.end]
