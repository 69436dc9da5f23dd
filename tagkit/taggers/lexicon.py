"""Lexicon: the known tags and their synonyms that are present in the text, longest match first."""

from __future__ import annotations

import copy
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, NamedTuple

from tagkit.attribution import by_spans
from tagkit.cache import FitCache
from tagkit.explanation import Explanation
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

    It learns more products by adding up counts. Without the old products it does not know in which of their texts new
    phrases occur, so that the precision of these is that on new products, and what a corrected product had before still
    counts.

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
        self.spellings_: dict[str, Counter[str]] = {}
        self.types_: dict[str, dict[str, Counter[str]]] = {}
        self.found_: Counter[str] = Counter()
        self.right_: Counter[str] = Counter()
        self._add(train)
        warn_of_short(self.spellings_, self.min_chars, self.name)

    def _learn_new(self, more: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        self._add(more)

    def _known_tags(self) -> Iterable[str]:
        return (tag for counts in self.spellings_.values() for tag in counts)

    def _add(self, products: Sequence[Product]) -> None:
        """Add products to all counts; the counts that were there before are not changed."""
        spellings: dict[str, Counter[str]] = defaultdict(Counter, copy.deepcopy(self.spellings_))
        types: dict[str, dict[str, Counter[str]]] = copy.deepcopy(self.types_)
        for product in products:
            for tag in product.tags:
                spellings[self.clean(tag).text][tag] += 1
            for note in product.annotations:
                by_category = types.setdefault(self.clean(note.text).text, {})
                for category in {"", product.category}:
                    by_category.setdefault(category, Counter())[note.type] += 1
        self.spellings_, self.types_ = dict(spellings), types
        self._build()
        found, right = self._occurrences(products)
        self.found_, self.right_ = self.found_ + found, self.right_ + right
        self._score()

    def _build(self) -> None:
        """Make the entries, without scores, from the counts of spellings and types."""
        tag_of = {key: _most_frequent(counts) for key, counts in self.spellings_.items()}
        for preferred, others in (self.synonyms or {}).items():
            if (known := self.clean(preferred).text) in self.spellings_:
                for other in others:
                    tag_of.setdefault(self.clean(other).text, tag_of[known])
        self.entries_ = [
            LexiconEntry(key, tag, sorted(self.spellings_.get(key, ())), self._types_of(key), 1.0)
            for key, tag in tag_of.items()
            if len(key) >= self.min_chars
        ]
        self._matcher = PhraseMatcher([entry.key for entry in self.entries_])

    def _types_of(self, key: str) -> dict[str, str]:
        return {category: _most_frequent(counts) for category, counts in self.types_.get(key, {}).items()}

    def _occurrences(self, products: Sequence[Product]) -> tuple[Counter[str], Counter[str]]:
        """Return in how many texts each phrase is found, and in how many of these its tag is gold."""
        found: Counter[str] = Counter()
        right: Counter[str] = Counter()
        for product in products:
            gold = {self.clean(tag).text for tag in product.tags}
            for number in {number for _, _, number in self._matcher.find(self.clean(product.text).text)}:
                entry = self.entries_[number]
                found[entry.key] += 1
                right[entry.key] += self.clean(entry.tag).text in gold
        return found, right

    def _score(self) -> None:
        """Give each entry the smoothed share of its occurrences, without the first, where its tag is gold."""
        later = {key: (max(0, self.right_[key] - 1), count - 1) for key, count in self.found_.items()}
        prior = (1 + sum(hits for hits, _ in later.values())) / (2 + sum(count for _, count in later.values()))

        def precision(key: str) -> float:
            hits, count = later.get(key, (0, 0))
            return (hits + PRIOR_WEIGHT * prior) / (count + PRIOR_WEIGHT)

        self.entries_ = [entry._replace(score=precision(entry.key)) for entry in self.entries_]

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

    def _explain(self, product: Product, tag: str) -> Explanation:
        found = by_spans(product, tag, self.name, self._tag_one(product), "entry")
        text = self.clean(product.text)
        used = [self.entries_[at] for at in sorted({number for _, _, number in self._matcher.find(text.text)})]
        entries = [f"{entry.key} (precision {entry.score:.3f})" for entry in used if entry.tag == tag]
        return found.with_facts(entry=", ".join(sorted(entries))) if entries else found

    def _state(self) -> State:
        counts: State = {"spellings": self.spellings_, "types": self.types_}
        return counts | {"found": self.found_, "right": self.right_}

    def _restore(self, state: State) -> None:
        self.spellings_ = {key: Counter(counts) for key, counts in state["spellings"].items()}
        types = state["types"].items()
        self.types_ = {key: {name: Counter(one) for name, one in counts.items()} for key, counts in types}
        self.found_, self.right_ = Counter(state["found"]), Counter(state["right"])
        self._build()
        self._score()


def _most_frequent(counts: Counter[str]) -> str:
    """Return the most frequent key, the first in alphabetical order among equals."""
    return min(counts, key=lambda key: (-counts[key], key))
