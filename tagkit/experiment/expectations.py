"""Read the expected figures of a system: value, tolerance, origin, spread."""

from __future__ import annotations

import re

from tagkit.errors import did_you_mean
from tagkit.experiment._old_spec import VIEWS, Expected, Origin, split_cell
from tagkit.experiment.document import Node


def expected_cells(
    node: Node, measures: tuple[str, ...], tolerance: float, origin: Origin | None
) -> dict[str, Expected | None]:
    """Return the expected figure of each cell.

    Args:
        node: The figures by cell; a value alone, or the keys `value`, `tolerance`, `origin`, `spread`.
        measures: The measures of the experiment: each needs a figure, or null.
        tolerance: Where a cell has none of its own.
        origin: Where a cell has none of its own.

    Raises:
        BadInput: A cell or its form is wrong, or a measure has none; the message names file and line.
    """
    if node.value is None:
        return dict.fromkeys(measures)
    found: dict[str, Expected | None] = {}
    for key, cell in node.mapping().items():
        view, measure = split_cell(key)
        if measure not in measures or view not in ("test", *VIEWS):
            known = [*measures, *(f"{view}/{measure}" for view in VIEWS for measure in measures)]
            raise cell.fail(f"no measure of this experiment is called {key!r}{did_you_mean(key, known)}")
        found[key] = None if cell.value is None else _cell(cell, tolerance, origin)
    for measure in measures:
        if measure not in found:
            raise node.fail(f"there is no figure for the measure {measure} (write `{measure}: null` if none is known)")
    return found


def _cell(node: Node, tolerance: float, origin: Origin | None) -> Expected:
    spread = None
    figure = node
    if isinstance(node.value, dict):
        keys = node.mapping(("value",), ("tolerance", "origin", "spread"))
        figure = keys["value"]
        tolerance = read_tolerance(keys["tolerance"]) if "tolerance" in keys else tolerance
        origin = read_origin(keys["origin"]) if "origin" in keys else origin
        spread = keys["spread"].number() if "spread" in keys else None
    if origin is None:
        raise node.fail("nothing says where the figure is from: add `origin` here or to the system")
    return Expected(figure.number(), _digits(figure), tolerance, origin, spread)


def _digits(node: Node) -> int:
    if not re.fullmatch(r"-?\d+(\.\d+)?", node.raw):
        raise node.fail(f"write the figure with digits and a point, not {node.raw!r}")
    return len(node.raw.partition(".")[2])


def read_origin(node: Node) -> Origin:
    """Return where a figure is from: `published`, or the date, the machine and the seconds of our run."""
    if node.value == "published":
        return Origin("published")
    if not isinstance(node.value, dict):
        raise node.fail("must be `published`, or of our own run the keys `date`, `machine` and `seconds`")
    keys = node.mapping(("date", "machine", "seconds"), ())
    date = keys["date"].text()
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", date):
        raise keys["date"].fail(f"must be YYYY-MM-DD, not {date!r}")
    seconds = None if keys["seconds"].value is None else keys["seconds"].number()
    return Origin("ours", date, keys["machine"].text(), seconds)


def read_tolerance(node: Node) -> float:
    """Return a tolerance, in the unit of the figures."""
    if (value := node.number()) < 0:
        raise node.fail("must not be below 0")
    return value
