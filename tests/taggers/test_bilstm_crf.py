"""The strategy `bilstm_crf`: spans, partially labelled sentences, the instance selector, an encoder's vectors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.errors import BadInput  # noqa: E402
from tagkit.product import Product, Span, Tag  # noqa: E402
from tagkit.taggers import Tagger, create  # noqa: E402
from tagkit.taggers import bilstm_crf as module  # noqa: E402
from tagkit.taggers.ensemble import Ensemble  # noqa: E402

SMALL = {"size": 16, "hidden": 16, "epochs": 40, "learning_rate": 0.02, "dropout": 0.0, "batch_size": 8}


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))


def spans(lists):
    return [{(span.start, span.end, tag.type) for tag in row for span in tag.spans} for row in lists]


def gold(products):
    return spans(product.annotations for product in products)


def test_it_learns_where_spans_begin_and_end(annotated, tmp_path):
    tagger = create("bilstm_crf", **SMALL).fit(annotated)
    found = tagger.predict(annotated)
    assert spans(found) == gold(annotated)
    assert Tagger.load(tagger.save(tmp_path / "model")).predict(annotated) == found
    unseen = Product("new", "蓝色男短袖新款")
    assert (0, 2, "色") in spans(tagger.predict([unseen]))[0]


def test_what_a_partially_labelled_sentence_lacks_is_not_learnt_as_outside(annotated):
    """Most sentences mark the colour alone; as partially labelled ones they do not say that the name is no entity."""
    lacking = [replace(p, id=f"ds_pa-{n}", annotations=p.annotations[:1]) for n, p in enumerate(annotated * 2)]
    names = {}
    for partial in ("ds_pa", ""):
        tagger = create("bilstm_crf", partial=partial, **SMALL).fit([*annotated[::2], *lacking])
        names[partial] = sum(any(kind == "品" for *_, kind in row) for row in spans(tagger.predict(annotated)))
    assert names["ds_pa"] > 2 / 3 * len(annotated) and names[""] < len(annotated) / 2


def test_the_selector_trains_with_the_rest(annotated, tmp_path):
    lacking = [replace(p, id=f"ds_pa-{n}", annotations=p.annotations[:1]) for n, p in enumerate(annotated)]
    tagger = create("bilstm_crf", select=True, **SMALL).fit([*annotated, *lacking])
    assert spans(tagger.predict(annotated)) == gold(annotated)
    assert Tagger.load(tagger.save(tmp_path / "model")).predict(annotated) == tagger.predict(annotated)


def test_every_character_of_a_long_text_is_learnt_from_and_tagged(annotated, monkeypatch):
    monkeypatch.setattr(module, "PIECE", 7)
    tagger = create("bilstm_crf", **SMALL).fit(annotated)
    assert np.isfinite([row["epoch_loss"] for row in tagger.history_ if "epoch_loss" in row]).all()
    texts = [Product("long", "女百搭" * 1000 + "红色")]
    (row,) = tagger.character_probabilities(texts)
    assert row.shape == (3002, 5) and np.allclose(row.sum(1), 1, atol=1e-4)
    assert tagger.n_truncated_chars(texts) == [0]


def test_case_and_width_do_not_count(annotated):
    rows = [Product("a", "ABC杯", annotations=(Tag("ABC", spans=(Span(0, 3),), type="牌"),), tags=("ABC",)), *annotated]
    tagger = create("bilstm_crf", **SMALL).fit(rows)
    assert spans(tagger.predict(["abc杯"])) == spans(tagger.predict(["ＡＢＣ杯"])) == spans(tagger.predict(["ABC杯"]))


def test_it_can_be_averaged_by_characters_and_stops_on_dev(annotated):
    members = [create("bilstm_crf", seed=seed, patience=3, **SMALL).fit(annotated, dev=annotated) for seed in (0, 1)]
    assert all(sum("dev" in row for row in member.history_) < 40 for member in members)
    average = Ensemble.from_fitted(members)
    assert average.by_characters_ and spans(average.predict(annotated)) == gold(annotated)


def test_vectors_of_an_encoder(annotated, tiny_model, tmp_path):
    tagger = create("bilstm_crf", vectors=str(tiny_model), **SMALL).fit(annotated)
    assert spans(tagger.predict(annotated)) == gold(annotated)
    assert "奶" in tagger.characters_, "a character that train does not have"
    assert Tagger.load(tagger.save(tmp_path / "model")).predict(annotated) == tagger.predict(annotated)


@pytest.mark.parametrize(("key", "value"), [("size", 0), ("hidden", 1.5), ("dropout", 1.0), ("epochs", 0)])
def test_a_wrong_parameter_is_named(key, value, annotated):
    with pytest.raises(BadInput, match=key):
        create("bilstm_crf", **{key: value}).fit(annotated)


def test_no_tag_in_any_text_is_one_clear_error():
    with pytest.raises(BadInput, match=r"bilstm_crf.*tag.* train"):
        create("bilstm_crf").fit(["黑色高跟鞋"])


def test_training_in_bf16_agrees(annotated):
    losses = [
        create("bilstm_crf", precision=precision, **SMALL).fit(annotated).history_ for precision in ("fp32", "bf16")
    ]
    exact, low = ([row["epoch_loss"] for row in rows if "epoch_loss" in row] for rows in losses)
    assert low != exact and low[:5] == pytest.approx(exact[:5], rel=0.05)
