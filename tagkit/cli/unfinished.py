"""The output of a command that may be stopped: it grows beside its final place, and the same command continues it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Self

from filelock import lock_descriptor

from tagkit.cache import cache_folder
from tagkit.errors import BadInput, TagkitError, reason
from tagkit.files import is_stream, naming, replacing, write_text

WINDOWS = os.name == "nt"


class Unfinished:
    """The unfinished output of a file FILE: lines in `FILE.part`, and in `FILE.part.json` what they depend on.

    `FILE.part` is locked while a process writes it. At the end it becomes FILE, and the cache remembers what FILE
    depends on as long as nobody changes it. A pipe or a device is written directly.

    Args:
        out: FILE.

    Attributes:
        file: What lines are written to.
        done: How many lines an earlier process left; a half-written one is cut off.
        is_finished: Whether FILE is there already, whole and made in the same way.

    Raises:
        BadInput: FILE is a folder, another process writes it, or `FILE.part` is not tagkit's.
        OSError: FILE cannot be written.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.done = 0
        self.is_finished = False
        self._stream = is_stream(out)
        self._target, self._part, self._about = self.paths_of(out)
        self._depends: dict[str, Any] = {}
        if out.is_dir():
            raise BadInput(f"{out} is a folder, not a file")
        self.file = self._open()

    @staticmethod
    def paths_of(out: Path) -> tuple[Path, Path, Path]:
        """Return the files that are written for FILE: what it leads to, and those beside that."""
        target = Path(os.path.realpath(out))
        return (target, target.with_name(f"{target.name}.part"), target.with_name(f"{target.name}.part.json"))

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file; what holds no line is removed."""
        with suppress(OSError):  # what a full disk did not take was said when it was written
            self.file.close()
        if not self._stream and self._part.exists() and not self._part.stat().st_size:
            self._part.unlink(missing_ok=True)
            if self._is_own(_read(self._about)):
                self._about.unlink(missing_ok=True)

    @staticmethod
    def _is_own(about: Any) -> bool:
        """Say whether tagkit wrote what `FILE.part.json` holds."""
        return isinstance(about, dict) and "tagkit" in about

    def begin(self, depends: Mapping[str, Any], *, resume: bool) -> None:
        """Begin anew, or continue.

        Args:
            depends: What the output depends on, by names that a message can use; "tagkit" is its version.
            resume: Whether to continue.

        Raises:
            BadInput: What is there cannot be continued: it depends on something else, or is not known.
        """
        self._depends = dict(json.loads(json.dumps(depends, default=str)))
        if self._stream:
            if resume:
                raise BadInput(f"--resume needs a file to continue, and {self.out} is none")
            return
        earlier = _read(self._about)
        for path in (self._about, self._part):
            if not self._is_own(earlier) and path.exists() and path.stat().st_size:
                raise BadInput(f"{path} is in the way: tagkit did not write it; move it, or choose another --out")
        if resume and earlier is None and self._target.exists():
            earlier = self._remembered()
            if earlier is None:
                raise BadInput(f"{self.out} is there, but no unfinished run of it: without --resume it is made anew")
            self._check(earlier)
            self.is_finished = True
            return
        if resume and earlier is not None:
            self._check(earlier)
            self.done = self._whole_lines()
            return
        self.file.truncate(0)
        write_text(self._about, json.dumps(self._depends, ensure_ascii=False, indent=1))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Say in one sentence that FILE cannot be written, and that what is there already is not lost.

        Raises:
            TagkitError: So it is.
        """
        try:
            yield
            if not self.file.closed:
                self.file.flush()
        except OSError as error:
            if isinstance(error, BrokenPipeError) or error.filename not in (None, str(self._part), str(self._target)):
                raise
            kept = "" if self._stream else "; --resume continues with what is tagged already"
            raise TagkitError(f"{self.out}: {reason(error)}{kept}") from error

    def finish(self, convert: Callable[[Path, IO[bytes]], None] | None = None) -> None:
        """Put the whole output in its place.

        Args:
            convert: Makes FILE of `FILE.part`; None: they are the same.
        """
        if self._stream:
            return
        with self.writing():
            os.fsync(self.file.fileno())
            if WINDOWS:  # which renames no open file, and lets nobody read a locked one
                self.file.close()
            if convert:
                with replacing(self._target) as file:
                    convert(self._part, file)
            else:
                self._part.replace(self._target)
        with suppress(OSError):
            write_text(self._memory(), json.dumps([self._depends, _state(self._target)], ensure_ascii=False))
        self._part.unlink(missing_ok=True)
        self._about.unlink(missing_ok=True)

    def _open(self) -> IO[bytes]:
        if self._stream:
            return self.out.open("wb")
        while True:
            with naming(self.out, self._part):
                file = self._part.open("ab+")
            try:
                is_locked = lock_descriptor(file.fileno(), blocking=False)
            except OSError:  # a file system without locks
                return file
            if not is_locked:
                file.close()
                raise BadInput(f"another process is writing {self.out}")
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file.fileno()), os.stat(self._part)):
                    return file
            file.close()  # the process that had it was finishing just now

    def _check(self, earlier: Mapping[str, Any]) -> None:
        """Refuse to continue what depends on something else."""
        names = [name for name in {**earlier, **self._depends} if earlier.get(name) != self._depends.get(name)]
        if names:
            said = (f"{name} ({_short(earlier.get(name))}, now {_short(self._depends.get(name))})" for name in names)
            raise BadInput(
                f"{self.out} was begun with another {', another '.join(said)}: without --resume it is made anew"
            )

    def _whole_lines(self) -> int:
        """Count the whole lines and cut off a half-written last one."""
        lines = size = 0
        self.file.seek(0)
        for line in self.file:
            if line.endswith(b"\n"):
                lines += 1
                size += len(line)
        self.file.truncate(size)
        return lines

    def _memory(self) -> Path:
        return cache_folder("outputs") / f"{hashlib.sha256(os.fsencode(self._target)).hexdigest()[:32]}.json"

    def _remembered(self) -> dict[str, Any] | None:
        """Return what the finished file depends on, None if somebody else wrote it."""
        with suppress(OSError):
            found = _read(self._memory())
            if found and found[1] == _state(self._target):
                return dict(found[0])
        return None


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _state(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
