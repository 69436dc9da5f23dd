"""The readers of `inspec` and `semeval2010`, and the archives of documents with keyphrases."""

from __future__ import annotations

from tagkit.datasets import load
from tagkit.datasets.keyphrases import documents, in_test, one_line, phrases


def test_documents_of_an_archive(archive):
    path = archive({"docsutf8/2.txt": "b", "keys/2.key": "y\n", "docsutf8/10.txt": "a", "keys/10.key": "x"})
    assert documents(path) == {"10": ("a", "x"), "2": ("b", "y\n")}
    assert one_line(" a\r\n\tb  c ") == "a b c"
    assert phrases("fading \tchannels\n\n nulls\nnulls\r\n") == ("fading channels", "nulls")


def test_inspec_lists_and_parts(public_data, sizes):
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


def test_semeval_parts_and_fields(public_data, sizes):
    data = load("semeval2010")
    assert {p.id for p in data.test} >= {"semeval-C-1", "semeval-H-32", "semeval-I-35", "semeval-J-32"}
    assert {p.id for p in data.train} >= {"semeval-C-41", "semeval-H-35", "semeval-I-37", "semeval-J-33"}
    paper = next(p for p in data.products if p.id == "semeval-H-63")
    assert paper.title == "Location based Indexing Scheme for DAYS"
    assert paper.category == "Information Search and Retrieval"
    assert "wireless datum dissemination" in paper.tags and "\n" not in paper.description
    assert sizes(load("semeval2010", split="all")) == [243, 0, 243]


def test_semeval_test_papers():
    assert in_test("C-40") and not in_test("H-33")
