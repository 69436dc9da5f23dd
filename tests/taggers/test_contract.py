"""The contract that every registered strategy keeps, and what is particular to some."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest

from tagkit import registry
from tagkit.errors import BadInput, NotFitted, UnknownName
from tagkit.product import Product
from tagkit.taggers import Tagger, create

STRATEGIES = registry.taggers.names()
ODD = [
    Product("empty", ""),
    Product("blank", "   \n"),
    Product("emoji", "👠👠👠"),
    Product("mixed", "👠 blue 高跟鞋 <b>&amp;</b> １２３"),
    Product("long", "高跟鞋 蓝色 女性 透气 " * 769 + "无糖乌龙茶 饮料"),
]


@pytest.fixture(scope="module")
def small(request):
    """Parameters that make a strategy small: a tiny encoder or language model instead of a real one."""

    def get(name: str) -> dict[str, Any]:
        if name == "generator":
            return {"model": str(request.getfixturevalue("tiny_writer")), "epochs": 2, "learning_rate": 3e-3}
        if name == "llm":
            return {"endpoint": request.getfixturevalue("loopback").url, "model": "loopback"}
        if name == "replay":
            return {"answers": str(request.getfixturevalue("stored_answers"))}
        if name not in ("encoder", "ensemble", "semantic", "seq2seq", "sequence"):
            return {}
        model = {"model": str(request.getfixturevalue("tiny_model"))}
        trained = model | {"epochs": 2, "learning_rate": 1e-3}
        members = [["encoder", trained], ["semantic", model], "lexicon"]
        if name == "ensemble":
            return {"taggers": members}
        return model if name == "semantic" else trained

    return get


@pytest.fixture(scope="module")
def fitted(products, small):
    """Each strategy fitted once, by name."""
    made: dict[str, Tagger] = {}

    def get(name: str) -> Tagger:
        if name not in made:
            made[name] = create(name, **small(name)).fit(products[:18], dev=products[18:])
        return made[name]

    return get


def plain(lists):
    return [[(tag.text, tag.type, tag.spans) for tag in row] for row in lists]


def assert_same(first, second):
    assert plain(first) == plain(second)
    for row, other in zip(first, second, strict=True):
        assert [tag.score for tag in row] == pytest.approx([tag.score for tag in other], abs=1e-4)


@pytest.mark.parametrize("name", STRATEGIES)
class TestContract:
    def test_parameters_round_trip(self, name):
        tagger = create(name)
        assert tagger.name == name
        assert set(tagger.get_params()) == set(inspect.signature(type(tagger)).parameters)
        assert tagger.clone().get_params() == tagger.get_params()
        for key, value in tagger.get_params().items():
            assert create(name, **{key: value}).get_params()[key] == value
        with pytest.raises(BadInput, match="no_such_parameter"):
            create(name, no_such_parameter=1)

    def test_init_only_stores(self, name):
        tagger = create(name)
        assert vars(tagger) == tagger.get_params()

    def test_unfitted_use_raises(self, name, tmp_path):
        with pytest.raises(NotFitted, match=name):
            create(name).predict(["蓝色高跟鞋"])
        with pytest.raises(NotFitted, match=name):
            create(name).save(tmp_path)

    def test_nothing_to_learn_from_raises(self, name):
        with pytest.raises(BadInput, match="no products"):
            create(name).fit([])

    def test_fit_returns_self_and_tags_are_well_formed(self, name, fitted, products):
        for product, row in zip(products, fitted(name).predict(products), strict=True):
            assert [tag.score for tag in row] == sorted((tag.score for tag in row), reverse=True)
            assert len({(tag.text, tag.type) for tag in row}) == len(row)
            for tag in row:
                assert 0 <= tag.score <= 1
                assert tag.source.startswith(name)
                assert all(0 <= span.start < span.end <= len(product.text) for span in tag.spans)

    def test_save_and_load_give_the_same_tags(self, name, fitted, products, tmp_path):
        tagger = fitted(name)
        folder = tagger.save(tmp_path / "model")
        assert sorted(path.name for path in folder.iterdir()) == ["arrays.npz", "state.json"]
        again = Tagger.load(folder)
        assert type(again) is type(tagger)
        assert json.dumps(again.get_params()) == json.dumps(tagger.get_params())
        assert_same(again.predict(products + ODD), tagger.predict(products + ODD))

    def test_one_item_a_batch_and_a_shuffled_batch_agree(self, name, fitted, products):
        rows = products + ODD
        batch = fitted(name).predict(rows)
        assert_same([fitted(name).predict([product])[0] for product in rows], batch)
        order = [(7 * i) % len(rows) for i in range(len(rows))]
        assert sorted(order) == list(range(len(rows)))
        shuffled = fitted(name).predict([rows[i] for i in order])
        assert_same(shuffled, [batch[i] for i in order])

    def test_odd_input(self, name, fitted):
        assert fitted(name).predict([]) == []
        rows = fitted(name).predict(ODD)
        assert rows[0] == rows[1] == []
        assert all(isinstance(row, list) for row in rows)

    def test_bad_items_are_named(self, name, fitted):
        with pytest.raises(BadInput, match="item 1"):
            fitted(name).predict(["fine", 3])
        with pytest.raises(BadInput, match="list"):
            fitted(name).predict("蓝色高跟鞋")

    def test_what_did_not_fit_is_reported(self, name, fitted):
        tagger = fitted(name)
        assert len(ODD[-1].title) > 10_000
        truncated = tagger.n_truncated_chars(ODD)
        assert truncated[:4] == [0, 0, 0, 0], "short texts are read whole"
        kept = ODD[-1].title[: len(ODD[-1].title) - truncated[4]]
        assert kept and tagger.n_truncated_chars([kept]) == [0]

    def test_the_registry_describes_it(self, name):
        assert len(registry.taggers.summary(name)) > 20
        assert "Source" in inspect.getdoc(registry.taggers.get(name))


def test_unknown_strategy_lists_the_known_ones():
    with pytest.raises(UnknownName, match="lexicon"):
        create("lexikon")


def test_lexicon_reads_to_the_end_of_a_long_title(fitted):
    row = fitted("lexicon").predict([ODD[-1]])[0]
    assert "饮料" in [tag.text for tag in row]
    tag = next(tag for tag in row if tag.text == "饮料")
    assert [ODD[-1].text[span.start : span.end] for span in tag.spans] == ["饮料"]


def test_lexicon_takes_the_longest_match_whole_words_and_synonyms():
    train = [Product("1", "x", tags=("运动鞋", "运动", "red", "女性"))]
    tagger = create("lexicon", synonyms={"女性": ["女士"], "不在词表": ["红"]}).fit(train)
    assert {tag.text for tag in tagger.predict(["运动鞋 bored 女士"])[0]} == {"女性", "运动鞋"}
    assert {tag.text for tag in tagger.predict(["ＲＥＤ 运动 红"])[0]} == {"red", "运动"}


def test_knn_repeats_the_tags_of_an_identical_title(products, fitted):
    row = fitted("knn").predict([products[0]])[0]
    assert set(products[0].tags) <= {tag.text for tag in row[:8]}


def test_linear_learns_from_two_texts_without_a_word_in_common():
    products = [Product("1", "红色高跟鞋", tags=("鞋子",)), Product("2", "blue boots", tags=("鞋子",))]
    assert create("linear").fit(products).predict(["红色高跟鞋"])[0][0].text == "鞋子"


def test_linear_learns_what_does_not_stand_in_the_text(fitted):
    row = fitted("linear").predict(["绿色高跟鞋"])[0]
    assert "鞋子" in [tag.text for tag in row[:5]]


def test_hybrid_fuses_both_ways(products):
    for method in ("rrf", "regression"):
        tagger = create("hybrid", method=method).fit(products[:18], dev=products[18:])
        row = tagger.predict(["黑色高跟鞋"])[0]
        assert {"高跟鞋", "黑色", "鞋子"} <= {tag.text for tag in row[:6]}
    with pytest.raises(BadInput, match="method"):
        create("hybrid", method="sum").fit(products)


def test_load_refuses_what_is_no_saved_strategy(tmp_path):
    with pytest.raises(BadInput, match=r"no state\.json"):
        Tagger.load(tmp_path)
    (tmp_path / "state.json").write_text("{}")
    with pytest.raises(BadInput, match="not a saved tagger"):
        Tagger.load(tmp_path)
