"""The readers, the store, the user's own files and the audit."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import warnings
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tagkit import registry
from tagkit.datasets import catalogue, dsner_ec, load, oa_mine, openbg, store
from tagkit.datasets._bio import entities, products, read_bio
from tagkit.datasets._ecomgpt import _items, _pairs, _rows
from tagkit.datasets.auditing import audit
from tagkit.datasets.files import from_frame, iter_products, read_file
from tagkit.datasets.rows import Rejects
from tagkit.datasets.split import split_of
from tagkit.errors import BadInput, DataMissing, UnknownName
from tagkit.product import Dataset, Product, Span

READERS = ["catalogue", "dsner_ec", "oa_mine", "openbg", "taobao_ner"]
PUBLIC = [name for name in READERS if name != "catalogue"]


@pytest.fixture
def real():
    if not (os.environ.get("TAGKIT_DATA") and Path(os.environ["TAGKIT_DATA"], "taobao_ner").is_dir()):
        pytest.skip("TAGKIT_DATA names no folder with the public data sets")


def raw(name: str) -> str:
    return Path(os.environ["TAGKIT_DATA"], name).read_text(encoding="utf-8")


# ---------------------------------------------------------------- the store


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def upstream(tmp_path, monkeypatch):
    """A server on this machine, two known files on it, an empty cache, and no local data."""
    content = "好 O\n".encode()
    root = tmp_path / "www"
    place = root / "who/what/c0ffee/a folder/x.txt"
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    sha = hashlib.sha256(content).hexdigest()
    known = {
        f"{name}/x.txt": store.Source(name, "x.txt", licence, sha, 6, "who/what", "c0ffee", "a folder/x.txt")
        for name, licence in (("free", "MIT"), ("silent", ""))
    }
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root)))
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(store, "sources", lambda: known)
    monkeypatch.setenv("TAGKIT_SOURCE", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("TAGKIT_DATA", raising=False)
    store._say_unlicensed.cache_clear()
    yield place
    server.shutdown()
    server.server_close()


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_download_goes_to_the_cache_and_is_used_again(upstream, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        place = store.path("free/x.txt")
    assert place == tmp_path / "cache/data/free/x.txt"
    assert place.read_text(encoding="utf-8") == "好 O\n"
    upstream.unlink()
    assert store.path("free/x.txt") == place


def test_download_without_licence_says_so_once_and_only_then(upstream):
    with pytest.warns(UserWarning, match="silent is downloaded from github.com/who/what, which states no licence"):
        store.path("silent/x.txt")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        store.path("silent/x.txt")


def test_corrupted_download_is_refused_and_leaves_nothing(upstream, tmp_path):
    upstream.write_bytes(b"something else")
    with pytest.raises(DataMissing, match="wrong checksum"):
        store.path("free/x.txt")
    assert files_in(tmp_path / "cache/data") == []


def test_failed_download_names_address_and_place(upstream, tmp_path):
    upstream.unlink()
    with pytest.raises(DataMissing) as caught:
        store.path("free/x.txt")
    message = str(caught.value)
    assert "/who/what/c0ffee/a%20folder/x.txt" in message
    assert str(tmp_path / "cache/data/free/x.txt") in message
    assert "TAGKIT_DATA" in message
    assert files_in(tmp_path / "cache/data") == []


def test_local_folder_comes_before_the_cache(upstream, tmp_path, monkeypatch):
    store.path("free/x.txt")
    local = tmp_path / "local/free/x.txt"
    local.parent.mkdir(parents=True)
    local.write_bytes(upstream.read_bytes())
    monkeypatch.setenv("TAGKIT_DATA", str(tmp_path / "local"))
    assert store.path("free/x.txt") == local


def test_wrong_local_file_is_one_clear_error(upstream, tmp_path, monkeypatch):
    local = tmp_path / "wrong/free/x.txt"
    local.parent.mkdir(parents=True)
    local.write_text("edited")
    monkeypatch.setenv("TAGKIT_DATA", str(tmp_path / "wrong"))
    with pytest.raises(BadInput, match="is not the expected file"):
        store.path("free/x.txt")


def test_unknown_file():
    with pytest.raises(BadInput, match="no data file is called 'taobao_ner/nothing'"):
        store.path("taobao_ner/nothing")


def test_every_reader_reads_known_files_under_its_licence():
    for name in PUBLIC:
        reader = registry.datasets.get(name)
        assert reader.files
        for file in reader.files:
            source = store.sources()[file]
            assert (source.licence or "none stated") == reader.licence
            assert re.fullmatch("[0-9a-f]{64}", source.sha256)
            assert re.fullmatch("[0-9a-f]{40}", source.commit)


def test_fetch_gives_all_files_of_a_reader(real):
    places = store.fetch("dsner_ec")
    assert len(places) == 11 and all(place.is_file() for place in places)


def test_address_of_a_file(monkeypatch):
    monkeypatch.delenv("TAGKIT_SOURCE", raising=False)
    assert store.sources()["dsner_ec/dict/Brand"].url == (
        "https://raw.githubusercontent.com/rainarch/DSNER/8bef29a52558da04f0a9212ec3325ef00793a3aa/"
        "data/supplementary%20documents/EC.dict/Brand"
    )


# ---------------------------------------------------------------- readers on real files


def test_names_and_cards():
    assert set(READERS) <= set(registry.datasets.names())
    for name in READERS:
        reader = registry.datasets.get(name)
        assert reader.name == name
        assert registry.datasets.summary(name)
        assert reader.card.startswith("#")
    for name in PUBLIC:
        card = registry.datasets.get(name).card
        assert all(word in card for word in ("**Who.**", "**Licence.**", "**Not good for.**"))


def test_taobao_sizes_leak_and_spans(real):
    data = load("taobao_ner")
    assert [len(part) for part in (data.train, data.dev, data.test)] == [6000, 998, 1000]
    assert len({p.title for p in data.train}) == 4610
    assert len(data.unseen()) == 537
    marked = sum(line[2:3] == "B" for line in raw("taobao_ner/test.txt").split("\n"))
    assert sum(len(tag.spans) for p in data.test for tag in p.annotations) == marked
    for product in data.products:
        for tag in product.annotations:
            assert all(product.text[s.start : s.end] == tag.text for s in tag.spans)
        assert product.tags == tuple(dict.fromkeys(tag.text for tag in product.annotations))
    assert any("\u3000" in p.title for p in data.train)
    assert {tag.type for p in data.train for tag in p.annotations} == {"HCCX", "HPPX", "XH", "MISC"}


def test_taobao_dedup(real):
    data = load("taobao_ner", split="dedup")
    assert [len(part) for part in (data.train, data.dev, data.test)] == [6000, 537, 537]
    seen = {p.title.strip() for p in data.train}
    assert not any(p.title.strip() in seen for p in data.dev + data.test)
    assert data.digest != load("taobao_ner").digest


def test_dsner_sizes_types_and_dictionary(real):
    data = load("dsner_ec")
    assert [len(part) for part in (data.train, data.dev, data.test)] == [1097, 400, 798]
    assert {tag.type for p in data.train for tag in p.annotations} == set(dsner_ec.TYPES.values())
    known = dsner_ec.dictionary()
    assert len(known) == 924
    assert known["湾仔码头"] == "Brand" and known["不锈钢"] == "Material"
    in_train = {tag.text for p in data.train for tag in p.annotations}
    assert len(in_train & set(known)) == 910  # as the card says


@pytest.mark.parametrize("distant", dsner_ec.DISTANT)
def test_dsner_distant(real, distant):
    data = load("dsner_ec", distant=distant)
    more = data.train[1097:]
    assert len(more) == 2560 and all(p.id.startswith(distant) for p in more)
    assert sum(len(tag.spans) for p in more for tag in p.annotations) == raw(f"dsner_ec/{distant}").count("\tB-")


def test_oa_mine_sizes_and_values(real):
    data = load("oa_mine")
    assert [len(part) for part in (data.train, data.dev, data.test)] == [1452, 0, 491]
    assert not {p.title for p in data.dev} & {p.title for p in data.train}
    rows = [json.loads(line) for line in raw("extractgpt/oa-mine/test.jsonl").splitlines()]
    for product, row in zip(data.test, rows, strict=True):
        assert (product.title, product.category) == (row["input"], row["category"])
        assert dict(product.attributes) == dict.fromkeys(row["target_scores"], "")
        gold = {name: next(iter(values)).strip() for name, values in row["target_scores"].items()}
        assert {tag.type: tag.text for tag in product.annotations} == gold
        for tag in product.annotations:
            (span,) = tag.spans
            assert product.text[span.start : span.end] == tag.text
    assert len({name for p in data.products for name in p.attributes}) == 51


def test_oa_mine_options(real):
    assert [len(load("oa_mine", dev="tenth").train), len(load("oa_mine", dev="tenth").dev)] == [1307, 145]
    small = load("oa_mine", train="0.2")
    assert (len(small.train), len(small.dev), len(small.test)) == (286, 0, 491)
    assert len(load("oa_mine", train=0.2, dev="tenth").train) == 251


def test_openbg_vocabulary_comes_from_train_alone(real):
    data = load("openbg")
    assert [len(part) for part in (data.train, data.dev, data.test)] == [1431, 208, 440]
    counts: dict[str, int] = {}
    for product in data.train:
        for tag in product.tags:
            counts[tag] = counts.get(tag, 0) + 1
    assert len(counts) == 470 and min(counts.values()) == openbg.MIN_ITEMS
    assert {tag for p in data.dev + data.test for tag in p.tags} <= set(counts)
    for part in ("train", "dev", "test"):
        assert all(split_of(p.title) == part for p in getattr(data, part))
    assert len({p.title for p in data.products}) == len(data.products)
    assert not any(p.attributes or p.annotations for p in data.products)
    assert not any(char.isdigit() for tag in counts for char in tag)
    assert "Tags: 470" in data.card and "dropped: 334" in data.card


def test_openbg_other_threshold(real):
    data = load("openbg", min_items=20)
    assert 0 < len(data.vocabulary) < 470
    assert "at least 20 train titles" in data.card


@pytest.mark.parametrize("name", READERS)
def test_promises_hold(name, request):
    if name != "catalogue":
        request.getfixturevalue("real")
    found = audit(load(name), registry.datasets.get(name).promises)
    assert found.ok, str(found)


def test_catalogue_options_and_places(tmp_path, monkeypatch):
    both, zh, en = load("catalogue"), load("catalogue", lang="zh"), load("catalogue", lang="en")
    assert len(zh.products) + len(en.products) == len(both.products)
    assert {p.lang for p in zh.products} == {"zh"}
    assert both.licence == "Apache-2.0" and both.card.startswith("#")
    package = tmp_path / "site-packages/tagkit"
    installed = package / "data/catalogue"
    installed.mkdir(parents=True)
    monkeypatch.setattr(catalogue, "__file__", str(package / "datasets/catalogue.py"))
    assert catalogue.folder() == installed
    installed.rmdir()
    with pytest.raises(DataMissing):
        catalogue.folder()


def test_catalogue_synonyms_and_broken_lines(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "folder", lambda: tmp_path)
    row = {"id": "a", "title": "红裙", "tags": ["裙子"], "lang": "zh", "split": "train"}
    (tmp_path / "zh.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (tmp_path / "synonyms.tsv").write_text("裙子\t裙\t半裙\n", encoding="utf-8")
    data = load("catalogue")
    assert dict(data.synonyms) == {"裙子": ("裙", "半裙")} and data.train[0].tags == ("裙子",)
    (tmp_path / "zh.jsonl").write_text(json.dumps(row | {"split": "tset"}), encoding="utf-8")
    with pytest.raises(BadInput, match="line 1"):
        load("catalogue")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("taobao_ner", {"split": "deduped"}),
        ("taobao_ner", {"lang": "zh"}),
        ("dsner_ec", {"distant": "ds"}),
        ("oa_mine", {"train": "0.5"}),
        ("oa_mine", {"dev": "all"}),
        ("openbg", {"min": 3}),
        ("catalogue", {"lang": "fr"}),
    ],
)
def test_wrong_options_are_errors(name, options):
    with pytest.raises(BadInput):
        load(name, **options)


def test_split_of_is_frozen():
    assert [split_of(f"zh-a-{n:03d}") for n in range(1, 9)] == [
        ("train", "dev", "test")[(v >= 70) + (v >= 80)]
        for v in (int(hashlib.sha256(f"zh-a-{n:03d}".encode()).hexdigest()[:8], 16) % 100 for n in range(1, 9))
    ]
    assert split_of("zh-f-010") == "test"


# ---------------------------------------------------------------- readers on small fixtures


def test_bio_keeps_spaces_and_joins_mentions(tmp_path):
    file = tmp_path / "x.txt"
    lines = ["红 B-A", "  I-A", "\u3000 O", "红 B-A", "  I-A", "鞋 B-B", "", "", "鞋 I-B", "鞋 B-B", "子 I-A"]
    file.write_bytes("\r\n".join(lines).encode())
    assert [title for title, _ in read_bio(file, " ")] == ["红 \u3000红 鞋", "鞋鞋子"]
    first, second = products(file, " ", "x")
    assert first.tags == ("红 ", "鞋")
    assert first.annotations[0].spans == (Span(0, 2), Span(3, 5))
    assert [(tag.text, tag.type) for tag in second.annotations] == [("鞋", "B"), ("子", "A")]
    assert second.annotations[0].spans == (Span(0, 1), Span(1, 2))
    assert first.id == "x-00001"


def test_bio_decoding():
    assert entities(["UNK", "B-a", "I-a", "B-a", "I-b", "O", "I-b"]) == [
        (1, 3, "a"),
        (3, 4, "a"),
        (4, 5, "b"),
        (6, 7, "b"),
    ]


def test_bio_refuses_other_lines(tmp_path):
    file = tmp_path / "x.txt"
    file.write_text("红\tO\n红O\n", encoding="utf-8")
    with pytest.raises(BadInput, match="line 2"):
        list(read_bio(file, "\t"))
    file.write_text("红\tB-zz\n", encoding="utf-8")
    with pytest.raises(BadInput, match="unknown type 'zz'"):
        products(file, "\t", "x", {"pp": "Brand"})


def test_oa_mine_product():
    row = {
        "input": "Tea500 Tea, 500 g",
        "category": "Tea",
        "target_scores": {"Type": {"Tea ": 1}, "Size": {"500": 1}, "Brand": {"n/a": 1}},
    }
    product = oa_mine._product(row, "x")
    assert dict(product.attributes) == {"Type": "", "Size": "", "Brand": ""}
    assert [(tag.text, tag.type, tag.spans) for tag in product.annotations] == [
        ("Tea", "Type", (Span(7, 10),)),
        ("500", "Size", (Span(12, 15),)),
    ]


def test_openbg_rows_in_both_forms(tmp_path):
    rows = [{"sentences": "甲\u2028乙"}, {"sentences": "丙"}]
    (tmp_path / "a").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    (tmp_path / "b").write_text(json.dumps(rows), encoding="utf-8")
    (tmp_path / "c").write_text("nothing", encoding="utf-8")
    assert list(_rows(tmp_path / "a")) == list(_rows(tmp_path / "b")) == rows
    with pytest.raises(BadInput):
        list(_rows(tmp_path / "c"))


def test_openbg_items_and_rule():
    pair = {"sentences": "Item 1: 红, 大杯, 颜色#:#红色#;#容量#:#5L,\nItem 2: 蓝杯, 颜色#:#蓝色"}
    assert list(_items("CLS-item_align", pair)) == [
        ("红, 大杯", "颜色#:#红色#;#容量#:#5L"),
        ("蓝杯", "颜色#:#蓝色"),
    ]
    match = {"sentences": "Title: 杯, Attritute: 颜色#:#红色", "labels": {"en": ["not match"]}}
    assert list(_items("CLS-title_attribute_matching", match)) == []
    text = "颜色#:#红色#;#色系#:#红色#;#产地#:#广东#;#是否防水#:#可以#;#年份#:#2021年"
    assert openbg.candidates(_pairs(text + "#;#材质#:#棉#;#风格#:#其他/other#;#图案#:#纯色")) == ("红色", "纯色")


# ---------------------------------------------------------------- the user's own files


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
        json.dumps({"title": "x", "tags": [1]}).encode(),
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
        rows, ["JSON", "object", "title", "int", "line 1", "tags", "later", "bytes", "annotations"], strict=True
    ):
        assert part in row["reason"]
    assert rows[0]["row"] == "{broken"


def test_round_trip_of_products(tmp_path, real):
    wanted = load("oa_mine").test[:20]
    file = tmp_path / "x.jsonl"
    file.write_text("".join(json.dumps(p.to_dict()) + "\n" for p in wanted), encoding="utf-8")
    assert sorted(read_file(file).products, key=lambda p: p.id) == list(wanted)


def test_clean_file_leaves_no_rejects_and_removes_old_ones(tmp_path):
    file, old = tmp_path / "x.jsonl", tmp_path / "x.jsonl.rejects.jsonl"
    file.write_text('{"title": "a"}\n', encoding="utf-8")
    old.write_text("{}\n")
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
    with pytest.raises(BadInput, match="no readable Parquet"):
        read_file(tmp_path / "bad.parquet")


def test_split_by_hash_keeps_copies_together(tmp_path):
    file = tmp_path / "x.jsonl"
    titles = [f"商品{n}" for n in range(100)] * 2
    file.write_text("".join(json.dumps({"title": title}) + "\n" for title in titles), encoding="utf-8")
    data = read_file(file)
    assert len(data.products) == 200
    assert len(data.unseen(data.dev + data.test)) == len(data.dev + data.test) > 20


def test_files_that_cannot_be_used(tmp_path):
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{\n[]\n")
    with pytest.raises(BadInput, match="none of 2 rows can be used; the first: line 1"):
        read_file(bad)
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(BadInput, match="none of 0 rows"):
        read_file(tmp_path / "empty.csv")
    with pytest.raises(BadInput, match="there is no file"):
        load(tmp_path / "absent.csv")
    with pytest.raises(BadInput, match="the ending must be"):
        read_file(tmp_path / "x.docx")
    good = tmp_path / "good.jsonl"
    good.write_text('{"title": "a"}\n')
    with pytest.raises(BadInput, match="has no labels"):
        read_file(good, tags="labels")
    with pytest.raises(BadInput, match="unknown option 'tag'"):
        read_file(good, tag="labels")
    with pytest.raises(BadInput, match="cannot be read"):
        read_file(good, encoding="utf-99")
    with pytest.raises(UnknownName):
        load("nothing_of_that_name")


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
    with pytest.raises(BadInput, match="input, line 2: no JSON"):
        list(iter_products(lines))
    rejects = Rejects()
    assert [p.title for p in iter_products(lines, rejects=rejects)] == ["a", "b"]
    assert rejects.count == 1 and "1 of 3 rows" in rejects.summary(3)
    with pytest.raises(BadInput, match="no row can be used"):
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


# ---------------------------------------------------------------- the audit


def small() -> Dataset:
    train = (
        Product("a", "blue suede shoes", category="shoes/low", lang="en", tags=("shoes", "blue", "elegant")),
        Product("b", "红色连衣裙夏季新款", "一句。两句！", "女装/裙", lang="zh", tags=("连衣裙", "连衣裙")),
    )
    dev = (Product("c", "blue suede shoes", lang="en", tags=("shoes",)),)
    test = (Product("a", "红色连衣裙夏季新品", "一句。两句！", lang="zh", tags=("裙子", "优雅")),)
    return Dataset("small", train, dev, test, synonyms={"连衣裙": ("裙子",)})


def figures(data: Dataset, promises=None) -> dict:
    return {row.name: row.figure for row in audit(data, promises).rows}


def test_audit_figures():
    found = figures(small())
    expected = {
        "products": 4,
        "train products": 2,
        "dev share %": 25.0,
        "zh products": 2,
        "test zh products": 1,
        "departments": 2,
        "tags per product, min": 1,
        "tags per product, mean": 2.0,
        "tags per product, max": 3,
        "distinct tags": 6,
        "tags absent from the text %": 100 * 3 / 8,
        "tags absent from the text %, en": 100 * 1 / 4,
        "tags absent from the text %, zh": 100 * 2 / 4,
        "tags used 5 times or more %": 0.0,
        "test tags unseen in train %": 100.0,
        "duplicate ids": 1,
        "tags repeated in a product": 1,
        "synonyms used as tags": 1,
        "dev texts in train": 1,
        "test texts in train": 0,
        "near-duplicates, train and dev": 1,
        "near-duplicates, train and test": 1,
        "near-duplicates, dev and test": 0,
        "highest likeness, train and dev": 1.0,
        "sentences per description, max": 2,
    }
    assert {name: found[name] for name in expected} == expected
    assert 0.6 <= found["highest likeness, train and test"] < 1


def test_audit_compares_with_promises():
    promises = {
        "products": (">=", 4),
        "duplicate ids": ("==", 0),
        "dev share %": ("between", (20, 30)),
        "no such figure": ("==", 1),
        "own": lambda data: (data.name, data.name == "small"),
    }
    found = audit(small(), promises)
    marks = {row.name: row.ok for row in found.rows if row.promise}
    assert marks == {
        "products": True,
        "duplicate ids": False,
        "dev share %": True,
        "no such figure": False,
        "own": True,
    }
    assert not found.ok and audit(small()).ok
    lines = str(found).splitlines()
    assert any(re.fullmatch(r"duplicate ids +1 +== 0 +BROKEN", line) for line in lines)
    assert json.loads(json.dumps(found.to_dict()))["ok"] is False
    with pytest.raises(BadInput, match="neither"):
        audit(small(), {"products": ("~", 4)})


def test_audit_of_an_empty_data_set():
    assert figures(Dataset("empty", ()))["products"] == 0


def test_audit_catches_what_the_catalogue_promises():
    data = load("catalogue")
    moved = data.with_parts(train=data.train + data.test[-1:], test=data.test[:-1])
    broken = {row.name for row in audit(moved, registry.datasets.get("catalogue").promises).rows if not row.ok}
    assert "products not where split_of puts them" in broken
    copy = data.train[0]
    leaky = data.with_parts(dev=(*data.dev, Product("x", copy.title + "!", copy.description, tags=copy.tags)))
    broken = {row.name for row in audit(leaky, registry.datasets.get("catalogue").promises).rows if not row.ok}
    assert "near-duplicates, train and dev" in broken
    without = data.with_parts(test=[p for p in data.test if p.title != catalogue.ARTICLE[0]])
    assert catalogue.article_item(without) == ("absent", False)
