import pytest

import tagkit
from tagkit.errors import BadInput, NotFitted, UnknownName

pytest.importorskip("anywidget", reason="the review widget needs tagkit[review]")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "review.db"


def test_the_default_order_is_chosen_for_a_new_file_and_kept(products, path):
    review = tagkit.review(products, None, path)
    assert review.store.order == "diverse"
    review.store.close()
    again = tagkit.review(products, None, path)
    assert again.store.order == "diverse"


def test_an_order_by_scores_saves_the_suggestions_of_all_products(products, path):
    tagger = tagkit.create("lexicon").fit(products)
    review = tagkit.review(products, tagger, path, order="least-certain")
    assert len(review.store.all_suggestions()) == len(products)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"order": "best"}, UnknownName, "there is no order 'best'"),
        ({"order": "least-certain"}, BadInput, "needs a tagger"),
        ({"tagger": "lexicon"}, BadInput, "`tagger` must be a fitted strategy"),
        ({"tagger": tagkit.create("lexicon")}, NotFitted, "fit"),
        ({"vocabulary": 3}, BadInput, "`vocabulary` must be"),
    ],
)
def test_what_is_wrong_is_said(products, path, options, error, said):
    with pytest.raises(error, match=said):
        tagkit.review(products, path=path, **options)


def test_completion_knows_the_tags_of_tagger_and_products(products, path):
    tagger = tagkit.create("lexicon", synonyms={"特别": ["special"]}).fit(products)
    review = tagkit.review(products, tagger, path, order="given")
    assert ("特别", "special") in review.session.completion.find("special")
    first = products[0].tags[0]
    assert first in [tag for tag, _ in review.session.completion.find(first)]


def test_learning_is_measured_on_the_given_dev_part(products, path):
    tagger = tagkit.create("lexicon").fit(products)
    review = tagkit.review(products[:4], tagger, path, order="given", dev=products[4:])
    review.session.answer("finish", position=0)
    learned = review.session.learn()
    assert learned.f1_before is not None
    assert learned.f1_after is not None
