"""Products from the user's own files, DataFrames and streams."""

from __future__ import annotations

import io
import json
import warnings
from pathlib import Path

import pytest

from tagkit.datasets import Rejects, from_frame, iter_products, load, read_file
from tagkit.errors import BadInput
from tagkit.product import Product
from tagkit.text.duplicates import unseen


def rejected(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_jsonl_with_bad_rows(tmp_path):
    file = tmp_path / "shop.jsonl"
    good = {"id": "a", "title": "红裙", "tags": ["裙子", "红色"], "attributes": {"色": "红"}, "split": "dev"}
    lines = [
        json.dumps(good, ensure_ascii=False).encode(),
        b"{broken",
        b"[1]",
        b"",
        json.dumps({"title": " "}).encode(),
        json.dumps({"title": 5}).encode(),
        json.dumps({"id": "a", "title": "again"}).encode(),
        json.dumps({"title": "x", "tags": "a; b；a", "id": 7, "split": "validation"}, ensure_ascii=False).encode(),
        json.dumps({"title": "x", "tags": [{"a": 1}]}).encode(),
        json.dumps({"title": "x", "split": "later"}).encode(),
        b'{"title": "' + b"\xff\xfe" + b'"}',
        json.dumps({"title": "x", "annotations": [{"score": 1}]}).encode(),
    ]
    file.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(lines))
    with pytest.warns(UserWarning, match="9 of 11 rows were left out"):
        data = load(file)
    assert [p.id for p in data.dev] == ["a", "7"] and not data.train and not data.test
    assert data.dev[0].attributes == {"色": "红"} and data.dev[1].tags == ("a", "b")
    assert "9 of 11 rows were left out" in data.card
    rows = rejected(tmp_path / "shop.jsonl.rejects.jsonl")
    assert [row["line"] for row in rows] == [2, 3, 5, 6, 7, 9, 10, 11, 12]
    for row, part in zip(
        rows, ["JSON", "object", "title", "int", "line 1", "tags", "later", "surrogate", "annotations"], strict=True
    ):
        assert part in row["reason"]
    assert rows[0]["row"] == "{broken"


def test_round_trip_of_products(tmp_path, public_data):
    wanted = load("oa_mine").test[:20]
    file = tmp_path / "x.jsonl"
    file.write_text("".join(json.dumps(p.to_dict()) + "\n" for p in wanted), encoding="utf-8")
    assert sorted(read_file(file).products, key=lambda p: p.id) == list(wanted)


def test_clean_file_leaves_no_rejects_and_removes_old_ones(tmp_path):
    file, old = tmp_path / "x.jsonl", tmp_path / "x.jsonl.rejects.jsonl"
    file.write_text('{"title": "a"}\n', encoding="utf-8")
    old.write_text('{"file": "x.jsonl", "line": 1, "reason": "no", "row": {}}\n')
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = read_file(file)
    assert not old.exists() and "No row was left out" in data.card


def test_csv_with_other_names_and_bad_rows(tmp_path):
    file = tmp_path / "shop.csv"
    text = 'name,labels,split\n红裙,裙子|红色,train\n多,了,一,个\n"两\n行",a|b,test\n少了\n\n,x,test\n后,c,dev\n'
    file.write_text(text, encoding="utf-8")
    with pytest.warns(UserWarning, match="3 of 6"):
        data = read_file(file, title="name", tags="labels", separator="|", rejects=tmp_path / "out.jsonl")
    assert [p.tags for p in data.products] == [("裙子", "红色"), ("c",), ("a", "b")]
    assert data.test[0].title == "两\n行" and data.test[0].id == "4"
    rows = rejected(tmp_path / "out.jsonl")
    assert [row["line"] for row in rows] == [3, 6, 8]
    assert rows[0]["reason"] == "4 fields where the header has 3"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_encodings_of_csv(tmp_path, encoding):
    file = tmp_path / "x.csv"
    file.write_bytes("title,tags\n红色连衣裙,裙子;红色\n黑色皮鞋,鞋子\n".encode(encoding))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        data = read_file(file)
    assert {p.title for p in data.products} == {"红色连衣裙", "黑色皮鞋"}
    assert any("GB18030" in str(w.message) for w in said) == encoding.startswith("gb")


def test_one_broken_line_does_not_change_the_encoding(tmp_path):
    file = tmp_path / "x.csv"
    file.write_bytes("title\n红色连衣裙\n黑色皮鞋\n白色\n".encode() + "坏行".encode("gbk") + b"\n")
    with pytest.warns(UserWarning, match="1 of 4"):
        data = read_file(file)
    assert {p.title for p in data.products} == {"红色连衣裙", "黑色皮鞋", "白色"}


def test_tsv_and_named_delimiter(tmp_path):
    (tmp_path / "x.tsv").write_text("title\ttags\na, b\tc\n", encoding="utf-8")
    (tmp_path / "x.csv").write_text("title|tags\na, b|c\n", encoding="utf-8")
    assert read_file(tmp_path / "x.tsv").products == read_file(tmp_path / "x.csv", delimiter="|").products


def test_parquet_and_frame(tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame(
        {
            "id": [1, 2, 3],
            "title": ["红裙", None, "蓝裙"],
            "tags": [["裙子", "红色"], ["x"], None],
            "description": ["好", "坏", float("nan")],
            "split": ["train", "train", "test"],
        }
    )
    frame.to_parquet(tmp_path / "x.parquet")
    with pytest.warns(UserWarning, match="1 of 3"):
        from_file = read_file(tmp_path / "x.parquet")
    with pytest.warns(UserWarning, match="1 of 3"):
        data = from_frame(frame)
    assert data.products == from_file.products
    assert [(p.id, p.tags, p.description) for p in data.products] == [("1", ("裙子", "红色"), "好"), ("3", (), "")]
    assert [row["line"] for row in rejected(tmp_path / "x.parquet.rejects.jsonl")] == [2]
    (tmp_path / "bad.parquet").write_bytes(b"nothing")
    with pytest.raises(BadInput, match="not a readable Parquet"):
        read_file(tmp_path / "bad.parquet")


def test_split_by_hash_keeps_copies_together(tmp_path):
    file = tmp_path / "x.jsonl"
    titles = [f"商品{n}" for n in range(100)] * 2
    file.write_text("".join(json.dumps({"title": title}) + "\n" for title in titles), encoding="utf-8")
    data = read_file(file)
    assert len(data.products) == 200
    assert len(unseen(data, data.dev + data.test)) == len(data.dev + data.test) > 20


def test_files_that_cannot_be_used(tmp_path):
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{\n[]\n")
    with pytest.raises(BadInput, match="none of 2 rows can be used; the first: line 1"):
        read_file(bad)
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(BadInput, match=r"empty\.csv holds no products"):
        read_file(tmp_path / "empty.csv")
    with pytest.raises(BadInput, match="there is no file"):
        load(tmp_path / "absent.csv")
    with pytest.raises(BadInput, match="is a folder, not a file"):
        read_file(tmp_path)
    (tmp_path / "x.docx").touch()
    with pytest.raises(BadInput, match="the suffix must be"):
        read_file(tmp_path / "x.docx")
    good = tmp_path / "good.jsonl"
    good.write_text('{"title": "a"}\n')
    with pytest.raises(BadInput, match="has no labels"):
        read_file(good, tags="labels")
    with pytest.raises(BadInput, match="unknown option 'tag'"):
        read_file(good, tag="labels")
    with pytest.raises(BadInput, match="cannot be read"):
        read_file(good, encoding="utf-99")


def test_rejects_that_cannot_be_written_do_not_stop_the_reading(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_text('{"title": "a"}\n{}\n')
    with pytest.warns(UserWarning) as said:
        data = read_file(file, rejects=tmp_path / "absent/out.jsonl")
    assert len(data.products) == 1
    assert any("cannot be written" in str(w.message) for w in said)
    assert any("1 of 2 rows" in str(w.message) for w in said)


def test_iter_products_of_files_and_streams(tmp_path):
    file = tmp_path / "titles.txt"
    file.write_text("红裙\n\n 蓝裙 \n", encoding="utf-8")
    assert [(p.id, p.title) for p in iter_products(file)] == [("1", "红裙"), ("3", "蓝裙")]
    assert [p.title for p in iter_products(io.StringIO("\ufeff红裙\n蓝裙"))] == ["红裙", "蓝裙"]
    assert [p.id for p in iter_products(io.StringIO('{"id": "a", "title": "b"}\n'))] == ["a"]
    assert [p.title for p in iter_products(["t,x", "b,c"], kind="csv", title="t")] == ["b"]
    assert list(iter_products(io.StringIO(""))) == []


def test_iter_products_and_bad_rows():
    lines = ['{"title": "a"}', "{", '{"title": "b"}']
    with pytest.raises(BadInput, match="input, line 2: not JSON"):
        list(iter_products(lines))
    rejects = Rejects()
    assert [p.title for p in iter_products(lines, rejects=rejects)] == ["a", "b"]
    assert rejects.count == 1 and "1 of 3 rows" in rejects.summary(3)
    with pytest.raises(BadInput, match="input: none of 1 rows can be used; the first: line 1"):
        list(iter_products(["{"], rejects=Rejects()))
    with pytest.raises(BadInput, match="unknown kind"):
        list(iter_products(["a"], kind="xml"))


def test_iter_products_does_not_read_ahead():
    def endless():
        number = 0
        while True:
            number += 1
            yield f"title {number}\n"

    stream = iter_products(endless())
    assert [next(stream).title for _ in range(3)] == ["title 1", "title 2", "title 3"]


def test_iter_products_finds_what_separates_tags_in_the_first_rows():
    def endless():
        yield "标题,标签\n"
        while True:
            yield "碎花连衣裙,连衣裙、碎花\n"

    with pytest.warns(UserWarning, match="separated: 、 in 1000 of 1000 cells;.*found in the first 1,000 rows"):
        assert next(iter_products(endless())).tags == ("连衣裙", "碎花")
    assert next(iter_products(endless(), separator="|")).tags == ("连衣裙、碎花",)


def test_a_header_that_is_repeated_is_no_product(tmp_path):
    (tmp_path / "x.csv").write_text("id,title\n1,红裙\nid,title\n2,蓝裙\n", encoding="utf-8")
    with pytest.warns(UserWarning, match="1 of 3 rows were left out.*line 3: it repeats the header"):
        assert [p.title for p in read_file(tmp_path / "x.csv").products] == ["红裙", "蓝裙"]


def test_products_of_one_line_have_different_ids(tmp_path):
    file = tmp_path / "x.json"
    file.write_text(
        '[{"title": "红裙"}, {"title": "蓝裙"}, {"id": "a", "title": "鞋"}, {"id": "a", "title": "帽"}]', "utf-8"
    )
    with pytest.warns(UserWarning, match="the id 'a' is already in line 1"):
        assert {p.id: p.title for p in read_file(file).products} == {"1": "红裙", "1.2": "蓝裙", "a": "鞋"}


def test_tags_in_further_columns_are_told(tmp_path):
    (tmp_path / "x.csv").write_text("标题,标签1,标签2\n红裙,裙,红\n", encoding="utf-8")
    with pytest.warns(UserWarning, match="not read: 标签1, 标签2; join all tags in one column"):
        read_file(tmp_path / "x.csv")
    (tmp_path / "y.csv").write_text("标题,标签,标签\n红裙,裙,红\n", encoding="utf-8")
    with pytest.warns(UserWarning, match=r"not read: 标签 \(2\); join all tags"):
        assert read_file(tmp_path / "y.csv").products[0].tags == ("裙",)


def test_a_list_is_a_table():
    rows = [{"标题": "红裙", "标签": "裙子、红色"}, Product("a", "蓝裙", tags=("裙子",)), "鞋", 5]
    with pytest.warns(UserWarning, match="line 4: neither a dictionary, a product nor a text: 5"):
        found = {p.title: p for p in load(rows).products}
    assert {title: p.tags for title, p in found.items()} == {"红裙": ("裙子", "红色"), "蓝裙": ("裙子",), "鞋": ()}
    assert found["蓝裙"].id == "a"
