"""Round trips through each format, and each tool's own layout, written by hand."""

from __future__ import annotations

import json

import pytest

import tagkit
from tagkit.errors import BadInput, UnknownName
from tagkit.product import Product, Span, Tag
from tagkit.reviewing.exchange import FORMATS, export_reviews, import_reviews
from tagkit.reviewing.store import ReviewStore

EMAIL = "ana@example.com"


def texts(tags) -> list[str]:
    return sorted(tag.text for tag in tags)


@pytest.fixture
def decided(open_store):
    store = open_store(EMAIL)
    store.accept(0, "红色")
    store.edit(0, "高跟", "高跟鞋")
    store.add(0, "=女")
    store.mark(0, "done")
    store.accept(1, "蓝色")
    store.mark(1, "done")
    store.mark(2, "skip")
    return store


@pytest.fixture
def empty(tmp_path, shop, suggested):
    with ReviewStore(tmp_path / "empty.db", shop, reviewer="max") as store:
        store.suggest(suggested)
        yield store


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_round_trip(decided, empty, tmp_path, format):
    if format == "xlsx":
        pytest.importorskip("openpyxl")
        pytest.importorskip("python_calamine")
    path = tmp_path / (f"out.{format}" if format in ("csv", "xlsx", "jsonl") else "out.json")
    assert export_reviews(decided, path, format) == 4
    found = import_reviews(empty, path, format if format in ("csv", "xlsx") else "")
    assert found.unknown == () and found.decisions > 0
    who = EMAIL
    assert texts(empty.review(0, who).tags) == texts(decided.review(0).tags) == ["=女", "红色", "高跟鞋"]
    assert "高跟" in texts(empty.review(0, who).rejected) and empty.review(0, who).state == "done"
    assert empty.review(1, who).tags == decided.review(1).tags, "with score, source and place, from the suggestions"
    assert import_reviews(empty, path, format if format in ("csv", "xlsx") else "").decisions == 0
    if format in ("jsonl", "csv", "xlsx", "label-studio"):
        assert empty.review(2, who).state == "skip"
    if format == "jsonl":
        assert empty.review(0, who) == decided.review(0)
        assert [one.at for one in empty.decisions()] == [one.at for one in decided.decisions()]


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_exports_are_read_as_data_sets(decided, tmp_path, format):
    if format == "xlsx":
        pytest.importorskip("openpyxl")
        pytest.importorskip("python_calamine")
    ending = {"csv": "csv", "xlsx": "xlsx", "jsonl": "jsonl", "doccano": "jsonl"}.get(format, "json")
    export_reviews(decided, tmp_path / f"out.{ending}", format, done=True)
    products = tagkit.load_data(str(tmp_path / f"out.{ending}")).products
    found = {product.title: sorted(tag.removeprefix("'") for tag in product.tags) for product in products}
    assert found == {"红色高跟鞋女新款": ["=女", "红色", "高跟鞋"], "蓝色帆布鞋": ["蓝色"]}


def test_label_studio_as_it_writes_itself(empty, tmp_path):
    """A task with choices, a label of a stretch, and annotations by number, by address, and one that was skipped."""
    label = {"value": {"start": 0, "end": 2, "text": "红色", "labels": ["色"]}, "id": "a1", "from_name": "label"}
    label |= {"to_name": "text", "type": "labels", "origin": "manual"}
    choice = {"value": {"choices": ["高跟", "女"]}, "id": "a2", "from_name": "tags", "to_name": "text"}
    choice |= {"type": "choices", "origin": "manual"}
    first = {"id": 7, "completed_by": 3, "result": [label, choice], "was_cancelled": False, "lead_time": 4.2}
    second = {"id": 8, "completed_by": {"id": 4, "email": "bob@example.com"}, "result": [], "was_cancelled": True}
    task = {
        "id": 31,
        "data": {"text": "红色高跟鞋女新款"},
        "annotations": [first, second],
        "predictions": [],
        "project": 1,
    }
    (tmp_path / "project-1.json").write_text(json.dumps([task]), encoding="utf-8")
    found = import_reviews(empty, tmp_path / "project-1.json")
    assert (found.products, found.unknown) == (1, ())
    one = empty.review(0, "user 3")
    assert (one.state, texts(one.tags), texts(one.rejected)) == ("done", ["女", "红色", "高跟"], ["男"])
    assert Tag("红色", 0.9, "linear", (Span(0, 2),), "色") in one.tags
    assert empty.review(0, "bob@example.com").state == "skip"


def test_argilla_as_it_writes_itself(empty, tmp_path):
    user = "123e4567-e89b-12d3-a456-426614174000"
    record = {"id": "p1", "fields": {"text": "蓝色帆布鞋"}, "metadata": {}, "vectors": {}, "status": "completed"}
    record |= {"suggestions": {"tags": {"value": ["蓝色"], "score": [0.8], "agent": "linear"}}}
    record |= {"responses": {"tags": [{"value": ["帆布鞋"], "user_id": user}]}, "_server_id": user}
    (tmp_path / "records.json").write_text(json.dumps([record]), encoding="utf-8")
    import_reviews(empty, tmp_path / "records.json")
    one = empty.review(1, user)
    assert (texts(one.tags), texts(one.rejected), one.tags[0].spans) == (["帆布鞋"], ["蓝色"], (Span(2, 5),))


@pytest.mark.parametrize(
    "record",
    [
        {"id": 9, "text": "蓝色帆布鞋", "label": ["帆布鞋"], "Comments": []},
        {"id": 9, "text": "蓝色帆布鞋", "label": [[2, 5, "品类"]], "Comments": []},
        {"id": 9, "text": "蓝色帆布鞋", "entities": [{"id": 1, "label": "品类", "start_offset": 2, "end_offset": 5}]},
        {"id": 9, "text": "蓝色帆布鞋", "cats": ["帆布鞋"], "entities": []},
    ],
)
def test_doccano_as_it_writes_itself(empty, tmp_path, record):
    (tmp_path / "all.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    import_reviews(empty, tmp_path / "all.jsonl", reviewer="eve")
    one = empty.review(1, "eve")
    assert (texts(one.tags), texts(one.rejected), one.tags[0].spans) == (["帆布鞋"], ["蓝色"], (Span(2, 5),))


def test_a_table_that_somebody_edited(empty, tmp_path):
    (tmp_path / "edited.csv").write_text("id,title,tags\np0,x,红色；女\np3,y,\n", encoding="utf-8")
    assert import_reviews(empty, tmp_path / "edited.csv").products == 1
    assert (texts(empty.review(0).tags), texts(empty.review(0).rejected)) == (["女", "红色"], ["男", "高跟"])
    assert len(empty.undo()) == 5 and empty.review(0).state == "open"


def test_tags_with_semicolons_are_lists(decided, empty, tmp_path):
    decided.add(1, "a;b")
    export_reviews(decided, tmp_path / "out.csv")
    import_reviews(empty, tmp_path / "out.csv")
    assert texts(empty.review(1, EMAIL).tags) == ["a;b", "蓝色"]


def test_several_reviewers_and_one_of_them(decided, empty, tmp_path, open_store):
    bob = open_store("bob")
    bob.mark(1, "done")
    export_reviews(decided, tmp_path / "bob.csv", reviewer="bob", done=True)
    import_reviews(empty, tmp_path / "bob.csv")
    assert empty.reviewers() == ["bob"] and texts(empty.review(1, "bob").rejected) == ["蓝色"]
    export_reviews(decided, tmp_path / "all.jsonl")
    import_reviews(empty, tmp_path / "all.jsonl")
    assert empty.reviewers() == [EMAIL, "bob"] and len(empty.review(1, EMAIL).tags) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"text": "别的", "label": []}', "empty.db holds none of its 1 products, for instance '别的'"),
        ("[1]", "record 1: a record is a JSON object, not 1"),
        ("{broken", "is neither a table nor JSON"),
        ('{"text": "蓝色帆布鞋", "label": [[0]]}', "line 1: this is no record of doccano: .*not enough values"),
        ('{"text": "蓝色帆布鞋", "label": [[0, 99, "色"]]}', "line 1: the tag .* has a place outside of the text"),
        ('{"text": "蓝色帆布鞋", "entities": [{"start_offset": 0, "end_offset": 2}]}', "there is no 'label'"),
        (
            '{"text": "蓝色帆布鞋", "label": ["红"], "state": "nix"}',
            "line 1: the state of a product is one of open, done",
        ),
        (
            '{"id": ["p0"], "title": "x", "decisions": [{"kind": "done", "reviewer": "x"}]}',
            "holds none of its 1 products",
        ),
        ('{"id": "p0", "title": "x", "decisions": [{"kind": "no", "reviewer": "x"}]}', "line 1: a decision is one of"),
        ('{"id": "", "title": "", "tags": "红"}', "line 1: there is neither an id nor a text"),
        ('{"id": "p0", "title": "x", "tags": "[1, 2]"}', r"a list of tags holds texts, not \[1, 2\]"),
        (
            '{"id": "p0", "fields": {}, "responses": {"tags": [{"value": [7]}]}}',
            "the text of a tag must be text, not 7",
        ),
        ('{"text": "蓝色帆布鞋", "label": ["红"]}\n{"text": 3, "label": [[9, 1, "a"]]}', "line 2: "),
    ],
)
def test_what_cannot_be_read_changes_nothing(empty, tmp_path, content, said):
    (tmp_path / "in.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(BadInput, match=said):
        import_reviews(empty, tmp_path / "in.jsonl")
    assert empty.decisions() == []


def test_what_other_tools_mean(empty, tmp_path):
    def read(record, position=1):
        (tmp_path / "in.json").write_text(json.dumps([record]), encoding="utf-8")
        import_reviews(empty, tmp_path / "in.json", reviewer=(who := f"r{len(empty.reviewers())}"))
        return empty.review(position, who)

    text = "蓝色帆布鞋"
    assert texts(read({"text": text, "label": "帆布鞋"}).tags) == ["帆布鞋"]
    assert texts(read({"text": text, "cats": {"帆布鞋": 1.0, "红色": 0.0}}).tags) == ["帆布鞋"]
    found = {"rating": [{"value": 5}], "order": [{"value": [{"value": "a", "rank": 1}]}], "note": [{"value": "nice"}]}
    fields = {"id": "p1", "fields": {"text": text}}
    assert texts(read(fields | {"responses": found | {"labels": [{"value": ["帆布鞋"]}]}}).tags) == ["帆布鞋"]
    assert texts(read(fields | {"responses": {"label": [{"value": "帆布鞋"}]}}).tags) == ["帆布鞋"]
    assert read(fields | {"responses": {"tags": [{"value": ["帆布鞋"], "status": "draft"}]}}).state == "open"
    assert read(fields | {"responses": {"tags": [{"value": [], "status": "discarded"}]}}).state == "skip"
    choices = {"type": "choices", "value": {"choices": ["帆布鞋"]}}
    result = [{"type": "relation", "from_id": "a", "to_id": "b"}, choices]
    assert texts(read({"data": {"text": text}, "annotations": [{"result": result}]}).tags) == ["帆布鞋"]
    assert read({"id": "p1", "tags": "帆布鞋", "state": " Done "}).state == "done"


def test_a_text_that_two_products_have_tells_neither(tmp_path):
    rows = [Product("a", "红裙"), Product("b", "红裙"), Product("c", "蓝裙")]
    (tmp_path / "in.jsonl").write_text(
        '{"text": "红裙", "label": ["红"]}\n{"text": "蓝裙", "label": ["蓝"]}', encoding="utf-8"
    )
    with ReviewStore(tmp_path / "same.db", rows, reviewer="ana") as store:
        found = import_reviews(store, tmp_path / "in.jsonl")
        assert (found.unknown, found.products, texts(store.review(2).tags)) == (("红裙",), 1, ["蓝"])


def test_names_and_files_that_are_not_there(empty, tmp_path):
    with pytest.raises(UnknownName, match=r"no format 'argila' of reviews \(did you mean 'argilla'\?\)"):
        export_reviews(empty, tmp_path / "out.json", "argila")
    with pytest.raises(BadInput, match="nobody called 'zoe' decided anything; nobody did"):
        export_reviews(empty, tmp_path / "out.csv", reviewer="zoe")
    with pytest.raises(BadInput, match="there is no file"):
        import_reviews(empty, tmp_path / "none.json")
    assert all(format.lacks.endswith(".") for format in FORMATS.values())
