"""The contract of all registered strategies; what is particular to one is tested in a file of its own."""

from __future__ import annotations

import inspect
import json
import re
import sys
from contextlib import contextmanager
from typing import Any

import fuzz
import pandas as pd
import pytest

from tagkit import registry
from tagkit.datasets.items import as_products
from tagkit.errors import BadInput, NotFitted, UnknownName
from tagkit.product import Product
from tagkit.taggers import Tagger, create
from tagkit.text.clean import clean
from tagkit.text.spelling import fold

STRATEGIES = registry.taggers.names()
CLOSED = ("dictionary", "encoder", "ensemble", "hybrid", "knn", "lexicon", "linear", "semantic", "stacking")
"""The strategies that give tags of train only."""
PER_CALL = 10
"""So many arbitrary products are tagged in one call."""
ODD = [
    Product("empty", ""),
    Product("blank", "   \n"),
    Product("emoji", "👠❤️！！！→ 包邮"),
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
            server = request.getfixturevalue("loopback")
            server.reply = first_word
            return {"endpoint": server.url, "model": "loopback"}
        if name == "replay":
            return {"answers": str(request.getfixturevalue("stored_answers"))}
        if name not in ("encoder", "ensemble", "semantic", "seq2seq", "sequence"):
            return {}
        model = {"model": str(request.getfixturevalue("tiny_model"))}
        trained = model | {"epochs": 2, "learning_rate": 1e-3}
        if name == "ensemble":
            return {"taggers": [["encoder", trained], ["semantic", model], "lexicon"]}
        return model if name == "semantic" else trained

    return get


@pytest.fixture(scope="module")
def fitted(products, small):
    """Each strategy fitted once, by name."""
    made: dict[str, Tagger] = {}

    def get(name: str) -> Tagger:
        if name not in made:
            made[name] = create(name, **small(name))
            assert made[name].fit(products[:18], dev=products[18:]) is made[name]
        return made[name]

    return get


def first_word(request: dict[str, Any]) -> str:
    """Answer a request to a hosted model with the beginning of the title's first word."""
    words = re.findall(r"\w+", json.loads(request["messages"][-1]["content"]).get("title", ""))
    return json.dumps({"tags": [words[0][:3]] if words else []})


def same(tag, written):
    """Say whether the characters that a tag was found at hold it, as written or after cleaning."""
    return tag in written or "".join(clean(tag).text.split()) in "".join(clean(written).text.split())


def plain(lists):
    return [[(tag.text, tag.type, tag.spans) for tag in row] for row in lists]


def assert_same(first, second):
    assert plain(first) == plain(second)
    for row, other in zip(first, second, strict=True):
        assert [tag.score for tag in row] == pytest.approx([tag.score for tag in other], abs=1e-4)


def assert_alike(first, second):
    """Assert that two lists hold the same tags, but for the order and the cut of nearly equal scores."""
    one, two = ({(tag.text, tag.type): tag for tag in row} for row in (first, second))
    for key in one.keys() & two.keys():
        assert one[key].spans == two[key].spans and one[key].score == pytest.approx(two[key].score, abs=1e-4)
    for key in one.keys() ^ two.keys():
        found, other = (one[key], second) if key in one else (two[key], first)
        assert len(first) == len(second) and found.score == pytest.approx(other[-1].score, abs=1e-4), found


@contextmanager
def one_thread():
    """Let torch, where it is in use, have one thread: more cost small tensors more than they bring."""
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch else 0
    try:
        if torch:
            torch.set_num_threads(1)
        yield
    finally:
        if torch:
            torch.set_num_threads(threads)


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

    def test_tags_are_well_formed(self, name, fitted, products):
        rows = fitted(name).predict(products)
        assert sum(map(bool, rows)) > len(products) // 4, "these products have tags"
        for product, row in zip(products, rows, strict=True):
            assert [tag.score for tag in row] == sorted((tag.score for tag in row), reverse=True)
            assert len({(tag.text, tag.type) for tag in row}) == len(row)
            for tag in row:
                assert 0 <= tag.score <= 1
                assert tag.source.startswith(name)
                assert all(0 <= span.start < span.end <= len(product.text) for span in tag.spans)

    def test_save_and_load_give_the_same_tags(self, name, fitted, products, tmp_path):
        tagger = fitted(name)
        folder = tagger.save(tmp_path / "model")
        assert [path.name for path in folder.iterdir()] == ["state.zip"]
        again = Tagger.load(folder, {"llm.endpoint": tagger.get_params()["endpoint"]} if name == "llm" else None)
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
        assert rows[0] == rows[1] == rows[2] == []
        assert all(isinstance(row, list) for row in rows)

    def test_bad_items_are_named(self, name, fitted):
        with pytest.raises(BadInput, match="item 1"):
            fitted(name).predict(["fine", 3])
        with pytest.raises(BadInput, match=r"item 1.*title.*surrogate"):
            fitted(name).predict(["fine", "红色\ud83d"])

    def test_a_single_item_gives_a_single_list(self, name, fitted):
        batch = fitted(name).predict(["蓝色高跟鞋"])
        for item in ("蓝色高跟鞋", Product("蓝色高跟鞋"), {"title": "蓝色高跟鞋"}):
            assert_same([fitted(name).predict(item)], batch)

    def test_a_table_is_read_by_its_columns(self, name, fitted, products):
        frame = pd.DataFrame(products[:3])
        assert_same(fitted(name).predict(frame), fitted(name).predict(products[:3]))
        assert_same(fitted(name).predict(frame["title"]), fitted(name).predict([p.title for p in products[:3]]))

    @pytest.mark.fuzz
    def test_any_products_have_well_formed_tags(self, name, fitted, products):
        tagger = fitted(name)
        known = {tag for product in products for tag in product.tags}

        def check(items):
            rows = tagger.predict(items)
            for product, row in zip(as_products(items), rows, strict=True):
                assert len({(fold(tag.text), tag.type) for tag in row}) == len(row)
                for tag in row:
                    assert 0 <= tag.score <= 1
                    assert name not in CLOSED or tag.text in known
                    for span in tag.spans:
                        assert 0 <= span.start < span.end <= len(product.text)
                        assert same(tag.text, product.text[span.start : span.end]), (tag, span)
            alone = items if fuzz.AT_LENGTH else items[:2]
            for item, row in zip(alone, rows, strict=False):
                assert_alike(tagger.predict(item), row)
            for row, other in zip(tagger.predict(items[::-1]), rows[::-1], strict=True):
                assert_alike(row, other)

        with one_thread():
            fuzz.for_all(f"tagger {name}", fuzz.batches(PER_CALL), check, PER_CALL)

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


def test_load_refuses_what_is_no_saved_strategy(tmp_path):
    with pytest.raises(BadInput, match=r"no state\.zip"):
        Tagger.load(tmp_path)
    (tmp_path / "state.zip").write_text("{}")
    with pytest.raises(BadInput, match="not a saved tagger"):
        Tagger.load(tmp_path)
