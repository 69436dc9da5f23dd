"""The base class of strategies: parameters, scikit-learn's estimator protocol, states on disk."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks

from tagkit.errors import BadInput, NotFitted
from tagkit.tagger import Tagger
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


def test_score_is_f1_over_whole_lists():
    tagger = create("lexicon").fit(TITLES, TAGS)
    assert tagger.score(TITLES, TAGS) == 1.0
    assert Constant(text="红色").fit(TITLES).score(["红色衬衫"], [["红色", "衬衫"]]) == pytest.approx(2 / 3)


def test_scikit_learn_clones_a_strategy():
    fitted = create("knn", k=3).fit(TITLES, TAGS)
    copy: Any = clone(fitted)
    assert type(copy) is type(fitted) and copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "fitted_")


@pytest.mark.filterwarnings("ignore:BadInput occurred during set_params")
@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_valid_tag_types,
        estimator_checks.check_estimator_tags_renamed,
        estimator_checks.check_mixin_order,
    ],
)
@pytest.mark.parametrize("name", ["hybrid", "knn"])
def test_the_checks_of_scikit_learn_that_need_no_matrix_of_numbers_pass(check, name):
    check(name, create(name))


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


def test_learning_more_checks_its_input_and_needs_what_was_learned_before():
    with pytest.raises(NotFitted, match="constant"):
        Constant().learn(TITLES)
    tagger = Constant().fit(TITLES)
    with pytest.raises(BadInput, match="no products"):
        tagger.learn([])
    with pytest.raises(BadInput, match="item 1"):
        tagger.learn(["鞋", 3])
    assert tagger.learn(TITLES[2:4]) is tagger and tagger.seen_ == len(TITLES) + 2
    assert tagger.learn(["包"], old=["鞋"]).seen_ == 2
    tagger.learned_from_ = None
    with pytest.raises(BadInput, match="together with the products it was fitted on"):
        tagger.learn(["包"])
    assert tagger.seen_ == 2


def test_one_spelling_is_learned_of_old_and_new_tags():
    tagger = create("lexicon").fit(["T恤男", "T恤女"], [["T恤"], ["T恤"]])
    tagger.learn(["白色T恤"], [["t恤", "白色"]])
    assert [tag.text for tag in tagger.predict("黑色t恤")] == ["T恤"]
