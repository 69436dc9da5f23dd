"""Learn once what several strategies of one command share: a costly member of several, what no seed changes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar, cast

from tagkit.product import Product, digest

if TYPE_CHECKING:
    from tagkit.tagger import Tagger

T = TypeVar("T")
COSTLY = 5.0
"""Seconds of learning from which on something is remembered."""
MOST = 8
"""So much is remembered at a time, what was used latest: networks fill memory."""


class Learnt:
    """What costly strategies, and costly parts of them, learnt.

    Attributes:
        saved: The seconds that strategies took to learn and that others did not have to spend again.
    """

    def __init__(self) -> None:
        self.saved = 0.0
        self._known: dict[tuple[str, str], tuple[Any, float]] = {}

    def get(self, what: str, make: Callable[[], T], *parts: Sequence[Product]) -> T:
        """Return what was made under this name from equal products, or make it."""
        # A digest takes longer than some strategies learn: only where it can tell or is kept.
        like = any(name == what for name, _ in self._known)
        if like and (found := self._known.pop((what, key := digest(*parts)), None)):
            self._known[what, key] = found
            made, seconds = found
            self.saved += seconds
            return cast(T, made)
        start, saved = time.perf_counter(), self.saved
        made = make()
        seconds = time.perf_counter() - start + self.saved - saved
        if seconds >= COSTLY:
            self._known[what, digest(*parts)] = made, seconds
            if len(self._known) > MOST:
                del self._known[next(iter(self._known))]
        return made


_NOW: ContextVar[Learnt | None] = ContextVar("learnt", default=None)


@contextmanager
def learning_once(learnt: Learnt) -> Iterator[Learnt]:
    """Let each costly strategy learn once from the same products, as long as the context lasts."""
    before = _NOW.set(learnt)
    try:
        yield learnt
    finally:
        _NOW.reset(before)


def once(what: str, make: Callable[[], T], *parts: Sequence[Product]) -> T:
    """Make what is learnt from products, once within `learning_once`; who gets it leaves it as it is.

    Args:
        what: A name that tells all that it depends on besides the products.
        make: Makes it.
        parts: The products.
    """
    learnt = _NOW.get()
    return make() if learnt is None else learnt.get(what, make, *parts)


def learn(tagger: Tagger, train: Sequence[Product], dev: Sequence[Product]) -> None:
    """Fit a strategy; within `learning_once`, give it what an equal one learnt from equal products."""
    if _NOW.get() is None:  # parameters may be large: they are written out only where that can help
        tagger._fit(train, dev)
        return

    def fitted() -> Tagger:
        tagger._fit(train, dev)
        return tagger

    params = tagger.get_params()
    what = json.dumps([tagger.name, params], sort_keys=True, default=repr)
    other = once(what, fitted, train, dev)
    if other is not tagger:
        vars(tagger).update({name: value for name, value in vars(other).items() if name not in params})
