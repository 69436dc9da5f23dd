"""Settings that hold for the whole process, such as filters of warnings, used by several threads at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager


def process_wide(setting: Callable[[], AbstractContextManager[None]]) -> Callable[[], AbstractContextManager[None]]:
    """Return a context that is entered with its first user, and left with its last, of all threads.

    Without it, a thread that leaves first would put back what another still needs, and the one that leaves last would
    put back what it found, which is the setting of the first.

    Args:
        setting: Makes the context.
    """
    lock, users, entered = threading.Lock(), 0, setting()

    @contextmanager
    def shared() -> Iterator[None]:
        nonlocal users, entered
        with lock:
            if not users:
                entered = setting()
                entered.__enter__()
            users += 1
        try:
            yield
        finally:
            with lock:
                users -= 1
                if not users:
                    entered.__exit__(None, None, None)

    return shared
