"""`tagkit taggers` and `tagkit measures`."""

from __future__ import annotations

import json
import sys

from tagkit import registry

TAGKIT = [sys.executable, "-m", "tagkit"]


def test_taggers(monkeypatch, run):
    monkeypatch.delitem(sys.modules, "tagkit.taggers.knn", raising=False)
    monkeypatch.setitem(sys.modules, "bm25s", None)
    rows = {row["name"]: row for row in json.loads(run("taggers", "--json").stdout)}
    assert set(rows) == set(registry.taggers.names())
    assert all(row["summary"].endswith(".") for row in rows.values())
    assert rows["dictionary"]["params"] == {"min_chars": 2} and not rows["dictionary"]["missing"]
    assert 'pip install "tagkit[knn]"' in rows["knn"]["missing"] and not rows["knn"]["params"]
    lines = run("taggers").stdout.splitlines()
    assert [line.split()[0] for line in lines] == registry.taggers.names()


def test_measures(run):
    rows = {row["name"]: row for row in json.loads(run("measures", "--json").stdout)}
    assert len(rows) == len(registry.measures.names())
    assert all(row["better"] in ("higher", "lower") and row["summary"] and row["source"] for row in rows.values())
    assert "k" in rows["P"]["params"] and rows["redundancy"]["better"] == "lower"
    assert len(run("measures").stdout.splitlines()) == len(rows)
