"""The record of a search: its ranking, its sentence and its file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tagkit.errors import BadInput
from tagkit.experiment.tuned import Trial, Tuned
from tagkit.product import Dataset, Product

TRIALS = (
    Trial(0, {"k": 10}, 0.5, seconds=2.0),
    Trial(1, {"k": 20}, 0.7, seconds=3.0),
    Trial(2, {"k": 20}, 0.7, repeats=1),
    Trial(3, {"k": 30}, None, seconds=1.0, error="too large"),
    Trial(4, {"k": 5}, 0.7),
)
DATA = Dataset("shop", train=(Product("1", "红裙", tags=("裙",)),), dev=(Product("2", "蓝裙", tags=("裙",)),))
TUNED = Tuned("knn", "shop", DATA.digest, "F1@M", "higher", 0, {"k": "5..30"}, {"power": 2}, "dev part", 1, TRIALS)


def test_the_best_is_the_first_of_the_best_and_repeats_and_failures_have_no_rank():
    assert [trial.number for trial in TUNED.ranking] == [1, 4, 0]
    assert replace(TUNED, better="lower").best.number == 0
    assert TUNED.params == {"power": 2, "k": 20} and TUNED.default.number == 0


def test_the_sentence_tells_the_budget_and_other_products():
    sentence = (
        "knn: parameters chosen on the dev part of shop, by F1@M in 5 trials (6 s; 1 failed; 1 repeated earlier ones)."
    )
    assert TUNED.remark() == TUNED.remark(DATA) == sentence
    assert "of shop, which had other products, by" in TUNED.remark(DATA.with_parts(train=DATA.dev))


def test_another_question_is_another_search():
    keys = {TUNED.key, *(replace(TUNED, **change).key for change in ({"seed": 1}, {"fixed": {}}, {"measure": "P@5"}))}
    assert len(keys) == 4 and TUNED.folder.name == f"knn-shop-{TUNED.key}"
    assert replace(TUNED, trials=()).key == TUNED.key
    with pytest.raises(BadInput, match="must be JSON values"):
        _ = replace(TUNED, fixed={"power": object()}).key


def test_the_file_gives_the_same_record(tmp_path):
    assert Tuned.read(TUNED.write(tmp_path / "tuned.json")) == TUNED
    assert [path.name for path in tmp_path.iterdir()] == ["tuned.json"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"trials": []}'])
def test_another_file_is_refused(text, tmp_path):
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="is not what `tagkit tune` writes"):
        Tuned.read(path)
