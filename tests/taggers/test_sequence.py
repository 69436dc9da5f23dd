"""The sequence labeller: how labels become spans."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.errors import BadInput
from tagkit.product import Product


def test_greedy_decoding_follows_the_best_label_of_each_token(tiny, annotated):
    tagger = tiny("sequence", level="word", decoding="greedy", epochs=2).fit(annotated)
    products = [Product(str(i), f"{p.title} {p.title}") for i, p in enumerate(annotated)]
    full, best = tagger._probabilities(products), tagger._best_labels(products)
    assert any(label for tokens in best for _, _, label, _ in tokens)
    for window in tagger._windows(tagger._net.backbone, products):
        tokens = {start: (end, label) for start, end, label, _ in best[window.row]}
        for start, end in zip(window.starts.tolist(), window.ends.tolist(), strict=True):
            if start >= 0:
                assert tokens[start] == (end, int(full[window.row][start].argmax()))


def test_an_unknown_decoding_is_refused(tiny, annotated):
    with pytest.raises(BadInput, match="decoding is one of viterbi, greedy, not 'best'"):
        tiny("sequence", decoding="best").fit(annotated)
