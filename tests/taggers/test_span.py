"""The strategy `span` on a tiny model: nested and multi-type values, new types, thresholds, long titles."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.errors import BadInput  # noqa: E402
from tagkit.product import Product, Span, Tag  # noqa: E402
from tagkit.taggers import Tagger  # noqa: E402

LONG = "新款百搭" * 60


@pytest.fixture(scope="module")
def nested(annotated):
    """The annotated titles, in which the whole of colour and name is a value too, and the name has two types."""
    rows = []
    for product in annotated:
        colour, name = product.annotations
        whole = Tag(product.title[: name.spans[0].end], spans=(Span(0, name.spans[0].end),), type="全")
        rows.append(replace(product, annotations=(colour, name, whole, replace(name, type="类"))))
    return rows


def found(tagger, product):
    return {(tag.text, tag.type) for tag in tagger.predict(product)}


def test_nested_values_and_values_of_two_types(tiny, nested, tmp_path):
    tagger = tiny("span", epochs=60, learning_rate=5e-3, dropout=0.0, augment=0.0).fit(nested)
    right = wanted = 0
    for product in nested:
        gold = {(tag.text, tag.type) for tag in product.annotations}
        right, wanted = right + len(gold & found(tagger, product)), wanted + len(gold)
    assert right >= 0.9 * wanted
    assert Tagger.load(tagger.save(tmp_path)).predict(nested) == tagger.predict(nested)


def test_the_end_of_a_title_longer_than_the_window_is_read(tiny, products):
    last = Product("long", f"{LONG}高跟鞋", tags=("高跟鞋",))
    tagger = tiny("span", epochs=30, learning_rate=5e-3, dropout=0.0, augment=0.0).fit([last, *[products[0]] * 3])
    places = [span for tag in tagger.predict(last) if tag.text == "高跟鞋" for span in tag.spans]
    assert places == [Span(len(LONG), len(LONG) + 3)]


def test_types_are_added_by_their_names(tiny, annotated):
    tagger = tiny("span", epochs=2).fit(annotated)
    before = tagger.predict(annotated)
    copy = tagger.clone().fit(annotated)
    assert copy.add_types(["颜色", "色", "袖长"]) is copy and copy.types_ == ["品", "色", "颜色", "袖长"]
    kept = [[tag for tag in row if tag.type in ("品", "色")] for row in copy.predict(annotated)]
    assert kept == before and tagger.types_ == ["品", "色"]
    with pytest.raises(BadInput, match="not blank"):
        tagger.add_types([" "])


def test_new_types_are_learned(tiny, annotated, nested):
    tagger = tiny("span", epochs=4).fit(annotated)
    tagger.learn(nested[:4])
    assert tagger.types_ == ["品", "色", "全", "类"] and tagger._counts.sizes[""] == len(annotated)
    assert tagger._counts.values[nested[0].annotations[2].text.lower()]["全"][""] == 1


def test_asked_attributes_alone_and_one_value_or_several(tiny, annotated):
    tagger = tiny("span", epochs=20, learning_rate=5e-3, augment=0.0).fit(annotated)
    product = replace(annotated[0], attributes={"色": ""})
    assert {kind for _, kind in found(tagger, product)} == {"品", "色"}
    tagger.set_params(only_asked=True)
    assert {kind for _, kind in found(tagger, product)} == {"色"}
    two = Product("2", "黑色女高跟鞋 红色女帆布鞋", category="鞋子")
    counts = {}
    for values in ("one", "several"):
        tagger.set_params(values=values)
        counts[values] = max(sum(kind == one for _, kind in found(tagger, two)) for one in ("品", "色"))
    assert counts["one"] == 1 <= counts["several"]


def test_the_threshold_is_chosen_on_dev_or_on_a_tenth_of_train(tiny, annotated):
    tagger = tiny("span", epochs=3).fit(annotated, dev=annotated)
    assert tagger._choice.threshold != 0.5
    rows = [replace(product, title=f"{product.title}{at}") for at in range(4) for product in annotated]
    wrong = [replace(product, annotations=()) if at % 2 else product for at, product in enumerate(rows)]
    tagger = tiny("span", epochs=4, learning_rate=5e-3).fit(wrong)
    assert len([row for row in tagger.history_ if "epoch_loss" in row]) == 5, "a quarter more epochs with all of train"
    assert tagger._choice.threshold != 0.5


def test_products_without_places_are_refused(tiny):
    with pytest.raises(BadInput, match="present in the text"):
        tiny("span").fit([Product("1", "红鞋", tags=("优雅",))])
