"""Candidate tags."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")
from tagkit.generation.candidates import CandidateRetriever  # noqa: E402
from tagkit.product import Product  # noqa: E402


def test_candidates_come_from_the_text_neighbours_and_co_occurrence(products):
    train = products[:18]
    retriever = CandidateRetriever().fit(train, ())
    (found,) = retriever([Product("x", "红色高跟鞋")], 6)
    assert {"红色", "高跟鞋"} <= set(found[:3]) and {"鞋子", "女性"} <= set(found)
    assert len(retriever([Product("x", "👠")], 4)[0]) == 4
    again = CandidateRetriever.from_state(retriever.state())
    assert again(products, 10) == retriever(products, 10)
