"""`tagkit check`: a line for each promise, and exit code 1 where one is broken."""

from __future__ import annotations

import json


def test_a_strategy_that_keeps_its_promises(run):
    lines = run("check", "lexicon").stdout.splitlines()
    assert len(lines) > 10 and all(line.startswith("ok      ") for line in lines)


def test_one_that_breaks_some(run):
    found = json.loads(run("check", "dictionary", "--set", "min_chars=99", "--json", code=1).stdout)
    assert [row["reason"] for row in found if not row["ok"]] == ["hardly any product of its own train part gets tags"]
    assert "BROKEN  Tags are ranked" in run("check", "dictionary", "--set", "min_chars=99", code=1).stdout
    assert "did you mean 'lexicon'?" in run("check", "lexikon", code=2).stderr
