"""Measure sizes, leakage and duplicates of a data set, and compare them with what its reader expects."""

from __future__ import annotations

import operator
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from tagkit import cards
from tagkit.datasets.base import Expectation, Value
from tagkit.datasets.split import PARTS
from tagkit.errors import BadInput
from tagkit.product import Dataset, Product
from tagkit.text.clean import clean
from tagkit.text.columns import aligned
from tagkit.text.duplicates import MOST_CHARS, text_key
from tagkit.text.ngrams import nearest_jaccard
from tagkit.text.present import is_present
from tagkit.text.spelling import spellings

NEAR = 0.6
"""Products with at least this Jaccard similarity of character 3-grams count as near-duplicates."""
FREQUENT = 5
"""A tag of at least this many products is frequent."""
FEW = 5
"""So many tags in several spellings are named."""
LONG = 100
"""A title of more characters is long."""
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
    "between": lambda value, bounds: bounds[0] <= value <= bounds[1],
}
SENTENCE_END = re.compile(r"[。！？!?…]+|\.(?=\s|$)")


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One value of an audit.

    Attributes:
        name: What was measured.
        value: The value found.
        expected: What was expected, "" if nothing.
        ok: Whether the value is as expected.
    """

    name: str
    value: Value
    expected: str = ""
    ok: bool = True


@dataclass(frozen=True)
class Audit:
    """All values of one data set."""

    name: str
    rows: tuple[AuditRow, ...]

    @property
    def ok(self) -> bool:
        """Whether all values are as expected."""
        return all(row.ok for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as plain JSON values."""
        return {"name": self.name, "ok": self.ok, "rows": [asdict(row) for row in self.rows]}

    def __repr__(self) -> str:
        """Return how many values there are, and which of them are not as expected."""
        wrong = [row.name for row in self.rows if not row.ok]
        found = f"not as expected: {', '.join(wrong)}" if wrong else "all as expected"
        return f"Audit({self.name!r}, {len(self.rows)} values, {found})"

    def _repr_html_(self) -> str:
        """Return all values as a card for notebooks."""
        rows = [
            [row.name, row.expected, _show(row.value), ("ok" if row.ok else "FAILED") if row.expected else ""]
            for row in self.rows
        ]
        head = ("value", "expected", "found", "")
        return cards.card(
            f"Audit of {self.name}", cards.table(head, (list(map(cards.escape, row)) for row in rows), left=2)
        )

    def __str__(self) -> str:
        """Return an aligned table that marks the values that are not as expected."""
        columns = (
            aligned([row.name for row in self.rows], left=True),
            aligned([_show(row.value) for row in self.rows], left=False),
            aligned([row.expected for row in self.rows], left=True),
            [("ok" if row.ok else "FAILED") if row.expected else "" for row in self.rows],
        )
        return "\n".join("  ".join(cells).rstrip() for cells in zip(*columns, strict=True))


def audit(dataset: Dataset, expectations: Mapping[str, Expectation] | None = None) -> Audit:
    """Measure a data set and compare the values with expectations.

    Args:
        dataset: The data set.
        expectations: By the name of a value, either (operator, bound) with one of "==", ">=", "<=" and "between" (then
            the bound is a pair), or a function that takes the data set and returns a value of its own and whether that
            is right. Usually `Reader.expectations`, which is about a reader's default options.

    Returns:
        One row per value; an expectation about a value that doesn't exist fails.

    Raises:
        BadInput: An expectation is of neither form.
    """
    remaining = dict(expectations or {})
    rows = []
    for name, value in values_of(dataset):
        rows.append(_compare(name, value, remaining.pop(name)) if name in remaining else AuditRow(name, value))
    for name, expectation in remaining.items():
        if callable(expectation):
            value, ok = expectation(dataset)
            rows.append(AuditRow(name, value, "as described", ok))
        else:
            rows.append(_compare(name, None, expectation))
    return Audit(dataset.name, tuple(rows))


def _compare(name: str, value: Value | None, expectation: Any) -> AuditRow:
    """Compare a value with (operator, bound); None, for no such value, fails."""
    if not (isinstance(expectation, tuple) and len(expectation) == 2 and expectation[0] in COMPARE):
        raise BadInput(f"the expectation for {name!r} is neither (operator, bound) nor a function: {expectation!r}")
    sign, bound = expectation
    terms = f"{bound[0]} to {bound[1]}" if sign == "between" else f"{sign} {bound}"
    if value is None:
        return AuditRow(name, "absent", terms, False)
    return AuditRow(name, value, terms, COMPARE[sign](value, bound))


def values_of(data: Dataset, near: bool = True) -> Iterator[tuple[str, Value]]:
    """Measure a data set.

    Args:
        data: The data set.
        near: Whether near-duplicates are searched for, which takes longest.

    Yields:
        The names of the values and the values.
    """
    products = data.products
    languages = sorted({p.lang or "unknown" for p in products})
    yield from _sizes(data, languages)
    yield "departments", len({p.category.partition("/")[0] for p in products if p.category})
    sizes = [len(p.tags) for p in products] or [0]
    yield "tags per product, min", min(sizes)
    yield "tags per product, mean", sum(sizes) / len(sizes)
    yield "tags per product, max", max(sizes)
    yield "products without tags", sizes.count(0) if products else 0
    folded = spellings(products)
    several = [" = ".join(sorted(counts)) for counts in folded.values() if len(counts) > 1]
    yield "distinct tags", sum(map(len, folded.values()))
    yield "tags in several spellings", len(several)
    if several:
        yield "spellings of one tag, which are taken for one", "; ".join(several[:FEW]) + "; …" * (len(several) > FEW)
    groups = [("", products)]
    if len(languages) > 1:
        groups += [(f", {lang}", tuple(p for p in products if (p.lang or "unknown") == lang)) for lang in languages]
    for suffix, group in groups:
        yield f"tags absent from the text %{suffix}", _absent(group)
    for suffix, group in groups:
        yield f"tags used {FREQUENT} times or more %{suffix}", _frequent(group)
    known = {tag for p in data.train for tag in p.tags}
    test_tags = [tag for p in data.test for tag in p.tags]
    yield "test tags unseen in train %", _percent(sum(tag not in known for tag in test_tags), len(test_tags))
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
    yield from _leaks(data, near)


def _sizes(data: Dataset, languages: Sequence[str]) -> Iterator[tuple[str, Value]]:
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


def _leaks(data: Dataset, near: bool) -> Iterator[tuple[str, Value]]:
    """Compare each part with the parts before it: products with the same text or nearly the same, after cleaning."""
    keys = {part: [text_key(p.text) for p in getattr(data, part)] for part in PARTS}
    pairs = list(combinations(PARTS, 2))
    for first, second in pairs:
        seen = set(keys[first])
        yield f"{second} texts in {first}", sum(key in seen for key in keys[second])
    if not near:
        return
    # An empty text is a blank, so that empty texts are equal.
    folded = {
        part: [" ".join(clean(p.text[:MOST_CHARS]).text.split()) or " " for p in getattr(data, part)] for part in PARTS
    }
    for first, second in pairs:
        best = nearest_jaccard(folded[second], folded[first], 3)
        yield f"near-duplicates, {first} and {second}", int((best >= NEAR).sum())
        yield f"highest similarity, {first} and {second}", float(best.max(initial=0.0))


def _absent(products: Sequence[Product]) -> float:
    absent = [not is_present(tag, p.text) for p in products for tag in p.tags]
    return _percent(sum(absent), len(absent))


def _frequent(products: Sequence[Product]) -> float:
    counts = Counter(tag for p in products for tag in p.tags)
    return _percent(sum(c for c in counts.values() if c >= FREQUENT), sum(counts.values()))


def _sentences(text: str) -> int:
    return sum(bool(piece.strip()) for piece in SENTENCE_END.split(text))


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def _show(value: Value) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
