"""Lexicon: the known tags and their synonyms that are present in the text, longest match first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

from tagkit.cache import FitCache
from tagkit.features import CleaningOptions
from tagkit.parameters import PositiveInt
from tagkit.product import Product, Span, Tag, Tags
from tagkit.tagger import Space, State, Tagger
from tagkit.text.clean_text import CleanText
from tagkit.text.phrases import PhraseMatcher, warn_of_short

PRIOR_WEIGHT = 2.0
"""The number of pseudo-occurrences with the mean precision by which the precision of a phrase is smoothed."""


class LexiconEntry(NamedTuple):
    """One phrase of the dictionary.

    Attributes:
        key: The phrase, cleaned in the same way as texts.
        tag: The tag it gives.
        spellings: The spellings of the tag in train; the spelling of the text is used if it is one of these.
        types: Its most frequent type by category; "" for all categories together.
        score: Its precision on train.
    """

    key: str
    tag: str
    spellings: list[str]
    types: dict[str, str]
    score: float


class Lexicon(CleaningOptions, Tagger):
    """Dictionary matching of all tags of train and of their synonyms, scored by precision.

    Texts and phrases are cleaned in the same way, so that case and width do not matter. The score of a tag is the
    precision of its phrase on train, without the first occurrence and smoothed by the mean of all phrases. Where train
    has typed annotations, a tag has the most frequent type of its phrase, in the product's category if it occurs there.

    Args:
        synonyms: Other forms by preferred tag; a match of one gives the preferred tag.
        min_chars: Shorter phrases are ignored: a single Chinese character is rarely specific.

    Source: forward maximum matching, the dictionary baseline of word segmentation; see `tagkit.text.phrases`.
    """

    name = "lexicon"
    needs_threshold = False
    space: ClassVar[Space] = {"min_chars": (1, 3)}

    synonyms: Mapping[str, Sequence[str]] | None = None
    min_chars: PositiveInt = 2

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        spellings: dict[str, Counter[str]] = defaultdict(Counter)
        types: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        for product in train:
            for tag in product.tags:
                spellings[self.clean(tag).text][tag] += 1
            for note in product.annotations:
                for category in {"", product.category}:
                    types[self.clean(note.text).text][category][note.type] += 1
        warn_of_short(spellings, self.min_chars, self.name)
        tag_of = {key: _most_frequent(counts) for key, counts in spellings.items()}
        for preferred, others in (self.synonyms or {}).items():
            if (known := self.clean(preferred).text) in spellings:
                for other in others:
                    tag_of.setdefault(self.clean(other).text, tag_of[known])
        self.entries_ = [
            LexiconEntry(key, tag, sorted(spellings[key]), {c: _most_frequent(n) for c, n in types[key].items()}, 1.0)
            for key, tag in tag_of.items()
            if len(key) >= self.min_chars
        ]
        self._matcher = PhraseMatcher([entry.key for entry in self.entries_])
        scores = self._precisions(train)
        self.entries_ = [entry._replace(score=score) for entry, score in zip(self.entries_, scores, strict=True)]

    def _precisions(self, train: Sequence[Product]) -> list[float]:
        """Return for each entry the smoothed share of its occurrences, without the first, where its tag is gold."""
        found: Counter[int] = Counter()
        right: Counter[int] = Counter()
        for product in train:
            gold = {self.clean(tag).text for tag in product.tags}
            for number in {number for _, _, number in self._matcher.find(self.clean(product.text).text)}:
                found[number] += 1
                right[number] += self.clean(self.entries_[number].tag).text in gold
        later = {number: (max(0, right[number] - 1), count - 1) for number, count in found.items()}
        prior = (1 + sum(hits for hits, _ in later.values())) / (2 + sum(count for _, count in later.values()))
        return [
            (hits + PRIOR_WEIGHT * prior) / (count + PRIOR_WEIGHT)
            for hits, count in (later.get(number, (0, 0)) for number in range(len(self.entries_)))
        ]

    def _tag(self, products: Sequence[Product]) -> Tags:
        return [self._tag_one(product) for product in products]

    def _tag_one(self, product: Product) -> list[Tag]:
        text = self.clean(product.text)
        spans: dict[tuple[str, str], list[Span]] = {}
        scores: dict[tuple[str, str], float] = {}
        for start, end, number in self._matcher.find(text.text):
            entry = self.entries_[number]
            span = text.to_original(start, end)
            key = self._spelling(entry, text, span), entry.types.get(product.category) or entry.types.get("", "")
            spans.setdefault(key, []).append(span)
            scores[key] = max(entry.score, scores.get(key, 0.0))
        order = sorted(spans, key=lambda key: -scores[key])
        return [Tag(key[0], scores[key], self.name, tuple(spans[key]), key[1]) for key in order]

    @staticmethod
    def _spelling(entry: LexiconEntry, text: CleanText, span: Span) -> str:
        if len(entry.spellings) < 2:
            return entry.tag
        written = text.original[span.start : span.end]
        return written if written in entry.spellings else entry.tag

    def _state(self) -> State:
        return {"entries": [list(entry) for entry in self.entries_]}

    def _restore(self, state: State) -> None:
        self.entries_ = [LexiconEntry(*row) for row in state["entries"]]
        self._matcher = PhraseMatcher([entry.key for entry in self.entries_])


def _most_frequent(counts: Counter[str]) -> str:
    """Return the most frequent key, the first in alphabetical order among equals."""
    return min(counts, key=lambda key: (-counts[key], key))
