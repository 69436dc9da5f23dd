"""Dictionary: the known tags and their synonyms that stand in the text, longest match first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

from tagkit.cache import FitCache
from tagkit.features import CleaningOptions
from tagkit.product import Product, Span, Tag, Tags
from tagkit.tagger import Space, State, Tagger
from tagkit.text.clean import CleanText
from tagkit.text.phrases import PhraseMatcher

PRIOR_WEIGHT = 2.0
"""How many made-up sightings of the average phrase a phrase's own precision is mixed with."""


class Entry(NamedTuple):
    """One phrase of the dictionary."""

    key: str
    """The phrase, cleaned as texts are."""
    tag: str
    """The tag it stands for."""
    spellings: list[str]
    """The tag as train spells it; a text's own spelling is kept when it is one of these."""
    types: dict[str, str]
    """The type it has most often, by category; "" for all categories together."""
    score: float
    """Its precision on train."""


class Lexicon(CleaningOptions, Tagger):
    """Longest-match look-up of all tags seen in train, and of their synonyms.

    Text and phrases are cleaned alike, so that case and width do not matter. A tag's score is the precision of its
    phrase on train, the first sighting left out and mixed with the average of all phrases. Where train has typed
    annotations, a tag gets the type its phrase has most often, within the product's category where it was seen there.

    Args:
        synonyms: Other forms by preferred tag; finding one gives the preferred tag.
        min_chars: Shorter phrases are left out: a single Chinese character says little.

    Source: forward maximum match, the dictionary baseline of word segmentation; see `tagkit.text.phrases`.
    """

    name = "lexicon"
    needs_threshold = False
    space: ClassVar[Space] = {"min_chars": (1, 3)}

    synonyms: Mapping[str, Sequence[str]] | None = None
    min_chars: int = 2

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        spellings: dict[str, Counter[str]] = defaultdict(Counter)
        types: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        for product in train:
            for tag in product.tags:
                spellings[self.clean(tag).text][tag] += 1
            for note in product.annotations:
                for category in {"", product.category}:
                    types[self.clean(note.text).text][category][note.type] += 1
        tag_of = {key: _commonest(counts) for key, counts in spellings.items()}
        for preferred, others in (self.synonyms or {}).items():
            if (known := self.clean(preferred).text) in spellings:
                for other in others:
                    tag_of.setdefault(self.clean(other).text, tag_of[known])
        self.entries_ = [
            Entry(key, tag, sorted(spellings[key]), {c: _commonest(n) for c, n in types[key].items()}, 1.0)
            for key, tag in tag_of.items()
            if len(key) >= self.min_chars
        ]
        self._matcher = PhraseMatcher([entry.key for entry in self.entries_])
        scores = self._precisions(train)
        self.entries_ = [entry._replace(score=score) for entry, score in zip(self.entries_, scores, strict=True)]

    def _precisions(self, train: Sequence[Product]) -> list[float]:
        """Return for each entry how often its tag is right where the phrase stands, its first sighting left out."""
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
    def _spelling(entry: Entry, text: CleanText, span: Span) -> str:
        if len(entry.spellings) < 2:
            return entry.tag
        written = text.original[span.start : span.end]
        return written if written in entry.spellings else entry.tag

    def _state(self) -> State:
        return {"entries": [list(entry) for entry in self.entries_]}

    def _restore(self, state: State) -> None:
        self.entries_ = [Entry(*row) for row in state["entries"]]
        self._matcher = PhraseMatcher([entry.key for entry in self.entries_])


def _commonest(counts: Counter[str]) -> str:
    """Return the most frequent key, the first in order among equals."""
    return min(counts, key=lambda key: (-counts[key], key))
