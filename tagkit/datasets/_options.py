"""Check the options of readers, so that a misspelt one is an error and not ignored."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from tagkit.datasets.base import Reader
from tagkit.errors import BadInput


def choose(name: str, value: object, allowed: Sequence[object]) -> None:
    """Raise `BadInput` unless an option has one of the allowed values."""
    if value not in allowed:
        raise BadInput(f"`{name}` must be one of {', '.join(map(repr, allowed))}, not {value!r}")


def no_more(reader: Reader, options: Mapping[str, Any]) -> None:
    """Raise `BadInput` if options are left over that a reader does not name in its `read`."""
    if options:
        parameters = inspect.signature(reader.read).parameters.values()
        known = [p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY]
        raise BadInput(f"{reader.name} has no option {', '.join(options)}; it has: {', '.join(known) or 'none'}")
