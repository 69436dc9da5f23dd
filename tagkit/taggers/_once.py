"""Learn once what several strategies of one command share: a costly one that is also a member of another."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from tagkit.product import Product, digest

if TYPE_CHECKING:
    from tagkit.taggers.base import Tagger

COSTLY = 5.0
"""Seconds of learning from which on a strategy is remembered."""
MOST = 8
"""Strategies that are remembered at a time, the latest ones: their networks fill memory."""


class Learnt:
    """What costly strategies learnt.

    Attributes:
        saved: The seconds that strategies took to learn and that others did not have to spend again.
    """

    def __init__(self) -> None:
        self.saved = 0.0
        self._known: dict[tuple[str, str], tuple[Tagger, float]] = {}

    def learn(self, tagger: Tagger, train: Sequence[Product], dev: Sequence[Product]) -> None:
        """Fit a strategy, or give it what an equal one learnt from equal products."""
        params = tagger.get_params()
        what = json.dumps([tagger.name, params], sort_keys=True, default=repr)
        # A digest takes longer than some strategies learn: only where it can tell or is kept.
        like = any(name == what for name, _ in self._known)
        if like and (found := self._known.get((what, digest(train, dev)))):
            other, seconds = found
            vars(tagger).update({name: value for name, value in vars(other).items() if name not in params})
            self.saved += seconds
            return
        start, saved = time.perf_counter(), self.saved
        tagger._fit(train, dev)
        seconds = time.perf_counter() - start + self.saved - saved
        if seconds >= COSTLY:
            self._known[what, digest(train, dev)] = tagger, seconds
            if len(self._known) > MOST:
                del self._known[next(iter(self._known))]


_NOW: ContextVar[Learnt | None] = ContextVar("learnt", default=None)


@contextmanager
def learning_once(learnt: Learnt) -> Iterator[Learnt]:
    """Let each costly strategy learn once from the same products, as long as the context lasts."""
    before = _NOW.set(learnt)
    try:
        yield learnt
    finally:
        _NOW.reset(before)


def learn(tagger: Tagger, train: Sequence[Product], dev: Sequence[Product]) -> None:
    """Fit a strategy, once within `learning_once`."""
    learnt = _NOW.get()
    if learnt is None:
        tagger._fit(train, dev)
    else:
        learnt.learn(tagger, train, dev)
