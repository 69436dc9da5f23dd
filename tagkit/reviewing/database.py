"""The SQLite file of a review: how it is opened and changed, and its errors as one sentence."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tagkit.errors import BadInput, NotSaved
from tagkit.reviewing.queries import TABLES

APPLICATION = 0x7461676B
"""What the header of the file says about who wrote it: "tagk"."""
FORMAT = 1
"""The version of the tables; a file with a higher one is refused."""
PATIENCE = 30.0
"""Seconds to wait for another process that is writing."""
_REASONS = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "it cannot be written, nor its folder maybe (read-only)",
    "SQLITE_CANTOPEN": "it cannot be opened, or its folder cannot be written",
    "SQLITE_BUSY": f"another process kept it locked for {PATIENCE:.0f} seconds",
    "SQLITE_IOERR": "the disk failed, or is full",
    "SQLITE_PERM": "it may not be opened by this user",
}
_NOT_OURS = "is not a file of tagkit's reviews"


class Database:
    """One connection to the file, which several threads may use; other processes may have their own.

    Every transaction is on the disk before it ends (write-ahead log, `synchronous=FULL`), so that neither a killed
    process nor a power failure undoes it. Where a file system cannot share memory between processes (some network
    drives), SQLite keeps its older journal, which is as safe.

    Args:
        path: The file; it is made where there is none.

    Raises:
        BadInput: It is a folder, or a file of something else, or of a newer version.
        NotSaved: It cannot be opened for writing.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(os.path.abspath(path))
        self.shown = str(path)
        if self.path.is_dir():
            raise BadInput(f"{self.shown} is a folder, not a file")
        if not self.path.parent.is_dir():
            raise BadInput(f"{self.shown}: there is no folder {self.path.parent}")
        self._lock = threading.RLock()
        with self._explained("the review cannot begin"):
            self._connection = sqlite3.connect(
                self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
            try:
                self._check()
                for pragma in ("trusted_schema=OFF", "journal_mode=WAL", "synchronous=FULL"):
                    self._set(pragma)
                with self.writing("the review cannot begin", check=False) as connection:
                    if not self._is_made():
                        for statement in TABLES:
                            connection.execute(statement)
                        connection.execute(f"PRAGMA application_id={APPLICATION}")
                        connection.execute(f"PRAGMA user_version={FORMAT}")
            except BaseException:
                self._connection.close()
                raise
        self._inode = os.stat(self.path).st_ino

    @contextmanager
    def writing(self, what: str = "the decision is not saved", *, check: bool = True) -> Iterator[sqlite3.Connection]:
        """Do all that happens in the context or, after an error, nothing of it.

        Args:
            what: What it means that it failed, as the beginning of a sentence.
            check: Whether to see first that the file is still in its place.

        Raises:
            NotSaved: It could not be written, in one sentence.
        """
        with self._lock, self._explained(what):
            if check:
                self._check_place(what)
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # after some errors SQLite has rolled back by itself
                    self._connection.execute("ROLLBACK")
                raise

    def read(self, query: str, values: Sequence[object] | Mapping[str, object] = ()) -> list[tuple]:
        """Return the rows of a query."""
        with self._lock, self._explained("the review cannot be read"):
            return self._connection.execute(query, values).fetchall()

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    def _set(self, pragma: str) -> None:
        """Run a pragma; SQLite itself does not wait to change the journal while another process makes the file."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self._connection.execute(f"PRAGMA {pragma}").fetchall()
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def _check(self) -> None:
        """Refuse a file of something else, or of a newer version."""
        both = "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version"
        application, version = self._connection.execute(both).fetchone()  # at once: another process may be making it
        is_empty = not self._connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
        if application != APPLICATION and not (is_empty and application == 0):
            raise BadInput(f"{self.shown} {_NOT_OURS}")
        if version > FORMAT:
            why = f"it has format {version}, and this version reads up to {FORMAT}"
            raise BadInput(f"{self.shown} was written by a newer version of tagkit ({why}): update tagkit to open it")

    def _is_made(self) -> bool:
        return bool(self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'about'").fetchone())

    def _check_place(self, what: str) -> None:
        """Refuse to write into a file that was removed or replaced: nobody would find what it holds."""
        try:
            is_there = os.stat(self.path).st_ino == self._inode
        except OSError:
            is_there = False
        if not is_there:
            raise NotSaved(f"{what}: {self.shown} was removed or replaced while it was open")

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", "")
            if name in ("SQLITE_NOTADB", "SQLITE_FORMAT"):
                raise BadInput(f"{self.shown} {_NOT_OURS}") from error
            if name.startswith("SQLITE_CORRUPT"):
                raise BadInput(f"{self.shown} is damaged: {error}") from error
            kind = "_".join(name.split("_")[:2])
            raise NotSaved(f"{what}: {self.shown}: {_REASONS.get(kind, error)}") from error
