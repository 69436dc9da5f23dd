"""The base class of strategies: parameters, scikit-learn's estimator protocol, states on disk."""

from __future__ import annotations

import inspect
import json
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from tagkit.errors import BadInput
from tagkit.state import read_state, write_state
from tagkit.tagger import Tagger, from_state, to_state, with_tags
from tagkit.taggers import create

TITLES = [f"{colour}{kind}" for colour in ("红色", "蓝色", "黑色") for kind in ("高跟鞋", "衬衫", "背包", "水杯")]
TAGS = [[title[:2], title[2:]] for title in TITLES]


class Constant(Tagger):
    """Give every product the same tag.

    Args:
        text: The tag.
    """

    name = "constant"
    text: str = "鞋"

    def _fit(self, train, dev, cache):
        self.seen_ = len(train)

    def _tag(self, products):
        from tagkit.product import Tag

        return [[Tag(self.text, 1.0, self.name)] for _ in products]

    def _state(self):
        return {"seen": self.seen_}

    def _restore(self, state):
        self.seen_ = state["seen"]


def test_annotated_attributes_are_the_parameters():
    assert list(inspect.signature(Constant).parameters) == ["text"]
    assert Constant(text="包").get_params() == {"text": "包"}
    assert repr(Constant(text="包")) == "Constant(text='包')" and repr(Constant()) == "Constant()"
    with pytest.raises(BadInput, match=r"no parameter 'txt' \(did you mean 'text'\?\)"):
        Constant().set_params(txt="包")


def test_a_class_is_made_like_a_name():
    assert isinstance(create(Constant, text="包"), Constant) and create(Constant, text="包").text == "包"
    with pytest.raises(BadInput, match="no parameter"):
        create(Constant, k=1)


def test_y_gives_the_tags():
    tagger = create("lexicon").fit(TITLES, TAGS)
    assert {tag.text for tag in tagger.predict(["红色衬衫"])[0]} == {"红色", "衬衫"}
    with pytest.raises(BadInput, match="2 products and 1 lists"):
        with_tags(["a", "b"], [["c"]])
    with pytest.raises(BadInput, match="item 1 of y"):
        with_tags(["a", "b"], [["c"], "d"])


def test_score_is_f1_over_whole_lists():
    tagger = create("lexicon").fit(TITLES, TAGS)
    assert tagger.score(TITLES, TAGS) == 1.0
    assert Constant(text="红色").fit(TITLES).score(["红色衬衫"], [["红色", "衬衫"]]) == pytest.approx(2 / 3)


def test_scikit_learn_clones_a_strategy():
    fitted = create("knn", k=3).fit(TITLES, TAGS)
    copy: Any = clone(fitted)
    assert type(copy) is type(fitted) and copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "fitted_")


def test_a_strategy_is_the_last_step_of_a_pipeline():
    lower = FunctionTransformer(lambda titles: [title.lower() for title in titles])
    model = Pipeline([("lower", lower), ("tag", create("lexicon"))]).fit(["RED shoes", "blue bag"], [["red"], ["blue"]])
    assert [tag.text for tag in model.predict(["A RED BAG"])[0]] == ["red"]
    assert model.score(["A RED BAG"], [["red"]]) == 1.0


def test_grid_search_and_cross_validation_choose_parameters():
    search = GridSearchCV(create("knn"), {"k": [1, 3]}, cv=3).fit(TITLES, TAGS)
    assert search.best_params_["k"] in (1, 3)
    assert search.best_estimator_.predict(["红色衬衫"])[0]
    scores = cross_val_score(create("lexicon"), TITLES, TAGS, cv=2)
    assert scores.shape == (2,) and (scores > 0).any()


def test_a_nested_state_survives_the_disk(tmp_path):
    matrix = sparse.random(5, 7, 0.3, format="csr", random_state=0)
    state = {
        "a": {"b": [1, "二", None, True, 0.1]},
        "array": np.arange(6, dtype=np.float32).reshape(2, 3),
        "m": {"x": matrix},
    }
    write_state(tmp_path, state)
    found = read_state(tmp_path)
    assert found["a"] == state["a"]
    assert found["array"].dtype == np.float32 and np.array_equal(found["array"], state["array"])
    assert (found["m"]["x"] != matrix).nnz == 0 and found["m"]["x"].shape == (5, 7)


@pytest.mark.parametrize("value", [object(), np.array([object()]), {1, 2}])
def test_what_cannot_be_saved_without_pickle_is_refused(tmp_path, value):
    with pytest.raises(TypeError, match="cannot"):
        write_state(tmp_path, {"value": value})


def test_damaged_folders_are_refused(tmp_path):
    tagger = create("linear").fit(TITLES, TAGS)
    folder = tagger.save(tmp_path / "model")
    (folder / "arrays.npz").write_bytes(b"PK\x03\x04 not a zip")
    with pytest.raises(BadInput, match="not a saved tagger"):
        Tagger.load(folder)
    folder = tagger.save(tmp_path / "model")
    body = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    del body["state"]["weights"]
    (folder / "state.json").write_text(json.dumps(body), encoding="utf-8")
    with pytest.raises(BadInput, match="another version of tagkit"):
        Tagger.load(folder)


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
