"""Why something failed: one line, and the traceback of what nobody expected in a file."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tagkit.errors import BadInput
from tagkit.experiment.failure import explain


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """The folder of temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def raised(error: Exception) -> Exception:
    """Return an error with the traceback of this function."""
    try:
        raise error
    except Exception as caught:
        return caught


def test_errors_on_purpose_and_of_files_are_their_own_sentence(folder):
    assert explain(raised(BadInput("no\n  title")), "a row") == "no title"
    assert explain(raised(OSError(28, "No space left on device")), "a row") == "[Errno 28] No space left on device"
    assert not list(folder.iterdir())


def test_the_traceback_of_another_error_is_in_a_file_that_the_line_names(folder):
    line = explain(raised(ValueError("empty vocabulary;\nperhaps 停用词")), "odd/row: 红")
    (file,) = folder.iterdir()
    assert line == f"ValueError: empty vocabulary; perhaps 停用词 (traceback: {file})"
    assert file.name.startswith("tagkit-odd-row-红-") and file.suffix == ".txt"
    written = file.read_text(encoding="utf-8")
    assert "in raised" in written and written.endswith("ValueError: empty vocabulary;\nperhaps 停用词\n")


def test_a_long_message_is_cut_and_an_empty_one_is_the_kind_of_error():
    assert explain(ValueError("x" * 400), "a row").startswith(f"ValueError: {'x' * 300} (traceback: ")
    assert explain(MemoryError(), "a row").startswith("MemoryError (traceback: ")


def test_without_room_for_the_traceback_the_line_stands_alone(monkeypatch, folder):
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "absent"))
    assert explain(raised(KeyError("title")), "a row") == "KeyError: 'title'"
