"""What is said of a cell: OK, OKish, FAIL, SKIPPED, or NEW where nothing is expected."""

from __future__ import annotations

from tagkit.experiment._old_spec import Expected

OK, OKISH, FAIL, SKIPPED, NEW = "OK", "OKish", "FAIL", "SKIPPED", "NEW"
ORDER = (OK, OKISH, FAIL, SKIPPED, NEW)
MEANING = {
    OK: "equal at the printed precision",
    OKISH: "within the stated tolerance",
    FAIL: "further off, or the run broke",
    SKIPPED: "not run, with the reason",
    NEW: "measured, and nothing was reported to compare with",
}


def judge(expected: Expected | None, measured: float) -> str:
    """Return the verdict on a measured figure.

    Args:
        expected: What was reported; None: nothing.
        measured: In the same unit.
    """
    if expected is None:
        return NEW
    if written(measured, expected.digits) == written(expected.value, expected.digits):
        return OK
    return OKISH if abs(measured - expected.value) <= expected.tolerance + 1e-9 else FAIL


def written(value: float, digits: int) -> str:
    """Return a figure with so many digits behind the point; "-0.0" is "0.0"."""
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text
