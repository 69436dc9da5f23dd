"""What is said of work that takes long: one sentence with an estimate, and a progress bar."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from tqdm.auto import tqdm

from tagkit.console import QUIET

T = TypeVar("T")
PATIENCE = 3.0
"""After so many seconds the bar appears."""
LONG = 10.0
"""From so many seconds left on there is a sentence."""


def progress_bar(items: Any = None, *, shown: bool = True, **options: Any) -> Any:
    """Return tqdm's bar with the time left, on standard error; none where that is no terminal or all shall be quiet.

    Args:
        items: What it yields; None: it is updated by hand.
        shown: Whether a caller wants it.
        **options: As for tqdm.
    """
    hidden = not shown or bool(os.environ.get(QUIET))
    return tqdm(items, disable=hidden or None, dynamic_ncols=True, **options)


def announced(items: Iterable[T], sizes: Sequence[int], what: str) -> Iterator[T]:
    """Yield items whose making takes time; where it takes long, say on standard error how long, and show a bar.

    Nothing is shown where the environment variable TQDM_DISABLE is set.

    Args:
        items: The items, made one by one.
        sizes: How much of the work each is.
        what: What is done, the beginning of the sentence.
    """
    every = 0.2 if sys.stderr.isatty() else 15
    start, said = time.perf_counter(), False
    with tqdm(total=sum(sizes), desc=what, delay=PATIENCE, mininterval=every, leave=False, unit_scale=True) as bar:
        for item, size in zip(items, sizes, strict=True):
            yield item
            bar.update(size)
            spent = time.perf_counter() - start
            left = spent * (bar.total - bar.n) / max(bar.n, 1)
            if not (said or bar.disable) and spent > PATIENCE / 3 and left > LONG:
                said = True
                bar.write(f"{what} takes about {left:.0f} seconds more", file=sys.stderr)
