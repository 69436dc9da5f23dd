"""The sentences of errors: reasons in one line, files that share one, suggestions, damaged models."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tagkit.errors import BadInput, NotWritten, blaming, did_you_mean, reason

FULL = OSError(errno.ENOSPC, "No space left on device", "a.png")


def test_a_reason_is_one_line_without_number_and_file():
    assert reason(FULL) == "No space left on device"
    assert reason(ValueError("two\nlines")) == "two lines" and reason(KeyError()) == "KeyError"


def test_files_that_fail_alike_are_named_together():
    error = NotWritten({"a.png": FULL, "b.png": FULL, "c.csv": ValueError("no such view")}, [Path("d")])
    assert str(error) == "a.png, b.png not written: No space left on device; c.csv not written: no such view"
    assert error.written == [Path("d")]


def test_suggestions():
    assert did_you_mean("lexcon", ["knn", "lexicon"]) == " (did you mean 'lexicon'?)"
    assert did_you_mean("x", ["knn"]) == ""


def test_errors_of_a_saved_model_name_its_folder():
    with (
        pytest.raises(BadInput, match=r"^model was saved by another version .* \(IndexError: out of range\)"),
        blaming("model"),
    ):
        raise IndexError("out of range")
    with pytest.raises(IndexError), blaming(""):
        raise IndexError
