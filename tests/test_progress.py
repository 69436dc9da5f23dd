"""Work that takes long is announced, and only that."""

from __future__ import annotations

import io

import pytest

from tagkit import progress
from tagkit.console import QUIET
from tagkit.progress import announced


@pytest.fixture
def clock(monkeypatch):
    """A clock on which each item takes two seconds."""
    now = [0.0]

    def items(count):
        for number in range(count):
            now[0] += 2
            yield number

    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    return items


def test_long_work_is_announced_once_with_an_estimate(clock, capsys):
    assert list(announced(clock(30), [5] * 30, "reading")) == list(range(30))
    assert capsys.readouterr().err.count("reading takes about 58 seconds more") == 1


def test_short_work_and_unwanted_output_are_silent(clock, capsys, monkeypatch):
    assert list(announced(clock(4), [5] * 4, "reading")) == list(range(4))
    assert list(announced([], [], "reading")) == []
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "tqdm", lambda **options: progress_bar(**options | {"disable": True}))
    assert list(announced(clock(30), [5] * 30, "reading")) == list(range(30))
    assert capsys.readouterr().err == ""


def test_a_bar_is_for_a_terminal_that_wants_it(monkeypatch, capsys):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for shown, quiet, appears in ((True, "", True), (False, "", False), (True, "1", False)):
        monkeypatch.setenv(QUIET, quiet)
        assert list(progress.progress_bar([1, 2], shown=shown, file=(stream := Terminal()))) == [1, 2]
        assert bool(stream.getvalue()) == appears
    assert list(progress.progress_bar([1, 2])) == [1, 2] and capsys.readouterr().err == ""


progress_bar = progress.tqdm
