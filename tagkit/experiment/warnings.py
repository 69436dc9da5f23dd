"""Sentences that the reader of a table of scores must know."""

from __future__ import annotations

import math
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from tagkit.experiment.spec import DEDUP, TEST, Row

if TYPE_CHECKING:
    from tagkit.experiment.result import Result


def warnings(result: Result) -> list[str]:
    """Return what a reader must be warned of.

    That there are too few samples for any significance; that some test products have no gold tags; that train and test
    overlap, with the scores on all test products and on the others; that a parameter or threshold was chosen on test;
    that two rows differ by less than the standard deviation of their runs; which rows have parameters that a search
    chose; and which left text or photos unread.
    """
    checks = _few_samples, _unjudged, _overlap, _chosen_on_test, _close, _tuned, _truncated, _unread_photos
    return [*chain.from_iterable(check(result) for check in checks)]


def _few_samples(result: Result) -> list[str]:
    """Warn where the smallest p-value that the samples allow is above 0.05 after Holm's correction."""
    first, samples = str(result.measures[0]), result.experiment.samples
    tests = sum(row[first].p is not None for row in result.scores.get(TEST, {}).values() if first in row)
    if tests / (1 + samples) < 0.05:
        return []
    return [
        f"With {samples:,} samples and {tests} tests no p-value can be below 0.05 after Holm's correction, so nothing "
        "is called significant: set `samples` to 1,000 or more."
    ]


def _unjudged(result: Result) -> list[str]:
    judged, test = (result.sizes.get(part, 0) for part in ("judged", "test"))
    if not 0 < judged < test:
        return []
    verb = "has" if judged == 1 else "have"
    return [f"{judged:,} of {test:,} test products {verb} gold tags; no measure compares the others with any."]


def _overlap(result: Result) -> list[str]:
    first, scale = str(result.measures[0]), result.experiment.scale
    groups: dict[str, list[str]] = {}
    for row in result.experiment.rows:
        found = result.rows.get(row.name)
        if found is None or not found.overlap[0]:
            continue
        shared, total = found.overlap
        options = "".join(f", {key} {value}," for key, value in row.options.items())
        pairs = groups.setdefault(f"{shared:,} of {total:,} test texts{options} are in train.", [])
        on_all, on_new = (result.scores.get(view, {}).get(row.name, {}).get(first) for view in (TEST, DEDUP))
        if on_all and on_new and not math.isnan(on_new.value):
            digits = 2 if scale == 100 else 3
            values = (f"{scale * score.value:.{digits}f}" for score in (on_all, on_new))
            pairs.append(f"{row.name} {', without them '.join(values)}")
    return [f"{text} {first}: {'; '.join(pairs)}." if pairs else text for text, pairs in groups.items()]


def _chosen_on_test(result: Result) -> list[str]:
    return [
        f"{row.name}: a parameter or threshold was chosen on test, so its scores are too good."
        for row in result.experiment.rows
        if row.chosen_on == "test"
    ]


def _close(result: Result) -> list[str]:
    """Compare rows that follow each other by the first measure, among those fitted on the same products."""
    first = result.measures[0]
    groups: dict[str, list[tuple[float, float | None, str]]] = {}
    for row in result.experiment.rows:
        if found := _score(result, row):
            groups.setdefault(repr((row.options, row.share, row.folds)), []).append((*found, row.name))
    out = []
    for rows in groups.values():
        rows.sort(key=lambda row: row[0], reverse=first.better == "higher")
        for (value, sd, name), (other, other_sd, other_name) in pairwise(rows):
            widest = max(sd or 0.0, other_sd or 0.0)
            if widest > 0 and abs(value - other) < widest:
                digits = 2 if result.experiment.scale == 100 else 3
                out.append(
                    f"{name} and {other_name} differ by {abs(value - other):.{digits}f} in {first}, less than the "
                    f"standard deviation over their runs ({widest:.{digits}f})."
                )
    return out


def _score(result: Result, row: Row) -> tuple[float, float | None] | None:
    """Return a row's value and standard deviation as measured, else as expected."""
    cell = result.cell(row, str(result.measures[0]))
    if cell.score:
        return cell.score.value, cell.score.sd
    return (cell.expected.value, cell.expected.sd) if cell.expected else None


def _tuned(result: Result) -> list[str]:
    """Say which rows have parameters that a search chose, with its budget, and that the others have not."""
    rows = [row for row in result.experiment.rows if row.name in result.rows]
    said = [row.tuned for row in rows if row.tuned]
    return [*said, "All other strategies: no such search."] if 0 < len(said) < len(rows) else said


def _truncated(result: Result) -> list[str]:
    return [
        f"{name} did not read {row.n_truncated_chars:,} characters of the test texts."
        for name, row in result.rows.items()
        if row.n_truncated_chars
    ]


def _unread_photos(result: Result) -> list[str]:
    return [
        f"{name} could read no photo of {row.n_unread_photos:,} test products, which were tagged without."
        for name, row in result.rows.items()
        if row.n_unread_photos
    ]
