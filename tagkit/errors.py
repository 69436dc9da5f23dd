"""The errors that tagkit raises on purpose, each with one clear sentence."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


class TagkitError(Exception):
    """Base of all errors that tagkit raises on purpose."""


class UnknownName(TagkitError, LookupError):
    """A strategy, measure or data set that no registry knows."""


class MissingExtra(TagkitError, ImportError):
    """An optional package is absent; the message names the extra to install."""


class NotFitted(TagkitError):
    """`predict` or `save` was called before `fit` or `load`."""


class BadInput(TagkitError, ValueError):
    """An argument, a row or a file is not of the expected form; the message names it."""


class DataMissing(TagkitError, FileNotFoundError):
    """A data file is neither in `TAGKIT_DATA` nor in the cache, and could not be downloaded."""


class WeightsMissing(TagkitError, FileNotFoundError):
    """A model's weights are nowhere on this machine and could not be fetched; the message lists what was tried."""


class NotWritten(TagkitError):
    """Some of several files could not be written.

    Attributes:
        failed: What was raised, by the name of the file.
        written: The other files.
    """

    def __init__(self, failed: Mapping[str, Exception], written: Sequence[Path] = ()) -> None:
        names: dict[str, list[str]] = {}
        for name, error in failed.items():
            names.setdefault(reason(error), []).append(name)
        super().__init__("; ".join(f"{', '.join(files)} not written: {why}" for why, files in names.items()))
        self.failed = dict(failed)
        self.written = list(written)


class NotSaved(TagkitError):
    """A decision of a review is not saved; the message says why. What was saved before is still there."""


class TrackingFailed(TagkitError):
    """MLflow cannot be used; the results are not affected."""


class NotSetUp(BadInput):
    """What a strategy needs beside products was not given: a server, a model's name, stored answers.

    Attributes:
        missing: What is missing, in two words ("no endpoint").
    """

    def __init__(self, message: str, missing: str = "not set up") -> None:
        super().__init__(message, missing)
        self.missing = missing

    def __str__(self) -> str:
        """Return the message."""
        return str(self.args[0])


class HostedError(TagkitError):
    """A hosted model cannot be asked: no access, no such model, or nothing but failures; what was answered is kept."""


class BudgetSpent(TagkitError):
    """The budget for a hosted model does not allow the next request; the message says how far it came.

    Attributes:
        done: Products that have their answer, which the cache keeps.
        total: Products that were to be asked about.
    """

    def __init__(self, message: str, done: int = 0, total: int = 0) -> None:
        super().__init__(message)
        self.done = done
        self.total = total


def reason(error: BaseException) -> str:
    """Return in one line why something failed; of an error of the system, what it says without number and file."""
    return " ".join((getattr(error, "strerror", None) or str(error)).split()) or type(error).__name__


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Return " (did you mean …?)" where a known word is close to the given one, else ""."""
    close = difflib.get_close_matches(word, list(known), 1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def warn(message: str) -> None:
    """Issue a warning that is shown as one line, without a line of Python source."""
    warnings.warn_explicit(message, UserWarning, "<tagkit>", 1)


@contextmanager
def blaming(source: str) -> Iterator[None]:
    """Turn any error that tagkit did not foresee into one sentence about the file that a strategy was loaded from.

    Args:
        source: The file or folder; "": errors stay as they are.

    Raises:
        BadInput: There was such an error.
    """
    try:
        yield
    except (TagkitError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # the tokenizers' own panic is no Exception
        if not source:
            raise
        what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise BadInput(
            f"{source} was saved by another version of tagkit or changed since ({what}): fit and save it again"
        ) from error
