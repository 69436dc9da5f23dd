"""Stored answers read as a strategy, the published runs on OA-Mine among them."""

from __future__ import annotations

import json
import logging

import pytest

import tagkit
from tagkit.datasets import load
from tagkit.errors import BadInput
from tagkit.measures import Run, parse
from tagkit.product import Dataset, Product
from tagkit.taggers import Tagger, create
from tagkit.taggers.replay import PAST, RUNS

PUBLISHED = {
    "gpt-3.5-turbo-0613": (78.86, 69.73, 74.01),
    "gpt-4-0613 0.2": (82.55, 77.97, 80.19),
    "gpt-4-0613": (83.98, 80.42, 82.16),
    "gpt-4-0613 ensemble 0.2": (83.99, 80.05, 81.97),
    "gpt-4-0613 ensemble": (85.26, 81.68, 83.43),
}


@pytest.fixture
def replay(tmp_path, products):
    """Make a fitted strategy from rows of a file."""

    def make(*rows: object) -> Tagger:
        path = tmp_path / "answers.jsonl"
        lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return create("replay", answers=str(path)).fit(products)

    return make


def plain(row):
    return [(tag.type, tag.text, tag.score) for tag in row]


def test_every_form_of_answer(replay):
    tagger = replay(
        {"title": "红色高跟鞋", "tags": ["鞋子", "红色", "鞋子", "", "n/a"]},
        {"title": "b", "tags": [{"text": "low", "score": 0.2}, {"text": "high", "score": 0.9, "type": "size"}]},
        {"title": "c", "tags": {"Brand": "Lavazza", "Flavor": "n/a", "Size": None, "Form": ["Beans", " Whole "]}},
        {"title": "d", "description": "more", "tags": []},
        "",
    )
    found = tagger.predict(["红色高跟鞋", "b", "c", {"title": "d", "description": "more"}])
    assert plain(found[0]) == [("", "鞋子", 1.0), ("", "红色", 0.5)]
    assert [(span.start, span.end) for span in found[0][1].spans] == [(0, 2)] and found[0][0].spans == ()
    assert plain(found[1]) == [("size", "high", 0.9), ("", "low", 0.2)]
    assert [(kind, text) for kind, text, _ in plain(found[2])] == [
        ("Brand", "Lavazza"),
        ("Form", "Beans"),
        ("Form", "Whole"),
    ]
    assert found[3] == [] and tagger.missing_ == 0
    assert {tag.source for row in found for tag in row} == {"replay"}


def test_an_answer_is_found_by_text_or_by_id_but_never_by_the_id_of_another_text(replay):
    tagger = replay(
        {"id": "1", "title": "same", "tags": ["one"]},
        {"id": "2", "title": "same", "tags": ["two"]},
        {"id": 3, "tags": ["three"]},
    )
    rows = [Product("2", "same"), Product("9", " same "), Product("3", "anything"), Product("1", "other")]
    assert [[tag.text for tag in row] for row in tagger.predict(rows)] == [["two"], ["one"], ["three"], []]
    assert tagger.missing_ == 1


def test_what_is_missing_is_counted_and_warned_about_once(replay, caplog, tmp_path):
    caplog.set_level(logging.WARNING)
    tagger = replay({"title": "known", "tags": ["x"]})
    rows = ["known", "new", "newer", "  "]
    assert [len(row) for row in tagger.predict(rows)] == [1, 0, 0, 0] and tagger.missing_ == 2
    tagger.predict(rows)
    assert caplog.text.count("2 of 3 products have no stored answer and get no tags, the first: 1") == 1
    assert len(caplog.records) == 1
    again = Tagger.load(tagger.save(tmp_path / "model"))
    (tmp_path / "answers.jsonl").unlink()
    assert again.predict(rows) == tagger.predict(rows), "a saved one needs the file no more"


def test_answers_that_belong_to_no_product_are_counted_and_said(replay, caplog):
    caplog.set_level(logging.WARNING)
    tagger = replay(
        {"id": "2", "tags": ["x"]}, {"id": "nobody", "tags": ["y"]}, {"title": "same", "id": "7", "tags": ["z"]}
    )
    products = [Product("1", "same"), Product("2", "other")]
    assert [len(row) for row in tagger.predict(products)] == [1, 1]
    assert (tagger.missing_, tagger.unknown_) == (0, 1)
    assert caplog.messages == ["replay: 1 of 3 answers belongs to no product of the 2 that were asked about"]


def test_what_another_strategy_wrote_is_read_again(replay, products):
    tagger = create("lexicon").fit(products)
    found = tagger.predict(products)
    rows = (
        {"id": product.id, "title": product.title, "tags": [tag.to_dict() for tag in row]}
        for product, row in zip(products, found, strict=True)
    )
    again = replay(*rows).predict(products)
    assert [{tag.text: tag.score for tag in row} for row in again] == [
        {tag.text: tag.score for tag in row} for row in found
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{broken", "line 2 is not a stored answer"),
        ({"title": "a"}, r"line 2 is not a stored answer: KeyError\('tags'\)"),
        ({"title": "a", "tags": [3]}, "line 2 is not a stored answer"),
        ({"title": "a", "tags": [{"text": "x", "score": 7}]}, "line 2 is not a stored answer.*not between 0 and 1"),
        ({"tags": ["x"]}, "line 2 has neither `id` nor `title`"),
        ("[]", "line 2 is not a stored answer"),
    ],
)
def test_a_bad_line_is_named(replay, row, message):
    with pytest.raises(BadInput, match=message):
        replay({"title": "fine", "tags": []}, row)


def test_no_answers_at_all(replay, products, tmp_path):
    with pytest.raises(BadInput, match=r"no answers are stored for this data: set the parameter `answers`.*gpt-4-0613"):
        create("replay").fit(products)
    with pytest.raises(BadInput, match="'gpt-5' is neither a file nor a published run"):
        create("replay", answers="gpt-5").fit(products)
    with pytest.raises(BadInput, match="none of the 24 products has a stored answer"):
        replay({"title": "unheard of", "tags": []}).predict(products)


def test_a_comparison_leaves_it_out_and_says_why(products, tmp_path, monkeypatch):
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))
    data = Dataset("small", tuple(products[:12]), (), tuple(products[12:]))
    found = tagkit.compare(["dictionary", "replay"], data, ["F1@M"], samples=20, progress=False)
    assert list(found.rows) == ["dictionary"] and found.not_set_up == {"replay": "no answers"}
    assert "no answers are stored for this data" in found.skipped["replay"]


# ---------------------------------------------------------------- the published runs


@pytest.fixture(scope="module")
def oa_mine(public_data):
    if not all((public_data / PAST / f"{file}.gz").is_file() for file in RUNS.values()):
        pytest.skip("the stored runs of ExtractGPT are not in TAGKIT_DATA")
    return load("oa_mine")


@pytest.mark.data
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_runs_reproduce_their_figures(oa_mine, name):
    tagger = create("replay", answers=name).fit(oa_mine.train)
    run = Run(tagger.predict(oa_mine.test), products=oa_mine.test)
    figures = tuple(round(100 * parse(f"attribute-{letter}")(run), 2) for letter in ("P", "R", "F1"))
    assert figures == PUBLISHED[name] and tagger.missing_ == 0


@pytest.mark.data
def test_gpt_4_stands_in_the_table_of_oa_mine(oa_mine, tmp_path, monkeypatch):
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))
    taggers = {"dictionary": create("dictionary"), "GPT-4": create("replay")}
    found = tagkit.compare(taggers, oa_mine, ["attribute-F1"], samples=20, progress=False)
    cells = found.scores["test"]
    assert found.failed == {} and round(100 * cells["GPT-4"]["attribute-F1"].value, 2) == 82.16
    assert cells["GPT-4"]["attribute-F1"].value > cells["dictionary"]["attribute-F1"].value


def test_explaining_a_tag_shows_the_stored_answer(tmp_path):
    title = " ".join(f"word{number}" for number in range(30))
    (tmp_path / "answers.jsonl").write_text(json.dumps({"title": title, "tags": ["word3", "else"]}) + "\n")
    tagger = create("replay", answers=str(tmp_path / "answers.jsonl")).fit([Product(title)])
    found = tagkit.explain(tagger, title, "word3")
    assert found.facts["stored answer"] == "word3, else" and [word.text for word in found.words] == ["word3"]
    found = tagkit.explain(tagger, "another " + title, "word3")
    assert not found.given and found.facts["stored answer"] == "none for this product"
