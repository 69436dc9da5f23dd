"""BIO labels over characters: from spans to labels, and from probabilities back to the best spans."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagkit.neural.batches import sorted_buckets
from tagkit.product import Product, Span, Tag, Tags
from tagkit.text.present import places

OUTSIDE = 0
"""The label of what is in no span; type number t has the labels 1 + 2t (begins) and 2 + 2t (goes on)."""
BATCH = 4096
"""Characters whose labels are looked for at a time."""
Spans = list[tuple[int, int, str]]
Scored = tuple[int, int, str, float]
Labelled = tuple[int, int, int, float]
Floats = NDArray[np.float32]


def gold_spans(product: Product) -> Spans:
    """Return (start, end, type) of a product's annotations; without any, of its tags where they stand in the text."""
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


def token_labels(
    spans: Spans, types: Sequence[str], starts: NDArray[np.int64], ends: NDArray[np.int64], ignored: int = -100
) -> NDArray[np.int64]:
    """Return the label of each token: the span it overlaps; `ignored` for tokens that came from no character."""
    labels = np.where(starts >= 0, OUTSIDE, ignored)
    for start, end, kind in spans:
        inside = np.flatnonzero((starts >= 0) & (starts < end) & (ends > start))
        if len(inside):
            labels[inside] = 2 + 2 * types.index(kind)
            # A window that begins within a span goes on with it.
            if starts[inside[0]] <= start or inside[0] == 0 or starts[inside[0] - 1] >= 0:
                labels[inside[0]] -= 1
    return labels


def to_characters(probabilities: Floats, starts: NDArray[np.int64], ends: NDArray[np.int64], out: Floats) -> None:
    """Spread the label probabilities of tokens over their characters.

    The first character of a token gets its probabilities; on the following ones, and on blanks before the next token,
    what begins has become what goes on.

    Args:
        probabilities: Shape (tokens, labels).
        starts: First characters, shape (tokens,), rising.
        ends: Behind the last ones.
        out: Filled, shape (characters, labels).
    """
    at = np.arange(len(out))
    token = np.searchsorted(starts, at, side="right") - 1
    inside = (token >= 0) & (at < ends[token])
    out[inside] = continued(probabilities)[token[inside]]
    out[starts] = probabilities
    blank = ~inside & (token >= 0) & (token + 1 < len(starts))
    if blank.any():
        # Blanks are inside a span only if the next token goes on with it.
        following = continued(probabilities * (np.arange(probabilities.shape[1]) % 2 == 0))[token[blank] + 1]
        following[:, OUTSIDE] = 1 - following[:, 2::2].sum(1)
        out[blank] = following


def continued(probabilities: Floats) -> Floats:
    """Return probabilities in which what begins has become what goes on."""
    out = probabilities.copy()
    out[..., 2::2] += out[..., 1::2]
    out[..., 1::2] = 0
    return out


def best_spans(rows: Sequence[Floats], types: Sequence[str]) -> list[list[Scored]]:
    """Return the spans of the most probable well-formed labels of each text (Viterbi; only what began may go on).

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
        # Behind its end a text is outside, for certain.
        chances = np.zeros((len(batch), max(1, width), 1 + 2 * len(types)), dtype=np.float32)
        chances[:, :, OUTSIDE] = 1
        for place, i in enumerate(batch):
            chances[place, : len(rows[i])] = rows[i]
        logs = np.log(np.maximum(chances, 1e-12))
        for place, path in enumerate(_viterbi(logs, len(types))):
            found[batch[place]] = _collect(path, logs[place], types)
    return found


def greedy_spans(tokens: Iterable[Labelled], types: Sequence[str]) -> list[Scored]:
    """Return the spans of each token's own most probable label; what goes on without having begun begins.

    Args:
        tokens: (start, end, label, probability of the label) in the order of the text.
        types: The types in the order of the labels.

    Returns:
        As `best_spans`: a token counts as often as it has characters.
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
    """Return the best labels, shape (texts, characters): 0 outside, then all that begin, then all that go on."""
    texts, length, _ = logs.shape
    begins, goes_on = logs[:, :, 1::2], logs[:, :, 2::2]
    every = np.arange(texts)
    never = np.full((texts, count), -np.inf, dtype=logs.dtype)
    total = np.concatenate([logs[:, 0, :1], begins[:, 0], never], axis=1)
    # Per character the best label of any kind before, and for each type whether it went on or began there.
    any_before = np.zeros((length, texts), dtype=np.int64)
    went_on = np.zeros((length, texts, count), dtype=bool)
    for at in range(1, length):
        any_before[at] = total.argmax(1)
        best = total[every, any_before[at], None]
        started, running = total[:, 1 : 1 + count], total[:, 1 + count :]
        went_on[at] = running > started
        on = np.maximum(started, running) + goes_on[:, at]
        total = np.concatenate([best + logs[:, at, :1], best + begins[:, at], on], axis=1)
    path = np.zeros((texts, length), dtype=np.int64)
    label = total.argmax(1)
    for at in range(length - 1, -1, -1):
        path[:, at] = label
        kind = label - 1 - count
        own = np.where(went_on[at, every, np.maximum(kind, 0)], label, label - count)
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
    """Turn scored spans into ranked tags; the same text with the same type is one tag with its best score."""
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
    """Return the micro F1 of typed spans against gold, for choosing on dev."""
    hits = given = known = 0
    for row, product in zip(found, products, strict=True):
        gold = set(without_overlaps(gold_spans(product)))
        spans = {(span.start, span.end, tag.type) for tag in row for span in tag.spans}
        hits, given, known = hits + len(gold & spans), given + len(spans), known + len(gold)
    return 2 * hits / max(1, given + known)
