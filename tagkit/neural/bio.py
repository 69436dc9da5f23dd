"""BIO labels over characters: from spans to labels, from probabilities to the best spans; data augmentation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tagkit.neural.batches import sorted_buckets
from tagkit.product import Product, Span, Tag, Tags
from tagkit.text.present import places

OUTSIDE = 0
"""The label outside of all spans; type number t has the labels 1 + 2t (begin) and 2 + 2t (inside)."""
BATCH = 4096
"""Characters that are decoded at a time."""
Spans = list[tuple[int, int, str]]
Scored = tuple[int, int, str, float]
Labelled = tuple[int, int, int, float]
Floats = NDArray[np.float32]


def gold_spans(product: Product) -> Spans:
    """Return (start, end, type) of a product's annotations; without any, of its tags that are present in the text."""
    if product.annotations:
        return [(span.start, span.end, tag.type) for tag in product.annotations for span in tag.spans]
    return [(start, end, "") for tag in product.tags for start, end in places(tag, product.text)]


def without_overlaps(spans: Spans) -> Spans:
    """Return the longest spans that do not overlap, in the order of the text."""
    kept: Spans = []
    for start, end, kind in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        if all(end <= other[0] or start >= other[1] for other in kept):
            kept.append((start, end, kind))
    return sorted(kept)


def flat_gold(product: Product) -> Spans:
    """Return the longest gold spans of a product that do not overlap."""
    return without_overlaps(gold_spans(product))


def label_places(known: Sequence[str], types: Sequence[str]) -> list[int]:
    """Return where the labels of some types stand among those of more types."""
    return [OUTSIDE, *(1 + 2 * types.index(kind) + inside for kind in known for inside in (0, 1))]


def token_labels(
    spans: Spans, types: Sequence[str], starts: NDArray[np.int64], ends: NDArray[np.int64], ignored: int = -100
) -> NDArray[np.int64]:
    """Return the label of each token by the span it overlaps; `ignored` for tokens without characters."""
    labels = np.where(starts >= 0, OUTSIDE, ignored)
    for start, end, kind in spans:
        inside = np.flatnonzero((starts >= 0) & (starts < end) & (ends > start))
        if len(inside):
            labels[inside] = 2 + 2 * types.index(kind)
            # A window that starts inside a span has no begin label for it.
            if starts[inside[0]] <= start or inside[0] == 0 or starts[inside[0] - 1] >= 0:
                labels[inside[0]] -= 1
    return labels


def to_characters(probabilities: Floats, starts: NDArray[np.int64], ends: NDArray[np.int64], out: Floats) -> None:
    """Spread the label probabilities of tokens over their characters.

    The first character of a token gets its probabilities; on the following characters, and on blanks before the next
    token, the probability of "begin" is added to that of "inside".

    Args:
        probabilities: Shape (tokens, labels).
        starts: The first character of each token, shape (tokens,), ascending.
        ends: The character after its last one, shape (tokens,).
        out: Filled, shape (characters, labels).
    """
    at = np.arange(len(out))
    token = np.searchsorted(starts, at, side="right") - 1
    inside = (token >= 0) & (at < ends[token])
    out[inside] = continued(probabilities)[token[inside]]
    out[starts] = probabilities
    blank = ~inside & (token >= 0) & (token + 1 < len(starts))
    if blank.any():
        # Blanks are inside a span only if the next token is.
        following = continued(probabilities * (np.arange(probabilities.shape[1]) % 2 == 0))[token[blank] + 1]
        following[:, OUTSIDE] = 1 - following[:, 2::2].sum(1)
        out[blank] = following


def continued(probabilities: Floats) -> Floats:
    """Return probabilities in which those of "begin" are added to those of "inside"."""
    out = probabilities.copy()
    out[..., 2::2] += out[..., 1::2]
    out[..., 1::2] = 0
    return out


def best_spans(rows: Sequence[Floats], types: Sequence[str]) -> list[list[Scored]]:
    """Return the spans of the most probable well-formed labels of each text (Viterbi; "inside" follows its type only).

    Args:
        rows: For each text the probabilities of the labels of its characters, shape (characters, labels).
        types: The types in the order of the labels.

    Returns:
        For each text (start, end, type, score) in order; the score is the geometric mean of the probabilities of the
        span's labels.
    """
    found: list[list[Scored]] = [[] for _ in rows]
    for batch in sorted_buckets([len(row) for row in rows], tokens=BATCH, most=BATCH):
        width = max(len(rows[i]) for i in batch)
        # After its end a text is outside with probability 1.
        chances = np.zeros((len(batch), max(1, width), 1 + 2 * len(types)), dtype=np.float32)
        chances[:, :, OUTSIDE] = 1
        for place, i in enumerate(batch):
            chances[place, : len(rows[i])] = rows[i]
        logs = np.log(np.maximum(chances, 1e-12))
        for place, path in enumerate(_viterbi(logs, len(types))):
            found[batch[place]] = _collect(path, logs[place], types)
    return found


def greedy_spans(tokens: Iterable[Labelled], types: Sequence[str]) -> list[Scored]:
    """Return the spans of the most probable label of each token; "inside" without "begin" begins a span.

    Args:
        tokens: (start, end, label, probability of the label) in the order of the text.
        types: The types in the order of the labels.

    Returns:
        As `best_spans` does; in the score a token counts as often as it has characters.
    """
    found: list[list[Any]] = []
    is_open = False
    for start, end, label, chance in tokens:
        if label == OUTSIDE:
            is_open = False
            continue
        kind = types[(label - 1) // 2]
        if label % 2 or not is_open or found[-1][2] != kind:
            found.append([start, start, kind, 0.0])
        is_open = True
        found[-1][3] += (end - found[-1][1]) * math.log(max(chance, 1e-12))
        found[-1][1] = end
    return [(start, end, kind, math.exp(total / (end - start))) for start, end, kind, total in found]


def _viterbi(logs: Floats, count: int) -> NDArray[np.int64]:
    """Return the best labels, shape (texts, characters): 0 outside, then "begin" of all types, then "inside"."""
    texts, length, _ = logs.shape
    begin, inside = logs[:, :, 1::2], logs[:, :, 2::2]
    every = np.arange(texts)
    impossible = np.full((texts, count), -np.inf, dtype=logs.dtype)
    total = np.concatenate([logs[:, 0, :1], begin[:, 0], impossible], axis=1)
    # Back-pointers: the best previous label of any kind, and for each type whether it was "inside" or "begin".
    any_before = np.zeros((length, texts), dtype=np.int64)
    was_inside = np.zeros((length, texts, count), dtype=bool)
    for at in range(1, length):
        any_before[at] = total.argmax(1)
        best = total[every, any_before[at], None]
        started, running = total[:, 1 : 1 + count], total[:, 1 + count :]
        was_inside[at] = running > started
        continued_ = np.maximum(started, running) + inside[:, at]
        total = np.concatenate([best + logs[:, at, :1], best + begin[:, at], continued_], axis=1)
    path = np.zeros((texts, length), dtype=np.int64)
    label = total.argmax(1)
    for at in range(length - 1, -1, -1):
        path[:, at] = label
        kind = label - 1 - count
        own = np.where(was_inside[at, every, np.maximum(kind, 0)], label, label - count)
        label = np.where(kind < 0, any_before[at], own)
    return path


def _collect(path: NDArray[np.int64], logs: Floats, types: Sequence[str]) -> list[Scored]:
    count, found = len(types), []
    for start in np.flatnonzero((path > 0) & (path <= count)).tolist():
        kind = int(path[start]) - 1
        end = start + 1
        while end < len(path) and path[end] == 1 + count + kind:
            end += 1
        total = logs[start, 1 + 2 * kind] + logs[start + 1 : end, 2 + 2 * kind].sum()
        found.append((start, end, types[kind], float(np.exp(total / (end - start)))))
    return found


def as_tags(text: str, spans: Sequence[Scored], source: str) -> list[Tag]:
    """Return scored spans as ranked tags; equal texts of one type are one tag with the best score."""
    found: dict[tuple[str, str], tuple[float, list[Span]]] = {}
    for start, end, kind, score in spans:
        inner = text[start:end]
        start, end = start + len(inner) - len(inner.lstrip()), end - len(inner) + len(inner.rstrip())
        if start < end:
            best, places_ = found.setdefault((text[start:end], kind), (0.0, []))
            places_.append(Span(start, end))
            found[text[start:end], kind] = (max(best, round(min(1.0, score), 6)), places_)
    order = sorted(found, key=lambda key: (-found[key][0], found[key][1][0].start))
    return [Tag(key[0], found[key][0], source, tuple(found[key][1]), key[1]) for key in order]


def span_f1(found: Tags, products: Sequence[Product]) -> float:
    """Return the micro-F1 of typed spans against gold, for choosing the best epoch on dev."""
    hits = given = known = 0
    for row, product in zip(found, products, strict=True):
        gold = set(flat_gold(product))
        spans = {(span.start, span.end, tag.type) for tag in row for span in tag.spans}
        hits, given, known = hits + len(gold & spans), given + len(spans), known + len(gold)
    return 2 * hits / max(1, given + known)


class ValueSwap:
    """Augmentation: rewrites the text of a product with some of its values exchanged.

    A value is exchanged for one that a training product of the same category has for the same type. Random numbers
    come from torch's global state, so that a training run that resumes from a checkpoint draws the same.

    Args:
        products: The training products.
        gold: Their spans, without overlaps, in the order of the text.
        share: The probability that a value is exchanged.

    Source: mention replacement in Dai and Adel, An Analysis of Simple Data Augmentation for Named Entity Recognition
    (COLING 2020).
    """

    def __init__(self, products: Sequence[Product], gold: Sequence[Spans], share: float) -> None:
        self.products = products
        self.gold = gold
        self.share = share
        self._values: dict[tuple[str, str], list[str]] = {}
        for product, spans in zip(products, gold, strict=True):
            for start, end, kind in spans:
                self._values.setdefault((product.category, kind), []).append(product.text[start:end])

    def __call__(self, row: int) -> tuple[str, Spans]:
        """Return a new text of one product, and its spans."""
        product, text, at = self.products[row], "", 0
        spans: Spans = []
        draws = torch.rand(len(self.gold[row]), 2).tolist()
        for (start, end, kind), (chance, pick) in zip(self.gold[row], draws, strict=True):
            text += product.text[at:start]
            value = product.text[start:end]
            if chance < self.share:
                others = self._values[product.category, kind]
                value = others[int(pick * len(others))]
            spans.append((len(text), len(text) + len(value), kind))
            text, at = text + value, end
        return text + product.text[at:], spans
