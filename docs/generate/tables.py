"""Write Markdown tables of scores and times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isnan

import stored

DASH = "–"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """Return a Markdown table whose first columns are aligned to the left and the others to the right."""
    align = [":--"] * left + ["--:"] * (len(head) - left)
    lines = [head, align, *([escape(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escape(text: str) -> str:
    """Return a text that may stand in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def score(found: stored.Score | None, digits: int = 2) -> str:
    """Return a score, with its standard deviation where there are several runs, or a dash."""
    if found is None or found.value is None or isnan(found.value):
        return DASH
    deviation = f" (SD {found.sd:.{digits}f})" if found.sd is not None else ""
    return f"{found.value:.{digits}f}{deviation}"


def interval(found: stored.Score | None, base: stored.Score | None) -> str:
    """Return a score with its 95 % interval, and ▲ or ▼ where it is significantly better or worse than the baseline."""
    if found is None or found.value is None or found.low is None:
        return score(found, 1)
    mark = ""
    if found.p is not None and found.p < 0.05 and base and base.value is not None:
        mark = " ▲" if found.value > base.value else " ▼"
    return f"{found.value:.1f} [{found.low:.1f}, {found.high:.1f}]{mark}"


def duration(seconds: float | None) -> str:
    """Return a time in the unit that suits it."""
    if seconds is None:
        return DASH
    if seconds < 100:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"
