"""Rows of product feeds in XML."""

from __future__ import annotations

import io

import pytest

pytest.importorskip("defusedxml", reason="feeds need tagkit[excel]")

from tagkit.datasets import load
from tagkit.datasets.feed import feed_rows
from tagkit.errors import BadInput


def rows(text: str) -> list[tuple[int, object, str]]:
    return [tuple(row) for row in feed_rows(io.BytesIO(text.encode()))]


def test_entries_of_rss_and_atom():
    rss = "<rss><channel><title>Shop</title><item><title>红裙</title><tag>裙</tag><tag>红</tag></item></channel></rss>"
    assert rows(rss) == [(1, {"title": "红裙", "tag": ["裙", "红"]}, "")]
    atom = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><Title> 红裙 </Title><id/></entry><entry/></feed>'
    assert rows(atom) == [(1, {"title": "红裙", "id": ""}, ""), (2, {}, "")]


def test_an_entry_within_an_entry_is_no_row():
    nested = "<product><title>a</title><item><title>b</title></item></product><product><title>c</title></product>"
    assert [values["title"] for _, values, _ in rows(f"<items>{nested}</items>")] == ["a", "c"]


def test_a_feed_of_google_merchant_center(tmp_path):
    file = tmp_path / "feed.xml"
    item = (
        "<item><g:id>{0}</g:id><title>Dress &amp; Belt {0}</title><g:product_type>Women &gt; Dresses</g:product_type>"
    )
    item += "<g:image_link>https://a/1</g:image_link></item>"
    head = '<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel><title>Shop</title>'
    text = head + "".join(map(item.format, range(1500))) + "</channel></rss>"
    file.write_text(text, encoding="utf-8")
    products = load(file).products
    first = next(p for p in products if p.id == "0")
    assert len(products) == 1500 and first.title == "Dress & Belt 0"
    assert first.category == "Women/Dresses" and first.images == ("https://a/1",)
    file.write_text(text[:-1000], encoding="utf-8")
    with pytest.warns(UserWarning, match="1 of 1[0-9]+ rows .* not XML from here on"):
        assert 1000 < len(load(file).products) < 1500
    file.write_text('<!DOCTYPE r [<!ENTITY a "b">]><r><item><title>&a;</title></item></r>', encoding="utf-8")
    with pytest.raises(BadInput, match="document type"):
        load(file)
