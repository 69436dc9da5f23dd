"""Sentences that a table of figures must carry."""

from __future__ import annotations

from itertools import pairwise

from tagkit.experiment._old_spec import DEDUP, Experiment, System
from tagkit.experiment.outcome import Outcome
from tagkit.measures import parse


def cautions(outcome: Outcome) -> list[str]:
    """Return what a reader must be warned of.

    That train and test share texts, with the figures on all test products and on the rest; that a parameter or
    threshold was chosen on test; that two systems differ by less than the spread of their seeds.
    """
    return [*_shared(outcome), *_chosen(outcome.experiment), *_close(outcome)]


def _shared(outcome: Outcome) -> list[str]:
    first = outcome.experiment.measures[0]
    groups: dict[str, list[str]] = {}
    for system in outcome.experiment.systems:
        found = outcome.measured.get(system.name)
        if found is None or not found.shared[0]:
            continue
        shared, total = found.shared
        what = "".join(f", {key} {value}," for key, value in system.options.items())
        pairs = groups.setdefault(f"{shared:,} of {total:,} test texts{what} stand word for word in train.", [])
        if f"{DEDUP}/{first}" in found.cells and first in found.cells:
            on_all, on_new = found.cells[first].value, found.cells[f"{DEDUP}/{first}"].value
            pairs.append(f"{system.name} {on_all:.2f}, without them {on_new:.2f}")
    return [f"{text} {first}: {'; '.join(pairs)}." if pairs else text for text, pairs in groups.items()]


def _chosen(experiment: Experiment) -> list[str]:
    return [
        f"{system.name}: a parameter or threshold was chosen on test, so its figures are too good."
        for system in experiment.systems
        if system.chosen_on == "test"
    ]


def _close(outcome: Outcome) -> list[str]:
    """Compare systems that follow each other by the first measure, among those that learn from the same products."""
    first = outcome.experiment.measures[0]
    groups: dict[str, list[tuple[float, float | None, str]]] = {}
    for system in outcome.experiment.systems:
        if found := _figure(outcome, system, first):
            groups.setdefault(repr((system.options, system.share)), []).append((*found, system.name))
    out = []
    for rows in groups.values():
        rows.sort(key=lambda row: row[0], reverse=parse(first).better == "higher")
        for (value, spread, name), (other, other_spread, other_name) in pairwise(rows):
            widest = max(spread or 0.0, other_spread or 0.0)
            if widest > 0 and abs(value - other) < widest:
                out.append(
                    f"{name} and {other_name} differ by {abs(value - other):.2f} in {first}, less than the spread over "
                    f"seeds ({widest:.2f})."
                )
    return out


def _figure(outcome: Outcome, system: System, measure: str) -> tuple[float, float | None] | None:
    """Return a system's figure and spread as measured, else as expected."""
    expected, figure, _, _ = outcome.cell(system, measure)
    if figure:
        return figure.value, figure.spread
    return (expected.value, expected.spread) if expected else None
