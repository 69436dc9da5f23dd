"""Explanations of `span`: what the score is the sum of, the best place and type, and why a tag is not given."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from scipy.special import logit

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

import tagkit  # noqa: E402
from tagkit.product import Product  # noqa: E402
from tagkit.taggers.span_choice import Choice  # noqa: E402

NAMES = ["network", "values of train", "frequency of the type"]


@pytest.fixture(scope="module")
def tagger(tiny, annotated):
    """A fitted strategy whose probabilities are far from 0 and 1, so that rounding hides nothing."""
    made = tiny("span", epochs=20, learning_rate=5e-3, augment=0.0, dropout=0.0).fit(annotated, dev=annotated)
    made._choice = Choice(0.1, -0.3, {"色": 0.2}, -0.4, 0.45)
    return made


def total(found):
    return sum(share.value for share in found.shares)


def test_the_shares_of_a_given_value_sum_to_its_log_odds(tagger, annotated):
    for product in annotated[:6]:
        for tag in tagger.predict(product):
            found = tagkit.explain(tagger, product, tag.text)
            assert found.given and found.score == pytest.approx(tag.score, abs=1e-5)
            assert total(found) == pytest.approx(logit(found.score), abs=1e-3)
            assert [share.name for share in found.shares][:3] == NAMES and found.shares[-1].name == "constant"
            start, end = tag.spans[0].start, tag.spans[0].end
            assert found.facts["place"] == f"characters {start} to {end}, as {tag.type}"
            assert "other types" in found.facts and "why not" not in found.facts


def test_scores_of_many_products_are_those_of_each_and_of_what_is_given(tagger, annotated):
    scores = tagger.score_of(annotated, "红色")
    assert scores == pytest.approx([tagger.score_of([product], "红色")[0] for product in annotated], abs=1e-4)
    for product, score in zip(annotated, scores, strict=True):
        given = [tag.score for tag in tagger.predict(product) if tag.text == "红色"]
        assert score == pytest.approx(max(given), abs=1e-5) if given else (score > 0) == ("红色" in product.title)


@pytest.mark.parametrize("method", ["integrated gradients", "gradient × input"])
def test_words_by_gradients_name_the_value(tagger, annotated, method):
    product = annotated[0]
    found = tagkit.explain(tagger, product, "黑色", method)
    assert found.method == method and found.strongest(1)[0].text == "黑色"
    assert found.facts["weights"] == "by how much the word adds to the log-odds of the value"


def test_integrated_gradients_sum_to_what_the_text_adds(tagger, annotated):
    pytest.importorskip("captum", reason="integrated gradients need tagkit[explain]")
    product = annotated[0]
    found = tagkit.explain(tagger, product, "黑色", "integrated gradients")
    (one,) = tagger._token_scores(product, "黑色")
    ids = torch.from_numpy(one.window.ids)[None]
    empty = torch.where(torch.from_numpy(one.window.starts >= 0), one.empty, ids)
    with torch.no_grad():
        added = (one.score(ids) - one.score(empty)).item()
    known = next(share.value for share in found.shares if share.name == "values of train")
    words = sum(word.weight for word in found.words) + float(found.facts.get("beside words", 0))
    assert known > 0.1 and words == pytest.approx(added + known, abs=0.05 * max(1, abs(added)))


def test_a_value_that_overlaps_a_better_one_says_so(tagger, annotated):
    product = annotated[0]
    given = tagger.predict(product)[0]
    longer = product.title[given.spans[0].start : given.spans[0].end + 1]
    found = tagkit.explain(tagger, product, longer, "gradient × input")
    assert not found.given and found.facts["why not"]
    assert total(found) == pytest.approx(logit(found.score), abs=1e-3)
    spots = [spot for spot in tagger._spots([product], longer)[0] if spot.found.type != given.type]
    assert all(spot.verdict.by for spot in spots if spot.verdict.lost_to is None and spot.found.score > -3)


def test_why_a_value_is_not_given(tagger, annotated):
    low = copy.copy(tagger)
    low._choice = replace(tagger._choice, threshold=0.99)
    found = tagkit.explain(low, annotated[0], "黑色")
    assert not found.given and "is below the threshold 0.990, chosen for F1" in found.facts["why not"]
    low._choice, low.values = replace(tagger._choice, threshold=0.01), "one"
    two = Product("2", "黑色女高跟鞋 红色女高跟鞋", category="鞋子")
    reasons = [tagkit.explain(low, two, tag).facts.get("why not", "") for tag in ("黑色", "红色")]
    assert sorted(map(bool, reasons)) == [False, True]
    low.values = "several"
    shares = [share for tag in ("黑色", "红色") for share in tagkit.explain(low, two, tag).shares]
    assert [share.value for share in shares if share.name == "further value"] == [-0.4]
    assert "is the better value of 色, and a text has one value of 色." in "".join(reasons)
    assert tagkit.explain(low, two, "黑色").facts["place"].endswith(", as 色")


@pytest.mark.parametrize(
    ("tag", "reason"),
    [("背包", "none: the tag is not in the text"), ("黑色女高跟鞋百搭", "longer than the values of train")],
)
def test_tags_without_a_place(tagger, annotated, tag, reason):
    found = tagkit.explain(tagger, annotated[0], tag)
    assert reason in found.facts["place"] and found.score == 0 and not found.shares


def test_attributes_that_are_not_asked_for_have_no_place(tagger, annotated):
    asking = copy.copy(tagger).set_params(only_asked=True)
    assert {spot.found.type for spot in tagger._spots(annotated[:1], "黑色")[0]} == {"品", "色"}
    found = tagkit.explain(asking, replace(annotated[0], attributes={"品": ""}), "黑色")
    assert found.facts["place"].endswith(", as 品") and "other types" not in found.facts
    found = tagkit.explain(asking, replace(annotated[0], attributes={"袖长": ""}), "黑色")
    assert "only_asked" in found.facts["place"] and found.score == 0


def test_a_value_behind_the_first_window_is_explained_in_its_own(tagger):
    text = "新款百搭" * 40 + "红色女高跟鞋"
    found = tagkit.explain(tagger, Product("1", text, category="鞋子"), "红色", "gradient × input")
    assert found.facts["place"].startswith(f"characters {len(text) - 6} to {len(text) - 4}")
    starts = tagger._best_spot(Product("1", text, category="鞋子"), "红色").example.window.starts
    first = starts[starts >= 0].min()
    assert first > 0 and any(word.weight for word in found.words)
    assert all(word.end > first for word in found.words if word.weight)
