"""The record of an experiment: cells, verdicts, JSON and back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import tagkit
from tagkit.errors import BadInput
from tagkit.experiment.expected import Expected, Origin
from tagkit.experiment.result import Result, Score
from tagkit.product import Dataset


@pytest.fixture(scope="module")
def found(products, tmp_path_factory) -> Result:
    """Two rows on few products, of which the first two occur in train."""
    data = Dataset("small", tuple(products[:12]), tuple(products[12:16]), tuple(products[:2] + products[16:]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAGKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        return tagkit.compare(
            ["lexicon", "linear"], data, ["F1@M", "ECE", "entity-F1"], samples=20, progress=False, isolate=False
        )


def test_json_and_back_gives_the_same_scores_and_costs(found):
    body = json.loads(json.dumps(found.to_json(), allow_nan=False))
    again = Result.from_json(body)
    assert again.order() == found.order() and again.views == found.views == ["test", "dedup"]
    assert repr(again.scores) == repr(found.scores)
    for name, row in found.rows.items():
        assert again.rows[name].seconds == row.seconds and again.rows[name].overlap == row.overlap
        assert again.n_products("dedup") == found.n_products("dedup") == 8
    assert again.warnings == found.warnings and again.verdicts == found.verdicts
    assert json.loads(json.dumps(again.to_json())) == body


def test_a_stored_result_holds_neither_products_nor_tags(found):
    again = Result.from_json(found.to_json())
    assert again.data is None
    for ask in (again.products, lambda: again.tags("lexicon"), lambda: again.run("lexicon"), lambda: again.tagger("x")):
        with pytest.raises(BadInput, match="a stored result does not hold"):
            ask()
    with pytest.raises(BadInput, match="not a stored result"):
        Result.from_json({"rows": {}})


def test_cells_are_in_the_unit_of_the_experiment(found):
    value = 100 * found.scores["test"]["lexicon"]["F1@M"].value
    rows = [
        replace(found.experiment.rows[0], expected={"F1@M": Expected(round(value, 1), 1, 0.5, Origin("published"))}),
        found.experiment.rows[1],
    ]
    result = replace(found, experiment=replace(found.experiment, rows=tuple(rows), unit="percent"))
    cell = result.cell(rows[0], "F1@M")
    assert cell.verdict == "OK" and cell.score.value == pytest.approx(value)
    assert result.cell(rows[1], "F1@M").verdict == "NEW"
    lost = replace(result, rows={}, failed={"lexicon": "why"}, skipped={"linear": "not quick"})
    assert (lost.cell(rows[0], "F1@M").verdict, lost.cell(rows[0], "F1@M").reason) == ("FAIL", "why")
    assert (lost.cell(rows[1], "F1@M").verdict, lost.cell(rows[1], "F1@M").reason) == ("SKIPPED", "not quick")
    assert lost.has_failed and not result.has_failed


def test_what_stands_behind_plus_minus_is_half_the_interval():
    score = Score(0.5, 0.4, 0.7, sd=0.1, p=0.01)
    assert score.half_width == pytest.approx(0.15) and score.significant
    assert score.scaled(100) == Score(50.0, 40.0, 70.0, sd=10.0, p=0.01)
