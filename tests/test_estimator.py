"""What scikit-learn asks of an estimator."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks

from tagkit.taggers import create

TITLES = [f"{colour}{kind}" for colour in ("红色", "蓝色", "黑色") for kind in ("高跟鞋", "衬衫", "背包", "水杯")]
TAGS = [[title[:2], title[2:]] for title in TITLES]


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
