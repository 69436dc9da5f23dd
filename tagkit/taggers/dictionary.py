"""Dictionary: forward maximum matching of the tags of train, as in published baselines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from tagkit.cache import FitCache
from tagkit.parameters import PositiveInt
from tagkit.product import Product, Span, Tag, Tags
from tagkit.tagger import State, Tagger
from tagkit.text.phrases import PhraseMatcher, warn_of_short
from tagkit.text.present import lower


class Dictionary(Tagger):
    """Dictionary matching without cleaning, synonyms, categories or scores: the baseline of published tables.

    Case is ignored; a tag is written as in the text if train has this spelling. Latin letters and numbers of a tag must
    be whole words and numbers of the text, Chinese may be anywhere. Where train has typed annotations, a tag has its
    most frequent type. Tags are in the order of the text, all with score 1. `lexicon` is the dictionary for use in
    practice.

    Args:
        min_chars: Shorter tags are ignored.

    Source: the dictionary rows of Yang et al., Distantly Supervised NER with Partial Annotation Learning and
    Reinforcement Learning (COLING 2018), and of the data notes of Taobao NER and OA-Mine.
    """

    name = "dictionary"
    needs_threshold = False

    min_chars: PositiveInt = 2

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        spellings: dict[str, Counter[str]] = defaultdict(Counter)
        types: dict[str, Counter[str]] = defaultdict(Counter)
        for product in train:
            for tag in product.tags:
                spellings[lower(tag)][tag] += 1
            for note in product.annotations:
                types[lower(note.text)][note.type] += max(1, len(note.spans))
        warn_of_short(spellings, self.min_chars, self.name)
        self.entries_: list[tuple[str, list[str], str]] = [
            (key, [tag for tag, _ in counts.most_common()], types[key].most_common(1)[0][0] if types[key] else "")
            for key, counts in spellings.items()
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

    def _state(self) -> State:
        return {"entries": self.entries_}

    def _restore(self, state: State) -> None:
        self.entries_ = [(key, tags, kind) for key, tags, kind in state["entries"]]
        self._matcher = PhraseMatcher([key for key, _, _ in self.entries_])
