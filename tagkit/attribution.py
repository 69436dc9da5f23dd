"""Which words of a product's text a score depends on, found without looking inside of the strategy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tagkit.explanation import Explanation, Share, Word, words_at
from tagkit.product import Product
from tagkit.tags import Span, Tag
from tagkit.text.language import language_of
from tagkit.text.segment import Segmenter
from tagkit.text.spelling import fold

Score = Callable[[Sequence[Product]], Sequence[float]]
"""What returns the score of one tag for each product."""
MOST = 200
"""So many stretches of a text are left out in turn: of a longer text each one has several words."""


def word_spans(product: Product) -> list[Span]:
    """Return the spans of the words of a product's text, as jieba and blanks cut it, in order."""
    return [Span(token.start, token.end) for token in Segmenter().tokens(product.text, language_of(product))]


def without(product: Product, spans: Iterable[Span]) -> Product:
    """Return a product in whose text the characters of some spans are blanks, so that all others keep their places.

    A line break stays, and annotations are left out.
    """
    chars = list(product.text)
    for span in spans:
        for at in range(span.start, span.end):
            chars[at] = "\n" if chars[at] == "\n" else " "
    text, cut = "".join(chars), len(product.title)
    return replace(product, title=text[:cut], description=text[cut + 1 :], annotations=())


def by_occlusion(product: Product, tag: str, strategy: str, score: Score, rough: Score | None = None) -> Explanation:
    """Return the explanation that any strategy can give: what the score loses without each word, and the category.

    Args:
        product: The product.
        tag: The tag.
        strategy: The name of the strategy.
        score: Returns the scores of the tag.
        rough: Returns them less exactly and in less time, for the weights of the words; None: `score`.
    """
    now = score([product])[0]
    words, shares = occlusion(product, rough or score)
    facts = {"weights": "by how much the score falls without the word"}
    return Explanation(product.text, tag, now, now > 0, strategy, "occlusion", words, shares, facts=facts)


def occlusion(product: Product, score: Score) -> tuple[tuple[Word, ...], tuple[Share, ...]]:
    """Return by how much a score falls when each word is left out, and when the category is; negative: how it rises.

    Args:
        product: The product.
        score: Returns the score of the tag for each of several products. It is called once with all of them, since a
            batch costs less than its texts one by one.

    Returns:
        The words; and the category, unless there is none or it does not count.

    Source: Zeiler and Fergus, Visualizing and Understanding Convolutional Networks (ECCV 2014); for texts Li, Monroe
    and Jurafsky, Understanding Neural Networks through Representation Erasure (2016).
    """
    stretches = _stretches(word_spans(product))
    variants = [without(product, [stretch]) for stretch in stretches]
    if product.category:
        variants.append(replace(product, category=""))
    if not variants:
        return (), ()
    whole, *others = score([product, *variants])
    lost = [whole - other for other in others]
    words = words_at(product.text, ((at.start, at.end, weight) for at, weight in zip(stretches, lost, strict=False)))
    counts = product.category and lost[-1]
    return words, (Share("category", lost[-1], product.category),) if counts else ()


def pool(product: Product, pieces: Iterable[tuple[int, int, float]]) -> tuple[tuple[Word, ...], float]:
    """Add up the weights of pieces of a text, such as a network's tokens or character n-grams, by word.

    The weight of a piece is spread evenly over its characters that belong to words.

    Args:
        product: The product.
        pieces: Start, end and weight of each piece; pieces may overlap.

    Returns:
        The words of the text with their sums, and the sum of the pieces that touch no word. Together they are the sum
        of all pieces.
    """
    spans = word_spans(product)
    owner = [-1] * len(product.text)
    for number, span in enumerate(spans):
        owner[span.start : span.end] = [number] * (span.end - span.start)
    sums, rest = [0.0] * len(spans), 0.0
    for start, end, weight in pieces:
        owners = [number for number in owner[start:end] if number >= 0]
        for number in owners:
            sums[number] += weight / len(owners)
        if not owners:
            rest += weight
    made = ((span.start, span.end, total) for span, total in zip(spans, sums, strict=True))
    return words_at(product.text, made), rest


def _stretches(spans: Sequence[Span]) -> list[Span]:
    """Join neighbouring spans where there are more than `MOST`."""
    size = -(-len(spans) // MOST) if spans else 1
    return [Span(part[0].start, part[-1].end) for part in (spans[at : at + size] for at in range(0, len(spans), size))]


def by_spans(product: Product, tag: str, strategy: str, tags: Sequence[Tag], method: str) -> Explanation:
    """Return the explanation of a strategy that finds tags in the text: where the tag stands.

    Args:
        product: The product.
        tag: The tag.
        strategy: The name of the strategy.
        tags: All tags that it gives the product, with their spans.
        method: What a span is, such as "entry".
    """
    found = [one for one in tags if fold(one.text) == fold(tag)]
    score = max((one.score for one in found), default=0.0)
    words, at = [], 0
    for start, end in sorted({(span.start, span.end) for one in found for span in one.spans}):
        if start >= at:
            words.append((start, end, score))
            at = end
    facts = {"found": ", ".join(dict.fromkeys(product.text[start:end] for start, end, _ in words))} if words else {}
    return Explanation(
        product.text, tag, score, bool(found), strategy, method, words_at(product.text, words), facts=facts
    )
