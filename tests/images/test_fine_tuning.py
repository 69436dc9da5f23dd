"""The last blocks of an encoder are trained on tags; what was stopped goes on, and the encoder stays as it was."""

from __future__ import annotations

import numpy as np
import pytest
from small_photo_models import make_clip, make_vit

from tagkit.contract import PRODUCTS, photographed
from tagkit.errors import BadInput
from tagkit.images.encoder import ImageEncoder
from tagkit.images.fine_tuning import fine_tune, squares_of
from tagkit.images.loading import load_first
from tagkit.neural import training
from tagkit.product import Product

SHOP = photographed(PRODUCTS)
GOLD = np.eye(3, dtype=np.float32)[np.arange(len(SHOP)) % 3]
ROWS = np.arange(len(SHOP))


@pytest.fixture
def encoder(tiny_photo_model):
    return ImageEncoder.load(str(tiny_photo_model))


@pytest.fixture
def squares(encoder):
    return np.stack([encoder.square(load_first(product)) for product in SHOP])


def test_photos_are_decoded_once_and_bad_ones_left_out(encoder, squares, tmp_path, monkeypatch):
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))
    products = [*SHOP, Product("bad", "x", images=("none.jpg",)), Product("bare", "x")]
    with squares_of(encoder, products) as (found, has):
        assert np.array_equal(found[: len(SHOP)], squares)
        assert has.tolist() == [True] * len(SHOP) + [False, False]
        assert len([*tmp_path.glob("training/*/photos")]) == 1
    assert not [*tmp_path.glob("training/*/photos")]


def test_only_the_last_blocks_change_and_the_loss_falls(encoder, squares, monkeypatch):
    histories = []
    plain = training.train
    monkeypatch.setattr("tagkit.images.fine_tuning.train", lambda *a, **k: histories.append(plain(*a, **k)))
    before = {name: value.clone() for name, value in encoder.network.state_dict().items()}
    changed = fine_tune(encoder, squares, ROWS, GOLD, unfrozen=1, epochs=12)
    last = len(encoder.network.blocks) - 1
    assert changed and all(name.startswith((f"blocks.{last}.", "head.")) for name in changed)
    assert all((value == before[name]).all() for name, value in encoder.network.state_dict().items())
    losses = [row["loss"] for row in histories[0] if "loss" in row]
    assert np.mean(losses[-3:]) < 0.8 * np.mean(losses[:3])
    again = fine_tune(encoder, squares, ROWS, GOLD, unfrozen=1, epochs=12)
    assert all(np.array_equal(changed[name], again[name]) for name in changed)


def test_an_encoder_with_other_weights_has_vectors_of_its_own(encoder, squares):
    changed = fine_tune(encoder, squares, ROWS, GOLD, unfrozen=2, epochs=8)
    tuned = encoder.with_weights(changed)
    assert tuned.key != encoder.key and tuned.key == encoder.with_weights(changed).key
    batch = tuned.encode_squares(squares)
    assert not np.allclose(batch, encoder.encode_squares(squares), atol=1e-4)
    assert np.allclose(batch, np.concatenate([tuned.encode_squares([one]) for one in squares]), atol=1e-5)
    with pytest.raises(BadInput, match="are not of the model"):
        encoder.with_weights({"nothing": np.zeros(3, dtype=np.float32)})


def test_a_run_that_was_stopped_ends_with_the_same_weights(encoder, squares, tmp_path, monkeypatch):
    monkeypatch.setattr(training.Checkpoint, "SECONDS", 0.0)
    whole = fine_tune(encoder, squares, ROWS, GOLD, unfrozen=1, epochs=3)
    save = training.Checkpoint.save

    def stopping(self):
        save(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(training.Checkpoint, "save", stopping)
    file = tmp_path / "run.safetensors"
    with pytest.raises(KeyboardInterrupt):
        fine_tune(encoder, squares, ROWS, GOLD, unfrozen=1, epochs=3, checkpoint=file)
    assert file.is_file()
    monkeypatch.setattr(training.Checkpoint, "save", save)
    resumed = fine_tune(encoder, squares, ROWS, GOLD, unfrozen=1, epochs=3, checkpoint=file)
    assert all(np.allclose(whole[name], resumed[name], atol=1e-6) for name in whole) and not file.exists()


@pytest.mark.parametrize("kind", ["vit", "clip"])
def test_encoders_of_the_hub(kind, tmp_path, tiny_model):
    folder = make_vit(tmp_path, layers=3) if kind == "vit" else make_clip(tmp_path, tiny_model, layers=3)
    encoder = ImageEncoder.load(str(folder))
    squares = np.stack([encoder.square(load_first(product)) for product in SHOP])
    changed = fine_tune(encoder, squares, ROWS, GOLD, unfrozen=2, epochs=8)
    assert changed and not any("text_model" in name or ".0." in name for name in changed)
    tuned = encoder.with_weights(changed)
    assert not np.allclose(tuned.encode_squares(squares), encoder.encode_squares(squares), atol=1e-5)
    with pytest.raises(BadInput, match="has 3 blocks, of which 4 cannot be trained"):
        fine_tune(encoder, squares, ROWS, GOLD, unfrozen=4, epochs=1)
