"""Strategies as states, and in folders: what is written, and what is refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tagkit import load_tagger
from tagkit.errors import BadInput
from tagkit.saved import from_state, to_state
from tagkit.state import read_state, write_state
from tagkit.tagger import Tagger
from tagkit.taggers import create

TITLES = [f"{colour}{kind}" for colour in ("红色", "蓝色", "黑色") for kind in ("高跟鞋", "衬衫", "背包", "水杯")]
TAGS = [[title[:2], title[2:]] for title in TITLES]


def edited(folder: Path, change: Callable[[Any], Any]) -> Path:
    """Change the learned state of a saved strategy, as another version or a vandal would."""
    document = read_state(folder)
    document["state"] = change(document["state"])
    return write_state(folder, document)


@pytest.mark.parametrize(
    "change",
    [
        lambda state: {key: value for key, value in state.items() if key != "weights"},
        lambda state: state | {"weights": 3},
        lambda state: state | {"weights": state["weights"][:5]},
        lambda state: state | {"features": [], "tags": None},
        lambda state: state | {"tags": state["tags"][:2]},
        lambda state: state | {"scale": "high"},
        lambda state: state | {"bias": state["bias"][None, None, :2]},
        lambda state: [],
    ],
)
def test_values_that_do_not_fit_together_are_one_sentence_at_the_latest_when_it_tags(tmp_path, change):
    folder = edited(create("linear").fit(TITLES, TAGS).save(tmp_path / "model"), change)
    with pytest.raises(
        BadInput, match=r"model was saved by another version of tagkit or changed since \(\w+: .*again$"
    ):
        Tagger.load(folder).predict(TITLES)
    with pytest.raises(BadInput, match=r"model was saved by another version of tagkit or changed since"):
        load_tagger(folder).predict(TITLES)


@pytest.mark.parametrize("change", [{"strategy": ["x"]}, {"params": [1]}, {"state": 1}])
def test_a_document_that_describes_no_strategy_is_one_sentence(tmp_path, change):
    folder = create("linear").fit(TITLES, TAGS).save(tmp_path / "model")
    write_state(folder, read_state(folder) | change)
    with pytest.raises(BadInput, match="model was saved by another version"):
        Tagger.load(folder)


def test_a_saved_parameter_of_another_type_is_one_sentence(tmp_path):
    folder = create("linear").fit(TITLES, TAGS).save(tmp_path / "model")
    write_state(folder, read_state(folder) | {"params": {"penalty": {}}})
    with pytest.raises(BadInput, match=r"^linear: penalty must be a number, not \{\}$"):
        Tagger.load(folder)


def test_errors_of_a_strategy_that_was_not_loaded_stay_as_they_are():
    tagger = create("linear").fit(TITLES, TAGS)
    tagger.tags_ = tagger.tags_[:2]
    with pytest.raises(IndexError):
        tagger.predict(TITLES)


def test_a_strategy_saved_by_an_earlier_version_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "tagger.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BadInput, match="was saved by an earlier version of tagkit"):
        Tagger.load(tmp_path)
    tagger = create("lexicon").fit(TITLES, TAGS)
    assert Tagger.load(tagger.save(tmp_path)).predict(TITLES) == tagger.predict(TITLES), "saved over it, it is read"


def test_states_hold_name_parameters_and_what_was_learned():
    tagger = create("lexicon", min_chars=1).fit(TITLES, TAGS)
    again = from_state(to_state(tagger))
    assert again.get_params() == tagger.get_params()
    assert again.predict(TITLES) == tagger.predict(TITLES)
    with pytest.raises(BadInput, match="'params' is missing"):
        from_state({"strategy": "lexicon"})
