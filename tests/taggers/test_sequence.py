"""The strategy `sequence` on a tiny model: places, CRF, second reading in 32 bits, augmentation, long titles."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

import tagkit  # noqa: E402
from tagkit.errors import BadInput  # noqa: E402
from tagkit.neural import bio  # noqa: E402
from tagkit.product import Product, Span  # noqa: E402
from tagkit.taggers import Tagger  # noqa: E402

LONG = "新款百搭" * 60


def texts(row) -> list[str]:
    return [tag.text for tag in row]


def epochs(tagger) -> list[float]:
    return [row["epoch_loss"] for row in tagger.history_ if "epoch_loss" in row]


def test_the_end_of_a_title_longer_than_the_window_is_read(tiny, products):
    last = Product("long", f"{LONG}高跟鞋", tags=("高跟鞋",))
    tagger = tiny("sequence", epochs=100, learning_rate=5e-3, dropout=0.0).fit([last, *[products[0]] * 3])
    (row,) = tagger.predict([last])
    assert [(tag.text, tag.spans) for tag in row] == [("高跟鞋", (Span(len(LONG), len(LONG) + 3),))]
    assert tagger.n_truncated_chars([last]) == [0]


def test_close_calls_in_bf16_are_read_again_in_32_bits(tiny, annotated):
    tagger = tiny("sequence", epochs=8).fit(annotated)
    read = {}
    for name, params in {
        "exact": {"tag_precision": "fp32"},
        "never again": {"tag_precision": "bf16", "recheck": 0.0},
        "all again": {"tag_precision": "bf16", "recheck": 1e9},
    }.items():
        read[name] = list(tagger.set_params(**params).character_probabilities(annotated))
    for exact, never, again in zip(*read.values(), strict=True):
        assert np.abs(exact - again).max() < 1e-6
        assert np.abs(exact - never).max() > 1e-6


def test_tags_without_places_are_looked_up(tiny, products):
    rows = [product for product in products if "高跟鞋" in product.tags]
    tagger = tiny("sequence", epochs=40, learning_rate=5e-3).fit(rows)
    for product, row in zip(rows, tagger.predict(rows), strict=True):
        assert set(texts(row)) == {tag for tag in product.tags if tag in product.title}
        assert all(product.text[s.start : s.end] == tag.text and tag.type == "" for tag in row for s in tag.spans)


def test_a_crf_trains_and_is_saved(tiny, tmp_path, annotated):
    tagger = tiny("sequence", crf=True, epochs=30, learning_rate=5e-3).fit(annotated)
    lost = epochs(tagger)
    assert lost[-1] < 0.2 * lost[0]
    found = tagger.predict(annotated)
    wanted = [{(tag.text, tag.type, tag.spans) for tag in product.annotations} for product in annotated]
    assert [{(tag.text, tag.type, tag.spans) for tag in row} for row in found] == wanted
    assert Tagger.load(tagger.save(tmp_path)).predict(annotated) == found


def test_training_with_swapped_values(tiny, annotated, products):
    lost = epochs(tiny("sequence", augment=0.5, epochs=10).fit(annotated))
    assert lost[-1] < 0.8 * lost[0]
    long = Product("long", f"{LONG}高跟鞋", tags=("高跟鞋",))
    tagger = tiny("sequence", augment=0.5, epochs=1, batch_size=1).fit([long, products[0]])
    assert sum("loss" in row for row in tagger.history_) == 2, "one step for a text, however many windows it has"


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
    with pytest.raises(BadInput, match="decoding must be one of viterbi, greedy, not 'best'"):
        tiny("sequence", decoding="best").fit(annotated)


def test_values_of_train_are_hints(tiny, annotated, tmp_path):
    trained = {"epochs": 3, "learning_rate": 1e-4, "category": False}
    tagger = tiny("sequence", dictionary=True, **trained).fit(annotated)
    found, without = tagger.predict(annotated), tiny("sequence", **trained).fit(annotated).predict(annotated)
    assert bio.span_f1(found, annotated) > 0.9 > 0.2 > bio.span_f1(without, annotated)
    assert Tagger.load(tagger.save(tmp_path)).predict(annotated) == found
    scores = {product.id: [(tag.text, tag.score) for tag in row] for product, row in zip(annotated, found, strict=True)}
    for product in annotated:
        ((text, score), *_) = scores[product.id]
        alone = tagger.predict([product])[0]
        assert alone[0].text == text and alone[0].score == pytest.approx(score, abs=1e-4)
    tagger.learn([Product("new", "绿色女运动鞋百搭", tags=("绿色",))])
    assert "绿色" in tagger._hints.values


def test_values_of_train_are_part_of_an_explanation(tiny, annotated):
    tagger = tiny("sequence", dictionary=True, epochs=3, learning_rate=1e-4, dropout=0.0).fit(annotated)
    product = Product("new", "黑色女高跟鞋百搭")
    for method in ("occlusion", "integrated gradients"):
        words = tagkit.explain(tagger, product, "高跟鞋", method).words
        best = max(words, key=lambda word: word.weight)
        assert best.weight > 0 and product.text[best.start : best.end] in "高跟鞋"
    ((start, end, added),) = tagger._other_pieces(product, "高跟鞋")
    assert (start, end) == (3, 6) and added > 1
    assert not tiny("sequence").fit(annotated)._other_pieces(product, "高跟鞋")


@pytest.mark.parametrize(("params", "used"), [({"epochs": None}, True), ({"epochs": 1}, False)])
def test_hints_are_read_where_epochs_are_left_open_and_train_is_small(tiny, annotated, monkeypatch, params, used):
    monkeypatch.setattr("tagkit.neural.options.STEPS", 4)
    monkeypatch.setattr("tagkit.neural.options.EPOCHS", 1)
    tagger = tiny("sequence", dictionary=None, **params).fit(annotated)
    assert (tagger._hints is not None) == used
    assert ("hints" in tagger._state()) == used
