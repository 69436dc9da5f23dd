"""Measure what a data set holds, leaks and repeats, and compare that with what its reader promises."""

from __future__ import annotations

import operator
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from tagkit.datasets.split import PARTS
from tagkit.errors import BadInput
from tagkit.product import Dataset, Product
from tagkit.text.ngrams import nearest_jaccard
from tagkit.text.present import is_present

Figure = int | float | str
NEAR = 0.6
"""From this 3-gram Jaccard on, two products count as near-duplicates."""
FREQUENT = 5
LONG = 100
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
    "between": lambda figure, ends: ends[0] <= figure <= ends[1],
}
SENTENCE_END = re.compile(r"[。！？!?…]+|\.(?=\s|$)")


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One figure: what it is, what was found, what was promised ("" if nothing), and whether that holds."""

    name: str
    figure: Figure
    promise: str = ""
    ok: bool = True


@dataclass(frozen=True)
class Audit:
    """All figures of one data set."""

    name: str
    rows: tuple[AuditRow, ...]

    @property
    def ok(self) -> bool:
        """Whether every promise holds."""
        return all(row.ok for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as plain JSON values."""
        return {"name": self.name, "ok": self.ok, "rows": [asdict(row) for row in self.rows]}

    def __str__(self) -> str:
        """Return an aligned table, the broken promises marked."""
        cells = [
            (row.name, _show(row.figure), row.promise, ("ok" if row.ok else "BROKEN") if row.promise else "")
            for row in self.rows
        ]
        widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
        lines = (
            f"{_pad(a, widths[0])}  {' ' * (widths[1] - _width(b))}{b}  {_pad(c, widths[2])}  {d}".rstrip()
            for a, b, c, d in cells
        )
        return "\n".join(lines)


def audit(dataset: Dataset, promises: Mapping[str, Any] | None = None) -> Audit:
    """Measure a data set and compare the figures with promises.

    Args:
        dataset: What to measure.
        promises: By the name of a figure, either (operator, value) with one of "==", ">=", "<=" and "between" (then the
            value is a pair), or a function that takes the data set and returns its own figure and whether that holds.
            Usually `Reader.promises`, which speaks of a reader's default options.

    Returns:
        One row a figure; a promise about a figure that does not exist counts as broken.

    Raises:
        BadInput: A promise is of neither form.
    """
    open_promises = dict(promises or {})
    rows = [_judge(name, figure, open_promises.pop(name, None)) for name, figure in _figures(dataset)]
    for name, promise in open_promises.items():
        if callable(promise):
            figure, ok = promise(dataset)
            rows.append(AuditRow(name, figure, "as described", ok))
        else:
            rows.append(AuditRow(name, "absent", _terms(name, promise), False))
    return Audit(dataset.name, tuple(rows))


def _judge(name: str, figure: Figure, promise: Any) -> AuditRow:
    if promise is None:
        return AuditRow(name, figure)
    terms = _terms(name, promise)
    sign, value = promise
    return AuditRow(name, figure, terms, COMPARE[sign](figure, value))


def _terms(name: str, promise: Any) -> str:
    if not (isinstance(promise, tuple) and len(promise) == 2 and promise[0] in COMPARE):
        raise BadInput(f"the promise about {name!r} is neither (operator, value) nor a function: {promise!r}")
    sign, value = promise
    return f"{value[0]} to {value[1]}" if sign == "between" else f"{sign} {value}"


def _figures(data: Dataset) -> Iterator[tuple[str, Figure]]:
    products = data.products
    languages = sorted({p.lang or "unknown" for p in products})
    yield from _sizes(data, languages)
    yield "departments", len({p.category.partition("/")[0] for p in products if p.category})
    sizes = [len(p.tags) for p in products] or [0]
    yield "tags per product, min", min(sizes)
    yield "tags per product, mean", sum(sizes) / len(sizes)
    yield "tags per product, max", max(sizes)
    yield "products without tags", sizes.count(0) if products else 0
    yield "distinct tags", len({tag for p in products for tag in p.tags})
    groups = [("", products)]
    if len(languages) > 1:
        groups += [(f", {lang}", tuple(p for p in products if (p.lang or "unknown") == lang)) for lang in languages]
    for suffix, group in groups:
        yield f"tags absent from the text %{suffix}", _absent(group)
    for suffix, group in groups:
        yield f"tags used {FREQUENT} times or more %{suffix}", _frequent(group)
    learnt = {tag for p in data.train for tag in p.tags}
    held_out = [tag for p in data.test for tag in p.tags]
    yield "test tags unseen in train %", _percent(sum(tag not in learnt for tag in held_out), len(held_out))
    yield "longest title", max((len(p.title) for p in products), default=0)
    yield f"titles over {LONG} characters", sum(len(p.title) > LONG for p in products)
    sentences = [_sentences(p.description) for p in products] or [0]
    if any(sentences):
        yield "sentences per description, min", min(sentences)
        yield "sentences per description, max", max(sentences)
    ids = Counter(p.id for p in products)
    yield "duplicate ids", sum(count - 1 for count in ids.values())
    yield "tags repeated in a product", sum(len(p.tags) - len(set(p.tags)) for p in products)
    others = {form for forms in data.synonyms.values() for form in forms}
    yield "synonyms used as tags", sum(tag in others for p in products for tag in p.tags)
    yield from _leaks(data)


def _sizes(data: Dataset, languages: Sequence[str]) -> Iterator[tuple[str, Figure]]:
    total = len(data.products)
    yield "products", total
    for part in PARTS:
        yield f"{part} products", len(getattr(data, part))
    for part in PARTS:
        yield f"{part} share %", _percent(len(getattr(data, part)), total)
    for lang in languages:
        yield f"{lang} products", sum((p.lang or "unknown") == lang for p in data.products)
        for part in PARTS if len(languages) > 1 else ():
            yield f"{part} {lang} products", sum((p.lang or "unknown") == lang for p in getattr(data, part))


def _leaks(data: Dataset) -> Iterator[tuple[str, Figure]]:
    """Compare each later part with each earlier one: products whose text stands there, or nearly so."""
    texts = {part: [p.text.strip() for p in getattr(data, part)] for part in PARTS}
    folded = {part: [_fold(text) for text in rows] for part, rows in texts.items()}
    pairs = list(combinations(PARTS, 2))
    for first, second in pairs:
        seen = set(texts[first])
        yield f"{second} texts in {first}", sum(text in seen for text in texts[second])
    for first, second in pairs:
        best = nearest_jaccard(folded[second], folded[first], 3)
        yield f"near-duplicates, {first} and {second}", int((best >= NEAR).sum())
        yield f"highest likeness, {first} and {second}", float(best.max(initial=0.0))


def _fold(text: str) -> str:
    """Return a text in lower case with single blanks; an empty one as a blank, so that two empty texts are alike."""
    return " ".join(text.lower().split()) or " "


def _absent(products: Sequence[Product]) -> float:
    marks = [not is_present(tag, p.text) for p in products for tag in p.tags]
    return _percent(sum(marks), len(marks))


def _frequent(products: Sequence[Product]) -> float:
    counts = Counter(tag for p in products for tag in p.tags)
    return _percent(sum(c for c in counts.values() if c >= FREQUENT), sum(counts.values()))


def _sentences(text: str) -> int:
    return sum(bool(piece.strip()) for piece in SENTENCE_END.split(text))


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def _show(figure: Figure) -> str:
    return f"{figure:.2f}" if isinstance(figure, float) else str(figure)


def _width(text: str) -> int:
    """Columns in a terminal: Chinese characters take two."""
    return sum(2 if ord(c) > 0x2E7F else 1 for c in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
