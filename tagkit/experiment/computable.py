"""Which measures can be computed on this machine: told before anything is fitted."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from tagkit.errors import BadInput, MissingExtra, WeightsMissing
from tagkit.measures import Measure

log = logging.getLogger(__name__)


def computable(measures: Sequence[Measure]) -> tuple[Measure, ...]:
    """Return the measures that can be computed here; a warning says which are left out, and why.

    Raises:
        BadInput: None is left, or an encoder is none.
    """
    kept: list[Measure] = []
    left_out: dict[str, list[str]] = {}
    for measure in measures:
        try:
            measure.prepare(())
            kept.append(measure)
        except (MissingExtra, WeightsMissing) as error:
            left_out.setdefault(str(error), []).append(str(measure))
    if not kept:
        raise BadInput(f"no measure can be computed: {'; '.join(left_out)}")
    for why, names in left_out.items():
        log.warning("not measured: %s, since %s", ", ".join(names), why)
    return tuple(kept)
