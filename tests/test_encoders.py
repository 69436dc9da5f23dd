"""The trained strategies on a tiny model: odd data, long titles, zero-shot tags, losses, calibration, going on."""

from __future__ import annotations

import math
import os
import time
from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from scipy.special import expit  # noqa: E402

from tagkit.errors import BadInput, NotFitted  # noqa: E402
from tagkit.features import targets  # noqa: E402
from tagkit.neural import bio, helpers  # noqa: E402
from tagkit.neural.augment import ValueSwap  # noqa: E402
from tagkit.neural.checkpoint import Checkpoint  # noqa: E402
from tagkit.neural.losses import multilabel_loss  # noqa: E402
from tagkit.product import Product, Span, Tag  # noqa: E402
from tagkit.taggers import Tagger  # noqa: E402
from tagkit.taggers import encoder as encoder_module  # noqa: E402

TRAINED = ("encoder", "sequence")
ALL = (*TRAINED, "semantic")
LONG = "新款百搭" * 60


def texts(row) -> list[str]:
    return [tag.text for tag in row]


def scores(row) -> dict[str, float]:
    return {tag.text: tag.score for tag in row}


def epochs(tagger) -> list[float]:
    return [row["epoch_loss"] for row in tagger.history_ if "epoch_loss" in row]


# ---------------------------------------------------------------- odd data


@pytest.mark.parametrize("name", ALL)
def test_one_tag_is_a_vocabulary(name, tiny):
    train = [Product(str(n), f"{colour}高跟鞋", tags=("高跟鞋",)) for n, colour in enumerate(("黑色", "红色", "蓝色"))]
    params = {"epochs": 30} if name in TRAINED else {}
    tagger = tiny(name, **params).fit(train, dev=train[:1])
    assert [texts(row) for row in tagger.predict(train)] == [["高跟鞋"]] * 3


@pytest.mark.parametrize("name", ALL)
def test_no_tag_at_all_is_one_clear_error(name, tiny):
    with pytest.raises(BadInput, match=f"{name}.*tag.* train"):
        tiny(name).fit(["黑色高跟鞋", "红色高跟鞋"])


@pytest.mark.parametrize("name", ALL)
def test_items_without_tags_and_labels_that_train_lacks(name, tiny, products):
    train = [*products, Product("none", "蓝色高跟鞋"), Product("blank", "")]
    cup = Tag("水杯", spans=(Span(2, 4),), type="新")
    other = Product("other", "绿色水杯", tags=("水杯", "绿色"), annotations=(cup,))
    dev = [other, products[0], Product("untagged", "蓝色帆布鞋")]
    tagger = tiny(name, **({"patience": 1} if name in TRAINED else {})).fit(train, dev=dev)
    known = {tag for product in products for tag in product.tags}
    found = tagger.predict([other, *products])
    if name != "sequence":
        assert all(found) and {text for row in found for text in texts(row)} <= known


@pytest.mark.parametrize("name", TRAINED)
def test_a_title_without_a_character_leaves_the_loss_a_number(name, tiny, products):
    tagger = tiny(name, batch_size=1).fit([*products[:4], Product("blank", "", tags=("鞋子",))])
    assert np.isfinite(epochs(tagger)).all()


def test_the_end_of_a_title_longer_than_the_window_is_read(tiny, products):
    last = Product("long", f"{LONG}高跟鞋", tags=("高跟鞋",))
    tagger = tiny("sequence", epochs=100, learning_rate=5e-3, dropout=0.0).fit([last, *[products[0]] * 3])
    (row,) = tagger.predict([last])
    assert [(tag.text, tag.spans) for tag in row] == [("高跟鞋", (Span(len(LONG), len(LONG) + 3),))]
    assert tagger.n_truncated_chars([last]) == [0]
    tagger = tiny("encoder", wide=False, limit=100).fit(products)
    one, other = (scores(row) for row in tagger.predict([f"{LONG}高跟鞋", f"{LONG}牛奶"]))
    assert tagger.n_truncated_chars([last]) == [0] and one != other


@pytest.mark.parametrize("name", ALL)
def test_a_folder_that_is_no_model_is_named(name, tiny, tmp_path, products):
    with pytest.raises(BadInput, match=rf"{tmp_path} is not a model directory"):
        tiny(name, model=str(tmp_path)).fit(products)


# ---------------------------------------------------------------- encoder


def test_zero_shot_tags(tiny, products, tmp_path):
    tagger = tiny("encoder", limit=100)
    with pytest.raises(NotFitted):
        tagger.add_tags(["水杯"])
    tagger.fit(products)
    before = [scores(row) for row in tagger.predict(products)]
    known = list(tagger.tags_)
    assert tagger.add_tags(["水杯", known[0], "绿色", "水杯"]) is tagger
    assert tagger.tags_ == [*known, "水杯", "绿色"]
    after = [scores(row) for row in tagger.predict(products)]
    for old, new in zip(before, after, strict=True):
        assert {tag: new[tag] for tag in old} == old and {"水杯", "绿色"} <= set(new)
    assert scores(tagger.predict(["新款水杯"])[0])["水杯"] > after[0]["水杯"]
    again = Tagger.load(tagger.save(tmp_path / "model"))
    assert [scores(row) for row in again.predict(products)] == after
    assert again.add_tags(["耳机"]).tags_ == [*known, "水杯", "绿色", "耳机"]


def test_losses_are_those_of_the_papers():
    logits, gold = torch.tensor([[0.0, 2.0], [1.0, -5.0]]), torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    weights = torch.tensor([3.0, 1.0])
    two, one, low = (1 / (1 + math.exp(-x)) for x in (2.0, 1.0, -5.0))
    parts = {
        "bce": [3 * math.log(2), -math.log(1 - two), -math.log(1 - one), -math.log(1 - low)],
        "focal": [3 * 0.25 * math.log(2), *(-(p**2) * math.log(1 - p) for p in (two, one, low))],
        "asymmetric": [3 * math.log(2), *(-((p - 0.05) ** 4) * math.log(1.05 - p) for p in (two, one)), 0.0],
    }
    for name, values in parts.items():
        assert float(multilabel_loss(name, logits, gold, weights)) == pytest.approx(sum(values) / 2, abs=1e-6)
        logits.requires_grad_()
        (slope,) = torch.autograd.grad(multilabel_loss(name, 30 * logits, gold, weights), logits)
        assert slope.isfinite().all()
        logits = logits.detach()
    with pytest.raises(BadInput, match="bce, focal, asymmetric, not 'hinge'"):
        multilabel_loss("hinge", logits, gold, weights)


@pytest.mark.parametrize("loss", ["focal", "asymmetric"])
def test_other_losses_train(tiny, products, loss):
    lost = epochs(tiny("encoder", loss=loss, balance=0.5, epochs=8).fit(products))
    assert lost[-1] < 0.9 * lost[0]


def test_an_unknown_loss_is_named(tiny, products):
    with pytest.raises(BadInput, match="bce, focal, asymmetric, not 'hinge'"):
        tiny("encoder", loss="hinge").fit(products)


def test_calibration_lowers_the_log_likelihood_loss_on_dev(tiny, products):
    dev = products[12:]
    tagger = tiny("encoder", epochs=6).fit(products[:12] * 2, dev=dev)
    logits, gold = tagger._logits(dev), targets(dev, tagger.tags_).toarray()

    def loss(scale, shift):
        chance = expit(scale * logits + shift)
        return -np.log(np.where(gold > 0, chance, 1 - chance)).mean()

    assert (tagger.scale_, tagger.shift_) != (1.0, 0.0)
    assert loss(tagger.scale_, tagger.shift_) < loss(1.0, 0.0) - 1e-4


def test_a_killed_fit_goes_on_with_the_same_result(tiny, products, monkeypatch, tmp_path):
    whole = tiny("encoder", epochs=4).fit(products)
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))
    monkeypatch.setattr(Checkpoint, "SECONDS", 0.0)
    steps = []

    def loss(*given):
        steps.append(1)
        if len(steps) == 6:
            raise KeyboardInterrupt
        return multilabel_loss(*given)

    monkeypatch.setattr(encoder_module, "multilabel_loss", loss)
    with pytest.raises(KeyboardInterrupt):
        tiny("encoder", epochs=4).fit(products)
    assert len(list(tmp_path.rglob("encoder-*.safetensors"))) == 1
    again = tiny("encoder", epochs=4).fit(products)
    assert len(steps) == 6 + 4, "two epochs of two steps were left"
    assert again.predict(products) == whole.predict(products) and again.history_ == whole.history_
    assert not list(tmp_path.rglob("*.safetensors"))


def test_a_checkpoint_belongs_to_its_train_and_dev(products):
    places = [helpers.checkpoint_file("encoder", {}, products[:n], products[n:]) for n in (12, 13, 13)]
    assert places[0] != places[1] == places[2]


def test_checkpoints_that_nobody_went_on_with_are_removed_after_two_weeks(products, tmp_path, monkeypatch):
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))
    file = helpers.checkpoint_file("encoder", {}, products, [])
    for name, age in (("old", 15), ("new", 13)):
        path = file.with_name(f"{name}.safetensors")
        path.write_bytes(b"x")
        os.utime(path, (time.time() - age * 86400,) * 2)
    helpers.checkpoint_file("encoder", {}, products, [])
    assert [path.stem for path in file.parent.glob("*.safetensors")] == ["new"]


# ---------------------------------------------------------------- encoder and sequence


@pytest.mark.parametrize("name", TRAINED)
def test_patience_stops_early(name, tiny, products):
    tagger = tiny(name, epochs=20, patience=2, learning_rate=1e-12).fit(products[:18], dev=products[18:])
    assert len(epochs(tagger)) == 3, "the first epoch stays the best"


@pytest.mark.parametrize("name", TRAINED)
def test_the_category_is_read_where_it_is_wanted(name, tiny, annotated):
    asked = [Product("a", "红色女百搭", category="鞋子"), Product("b", "红色女百搭", category="女装")]
    for category in (True, False):
        tagger = tiny(name, category=category).fit(annotated)
        read = tagger._logits(asked) if name == "encoder" else list(tagger.character_probabilities(asked))
        assert np.allclose(read[0], read[1], atol=1e-6) is not category


@pytest.mark.parametrize("name", ALL)
def test_tagging_in_bf16_agrees(name, tiny, annotated):
    tagger = tiny(name, **({"epochs": 8} if name in TRAINED else {})).fit(annotated)
    read = tagger.character_probabilities if name == "sequence" else tagger.predict
    exact = list(read(annotated))
    low = list(read(annotated)) if tagger.set_params(tag_precision="bf16") else []
    for one, other in zip(exact, low, strict=True):
        if name == "sequence":
            assert np.abs(one - other).max() < 0.05
        else:
            assert scores(one) == pytest.approx(scores(other), abs=0.05)


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


@pytest.mark.parametrize(
    ("name", "params"),
    [("encoder", {"loss": "asymmetric"}), ("encoder", {"loss": "focal"}), ("sequence", {"crf": True}), ("seq2seq", {})],
)
def test_training_in_bf16(name, params, tiny, annotated):
    """Emulated where the processor has none, so that the types of all numbers fit everywhere."""
    tagger = tiny(name, precision="bf16", epochs=8, **params).fit(annotated)
    losses = [row["epoch_loss"] for row in tagger.history_ if "epoch_loss" in row]
    assert losses[-1] < losses[0]


# ---------------------------------------------------------------- sequence


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
        assert [kind for *_, kind in spans] == ["色", "品"] and all(a[1] <= b[0] for a, b in pairwise(spans))
        assert text == f"{text[: spans[0][1]]}女{text[spans[1][0] : spans[1][1]]}百搭"
    assert len(seen) == len(rows), "each colour with each name of its category"
    assert [ValueSwap(rows, gold, 0.0)(n) for n in range(len(rows))] == [
        (p.text, spans) for p, spans in zip(rows, gold, strict=True)
    ]


def test_training_with_swapped_values(tiny, annotated, products):
    lost = epochs(tiny("sequence", augment=0.5, epochs=10).fit(annotated))
    assert lost[-1] < 0.8 * lost[0]
    long = Product("long", f"{LONG}高跟鞋", tags=("高跟鞋",))
    tagger = tiny("sequence", augment=0.5, epochs=1, batch_size=1).fit([long, products[0]])
    assert sum("loss" in row for row in tagger.history_) == 2, "one step for a text, however many windows it has"
