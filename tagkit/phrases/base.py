"""The base of the keyphrase strategies: reading a product, scoring its phrases, and counting phrases in train."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from tagkit.attribution import by_spans
from tagkit.cache import FitCache
from tagkit.explanation import Explanation, Share
from tagkit.features import CleaningOptions
from tagkit.parameters import PositiveInt
from tagkit.phrases import english
from tagkit.phrases.candidates import Document, Phrase, Selection, TextWord, longest, noun_phrases
from tagkit.product import Product, Tag, Tags
from tagkit.tagger import State, Tagger
from tagkit.text.clean import DEFAULT
from tagkit.text.clean_text import CleanText
from tagkit.text.language import HAN, language_of
from tagkit.text.segment import Segmenter, Token
from tagkit.text.spelling import fold
from tagkit.text.stems import stem
from tagkit.text.stopwords import is_stopword

CONTENT_POS = ("n", "a", "vn", "b", "t", "z", "i", "l", "j", "eng")
"""Prefixes of jieba's tags for content words: nouns, adjectives, verbal nouns, distinguishing words (男式), times
(夏季), states (雪白), idioms, set phrases, abbreviations, Latin words."""
PRODUCT_NOUNS = ["登机箱", "打底裤", "马丁靴", "唇釉", "料理机", "钢化膜", "筋膜枪", "泡泡袖", "一字肩"]
"""Product nouns that jieba's dictionary lacks, so that it would cut a single character off (登 机箱)."""
CASED = tuple(step for step in DEFAULT if step not in ("case", "punctuation"))
"""The cleaning steps that preserve capitals and sentences."""
English = Literal["words", "stems", "noun phrases"]
PHRASE_SPACE: dict[str, Sequence[Any]] = {
    "max_words": (1, 5),
    "max_words_zh": (1, 3),
    "pos_filter": [True, False],
    "tag_words": [True, False],
}
"""The part of the search space that all keyphrase strategies share."""


@dataclass(kw_only=True)
class PhraseOptions(CleaningOptions):
    """How a text is split into words, and which phrases are candidates.

    Args:
        limit: How many tags to return at most; None: all.
        max_words: The maximum number of words in an English phrase; None: any number.
        max_words_zh: The same for Chinese.
        pos_filter: Whether Chinese candidates are only nouns, adjectives and similar words, and known tags; False: all
            content words.
        tag_words: Whether the tags of train are kept as single words, and written as in train.
        english: "words": English candidates are sequences of words between stop words and punctuation. "stems": the
            same, and words with the same Porter stem are the same word. "noun phrases": candidates are nouns with the
            nouns and adjectives before them, found by a part-of-speech tagger (needs tagkit[english]), also stemmed;
            punctuation counts as words in distances.
    """

    limit: PositiveInt | None = 10
    max_words: PositiveInt | None = 3
    max_words_zh: PositiveInt | None = 1
    pos_filter: bool = True
    tag_words: bool = True
    english: English = "words"


class PhraseTagger(PhraseOptions, Tagger):
    """Base of the strategies that score the phrases of one product.

    A subclass implements `_score`. Scores are divided by the highest of the product, so that the best tag has score 1
    and the scores do not depend on other products. Among equal scores the phrase with the first occurrence comes first,
    or, if `ties` is "last", the one whose first occurrence is last.
    """

    ties = "first"
    space = PHRASE_SPACE

    @abstractmethod
    def _score(self, document: Document) -> list[tuple[Phrase, float]]:
        """Return the candidates of one product with scores of 0 or more; higher is better."""

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        counts = Counter(tag for product in train for tag in product.tags)
        self._set_tags(sorted(counts, key=lambda tag: (-counts[tag], tag)) if self.tag_words else [])

    def _learn_new(self, more: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        """Learn from more products: new tags follow the known ones, and all texts count."""
        new = (tag for product in more for tag in product.tags) if self.tag_words else ()
        self._set_tags(list(dict.fromkeys([*self.tags_, *new])))

    def _state(self) -> State:
        return {"tags": self.tags_}

    def _restore(self, state: State) -> None:
        self._set_tags(state["tags"])

    def _set_tags(self, tags: list[str]) -> None:
        """Set the tags that are kept as single words; of tags with the same clean form the first gives the spelling."""
        self.tags_ = tags
        self._spellings: dict[str, str] = {}
        for tag in tags:
            self._spellings.setdefault(self.clean(tag).text, tag)
        self._segmenter = Segmenter([*self._spellings, *PRODUCT_NOUNS])

    def _tag(self, products: Sequence[Product]) -> Tags:
        return [self._tag_one(product) for product in products]

    def _tag_one(self, product: Product) -> list[Tag]:
        document = self.read(product)
        scored = self._score(document)
        highest = max((score for _, score in scored), default=0.0) or 1.0
        # Rounded, so that equal scores stay equal whatever the order of additions was.
        pairs = [(phrase, round(score / highest, 9)) for phrase, score in scored]
        sign = -1 if self.ties == "last" else 1
        best = sorted(pairs, key=lambda pair: (-pair[1], sign * pair[0].places[0][0], pair[0].places))[: self.limit]
        return [Tag(self._spell(phrase.text), score, self.name, document.spans(phrase)) for phrase, score in best]

    def _explain(self, product: Product, tag: str) -> Explanation:
        found = by_spans(product, tag, self.name, self._tag_one(product), "candidate")
        scored = sorted(self._score(self.read(product)), key=lambda pair: -pair[1])
        own = [score for phrase, score in scored if fold(self._spell(phrase.text)) == fold(tag)]
        if not own:
            return found.with_facts(candidates=", ".join(phrase.text for phrase, _ in scored[:10]) or "none")
        shares = (
            Share("score of the phrase", own[0], "before it is divided by the highest"),
            Share("highest score", scored[0][1], scored[0][0].text),
        )
        return replace(found, shares=shares)

    def _spell(self, text: str) -> str:
        """Return a clean text in the spelling of the tag of train that it equals (T恤 for t恤), if there is one."""
        return self._spellings.get(text, text)

    def read(self, product: Product) -> Document:
        """Return a product as words."""
        lang = language_of(product)
        if lang != "zh" and self.english == "noun phrases":
            return _read_parts_of_speech(self.clean(product.text, CASED), lang)
        cleaned = self.clean(product.text)
        stemmed = lang != "zh" and self.english == "stems"
        words = [
            TextWord(
                stem(token.text) if stemmed else token.text,
                token.start,
                token.end,
                keep=token.text in self._spellings or self._is_content_word(token, lang),
                alone=lang != "zh" and HAN.search(token.text) is not None,
            )
            for token in self._segmenter.tokens(cleaned.text, lang, pos=self.pos_filter)
        ]
        return Document(cleaned, lang, _with_gaps(words, cleaned), stemmed)

    def candidates(self, document: Document, select: Selection = longest) -> list[Phrase]:
        """Return the candidate phrases of a product.

        Args:
            document: What `read` returned.
            select: Chooses the candidates, except where they are English noun phrases.
        """
        by_pos = document.lang != "zh" and self.english == "noun phrases"
        return document.phrases((noun_phrases if by_pos else select)(document.words, self._max_words(document)))

    def _max_words(self, document: Document) -> int | None:
        return self.max_words_zh if document.lang == "zh" else self.max_words

    def _is_content_word(self, token: Token, lang: str) -> bool:
        if len(token.text) < 2 or not any(map(str.isalpha, token.text)) or is_stopword(token.text, lang):
            return False
        return not token.pos or token.pos.startswith(CONTENT_POS)


class CountingTagger(PhraseTagger):
    """Base of the strategies that weight a phrase by how few of the training texts contain it.

    Attributes:
        counts_: In how many training texts each word and phrase occurs.
        n_texts_: The number of training texts.
    """

    @abstractmethod
    def _keys(self, document: Document) -> Iterable[str]:
        """Return the words and phrases to count in one product, each once."""

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        super()._fit(train, dev, cache)
        self.counts_: Mapping[str, int] = self._count(train)
        self.n_texts_ = len(train)

    def _learn_new(self, more: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        super()._learn_new(more, dev, cache)
        self.counts_, self.n_texts_ = Counter(self.counts_) + self._count(more), self.n_texts_ + len(more)

    def _count(self, products: Sequence[Product]) -> Counter[str]:
        return Counter(key for product in products for key in self._keys(self.read(product)))

    def _idf(self, key: str) -> float:
        """Return ln((1 + n) / (1 + df)): 0 for a phrase in all n texts, highest for one in none."""
        return float(np.log((1 + self.n_texts_) / (1 + self.counts_.get(key, 0))))

    def _state(self) -> State:
        terms = sorted(self.counts_)
        counts = np.array([self.counts_[term] for term in terms], dtype=np.int64)
        return super()._state() | {"n_texts": self.n_texts_, "terms": terms, "counts": counts}

    def _restore(self, state: State) -> None:
        super()._restore(state)
        self.n_texts_ = int(state["n_texts"])
        self.counts_ = dict(zip(state["terms"], state["counts"].tolist(), strict=True))


def _read_parts_of_speech(cleaned: CleanText, lang: str) -> Document:
    """Read an English text with parts of speech; nouns and adjectives are kept, punctuation marks are words as well.

    The part-of-speech tagger sees a full stop after the title, at the position of the line break.
    """
    title, line_break, rest = cleaned.text.partition("\n")
    words: list[TextWord] = []
    for token in english.tokens(f"{title}. {rest}" if line_break else title):
        start, end = (place - (place > len(title) + bool(line_break)) for place in (token.start, token.end))
        pos = "N" if token.pos in english.NOUNS else "A" if token.pos in english.NOMINAL else ""
        if not any(map(str.isalpha, token.text)):
            pos = ""
        words.append(TextWord(stem(token.text), start, end, keep=bool(pos), pos=pos))
    return Document(cleaned, lang, _with_gaps(words, cleaned), stemmed=True)


def _with_gaps(words: Sequence[TextWord], cleaned: CleanText) -> list[TextWord]:
    """Return words with the original text between each and the word before it, including what was cleaned away."""
    found, before = [], 0
    for word in words:
        gap = ""
        if before < word.start:
            span = cleaned.to_original(before, word.start)
            gap = cleaned.original[span.start : span.end]
        found.append(replace(word, gap=gap) if gap else word)
        before = word.end
    return found
