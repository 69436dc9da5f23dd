"""Scores that were reported elsewhere or by us before, and the verdict on what is measured beside them."""

from __future__ import annotations

from dataclasses import dataclass

OK, OKISH, FAIL, SKIPPED, NEW = "OK", "OKish", "FAIL", "SKIPPED", "NEW"
VERDICTS = {
    OK: "equal at the printed precision",
    OKISH: "within the stated tolerance",
    FAIL: "further off, or the row failed to run",
    SKIPPED: "not run, with the reason",
    NEW: "measured, and nothing was reported to compare with",
}
"""All verdicts on a cell with their meaning, in the order of summaries."""


@dataclass(frozen=True)
class Origin:
    """Where an expected score comes from.

    Attributes:
        kind: "published" or "ours".
        date: The date of our run, as YYYY-MM-DD.
        machine: The kind of machine of our run.
        seconds: Wall time of our run, fitting and tagging of all seeds together; None where it was not noted.
    """

    kind: str
    date: str = ""
    machine: str = ""
    seconds: float | None = None

    def __str__(self) -> str:
        """Return it as tables show it."""
        return self.kind if self.kind == "published" else f"ours, {self.date}"


@dataclass(frozen=True)
class Expected:
    """An expected score, in the unit of the experiment.

    Attributes:
        value: The score.
        digits: Digits behind the point, as it was printed.
        tolerance: How far a measured score may differ to be OKish.
        origin: Where it comes from.
        sd: Its standard deviation over runs, where that was reported.
    """

    value: float
    digits: int
    tolerance: float
    origin: Origin
    sd: float | None = None

    def verdict(self, measured: float) -> str:
        """Return OK, OKish or FAIL for a measured score in the same unit."""
        if rounded(measured, self.digits) == rounded(self.value, self.digits):
            return OK
        return OKISH if abs(measured - self.value) <= self.tolerance + 1e-9 else FAIL


def rounded(value: float, digits: int) -> str:
    """Return a score with that many digits behind the point; "-0.0" is "0.0"."""
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text
