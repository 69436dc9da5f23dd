"""The strategy `encoder` on a tiny model: zero-shot tags, losses, calibration, resuming, long titles."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from scipy.special import expit  # noqa: E402

from tagkit.errors import BadInput, NotFitted  # noqa: E402
from tagkit.features import targets  # noqa: E402
from tagkit.neural.checkpoint import Checkpoint  # noqa: E402
from tagkit.neural.label_scorer import multilabel_loss  # noqa: E402
from tagkit.taggers import Tagger  # noqa: E402
from tagkit.taggers import encoder as encoder_module  # noqa: E402

LONG = "新款百搭" * 60


def scores(row) -> dict[str, float]:
    return {tag.text: tag.score for tag in row}


def epochs(tagger) -> list[float]:
    return [row["epoch_loss"] for row in tagger.history_ if "epoch_loss" in row]


def test_the_end_of_a_title_longer_than_the_window_is_read(tiny, products):
    tagger = tiny("encoder", use_stacked_features=False, limit=100).fit(products)
    one, other = (scores(row) for row in tagger.predict([f"{LONG}高跟鞋", f"{LONG}牛奶"]))
    assert tagger.n_truncated_chars([f"{LONG}高跟鞋"]) == [0] and one != other


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


def test_a_killed_fit_resumes_with_the_same_result(tiny, products, monkeypatch, tmp_path):
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
