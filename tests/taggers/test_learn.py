"""Learning more: where it equals a fit on old and new products, and what is kept without the old ones."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest

from tagkit.contract import PRODUCTS
from tagkit.errors import BadInput
from tagkit.product import Product, Span, Tag
from tagkit.taggers import Tagger, create, linear

OLD, NEW = list(PRODUCTS[:14]), list(PRODUCTS[14:20])
CORRECTED = replace(OLD[0], tags=("高跟鞋", "细跟", "优雅"))
AT_ONCE = ("dictionary", "hybrid", "kpminer", "knn", "lexicon", "linear", "semantic", "textrank", "tfidf")
ALONE = ("dictionary", "knn", "lexicon", "semantic", "textrank", "tfidf")
"""The strategies that need no old products to learn more as a fit on all of them would."""


def loaded(tagger: Tagger, folder) -> Tagger:
    return Tagger.load(tagger.save(folder))


def small(name, request):
    return {"model": str(request.getfixturevalue("tiny_model"))} if name == "semantic" else {}


def assert_same(one, other):
    for row, expected in zip(one.predict(PRODUCTS), other.predict(PRODUCTS), strict=True):
        assert [tag.text for tag in row] == [tag.text for tag in expected]
        assert [tag.score for tag in row] == pytest.approx([tag.score for tag in expected], abs=1e-5)


@pytest.mark.parametrize("name", AT_ONCE)
def test_with_the_old_products_it_equals_a_fit_on_all(name, request, tmp_path):
    params = small(name, request)
    whole = create(name, **params).fit([*OLD[1:], *NEW, CORRECTED], dev=PRODUCTS[20:])
    tagger = create(name, **params).fit(OLD, dev=PRODUCTS[20:])
    again = loaded(tagger, tmp_path)
    assert_same(tagger.learn([*NEW, CORRECTED], dev=PRODUCTS[20:]), whole)
    assert_same(again.learn([*NEW, CORRECTED], old=OLD, dev=PRODUCTS[20:]), whole)


@pytest.mark.parametrize("name", ALONE)
def test_without_the_old_products_known_tags_are_learned_as_in_a_fit_on_all(name, request, tmp_path):
    params = small(name, request)
    tagger = loaded(create(name, **params).fit(OLD), tmp_path)
    assert_same(tagger.learn(NEW), create(name, **params).fit([*OLD, *NEW]))


@pytest.mark.parametrize("name", ["knn", "semantic"])
def test_without_the_old_products_neighbours_are_replaced_by_their_id(name, request, tmp_path):
    params = small(name, request)
    tagger = loaded(create(name, **params).fit(OLD), tmp_path)
    corrected = replace(OLD[0], tags=("高跟鞋", "优雅"))
    tagger.learn([corrected])
    assert_same(tagger, create(name, **params).fit([*OLD[1:], corrected]))
    tagger.learn([replace(product, tags=()) for product in OLD[1:]])
    assert tagger.tags_ == sorted(corrected.tags)
    with pytest.raises(BadInput, match="no product with tags is left"):
        tagger.learn([replace(OLD[0], tags=())])
    assert tagger.tags_ == sorted(corrected.tags)


@pytest.mark.parametrize("name", ["dictionary", "lexicon"])
def test_new_tags_are_found_at_once(name, tmp_path):
    tagger = loaded(create(name).fit(OLD), tmp_path)
    tagger.learn([Product("new", "驼色大衣", tags=("大衣", "驼色"))])
    assert {"大衣", "高跟鞋"} <= {tag.text for tag in tagger.predict("驼色大衣配高跟鞋")}
    assert_same(loaded(tagger, tmp_path), tagger)


def test_linear_goes_on_from_its_weights(tmp_path, monkeypatch):
    tagger = loaded(create("linear", min_count=1).fit(OLD), tmp_path)
    before = tagger.raw(tagger.features(OLD))
    tagger.learn([Product("new", "碎花连衣裙女秋季", tags=("秋季", "连衣裙"))])
    scores = {tag.text: tag.score for tag in tagger.predict("碎花连衣裙女秋季")}
    assert "秋季" in tagger.tags_ and scores["秋季"] > 2 * tagger.bias_[tagger.tags_.index("秋季")]
    known = len(before[0])
    assert np.abs(tagger.raw(tagger.features(OLD))[:, :known] - before).mean() < 0.05
    monkeypatch.setattr(linear, "REFIT", 0)
    held, fitted = (create("linear").fit(OLD, dev=PRODUCTS[20:]) for _ in range(2))
    held.learn(NEW, dev=PRODUCTS[20:])
    assert held.tags_[: len(fitted.tags_)] == fitted.tags_ and held.scale_ != fitted.scale_
    gold = linear.targets(NEW, fitted.tags_).toarray()
    raw = [one.raw(one.features(NEW))[:, : len(fitted.tags_)] for one in (held, fitted)]
    assert np.square(raw[0] - gold).mean() < np.square(raw[1] - gold).mean()


def test_linear_chooses_on_dev_how_firmly_it_holds_its_weights(monkeypatch):
    monkeypatch.setattr(linear, "REFIT", 0)
    wrong = [replace(product, tags=("茶",)) for product in NEW]
    with_dev, without = (create("linear", min_count=1).fit(OLD, dev=OLD) for _ in range(2))
    with_dev.learn([replace(product, id=f"w{product.id}") for product in wrong], dev=OLD)
    without.learn([replace(product, id=f"w{product.id}") for product in wrong])
    errors = [
        np.square(one.raw(one.features(OLD)) - linear.targets(OLD, one.tags_).toarray()).mean()
        for one in (with_dev, without)
    ]
    assert errors[0] < errors[1]


def test_a_hybrid_lets_its_members_learn_and_keeps_those_it_had(tmp_path):
    tagger = create("hybrid").fit(OLD, dev=PRODUCTS[20:])
    members, before = tagger.taggers_, tagger.predict(PRODUCTS)
    learned = copy.copy(tagger).learn(NEW)
    assert learned.taggers_ is not members and tagger.taggers_ is members and tagger.predict(PRODUCTS) == before
    assert learned.counts_["女性"] > tagger.counts_["女性"]
    np.testing.assert_array_equal(learned.weights_, tagger.weights_)
    assert loaded(tagger, tmp_path).learn(NEW).counts_ == learned.counts_


def test_an_encoder_continues_with_new_tags(tiny_model, tmp_path):
    options = {"model": str(tiny_model), "epochs": 4, "learning_rate": 1e-3, "batch_size": 8}
    tagger = create("encoder", **options).fit(OLD)
    again = loaded(tagger, tmp_path)
    before, weights = len(tagger.history_), tagger._net.own.detach().clone()
    new = [*NEW, Product("coat", "驼色大衣", tags=("大衣",))]
    learned = copy.copy(tagger).learn(new)
    assert "大衣" in learned.tags_ and "大衣" not in tagger.tags_ and len(tagger.history_) == before
    assert len(learned.history_) > before and learned.known_ == len(learned.tags_)
    np.testing.assert_array_equal(tagger._net.own.detach(), weights)
    assert_same(loaded(learned, tmp_path / "learned"), learned)
    again.learn(new)  # without the old products
    assert "大衣" in again.tags_ and set(tagger.tags_) <= set(again.tags_)
    assert_same(loaded(again, tmp_path / "again"), again)
    assert "长裙" in again.add_tags(["长裙"]).learn(NEW).tags_


def test_a_sequence_labeller_learns_new_types(tiny_model, annotated, tmp_path):
    options = {"model": str(tiny_model), "epochs": 8, "learning_rate": 3e-3, "batch_size": 8}
    for crf in (False, True):
        tagger = create("sequence", crf=crf, **options).fit(annotated)
        before = tagger.predict(annotated)
        note = Tag("百搭", spans=(Span(6, 8),), type="格")
        new = [replace(p, id=f"n{at}", annotations=(*p.annotations, note)) for at, p in enumerate(annotated[:4])]
        learned = copy.copy(tagger).learn(new)
        assert learned.types == ["品", "格", "色"] and tagger.types == ["品", "色"]
        assert tagger.predict(annotated) == before
        assert_same(loaded(learned, tmp_path / str(crf)), learned)
        assert learned.learn(new, old=annotated).types == ["品", "格", "色"]


def test_seq2seq_continues_with_new_tags(tiny_model, tmp_path):
    options = {"model": str(tiny_model), "epochs": 4, "learning_rate": 1e-3, "batch_size": 8, "decoding": "open"}
    tagger = create("seq2seq", **options).fit(OLD, dev=PRODUCTS[20:])
    again = loaded(tagger, tmp_path)
    before, history = tagger.predict(PRODUCTS), len(tagger.history_)
    long = ("大衣", *(f"款{n}" for n in range(9)))
    new = [*NEW, *(Product(f"coat{n}", "驼色大衣", tags=long) for n in range(3))]
    learned = copy.copy(tagger).learn(new, dev=PRODUCTS[20:])
    assert "大衣" in learned.tags_ and learned.known_ == len(learned.tags_) and len(learned.history_) > history
    assert learned.max_tokens_ > tagger.max_tokens_ and "大衣" not in tagger.tags_
    assert tagger.predict(PRODUCTS) == before
    assert_same(loaded(learned, tmp_path / "learned"), learned)
    again.learn(new)  # without the old products, and without dev
    assert "大衣" in again.tags_
    np.testing.assert_array_equal(again.confidence_.weights, tagger.confidence_.weights)
    assert_same(loaded(again.add_tags(["长裙"]), tmp_path / "again"), again)


@pytest.mark.parametrize("select", [False, True])
def test_a_bilstm_continues_with_new_characters_and_types(select, annotated, tmp_path):
    options = {"size": 16, "hidden": 16, "epochs": 40, "learning_rate": 0.02, "dropout": 0.0, "batch_size": 8}
    tagger = create("bilstm_crf", select=select, **options).fit(annotated)
    again = loaded(tagger, tmp_path)
    before = tagger.predict(annotated)
    note = Tag("驼绒", spans=(Span(0, 2),), type="料")
    new = [Product(f"n{at}", "驼绒大衣", annotations=(note,)) for at in range(4)]
    learned = copy.copy(tagger).learn(new)
    assert learned.types == ["品", "料", "色"] and tagger.types == ["品", "色"]
    assert set("驼绒") <= set(learned.characters_) and not set("驼绒") & set(tagger.characters_)
    assert tagger.predict(annotated) == before
    assert_same(loaded(learned, tmp_path / "learned"), learned)
    right = sum(
        {(tag.text, tag.type) for tag in row} == {(tag.text, tag.type) for tag in product.annotations}
        for row, product in zip(learned.predict(annotated), annotated, strict=True)
    )
    assert right >= 0.8 * len(annotated)
    assert "料" in again.learn(new).types  # without the old products


@pytest.mark.parametrize("name", ["sequence", "bilstm_crf"])
def test_a_tag_without_a_type_gets_a_known_one(name, tiny_model, annotated):
    small = {"model": str(tiny_model)} if name == "sequence" else {"size": 16, "hidden": 16}
    tagger = create(name, epochs=30, learning_rate=1e-2, batch_size=8, dropout=0.0, **small).fit(annotated)
    bare = [replace(p, id=f"b{at}", annotations=(), tags=p.tags) for at, p in enumerate(annotated[:6])]
    _, gold, types, _ = tagger._read_more(bare, None)
    assert types == ["品", "色"] == copy.copy(tagger).learn(bare).types
    known = [{(span.start, span.end, tag.type) for tag in p.annotations for span in tag.spans} for p in annotated[:6]]
    assert [set(spans) for spans in gold] == known
    plain = create(name, epochs=1, learning_rate=1e-3, **small).fit([replace(p, annotations=()) for p in annotated])
    assert plain.learn(annotated[:3]).types == [""]


@pytest.mark.parametrize("name", ["sequence", "bilstm_crf", "span"])
def test_old_products_say_nothing_of_types_that_came_later(name, tiny_model, annotated, tmp_path):
    small = {"size": 16, "hidden": 16} if name == "bilstm_crf" else {"model": str(tiny_model)}
    fitted = create(name, epochs=60, learning_rate=1e-2, batch_size=8, dropout=0.0, seed=1, **small)
    only = [replace(p, annotations=tuple(t for t in p.annotations if t.type == "品")) for p in annotated]
    fitted.fit(only)  # the colours are there, and nobody has marked them
    learned = fitted.learn([replace(p, id=f"n{at}") for at, p in enumerate(annotated[::2])], old=only)
    assert fitted.late_ == ["色"] and loaded(learned, tmp_path).late_ == ["色"]
    rows = [{tag.type for tag in row} for row in learned.predict(annotated)]
    assert sum("色" in row for row in rows) >= 0.8 * len(rows)


def test_old_products_that_know_a_later_type_say_where_it_is_not(tiny_model, annotated):
    only = [replace(p, annotations=tuple(t for t in p.annotations if t.type == "品")) for p in annotated]
    tagger = create("sequence", epochs=1, model=str(tiny_model)).fit(only)
    old = [*only[:4], annotated[5]]
    assert tagger._read_more(annotated[6:8], old).unsure == [True] * 4 + [False] * 3
    assert not any(tagger.fit(annotated)._read_more(annotated[6:8], old).unsure)


def test_a_fine_tuned_generator_continues(tiny_writer, tmp_path):
    options = {"model": str(tiny_writer), "epochs": 4, "learning_rate": 3e-3, "batch_size": 8}
    tagger = create("generator", **options).fit(OLD)
    before, history = tagger.predict(PRODUCTS), len(tagger.history_)
    learned = copy.copy(tagger).learn([*NEW, Product("coat", "驼色大衣", tags=("大衣",))])
    assert len(learned.history_) - history < history and tagger.predict(PRODUCTS) == before
    assert "大衣" in {item.text for item in learned.known} and "大衣" not in {item.text for item in tagger.known}
    assert_same(loaded(learned, tmp_path / "learned"), learned)
    with pytest.raises(BadInput, match="generator learns more only together with the products it was fitted on"):
        loaded(tagger, tmp_path / "old").learn(NEW)


def test_a_typed_generator_refuses_tags_without_types(tiny_writer, annotated):
    tagger = create("generator", model=str(tiny_writer), epochs=1).fit(annotated)
    with pytest.raises(BadInput, match="give those of the new products as `annotations` with types"):
        tagger.learn([Product("new", "红色长裙", tags=("红色",))])


@pytest.mark.parametrize("name", ["encoder", "seq2seq", "sequence", "bilstm_crf", "generator"])
def test_a_product_that_loses_all_tags_can_be_learned(name, tiny_model, tiny_writer, annotated):
    small = {"size": 8, "hidden": 8} if name == "bilstm_crf" else {"model": str(tiny_model)}
    small = {"model": str(tiny_writer)} if name == "generator" else small
    tagger = create(name, epochs=1, learning_rate=1e-3, **small).fit(annotated)
    empty = [replace(annotated[0], tags=(), annotations=()), Product("nothing", "", tags=())]
    assert len(tagger.learn(empty).predict(annotated)) == len(annotated)
