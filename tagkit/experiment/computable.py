"""Which measures can be computed, on this machine and on a data set: told before anything is fitted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from tagkit.errors import BadInput, MissingExtra, WeightsMissing
from tagkit.measures import Measure
from tagkit.product import Dataset

_TABLES: dict[str, tuple[Callable[[Dataset], object], str]] = {
    "facets": (attrgetter("facet_of"), "name a table of them as `facets`, or measure clusters by cluster-R"),
    "parents": (attrgetter("parents"), "name a table of them as `parents`"),
}
"""What some measures need of a data set, and what a user can do where it is absent."""
log = logging.getLogger(__name__)


def computable(measures: Sequence[Measure], data: Dataset | None = None) -> tuple[Measure, ...]:
    """Return the measures that can be computed here; a warning says which are left out, and why.

    Args:
        measures: The measures.
        data: The data set; measures of facets or of parents are left out if it has none.

    Raises:
        BadInput: None is left, or an encoder is none.
    """
    kept: list[Measure] = []
    left_out: dict[str, list[str]] = {}
    tried: dict[Any, str] = {}  # one encoder is looked for once, which takes long where there is no network
    for measure in measures:
        table = _TABLES.get(measure.needs)
        if data is not None and table and not table[0](data):
            left_out.setdefault(f"{data.name} has no {measure.needs}: {table[1]}", []).append(str(measure))
            continue
        key = type(measure).prepare, measure.params().get("encoder")
        if key not in tried:
            tried[key] = _problem(measure)
        if tried[key]:
            left_out.setdefault(tried[key], []).append(str(measure))
        else:
            kept.append(measure)
    if not kept:
        raise BadInput(f"no measure can be computed: {'; '.join(left_out)}")
    for why, names in left_out.items():
        log.warning("not measured: %s, since %s", ", ".join(names), why)
    return tuple(kept)


def _problem(measure: Measure) -> str:
    """Return why a measure cannot be computed on this machine, "" if it can."""
    try:
        measure.prepare(())
    except (MissingExtra, WeightsMissing) as error:
        return str(error)
    return ""
