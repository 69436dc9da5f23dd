"""Dictionary: forward maximum matching of the tags of train, as in published baselines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from tagkit.attribution import by_spans
from tagkit.cache import FitCache
from tagkit.explanation import Explanation
from tagkit.parameters import PositiveInt
from tagkit.product import Product, Span, Tag, Tags
from tagkit.tagger import State, Tagger
from tagkit.text.phrases import PhraseMatcher, warn_of_short
from tagkit.text.present import lower

Counts = dict[str, Counter[str]]


class Dictionary(Tagger):
    """Dictionary matching without cleaning, synonyms, categories or scores: the baseline of published tables.

    Case is ignored; a tag is written as in the text if train has this spelling. Latin letters and numbers of a tag must
    be whole words and numbers of the text, Chinese may be anywhere. Where train has typed annotations, a tag has its
    most frequent type. Tags are in the order of the text, all with score 1. `lexicon` is the dictionary for use in
    practice. It learns more products by adding up counts; without the old products, what a corrected product had before
    still counts.

    Args:
        min_chars: Shorter tags are ignored.

    Source: the dictionary rows of Yang et al., Distantly Supervised NER with Partial Annotation Learning and
    Reinforcement Learning (COLING 2018), and of the data notes of Taobao NER and OA-Mine.
    """

    name = "dictionary"
    needs_threshold = False

    min_chars: PositiveInt = 2

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        self.spellings_, self.types_ = _count(train)
        warn_of_short(self.spellings_, self.min_chars, self.name)
        self._build()

    def _learn_new(self, more: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        spellings, types = _count(more)
        self.spellings_, self.types_ = _sums(self.spellings_, spellings), _sums(self.types_, types)
        self._build()

    def _known_tags(self) -> Iterable[str]:
        return (tag for counts in self.spellings_.values() for tag in counts)

    def _build(self) -> None:
        """Make the entries from the counts."""
        self.entries_: list[tuple[str, list[str], str]] = [
            (key, [tag for tag, _ in counts.most_common()], _most_frequent(self.types_.get(key)))
            for key, counts in self.spellings_.items()
            if len(key) >= self.min_chars
        ]
        self._matcher = PhraseMatcher([key for key, _, _ in self.entries_])

    def _tag(self, products: Sequence[Product]) -> Tags:
        return [self._tag_one(product) for product in products]

    def _tag_one(self, product: Product) -> list[Tag]:
        text = product.text
        spans: dict[tuple[str, str], list[Span]] = {}
        for start, end, number in self._matcher.find(lower(text)):
            _, spellings, kind = self.entries_[number]
            tag = text[start:end] if text[start:end] in spellings else spellings[0]
            spans.setdefault((tag, kind), []).append(Span(start, end))
        return [Tag(tag, 1.0, self.name, tuple(places), kind) for (tag, kind), places in spans.items()]

    def _explain(self, product: Product, tag: str) -> Explanation:
        return by_spans(product, tag, self.name, self._tag_one(product), "entry")

    def _state(self) -> State:
        return {"spellings": self.spellings_, "types": self.types_}

    def _restore(self, state: State) -> None:
        self.spellings_ = {key: Counter(counts) for key, counts in state["spellings"].items()}
        self.types_ = {key: Counter(counts) for key, counts in state["types"].items()}
        self._build()


def _count(products: Iterable[Product]) -> tuple[Counts, Counts]:
    """Count the spellings and the types of each tag, both by the tag in lower case."""
    spellings: Counts = defaultdict(Counter)
    types: Counts = defaultdict(Counter)
    for product in products:
        for tag in product.tags:
            spellings[lower(tag)][tag] += 1
        for note in product.annotations:
            types[lower(note.text)][note.type] += max(1, len(note.spans))
    return dict(spellings), dict(types)


def _sums(first: Counts, second: Counts) -> Counts:
    """Return the sums of two counts, with the keys of the first one first."""
    return {key: first.get(key, Counter()) + second.get(key, Counter()) for key in (*first, *second)}


def _most_frequent(types: Counter[str] | None) -> str:
    return types.most_common(1)[0][0] if types else ""
