"""One run in a process of its own: what comes back, errors, and what cannot be sent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tagkit
from tagkit.errors import BadInput, NotSetUp
from tagkit.experiment.fit import Job
from tagkit.experiment.spec import Data, Row
from tagkit.experiment.worker import can_be_sent, measure, measure_apart
from tagkit.product import Dataset
from tagkit.taggers.dictionary import Dictionary


class Own(Dictionary):
    """A strategy that only this process knows."""

    name = "own"


@pytest.fixture(scope="module")
def data(products) -> Dataset:
    """A small data set."""
    return Dataset("shop", tuple(products[:12]), tuple(products[12:16]), tuple(products[16:]))


def job(row: Row, data: Dataset) -> Job:
    return Job(row, {}, Data("shop"), data)


def test_a_process_of_its_own_gives_the_same_tags(data):
    here, there = measure(job(Row("a", "linear"), data)), measure_apart(job(Row("a", "linear"), data))
    assert here.tags == there.tags and here.params == there.params
    assert 20 < there.peak_mb < 2000 and there.fit_seconds > 0 and there.predict_seconds > 0


def test_memory_does_not_depend_on_what_ran_before(data):
    before = measure_apart(job(Row("a", "dictionary"), data)).peak_mb
    ballast = bytearray(300 * 2**20)
    after = measure_apart(job(Row("a", "dictionary"), data)).peak_mb
    assert abs(after - before) < 30 and len(ballast) > 0


def test_errors_come_back_as_they_are(data):
    with pytest.raises(NotSetUp, match="no answers are stored") as raised:
        measure_apart(job(Row("a", "replay"), data))
    assert raised.value.missing == "no answers"
    with pytest.raises(BadInput, match="has no parameter"):
        measure_apart(job(Row("a", "lexicon", {"nothing": 1}), data))


def test_the_environment_is_that_of_the_caller(data, monkeypatch, tmp_path):
    monkeypatch.delenv("TAGKIT_LLM_ENDPOINT", raising=False)
    with pytest.raises(NotSetUp):
        measure_apart(job(Row("a", "llm", {"model": "m"}), data))
    monkeypatch.setenv("TAGKIT_LLM_ENDPOINT", "no address")
    with pytest.raises(BadInput) as raised:
        measure_apart(job(Row("a", "llm", {"model": "m"}), data))
    assert not isinstance(raised.value, NotSetUp) and os.environ["TAGKIT_LLM_ENDPOINT"] == "no address"


def test_a_strategy_that_only_this_process_knows_runs_here(data, monkeypatch, tmp_path):
    monkeypatch.setattr(Own, "__module__", "__main__")
    assert not can_be_sent(job(Row("a", tagger=Own()), data))
    assert can_be_sent(job(Row("a", "lexicon"), data))
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))
    found = tagkit.compare({"own": Own(), "lexicon": "lexicon"}, data, ["F1@M"], samples=10, progress=False)
    assert any("in the process of the command" in note for note in found.rows["own"].notes)
    assert found.rows["lexicon"].notes == () or "process" not in found.rows["lexicon"].notes[0]


def test_a_script_need_not_be_guarded(tmp_path):
    """Without care, a new process would import the script, and so compare again and again."""
    script = tmp_path / "script.py"
    script.write_text(
        "import tagkit\n"
        "data = tagkit.load_data('catalogue')\n"
        "data = data.with_parts(train=data.train[:50], dev=data.dev[:10], test=data.test[:10])\n"
        "print(len(tagkit.compare(['dictionary'], data, ['F1@M'], samples=10, progress=False).rows))\n",
        encoding="utf-8",
    )
    environment = os.environ | {
        "TAGKIT_CACHE": str(tmp_path),
        "PYTHONPATH": str(Path(tagkit.__file__).parents[1]),
    }
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, env=environment, check=False)
    assert done.stdout == "1\n", done.stderr
