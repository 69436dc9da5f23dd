"""The order in which tags are trained."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")
from tagkit.generation.target_order import TargetOrder  # noqa: E402

A, B, C = (1, 2), (1, 3), (4,)
SEPARATOR, END = 8, 9


def test_orders():
    lists = [[A, B, C], [C], [C, B]]
    given = TargetOrder("given", lists, SEPARATOR, END)([A, B, C])
    assert given.tokens == [1, 2, SEPARATOR, 1, 3, SEPARATOR, 4, END]
    assert given.wanted == [{token: 1.0} for token in given.tokens]
    assert TargetOrder("frequency", lists, SEPARATOR, END)([A, B, C]).tokens == [
        4,
        SEPARATOR,
        1,
        3,
        SEPARATOR,
        1,
        2,
        END,
    ]
    drawn = TargetOrder("shuffled", lists, SEPARATOR, END)
    torch.manual_seed(0)
    seen = {tuple(drawn([A, B, C]).tokens) for _ in range(100)}
    assert len(seen) == 6 and all(text[-1] == END for text in seen)
    torch.manual_seed(0)
    assert {tuple(drawn([A, B, C]).tokens) for _ in range(100)} == seen


def test_in_a_set_every_remaining_tag_is_correct():
    torch.manual_seed(1)
    order = TargetOrder("set", [[A, B, C]], SEPARATOR, END)
    for _ in range(50):
        target = order([A, B, C])
        assert target.wanted[0] == pytest.approx({1: 2 / 3, 4: 1 / 3})
        assert all(sum(row.values()) == pytest.approx(1) for row in target.wanted)
        assert all(token in row for token, row in zip(target.tokens, target.wanted, strict=True))
        assert target.wanted[-1] == {END: 1.0}, "the list ends when no tag remains"
        if target.tokens[:2] == [1, 2]:
            assert target.wanted[1] == {2: 0.5, 3: 0.5} and target.wanted[2] == {SEPARATOR: 1.0}
    prefix = TargetOrder("set", [], SEPARATOR, END)([(1,), (1, 2)])
    assert prefix.wanted[1] == {SEPARATOR: 0.5, 2: 0.5}, "a tag may be a prefix of another"
