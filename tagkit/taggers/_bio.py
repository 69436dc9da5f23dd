"""BIO labels over characters: from spans to labels, and from probabilities back to the best spans."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tagkit.product import Product, Span, Tag
from tagkit.text.present import places

OUTSIDE = 0
"""The label of what is in no span; type number t has the labels 1 + 2t (begins) and 2 + 2t (goes on)."""
Spans = list[tuple[int, int, str]]
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
    going_on = continued(probabilities)
    for row, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        out[start] = probabilities[row]
        out[start + 1 : end] = going_on[row]
    for row in range(1, len(starts)):
        gap = slice(ends[row - 1], starts[row])
        if gap.start < gap.stop:
            out[gap] = _blank(probabilities[row])


def continued(probabilities: Floats) -> Floats:
    """Return probabilities in which what begins has become what goes on."""
    out = probabilities.copy()
    out[..., 2::2] += out[..., 1::2]
    out[..., 1::2] = 0
    return out


def _blank(following: Floats) -> Floats:
    """Return the probabilities of blanks before a token: inside a span only if the token goes on with one."""
    out = np.zeros_like(following)
    out[2::2] = following[2::2]
    out[OUTSIDE] = 1 - out[2::2].sum()
    return out


def best_spans(probabilities: Floats, types: Sequence[str]) -> list[tuple[int, int, str, float]]:
    """Return the spans of the most probable well-formed labels (Viterbi; only what began may go on).

    Args:
        probabilities: Of the labels of each character, shape (characters, labels).
        types: The types in the order of the labels.

    Returns:
        (start, end, type, score) in the order of the text; the score is the geometric mean of the probabilities of the
        span's labels.
    """
    length = len(probabilities)
    if not length:
        return []
    logs = np.log(np.maximum(probabilities, 1e-12))
    begins, goes_on = logs[:, 1::2], logs[:, 2::2]
    count = begins.shape[1]
    # Per step: the best label of any kind before, and for each type whether it was begun or went on.
    total = np.concatenate([logs[0, :1], begins[0], np.full(count, -np.inf, dtype=logs.dtype)])
    any_before = np.zeros(length, dtype=np.int64)
    own_before = np.zeros((length, count), dtype=bool)
    for at in range(1, length):
        any_before[at] = total.argmax()
        best = total[any_before[at]]
        own_before[at] = total[1 + count :] > total[1 : 1 + count]
        on = np.maximum(total[1 : 1 + count], total[1 + count :]) + goes_on[at]
        total = np.concatenate([best + logs[at, :1], best + begins[at], on])
    label = int(total.argmax())
    path = np.zeros(length, dtype=np.int64)
    for at in range(length - 1, -1, -1):
        path[at] = label
        kind = label - 1 - count
        label = any_before[at] if kind < 0 else (1 + count if own_before[at, kind] else 1) + kind
    return _collect(path, logs, types, count)


def _collect(path: NDArray[np.int64], logs: Floats, types: Sequence[str], count: int) -> list:
    found = []
    first = np.flatnonzero((path > 0) & (path <= count))
    for start in first.tolist():
        kind = int(path[start]) - 1
        end = start + 1
        while end < len(path) and path[end] == 1 + count + kind:
            end += 1
        total = logs[start, 1 + 2 * kind] + logs[start + 1 : end, 2 + 2 * kind].sum()
        found.append((start, end, types[kind], float(np.exp(total / (end - start)))))
    return found


def as_tags(text: str, spans: Sequence[tuple[int, int, str, float]], source: str) -> list[Tag]:
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
