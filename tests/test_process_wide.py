"""A setting of the whole process holds until the last of several users has left it."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from tagkit.process_wide import process_wide


def test_entered_with_the_first_and_left_with_the_last():
    calls = []

    @process_wide
    @contextmanager
    def setting():
        calls.append("on")
        yield
        calls.append("off")

    first, second = setting(), setting()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert calls == ["on"]
    second.__exit__(None, None, None)
    assert calls == ["on", "off"]
    with pytest.raises(ValueError), setting():
        raise ValueError
    assert calls == ["on", "off"] * 2
