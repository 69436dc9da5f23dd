"""The reader of `dsner_ec`."""

from __future__ import annotations

import pytest

from tagkit.datasets import dsner_ec, load


def test_dsner_sizes_types_and_dictionary(public_data):
    data = load("dsner_ec")
    assert [len(part) for part in (data.train, data.dev, data.test)] == [1097, 400, 798]
    assert {tag.type for p in data.train for tag in p.annotations} == set(dsner_ec.TYPES.values())
    known = dsner_ec.dictionary()
    assert len(known) == 924
    assert known["湾仔码头"] == "Brand" and known["不锈钢"] == "Material"
    in_train = {tag.text for p in data.train for tag in p.annotations}
    assert len(in_train & set(known)) == 910  # as the card says


@pytest.mark.parametrize("distant", dsner_ec.DISTANT)
def test_dsner_distant(public_data, distant):
    data = load("dsner_ec", distant=distant)
    more = data.train[1097:]
    assert len(more) == 2560 and all(p.id.startswith(distant) for p in more)
    assert sum(len(tag.spans) for p in more for tag in p.annotations) == (
        public_data / f"dsner_ec/{distant}"
    ).read_text(encoding="utf-8").count("\tB-")


def test_dsner_names_as_train(public_data):
    data = load("dsner_ec", train="names")
    assert {p.title: p.annotations[0].type for p in data.train} == dsner_ec.dictionary()
    assert all(p.tags == (p.title,) for p in data.train)
    assert data.test == load("dsner_ec").test
