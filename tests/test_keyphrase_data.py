"""The readers of papers with key phrases, and of titles whose value is implicit."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tagkit import registry
from tagkit.datasets import audit, csl_keywords, implicit_ave, load, semeval2010, store
from tagkit.datasets._keyphrases import documents, one_line, phrases
from tagkit.errors import BadInput

READERS = ["csl_keywords", "implicit_ave", "inspec", "semeval2010"]


@pytest.fixture
def real(public_data):
    for name in READERS:
        if not store.is_here(registry.datasets.get(name).files):
            pytest.skip(f"the files of {name} are not in {public_data}")


def sizes(data):
    return [len(part) for part in (data.train, data.dev, data.test)]


@pytest.fixture
def archive(tmp_path):
    """Write a zip of documents with keys, all within one folder as in the real ones."""

    def make(members: dict[str, str]) -> Path:
        path = tmp_path / "Set.zip"
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("Set/language.txt", "english")
            for name, text in members.items():
                file.writestr(f"Set/{name}", text)
        return path

    return make


# ---------------------------------------------------------------- on the real files


def test_names_cards_and_sources():
    for name in READERS:
        reader = registry.datasets.get(name)
        assert reader.name == name and registry.datasets.summary(name)
        assert all(word in reader.card for word in ("**Who.**", "**Licence.**", "**Traps.**", "**Not good for.**"))
        for file in reader.files:
            assert (store.sources()[file].licence or "none stated") == reader.licence


@pytest.mark.parametrize("name", READERS)
def test_promises_hold(name, real, monkeypatch):
    if name == "implicit_ave":  # comparing 55,000 texts with 14,000 takes half a minute: here exact copies only
        import numpy as np

        from tagkit.datasets import auditing

        monkeypatch.setattr(auditing, "nearest_jaccard", lambda texts, among, n: np.zeros(len(texts)))
    found = audit(load(name), registry.datasets.get(name).promises)
    assert found.ok, str(found)


def test_inspec_lists_and_parts(real):
    data = load("inspec")
    assert [data.train[0].id, data.dev[0].id, data.test[0].id, data.test[-1].id, data.train[-1].id] == [
        "inspec-100",
        "inspec-1461",
        "inspec-193",
        "inspec-414",
        "inspec-999",
    ]
    by_id = {product.id: product for product in data.products}
    paper = by_id["inspec-1267"]
    assert paper.title == "3D reconstruction from uncalibrated-camera optical flow and its reliability evaluation"
    assert paper.description.startswith(
        "We present a scheme for reconstructing a 3D structure from optical flow observed"
    )
    assert paper.tags[-1] == "normalization" and "flow fundamental matrices" in paper.tags
    controlled = {product.id: product for product in load("inspec", keys="controlled").products}["inspec-1267"]
    assert controlled.tags == ("covariance matrices", "image reconstruction", "image sequences", "renormalisation")
    both = {product.id: product for product in load("inspec", keys="both").products}["inspec-1267"]
    assert both.tags == tuple(dict.fromkeys(paper.tags + controlled.tags)) and "covariance matrices" in paper.tags
    assert not any("\t" in text or "\n" in text for p in data.products for text in (p.title, p.description, *p.tags))
    whole = load("inspec", split="all")
    assert sizes(whole) == [2000, 0, 2000] and {p.id for p in whole.test} == set(by_id)


def test_semeval_parts_and_fields(real):
    data = load("semeval2010")
    assert {p.id for p in data.test} >= {"semeval-C-1", "semeval-H-32", "semeval-I-35", "semeval-J-32"}
    assert {p.id for p in data.train} >= {"semeval-C-41", "semeval-H-35", "semeval-I-37", "semeval-J-33"}
    paper = next(p for p in data.products if p.id == "semeval-H-63")
    assert paper.title == "Location based Indexing Scheme for DAYS"
    assert paper.category == "Information Search and Retrieval"
    assert "wireless datum dissemination" in paper.tags and "\n" not in paper.description
    assert sizes(load("semeval2010", split="all")) == [243, 0, 243]


def test_csl_titles_are_found(real):
    data = load("csl_keywords")
    assert sizes(data) == [890, 110, 1000] and sizes(load("csl_keywords", dev="none")) == [1000, 0, 1000]
    assert all(p.category for p in data.products) and len({p.id for p in data.products}) == 2000
    lines = Path(store.path(csl_keywords.TEST)).read_text(encoding="utf-8").rstrip("\n").split("\n")
    for product, line in zip(data.test, lines, strict=True):
        text, words = line.split("\t")[1:]
        assert text.split() == f"{product.description} {product.title}".split()
        assert product.tags == tuple(dict.fromkeys(word.strip() for word in words.split("_")))
    first = data.test[0]
    assert (first.title, first.category) == ("双官能团活性艳蓝的应用性能", "工学")
    assert first.tags == ("染色", "活性染料", "匀染性", "棉织物")


def test_implicit_ave_domains_and_the_question(real):
    food = load("implicit_ave", domain="food")
    assert sizes(food) == [2893, 724, 390]
    cheese = next(p for p in food.test if p.id == "B00B8JHXGG")
    assert cheese.title == "Applegate, Natural RBGH Free Monterey Jack Jalapeno Cheese , 8oz"
    assert (cheese.tags, cheese.category, dict(cheese.attributes)) == (("Sliced",), "food/Cheese", {"Form": ""})
    assert [(tag.type, tag.text) for tag in cheese.annotations] == [("Form", "Sliced")]
    assert cheese.description == "" and cheese.images == ("B00B8JHXGG.jpg",)
    quoted = next(p for p in food.train if p.id == "B00UU47FPE")
    assert quoted.title.startswith('"Born Sweet Zing" Zero Calorie')
    asked = load("implicit_ave", domain="food", ask=True)
    assert {p.description for p in asked.test} == {p.annotations[0].type for p in food.test}
    whole = load("implicit_ave")
    assert {p.category.partition("/")[0] for p in whole.products} == set(implicit_ave.DOMAINS)
    pairs = {(tag.type, tag.text) for p in whole.products for tag in p.annotations}
    assert len(pairs) == 155 and len({kind for kind, _ in pairs}) == 23


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("inspec", {"keys": "all"}),
        ("inspec", {"split": "dedup"}),
        ("semeval2010", {"keys": "both"}),
        ("csl_keywords", {"dev": "half"}),
        ("implicit_ave", {"domain": "jewlery"}),
        ("implicit_ave", {"ask": "yes"}),
    ],
)
def test_wrong_options_are_errors(name, options):
    with pytest.raises(BadInput):
        load(name, **options)


# ---------------------------------------------------------------- on small files


def test_documents_of_an_archive(archive):
    path = archive({"docsutf8/2.txt": "b", "keys/2.key": "y\n", "docsutf8/10.txt": "a", "keys/10.key": "x"})
    assert documents(path) == {"10": ("a", "x"), "2": ("b", "y\n")}
    assert one_line(" a\r\n\tb  c ") == "a b c"
    assert phrases("fading \tchannels\n\n nulls\nnulls\r\n") == ("fading channels", "nulls")


def test_archives_that_are_wrong(archive, tmp_path):
    with pytest.raises(BadInput, match="the document 2 has no keys"):
        documents(archive({"docsutf8/2.txt": "b"}))
    with pytest.raises(BadInput, match="the document 3 has no text"):
        documents(archive({"keys/3.key": "b"}))
    other = tmp_path / "other.zip"
    other.write_text("no zip")
    with pytest.raises(BadInput, match=r"other\.zip is no archive"):
        documents(other)


def test_inspec_says_which_document_is_wrong(archive, monkeypatch):
    path = archive({"docsutf8/7.txt": "title\r\nabstract\r\n", "keys/7.key": "one list\r\n"})
    monkeypatch.setattr(store, "path", lambda name: path)
    with pytest.raises(BadInput, match="document 7: uncontrolled and controlled phrases are not parted"):
        load("inspec")


def test_semeval_says_which_name_is_wrong(archive, monkeypatch):
    path = archive({"docsutf8/X-1.txt": "title\ntext", "keys/X-1.key": "a"})
    monkeypatch.setattr(store, "path", lambda name: path)
    with pytest.raises(BadInput, match="X-1 is no name of a paper"):
        load("semeval2010")
    assert semeval2010.in_test("C-40") and not semeval2010.in_test("H-33")


def test_csl_cut_and_broken_lines(tmp_path, monkeypatch):
    assert csl_keywords.cut("前文. Na 元素 浓度", {"Na 元素 浓度": "", "浓度": ""}) == ("前文.", "Na 元素 浓度")
    assert csl_keywords.cut("前文. 标题", {}) == ("前文.", "标题")
    broken = tmp_path / "x.tsv"
    broken.write_text("to category\t标题\t工学\nto category\t标题\n", encoding="utf-8")
    monkeypatch.setattr(store, "path", lambda name: broken)
    with pytest.raises(BadInput, match=r"x\.tsv, line 2"):
        load("csl_keywords")


def test_implicit_ave_broken_lines(tmp_path, monkeypatch):
    broken = tmp_path / "x.tsv"
    monkeypatch.setattr(store, "path", lambda name: broken)
    header = "\t".join(implicit_ave.HEADER)
    for text, reason in (("a\tb\n", "line 1: the columns"), (f"{header}\n1\t2\t3\n", "line 2: ")):
        broken.write_text(text, encoding="utf-8")
        with pytest.raises(BadInput, match=reason):
            load("implicit_ave", domain="food")


def test_products_survive_json(real):
    for name in READERS:
        data = load(name, domain="food") if name == "implicit_ave" else load(name)
        row = json.loads(json.dumps(data.test[0].to_dict(), ensure_ascii=False))
        assert row["lang"] == ("zh" if name == "csl_keywords" else "en") and row["tags"]
