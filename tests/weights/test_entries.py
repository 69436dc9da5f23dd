"""The models known by name."""

from __future__ import annotations

import re

import pytest

from tagkit import weights


@pytest.mark.parametrize("entry", weights.ENTRIES.values(), ids=list(weights.ENTRIES))
def test_an_entry_is_found_by_both_names_and_pins_every_wheel(entry):
    assert weights.ENTRIES[entry.name] is entry
    assert weights.find(entry.name) is entry
    assert not entry.hub or weights.find(entry.hub) is entry
    assert all(re.fullmatch("[0-9a-f]{64}", sha256) for sha256 in (entry.sha256, *(sha for _, sha in entry.parts)))


@pytest.mark.parametrize("name", ["", "unknown", "someone/unknown"])
def test_any_other_name_has_no_entry(name):
    assert weights.find(name) is None
