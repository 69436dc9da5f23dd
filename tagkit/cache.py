"""Where tagkit keeps what can be made again: the cache folder on disk, and the costly fits of one command."""

from __future__ import annotations

import atexit
import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Protocol

from platformdirs import user_cache_dir

from tagkit.errors import BadInput, reason
from tagkit.product import Product, digest
from tagkit.state import State, read_state, write_state

log = logging.getLogger(__name__)
COSTLY = 5.0
"""A fit that takes at least this many seconds is kept."""
MOST = 8
"""How many states are kept in memory; the least recently used one is dropped first."""


def cache_folder(kind: str) -> Path:
    """Return a folder of the cache, created if it does not exist.

    Where the cache cannot be written, a warning says so once, and a temporary folder takes its place until the command
    ends; what the cache holds is read from there all the same. Where there is no temporary folder either, nothing can
    be written into the one that is returned.

    Args:
        kind: What it holds, for example "data".

    Returns:
        `$TAGKIT_CACHE/kind`, or the same below the user's cache folder.
    """
    root, why = Path("~/.cache/tagkit"), "it cannot be written"
    try:
        root = Path(os.environ.get("TAGKIT_CACHE") or user_cache_dir("tagkit")).expanduser()
        (root / kind).mkdir(parents=True, exist_ok=True)
        if os.access(root / kind, os.W_OK):
            return root / kind
    except (OSError, RuntimeError) as error:  # a RuntimeError where no home folder is known
        why = reason(error)
    folder = _substitute(root, why) / kind
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
    return folder


@cache
def _substitute(root: Path, why: str) -> Path:
    """Return a temporary cache, which this process and those that it starts use from now on, with what `root` holds."""
    log.warning("the cache %s is not used, so nothing is kept for later commands: %s", root, why)
    try:
        temporary = Path(tempfile.mkdtemp(prefix="tagkit-cache-"))
    except OSError:
        return Path(os.devnull)
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    os.environ["TAGKIT_CACHE"] = str(temporary)
    with suppress(OSError):
        for folder in root.iterdir():
            (temporary / folder.name).mkdir()
            for entry in folder.iterdir():
                if entry.is_dir():
                    (temporary / folder.name / entry.name).symlink_to(entry.absolute())
                else:
                    shutil.copy(entry, temporary / folder.name)
    return temporary


class Fitted(Protocol):
    """What `FitCache.fit` needs of a tagger."""

    name: ClassVar[str]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters."""
        ...

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None: ...
    def _state(self) -> State: ...
    def _restore(self, state: State) -> None: ...


class FitCache:
    """The states of costly fits, so that equal ones of one command are computed once.

    An ensemble takes its sub-taggers from here if they were compared by themselves before, and runs that differ only in
    their seed share what does not depend on it. Each row is charged the time of its fits all the same (`saved`).

    Args:
        folder: Where states are kept, to be shared by several processes; None: in memory.

    Attributes:
        saved: The seconds that fits found here took when they were computed.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.saved = 0.0
        self._states: dict[str, tuple[State, float]] = {}

    def fit(self, tagger: Fitted, train: Sequence[Product], dev: Sequence[Product]) -> None:
        """Fit a tagger, or restore what an equal one learned from equal products."""
        params = json.dumps(tagger.get_params(), sort_keys=True, default=repr)
        name = f"{type(tagger).__module__}:{type(tagger).__qualname__} {params}"
        state = self._find(name, train, dev)
        if state is not None:
            tagger._restore(state)
            return
        with self._timed() as timer:
            tagger._fit(train, dev, self)
        if timer.seconds >= COSTLY:
            self._write(_key(name, train, dev), tagger._state(), timer.seconds)

    def get(self, name: str, make: Callable[[], State], *parts: Sequence[Product]) -> State:
        """Return what was computed under this name from equal products, or compute it.

        Args:
            name: Everything the state depends on beside the products.
            make: Computes the state; whoever receives it must not change it.
            parts: The products.
        """
        state = self._find(name, *parts)
        if state is None:
            with self._timed() as timer:
                state = make()
            if timer.seconds >= COSTLY:
                self._write(_key(name, *parts), state, timer.seconds)
        return state

    def _find(self, name: str, *parts: Sequence[Product]) -> State | None:
        """Return what is kept under this name from equal products, and charge its seconds; None if there is nothing."""
        # Computing a digest takes longer than some fits: it is computed only where it can help.
        if not self._knows(_prefix(name)) or (found := self._read(_key(name, *parts))) is None:
            return None
        state, seconds = found
        self.saved += seconds
        return state

    @contextmanager
    def _timed(self) -> Iterator[_Timer]:
        """Take the seconds of a fit, those of what it found here included."""
        timer, start, saved = _Timer(), time.perf_counter(), self.saved
        yield timer
        timer.seconds = time.perf_counter() - start + self.saved - saved

    def _knows(self, prefix: str) -> bool:
        if self.folder is not None:
            return any(self.folder.glob(f"{prefix}-*"))
        return any(key.startswith(prefix) for key in self._states)

    def _read(self, key: str) -> tuple[State, float] | None:
        if self.folder is None:
            if key in self._states:
                self._states[key] = self._states.pop(key)  # now the most recently used one
            return self._states.get(key)
        try:
            stored = read_state(self.folder / key)
        except BadInput:  # absent, unfinished or damaged: it is computed again
            return None
        return stored["state"], stored["seconds"]

    def _write(self, key: str, state: State, seconds: float) -> None:
        if self.folder is None:
            self._states[key] = state, seconds
            if len(self._states) > MOST:
                del self._states[next(iter(self._states))]
            return
        try:
            write_state(self.folder / key, {"state": state, "seconds": seconds}, lasting=False)  # the row waits for it
        except OSError as error:
            log.warning("a fit cannot be shared with other rows, which repeat it: %s", reason(error))


class _Timer:
    seconds = 0.0


def _prefix(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:24]


def _key(name: str, *parts: Sequence[Product]) -> str:
    return f"{_prefix(name)}-{digest(*parts)[:24]}"


class NoCache(FitCache):
    """A cache that keeps nothing: what a fit outside of a comparison uses."""

    def fit(self, tagger: Fitted, train: Sequence[Product], dev: Sequence[Product]) -> None:
        """Fit a tagger."""
        tagger._fit(train, dev, self)

    def get(self, name: str, make: Callable[[], State], *parts: Sequence[Product]) -> State:
        """Compute a state."""
        return make()
