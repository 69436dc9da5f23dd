"""YAKE: words that stand early, often and in many contexts, by the library of that name."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

import yake

from tagkit.phrases.candidates import (
    CASED,
    NOUN_PHRASES,
    READING,
    Phrase,
    Reading,
    Word,
    WordTagger,
    ngrams,
    noun_phrases,
)
from tagkit.product import Product, Tag
from tagkit.tagger import ranked
from tagkit.text.language import language_of

LONGEST = 10
"""How many words an English keyword may have where there is no other limit."""
SENTENCE_END = re.compile(r"[\n。！？!?；;]")


class Yake(WordTagger):
    """YAKE by the library `yake`, with its own English stop words; Chinese words as one-word terms by default.

    YAKE's score s is the better the lower it is; a tag's score is 1 / (1 + s), divided by the product's highest.

    The library takes every term below three characters for a stop word and cannot segment Chinese. So Chinese words
    are found by the segmenter and handed over as made-up Latin ones, one for each, with sentences and commas kept.
    Its removal of similar keywords compares letters and is used for English only.

    Source: Campos et al., YAKE! Keyword Extraction from Single Documents Using Multiple Local Features (Information
    Sciences 509, 2020).

    Args:
        window: How far apart words count as neighbours.
        similarity: Above which similarity an English keyword is dropped for a better one; 1: none is.
    """

    name = "yake"
    space = READING | {"window": (1, 5), "similarity": (0.5, 1.0)}

    window: int = 1
    similarity: float = 0.9

    def _tag_one(self, product: Product) -> list[Tag]:
        by_words = language_of(product) == "zh" or self.english == NOUN_PHRASES
        return super()._tag_one(product) if by_words else self._tag_english(product)

    def _tag_english(self, product: Product) -> list[Tag]:
        cased = self.clean(product.text, CASED)
        most = self.limit or len(cased.text)
        scores = self._english_scores(cased.text, self.max_words or LONGEST, self.similarity, most)
        top = max(scores.values(), default=0.0) or 1.0
        tags = ranked(((text, round(score / top, 9)) for text, score in scores.items()), self.name, self.limit)
        spans = [tuple(cased.to_original(*at) for at in _places(tag.text, cased.text)) for tag in tags]
        return [replace(t, text=self._as_tag(t.text), spans=s) for t, s in zip(tags, spans, strict=True)]

    def _english_scores(self, text: str, words: int, similarity: float, most: int) -> dict[str, float]:
        extractor = yake.KeywordExtractor(lan="en", n=words, window_size=self.window, dedup_lim=similarity, top=most)
        # Without a full stop the library would read on from the title into the description.
        found = extractor.extract_keywords(text.replace("\n", ".\n"))
        return {" ".join(keyword.lower().split()): _goodness(score) for keyword, score in found}

    def _score(self, reading: Reading) -> list[tuple[Phrase, float]]:
        return self._score_phrases(reading) if reading.english == NOUN_PHRASES else self._score_words(reading)

    def _score_phrases(self, reading: Reading) -> list[tuple[Phrase, float]]:
        """Score noun phrases by their best form that the library has, and drop those much like a better one."""
        text = reading.clean.text
        phrases = reading.phrases(lambda words: noun_phrases(words, self.max_words))
        longest = max((len(phrase.words) for phrase in phrases), default=1)
        known = self._english_scores(text, longest, 1.0, len(text))
        scored = []
        for phrase in phrases:
            forms = {reading.text(first, last) for first, last in phrase.places}
            if forms & known.keys():
                scored.append((phrase, max(known[form] for form in forms if form in known)))
        alike = yake.KeywordExtractor(lan="en").levs
        kept: list[tuple[Phrase, float]] = []
        for phrase, score in sorted(scored, key=lambda pair: (-pair[1], pair[0].places)):
            if self.limit is not None and len(kept) >= self.limit:
                break
            if not any(alike(phrase.text, other.text) > self.similarity for other, _ in kept):
                kept.append((phrase, score))
        return kept

    def _score_words(self, reading: Reading) -> list[tuple[Phrase, float]]:
        candidates = reading.phrases(lambda words: ngrams(words, self.max_words_zh))
        terms = {word.form: _term(number) for number, word in enumerate(reading.words)}
        kept = {word.form for word in reading.words if word.keep}
        stop = {term for form, term in terms.items() if form not in kept} | {"stop"}
        extractor = yake.KeywordExtractor(
            n=self.max_words_zh, window_size=self.window, dedup_lim=1.0, top=len(candidates) + 1, stopwords=stop
        )
        found = dict(extractor.extract_keywords(_sentences(reading.words, terms)))
        keys = (" ".join(terms[form] for form in phrase.words) for phrase in candidates)
        pairs = zip(candidates, keys, strict=True)
        return [(phrase, _goodness(found[key])) for phrase, key in pairs if key in found]


def _goodness(score: float) -> float:
    """Turn the library's score, the lower the better and rarely below 0 or no number, into one from 0 to 1."""
    return 0.0 if math.isnan(score) else 1 / (1 + max(0.0, float(score)))


def _places(keyword: str, text: str) -> list[tuple[int, int]]:
    """Return where a keyword stands as whole words."""
    pattern = r"(?<!\w)" + r"\W+".join(map(re.escape, keyword.split())) + r"(?!\w)"
    return [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)]


def _term(number: int) -> str:
    """Make up a Latin word that the library does not cut: no plural "s", three letters and more."""
    return "w" + "".join("abcdefghij"[int(digit)] for digit in str(number)) + "x"


def _sentences(words: Sequence[Word], terms: dict[str, str]) -> str:
    """Write the made-up words with full stops and commas where the product has such marks."""
    text = ""
    for word in words:
        term = terms[word.form]
        if not text or SENTENCE_END.search(word.gap):
            # A capital tells the library that a sentence begins.
            text += f". {term.capitalize()}" if text else term.capitalize()
        else:
            text += f" , {term}" if word.gap.strip() else f" {term}"
    return text
