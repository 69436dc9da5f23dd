"""What a comparison found, in a few plain sentences that stand above its tables."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tagkit.experiment.result import Result, Score
from tagkit.experiment.spec import TEST
from tagkit.report.scores import gain, has_expected, number, p_equals

NAMED = 12
"""So many rows are named in a sentence; others are counted."""


def summary(result: Result) -> str:
    """Say which row is best by the first measure on test, and what the tests against the baseline say of the rows.

    Rows with expected scores are not ranked, since they need not have the same products: for them, and where nothing
    was measured, it is "".
    """
    first = str(result.measures[0])
    cells = {name: result.scores[TEST][name][first] for name in result.order()}
    cells = {name: score for name, score in cells.items() if not math.isnan(score.value)}
    if has_expected(result) or not cells:
        return ""
    best, *others = cells
    base = result.baseline if result.baseline in cells else ""
    out = [f"By {first}, {best} is best: {_written(cells[best])}."]
    if not others:
        return f"{best} has {first} {_written(cells[best])}; there is no other row to compare it with."
    if best != base and base and cells[best].p is not None:
        how = "significantly better than" if cells[best].significant else "not distinguishable from"
        out.append(f"It is {how} the baseline {base} ({_written(cells[base])}; {p_equals(cells[best].p or 0.0)}).")
    tested = {name: score for name, score in cells.items() if name not in (best, base) and score.p is not None}
    groups: dict[str, list[str]] = {"better": [], "worse": [], "": []}
    for name, score in tested.items():
        side = "better" if gain(first, score.value, cells[base].value) > 0 else "worse"
        groups[side if score.significant else ""].append(name)
    against = "it" if best == base else base
    for side in ("better", "worse"):
        if groups[side]:
            out.append(f"Significantly {side} than {against}: {_names(groups[side])}.")
    if groups[""]:
        out.append(f"Not distinguishable from {against}: {_names(groups[''])}.")
    return " ".join(out)


def _written(score: Score) -> str:
    return number(score.value) + ("" if math.isnan(score.low) else f" ±{number(score.half_width)}")


def _names(names: Sequence[str]) -> str:
    if more := len(names[NAMED:]):
        return f"{', '.join(names[:NAMED])} and {more} other{'s' * (more > 1)}"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
