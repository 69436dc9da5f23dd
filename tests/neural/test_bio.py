"""BIO labels: from spans to labels and back, Viterbi against enumeration, augmentation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.neural import bio  # noqa: E402
from tagkit.neural.bio import ValueSwap  # noqa: E402


class TestBio:
    TYPES = ("a", "b")

    def test_labels_there_and_back(self):
        starts, ends = np.array([-1, 0, 2, 3, 6, -1]), np.array([-1, 2, 3, 5, 8, -1])
        labels = bio.token_labels([(0, 3, "b"), (6, 8, "a")], self.TYPES, starts, ends)
        assert labels.tolist() == [-100, 3, 4, 0, 1, -100]
        inner = labels[1:-1]
        probabilities = np.full((4, 5), 0.01, dtype=np.float32)
        probabilities[np.arange(4), inner] = 0.96
        chars = np.zeros((8, 5), dtype=np.float32)
        bio.to_characters(probabilities, starts[1:-1], ends[1:-1], chars)
        spans = bio.best_spans([chars], self.TYPES)[0]
        assert [span[:3] for span in spans] == [(0, 3, "b"), (6, 8, "a")]
        assert all(0.5 < span[3] <= 1 for span in spans)

    def test_blanks_inside_a_span_belong_to_it(self):
        probabilities = np.array([[0.02, 0.96, 0.02], [0.02, 0.02, 0.96]], dtype=np.float32)
        chars = np.zeros((5, 3), dtype=np.float32)
        bio.to_characters(probabilities, np.array([0, 3]), np.array([2, 5]), chars)
        assert [span[:2] for span in bio.best_spans([chars], ("a",))[0]] == [(0, 5)]

    def test_best_labels_are_those_of_an_exhaustive_search(self):
        random = np.random.default_rng(1)
        for _ in range(20):
            chars = random.dirichlet(np.ones(5), size=5).astype(np.float32)
            best = max(
                (path for path in itertools.product(range(5), repeat=5) if well_formed(path)),
                key=lambda path: sum(np.log(chars[i, label]) for i, label in enumerate(path)),
            )
            wanted = []
            for i, label in enumerate(best):
                if label % 2:
                    wanted.append([i, i + 1, self.TYPES[(label - 1) // 2]])
                elif label:
                    wanted[-1][1] = i + 1
            assert [list(span[:3]) for span in bio.best_spans([chars], self.TYPES)[0]] == wanted

    def test_overlapping_spans_leave_the_longest(self):
        assert bio.without_overlaps([(0, 2, ""), (1, 5, ""), (5, 6, "")]) == [(1, 5, ""), (5, 6, "")]


def well_formed(path):
    pairs = zip((0, *path), path, strict=False)
    return all(label in (0, 1, 3) or before in (label, label - 1) for before, label in pairs)


def test_swapped_values_stay_in_their_places(annotated):
    rows = annotated
    gold = [bio.gold_spans(product) for product in rows]
    values = {(p.category, kind): set() for p in rows for kind in ("色", "品")}
    for product, spans in zip(rows, gold, strict=True):
        for start, end, kind in spans:
            values[product.category, kind].add(product.text[start:end])
    torch.manual_seed(0)
    swap, seen = ValueSwap(rows, gold, 1.0), set()
    for number in range(10 * len(rows)):
        row = number % len(rows)
        text, spans = swap(row)
        seen.add(text)
        assert all(text[s:e] in values[rows[row].category, kind] for s, e, kind in spans)
        assert [kind for *_, kind in spans] == ["色", "品"] and all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
        assert text == f"{text[: spans[0][1]]}女{text[spans[1][0] : spans[1][1]]}百搭"
    assert len(seen) == len(rows), "each colour with each name of its category"
    assert [ValueSwap(rows, gold, 0.0)(n) for n in range(len(rows))] == [
        (p.text, spans) for p, spans in zip(rows, gold, strict=True)
    ]


def test_greedy_decoding_takes_each_tokens_own_label_and_begins_what_did_not_begin():
    # Labels: outside, begin A, inside A, begin B, inside B; a blank between tokens belongs to an inside token.
    tokens = [(0, 1, 0), (1, 2, 2), (2, 3, 4), (3, 4, 1), (4, 5, 0), (5, 6, 2), (6, 7, 3), (8, 10, 4), (10, 11, 1)]
    found = bio.greedy_spans([(*token, 0.6) for token in tokens], ["A", "B"])
    assert [(start, end, kind) for start, end, kind, _ in found] == [
        (1, 2, "A"),
        (2, 3, "B"),
        (3, 4, "A"),
        (5, 6, "A"),
        (6, 10, "B"),
        (10, 11, "A"),
    ]
    assert [score for *_, score in found] == [pytest.approx(0.6)] * 6
    (found,) = bio.greedy_spans([(0, 1, 1, 0.9), (1, 4, 2, 0.4)], ["A"])
    assert found == (0, 4, "A", pytest.approx((0.9 * 0.4**3) ** 0.25))
