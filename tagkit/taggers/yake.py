"""YAKE: words that occur early, often and in many contexts, by the library of that name."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

import yake

from tagkit.parameters import NonNegativeFloat, PositiveInt
from tagkit.phrases.base import CASED, PHRASE_SPACE, PhraseTagger
from tagkit.phrases.candidates import Document, Phrase, TextWord, ngrams
from tagkit.product import Product, Tag
from tagkit.tagger import ranked
from tagkit.text.language import HAN, language_of

MAX_WORDS = 10
"""The maximum number of words in a keyword where the parameter is None."""
SENTENCE_END = re.compile(r"[\n。！？!?；;]")

MOST_COMPARED = 1000
"""Characters of a text of which all keywords are compared with each other."""


class Yake(PhraseTagger):
    """Keyphrases by YAKE, the statistics of position, frequency and context of words, from the library `yake`.

    The lower YAKE's score s is, the better; the score of a tag is 1 / (1 + s), divided by the highest of the product.

    The library takes every term below three characters for a stop word and cannot segment Chinese. So the words of a
    text with Chinese words are found by the segmenter, and each is passed to it as an artificial Latin word, with
    sentences and commas. Similar keywords are removed from English texts only, by their edit distance; from texts over
    1,000 characters without `limit` by the library's faster comparison, which finds few of them.

    Args:
        window: The distance up to which words count as neighbours.
        similarity: An English keyword is removed if its similarity to a better one is above this; 1: none is.

    Source: Campos et al., YAKE! Keyword Extraction from Single Documents Using Multiple Local Features (Information
    Sciences 509, 2020).
    """

    name = "yake"
    space = PHRASE_SPACE | {"window": (1, 5), "similarity": (0.5, 1.0)}

    window: PositiveInt = 1
    similarity: NonNegativeFloat = 0.9

    def _tag_one(self, product: Product) -> list[Tag]:
        if language_of(product) == "zh" or self.english == "noun phrases" or HAN.search(product.text):
            return super()._tag_one(product)
        cased = self.clean(product.text, CASED)
        most = self.limit or len(cased.text)
        scores = self._english_scores(cased.text, self.max_words or MAX_WORDS, self.similarity, most)
        highest = max(scores.values(), default=0.0) or 1.0
        tags = ranked(((text, round(score / highest, 9)) for text, score in scores.items()), self.name, self.limit)
        spans = [tuple(cased.to_original(*at) for at in _places(tag.text, cased.text)) for tag in tags]
        return [replace(tag, text=self._spell(tag.text), spans=at) for tag, at in zip(tags, spans, strict=True)]

    def _english_scores(self, text: str, max_words: int, similarity: float, most: int) -> dict[str, float]:
        """Return the keywords that the library finds in an English text, in lower case, with scores from 0 to 1."""
        compare = "levs" if self._few(text) else "seqm"
        extractor = yake.KeywordExtractor(
            lan="en", n=max_words, window_size=self.window, dedup_lim=similarity, dedup_func=compare, top=most
        )
        # Without a full stop the library would take the title and the description for one sentence.
        found = extractor.extract_keywords(text.replace("\n", ".\n"))
        return {" ".join(keyword.lower().split()): _goodness(score) for keyword, score in found}

    def _score(self, document: Document) -> list[tuple[Phrase, float]]:
        if document.lang == "zh":
            return self._score_words(document)
        if self.english == "noun phrases":
            return self._distinct(self._score_noun_phrases(document))
        found = self._score_words(document)
        return self._distinct(found) if self._few(document.clean.text) else found

    def _few(self, text: str) -> bool:
        """Say whether so few keywords are kept that comparing all pairs takes no more than a second or two."""
        return bool(self.limit) or len(text) <= MOST_COMPARED

    def _score_noun_phrases(self, document: Document) -> list[tuple[Phrase, float]]:
        """Score noun phrases by the best form that the library finds."""
        phrases = self.candidates(document)
        text, longest = document.clean.text, max((len(phrase.words) for phrase in phrases), default=1)
        known = self._english_scores(text, longest, 1.0, len(text))
        scored = []
        for phrase in phrases:
            forms = {document.text(first, last) for first, last in phrase.places}
            if found := forms & known.keys():
                scored.append((phrase, max(known[form] for form in found)))
        return scored

    def _distinct(self, scored: list[tuple[Phrase, float]]) -> list[tuple[Phrase, float]]:
        """Return the best phrases without those similar to a better one."""
        similarity = yake.KeywordExtractor(lan="en").levs
        best: list[tuple[Phrase, float]] = []
        for phrase, score in sorted(scored, key=lambda pair: (-pair[1], pair[0].places)):
            if self.limit is not None and len(best) >= self.limit:
                break
            if not any(similarity(phrase.text, other.text) > self.similarity for other, _ in best):
                best.append((phrase, score))
        return best

    def _score_words(self, document: Document) -> list[tuple[Phrase, float]]:
        candidates = self.candidates(document, ngrams)
        terms = {word.form: _artificial_word(number) for number, word in enumerate(document.words)}
        kept = {word.form for word in document.words if word.keep}
        stop = {term for form, term in terms.items() if form not in kept} | {"stop"}
        extractor = yake.KeywordExtractor(
            n=(longest := self._max_words(document) or MAX_WORDS),
            window_size=self.window,
            dedup_lim=1.0,
            # In an English text the library also finds phrases across a Chinese word, which are no candidates.
            top=len(candidates) + 1 if document.lang == "zh" else longest * len(document.words) + 1,
            stopwords=stop,
        )
        found = dict(extractor.extract_keywords(_sentences(document.words, terms)))
        keys = (" ".join(terms[form] for form in phrase.words) for phrase in candidates)
        pairs = zip(candidates, keys, strict=True)
        return [(phrase, _goodness(found[key])) for phrase, key in pairs if key in found]


def _goodness(score: float) -> float:
    """Turn the library's score (lower is better; rarely below 0 or not a number) into one from 0 to 1."""
    return 0.0 if math.isnan(score) else 1 / (1 + max(0.0, float(score)))


def _places(keyword: str, text: str) -> list[tuple[int, int]]:
    """Return the places where a keyword occurs as whole words."""
    pattern = r"(?<!\w)" + r"\W+".join(map(re.escape, keyword.split())) + r"(?!\w)"
    return [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)]


def _artificial_word(number: int) -> str:
    """Return a Latin word that the library does not change: at least three letters, no plural "s"."""
    return "w" + "".join("abcdefghij"[int(digit)] for digit in str(number)) + "x"


def _sentences(words: Sequence[TextWord], terms: dict[str, str]) -> str:
    """Return the artificial words as a text with full stops and commas where the product has punctuation."""
    text = ""
    for word in words:
        term = terms[word.form]
        if not text or SENTENCE_END.search(word.gap):
            # A capital tells the library that a sentence begins.
            text += f". {term.capitalize()}" if text else term.capitalize()
        else:
            text += f" , {term}" if word.gap.strip() else f" {term}"
    return text
