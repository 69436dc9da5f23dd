"""The contract of all registered strategies; what is particular to one is tested in a file of its own."""

from __future__ import annotations

import json
import re
import sys
from contextlib import contextmanager
from typing import Any

import fuzz
import pandas as pd
import pytest

import tagkit
from tagkit import registry
from tagkit.contract import CHECKS, PRODUCTS, Subject
from tagkit.datasets.items import as_products
from tagkit.errors import BadInput, UnknownName
from tagkit.taggers import Tagger, create
from tagkit.text.clean import clean
from tagkit.text.spelling import fold

STRATEGIES = registry.taggers.names()
CLOSED = (
    "dictionary",
    "encoder",
    "ensemble",
    "hybrid",
    "image_knn",
    "image_linear",
    "knn",
    "lexicon",
    "linear",
    "multimodal_early",
    "semantic",
    "stacking",
)
"""The strategies that give tags of train only."""
PER_CALL = 10
"""So many arbitrary products are tagged in one call."""


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
        if name in ("image", "image_knn", "image_linear", "multimodal_early"):
            return {"model": str(request.getfixturevalue("tiny_photo_model"))}
        if name == "image_zero_shot":
            return {"model": str(request.getfixturevalue("tiny_clip"))}
        if name == "multimodal":
            return {
                "taggers": ["linear", ["image_linear", {"model": str(request.getfixturevalue("tiny_photo_model"))}]]
            }
        if name not in ("distil", "encoder", "ensemble", "semantic", "seq2seq", "sequence", "span"):
            return {}
        model = {"model": str(request.getfixturevalue("tiny_model"))}
        trained = model | {"epochs": 2, "learning_rate": 1e-3}
        if name == "distil":
            return {"teacher": ["ensemble", {"taggers": [["sequence", trained]]}], "student": ["sequence", trained]}
        if name == "ensemble":
            return {"taggers": [["encoder", trained], ["semantic", model], "lexicon"]}
        return model if name == "semantic" else trained

    return get


@pytest.fixture(scope="module")
def subject(small):
    """Each strategy, small and fitted once, by name."""
    made: dict[str, Subject] = {}

    def get(name: str) -> Subject:
        if name not in made:
            params = small(name)
            settings = {"llm.endpoint": params["endpoint"]} if name == "llm" else {}
            made[name] = Subject(create(name, **params), settings)
        return made[name]

    return get


def first_word(request: dict[str, Any]) -> str:
    """Answer a request to a hosted model with the beginning of the title's first word."""
    words = re.findall(r"\w+", json.loads(request["messages"][-1]["content"]).get("title", ""))
    return json.dumps({"tags": [words[0][:3]] if words else []})


def same(tag, written):
    """Say whether the characters that a tag was found at hold it, as written or after cleaning."""
    return tag in written or "".join(clean(tag).text.split()) in "".join(clean(written).text.split())


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


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_keeps_the_contract(name, check, subject):
    check(subject(name))


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_table_is_read_by_its_columns(name, subject):
    tagger, products = subject(name).fitted, subject(name).products[:3]
    frame = pd.DataFrame(products)
    for found, expected in ((frame, products), (frame["title"], [product.title for product in products])):
        for row, other in zip(tagger.predict(found), tagger.predict(expected), strict=True):
            assert_alike(row, other)


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_explains_tags_that_it_gives_and_others(name, subject):
    tagger = subject(name).fitted
    product = next(product for product in subject(name).products if tagger.predict(product))
    best = tagger.predict(product)[0]
    for tag, method in ((None, None), ("no such tag", None), (best.text, "occlusion"), (best.text, "random")):
        found = tagkit.explain(tagger, product, tag, method)
        assert found.given == (tag != "no such tag") and found.strategy == name
        assert all(product.text[word.start : word.end] == word.text for word in found.words)
        assert json.loads(json.dumps(found.to_dict())) and found.tag in str(found)
        assert found._repr_html_() and found.to_ansi()
    found = tagkit.explain(tagger, product)
    assert found.tag == best.text and found.score == pytest.approx(best.score, abs=1e-4)
    assert found.words or found.shares or found.neighbours or found.facts
    assert "why not" in tagkit.explain(tagger, product, "无此标签").facts


@pytest.mark.parametrize("method", ["integrated gradients", "gradient × input"])
@pytest.mark.parametrize("name", ["bilstm_crf", "encoder", "generator", "seq2seq", "sequence", "span"])
def test_gradients_explain_what_networks_give(name, method, subject):
    tagger = subject(name).fitted
    product = next(product for product in PRODUCTS if tagger.predict(product))
    found = tagkit.explain(tagger, product, tagger.predict(product)[0].text, method)
    assert found.method == method and any(word.weight for word in found.words)


@pytest.mark.fuzz
@pytest.mark.parametrize("name", STRATEGIES)
def test_any_products_have_well_formed_tags(name, subject):
    tagger = subject(name).fitted
    known = {tag for product in PRODUCTS for tag in product.tags}

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


def test_unknown_strategy_lists_the_known_ones():
    with pytest.raises(UnknownName, match="lexicon"):
        create("lexikon")


def test_load_refuses_what_is_no_saved_strategy(tmp_path):
    with pytest.raises(BadInput, match=r"no state\.zip"):
        Tagger.load(tmp_path)
    (tmp_path / "state.zip").write_text("{}")
    with pytest.raises(BadInput, match="not a saved tagger"):
        Tagger.load(tmp_path)
