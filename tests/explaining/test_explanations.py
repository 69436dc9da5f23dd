import pytest

import tagkit
from tagkit.contract import PRODUCTS
from tagkit.errors import BadInput, NotFitted
from tagkit.explaining import METHODS
from tagkit.pipeline import Pipeline
from tagkit.product import Dataset
from tagkit.refine.steps import Limit
from tagkit.taggers import create

TITLE = "黑色高跟鞋女尖头细跟"
DATA = Dataset("toy", PRODUCTS[:18], PRODUCTS[18:])


@pytest.fixture(scope="module")
def lexicon():
    return create("lexicon").fit(DATA.train)


def test_the_best_tag_is_explained_by_default(lexicon):
    found = tagkit.explain(lexicon, TITLE)
    assert found.tag == lexicon.predict(TITLE)[0].text and found.given and found.strategy == "lexicon"
    assert found.score == pytest.approx(lexicon.predict(TITLE)[0].score)
    assert "why not" not in found.facts and found.facts["rank"].startswith("1 of the")


def test_a_product_may_be_a_mapping_or_in_a_list(lexicon):
    expected = tagkit.explain(lexicon, TITLE, "高跟鞋")
    assert tagkit.explain(lexicon, {"title": TITLE}, "高跟鞋") == tagkit.explain(lexicon, [TITLE], "高跟鞋") == expected


def test_an_unknown_tag_gets_the_nearest_known_one(lexicon):
    found = tagkit.explain(lexicon, TITLE, "帆步鞋")
    assert not found.given and found.score == 0
    assert "did not learn it" in found.facts["why not"] and "did you mean '帆布鞋'?" in found.facts["why not"]


def test_a_known_tag_that_is_absent_is_told(lexicon):
    assert "does not find it" in tagkit.explain(lexicon, TITLE, "帆布鞋").facts["why not"]


def test_spellings_of_one_tag_are_one(lexicon):
    assert tagkit.explain(lexicon, "纯棉短袖T恤男", "t恤").tag == "T恤"


def test_a_pipeline_tells_what_its_refinements_did():
    pipeline = Pipeline.fit(create("linear"), DATA)
    tagger = pipeline.tagger
    dropped = next(
        (product, tag)
        for product in PRODUCTS
        for tag in tagger.predict(product)
        if tag.text not in {one.text for one in pipeline.predict(product)}
    )
    found = tagkit.explain(pipeline, dropped[0], dropped[1].text)
    assert not found.given and found.facts["dropped by"] == "thresholds"
    assert f"{dropped[1].score:.3f} is below its threshold {found.facts['threshold']:.3f}" in found.facts["why not"]
    short = Pipeline(tagger, type(pipeline.refinement)([Limit(1)]))
    second = tagger.predict(TITLE)[1].text
    assert "only the first 1 are given" in tagkit.explain(short, TITLE, second).facts["why not"]


@pytest.mark.parametrize("method", METHODS[:2])
def test_methods_are_found_by_name(lexicon, method):
    found = tagkit.explain(lexicon, TITLE, method=method)
    assert found.method == method and any(word.weight for word in found.words)
    assert found == tagkit.explain(lexicon, TITLE, method=method)


def test_what_cannot_be_explained_is_said(lexicon):
    for product, tag, method, part in (
        ("👠！！！", None, None, "no letter or digit"),
        (["a", "b"], None, None, "must be one product"),
        (TITLE, " ", None, "`tag` must be a text"),
        (TITLE, 3, None, "`tag` must be a text"),
        ("无关文字", None, None, "the product gets no tag"),
        (TITLE, None, "oclusion", "did you mean 'occlusion'"),
        (TITLE, None, METHODS[2], "no gradients"),
    ):
        with pytest.raises(BadInput, match=part):
            tagkit.explain(lexicon, product, tag, method)
    with pytest.raises(NotFitted):
        tagkit.explain(create("lexicon"), TITLE)
