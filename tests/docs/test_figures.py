"""Every score in the README and the documentation equals its stored source, and none stands there without one."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs" / "generate"))
import figures  # noqa: E402
import stored  # noqa: E402

PAGES = {path.relative_to(ROOT).as_posix(): path for path in figures.pages()}
SCORED = [name for name in PAGES if name.startswith(("README", "docs/index", "docs/results", "docs/benchmarks"))]
VERSIONS = r"Python 3\.\d+|GPT-3\.5|Apache-2\.0"
NOT_PROSE = re.compile(rf"<!-- figures: .*?<!-- end -->|```.*?```|`[^`\n]*`|\]\([^)]*\)|{VERSIONS}", re.DOTALL)


@pytest.mark.parametrize("name", PAGES)
def test_tables_equal_their_sources(name):
    text = PAGES[name].read_text(encoding="utf-8")
    assert figures.filled(text) == text, f"{name} differs from its sources: run `make figures`"


def test_the_report_of_all_experiments_equals_its_sources():
    written = figures.RESULTS.read_text(encoding="utf-8")
    assert figures.results() == written, "experiments/RESULTS.md differs from its sources: run `make figures`"


@pytest.mark.parametrize("name", SCORED)
def test_prose_holds_no_score(name):
    prose = NOT_PROSE.sub("", PAGES[name].read_text(encoding="utf-8"))
    assert re.findall(r"\d+\.\d+", prose) == []


def test_a_changed_score_is_noticed():
    page = PAGES["docs/results/gpt-4.md"].read_text(encoding="utf-8")
    found = re.search(r"\| dictionary \| (\d\d\.\d\d) ", page)
    assert found is not None
    changed = page.replace(found[1], "99.99")
    assert figures.filled(changed) == page


def test_every_experiment_can_be_read():
    for name in stored.names():
        found = stored.experiment(name)
        assert found.experiment.title and found.measures
        assert found.rows, f"nothing is stored of {name}"


def test_every_benchmark_names_command_machine_and_date():
    files = sorted(stored.BENCHMARKS.glob("*.json"))
    assert files
    for path in files:
        body = json.loads(path.read_text(encoding="utf-8"))
        assert body["command"] and body["machine"] and re.match(r"\d{4}-\d\d-\d\d", body["date"])
        assert figures.benchmark(path.stem).startswith("| ")


def test_a_table_may_show_some_columns_of_a_benchmark():
    head = figures.benchmark("label_errors", columns="wrong @50;product @50").splitlines()[0]
    assert head == "| data: order | wrong @50 | product @50 |"
