"""The reader of `inspec`."""

from __future__ import annotations

import pytest

from tagkit.datasets import load, store
from tagkit.errors import BadInput


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


def test_inspec_says_which_document_is_wrong(archive, monkeypatch):
    path = archive({"docsutf8/7.txt": "title\r\nabstract\r\n", "keys/7.key": "one list\r\n"})
    monkeypatch.setattr(store, "path", lambda name: path)
    with pytest.raises(BadInput, match="document 7: uncontrolled and controlled phrases do not each end"):
        load("inspec")
