"""A strategy that breaks the contract is told what it breaks; our own are checked in tests/taggers/test_contract.py."""

from __future__ import annotations

from typing import Any

import pytest

from tagkit.contract import CHECKS, check
from tagkit.product import Tag
from tagkit.tagger import Tagger
from tagkit.taggers import create


class Sloppy(Tagger):
    """A strategy that can be made to break one promise after the other.

    Source: made up.
    """

    name = "sloppy"
    fault: str = ""

    def _fit(self, train: Any, dev: Any, cache: Any) -> None:
        self.seen_ = 0

    def _tag(self, products: Any) -> Any:
        if self.fault == "counts":
            self.seen_ += len(products)
        scores = {"rising": (0.1, 0.9), "high": (9.0, 0.5)}.get(self.fault, (1.0, 0.5))
        source = "nobody" if self.fault == "source" else self.name
        tags = [Tag(text, score, source) for text, score in zip(("好", "新"), scores, strict=True)] if products else []
        return [[*tags, Tag(str(self.seen_), 0.1, source)] if self.fault == "counts" else tags for _ in products]

    def _state(self) -> Any:
        return {"seen": self.seen_}

    def _restore(self, state: Any) -> None:
        self.seen_ = state["seen"] if self.fault != "forgets" else state["lost"]


def broken(fault: str) -> dict[str, str]:
    return {promise: reason for promise, reason in check(Sloppy(fault=fault)).items() if reason}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("rising", "scores do not fall for '黑色高跟鞋女尖头细跟'"),
        ("source", "the source of '好' is 'nobody', not the strategy's name"),
        ("counts", "tagged one by one, it gives"),
        ("forgets", "KeyError: 'lost'"),
    ],
)
def test_what_is_broken_is_said(fault, reason):
    assert any(reason in said for said in broken(fault).values()), broken(fault)


def test_what_keeps_the_contract_breaks_nothing():
    assert broken("") == {}
    found = check(create("lexicon"))
    assert len(found) == len(CHECKS) and not any(found.values())
