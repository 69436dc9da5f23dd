import json

import numpy as np
import pytest
from PIL import Image
from small_photo_models import PIXELS, make_clip, make_efficientnet, make_vit

from tagkit import weights
from tagkit.errors import BadInput
from tagkit.images.encoder import ImageEncoder

PHOTOS = [Image.new("RGB", (40, 60), colour) for colour in ("red", "blue", "white")]
PHOTOS += [Image.radial_gradient("L").convert("RGB")]


@pytest.fixture(scope="module")
def folders(tmp_path_factory, tiny_model):
    root = tmp_path_factory.mktemp("encoders")
    return {
        "efficientnet": make_efficientnet(root / "efficientnet"),
        "clip": make_clip(root / "clip", tiny_model),
        "vit": make_vit(root / "vit"),
    }


@pytest.mark.parametrize("name", ["efficientnet", "clip", "vit"])
def test_a_photo_alone_and_among_others_has_the_same_vector(folders, name):
    encoder = ImageEncoder.load(str(folders[name]))
    batch = encoder.encode(PHOTOS)
    assert batch.dtype == np.float32 and len(batch) == 4 and np.isfinite(batch).all()
    assert np.allclose(np.concatenate([encoder.encode([photo]) for photo in PHOTOS]), batch, atol=1e-5)
    assert np.abs(batch[0] - batch[1]).max() > 1e-4
    assert encoder.encode([]).shape[0] == 0


def test_numbers_are_those_of_transformers(folders):
    from transformers import AutoModel

    encoder = ImageEncoder.load(str(folders["clip"]))
    pixels = np.asarray(PHOTOS[3].resize((PIXELS, PIXELS), Image.Resampling.BICUBIC), dtype=np.float32)
    x = encoder.pixel_values([PHOTOS[3]])
    assert np.allclose(x[0].permute(1, 2, 0).numpy(), pixels / 127.5 - 1, atol=1e-5)
    model = AutoModel.from_pretrained(folders["clip"]).eval()
    found = model.get_image_features(pixel_values=x)
    expected = getattr(found, "pooler_output", found).detach().numpy()
    assert np.allclose(encoder.encode(PHOTOS[3:]), expected, atol=1e-5)


def test_texts_have_vectors_where_there_is_a_text_tower(folders):
    encoder = ImageEncoder.load(str(folders["clip"]))
    texts = encoder.encode_texts(["red shoes", "blue " * 40])
    assert texts.shape == (2, encoder.encode(PHOTOS[:1]).shape[1])
    assert np.allclose(encoder.encode_texts(["red shoes"])[0], texts[0], atol=1e-5)
    with pytest.raises(BadInput, match="has no text tower"):
        ImageEncoder.load(str(folders["vit"])).encode_texts(["red"])


def test_key_tells_checksum_and_size(folders):
    small, large = (ImageEncoder.load(str(folders["efficientnet"]), pixels) for pixels in (0, 48))
    assert small.pixels == PIXELS and large.pixels == 48 and small.key != large.key
    assert small.sha256 == large.sha256 == weights.digest(str(folders["efficientnet"]))
    assert ImageEncoder.load(str(folders["efficientnet"])) is ImageEncoder.load(str(folders["efficientnet"]))
    with pytest.raises(BadInput, match="reads photos of 32 pixels only"):
        ImageEncoder.load(str(folders["vit"]), 48)
    with pytest.raises(BadInput, match="is not the one that the strategy was fitted with"):
        ImageEncoder.load(str(folders["vit"]), 0, "0" * 64)


def test_what_is_no_image_encoder_is_refused(tiny_model, tmp_path, folders):
    with pytest.raises(BadInput, match="no image encoder that can be loaded"):
        ImageEncoder.load(str(tiny_model))
    broken = make_efficientnet(tmp_path / "broken")
    (broken / "config.json").write_text(json.dumps({"model_type": "efficientnet-lite", "width": 9}))
    with pytest.raises(BadInput, match="holds no EfficientNet-Lite"):
        ImageEncoder.load(str(broken))


@pytest.mark.parametrize("name", ["efficientnet", "vit"])
def test_half_precision_is_near_and_kept_apart(folders, name):
    full = ImageEncoder.load(str(folders[name]))
    half = ImageEncoder.load(str(folders[name]), precision="bf16")
    assert half.key == f"{full.key}-bf16"
    found = half.encode(PHOTOS)
    assert np.allclose(found, full.encode(PHOTOS), atol=0.1 * np.abs(found).max())
    assert np.allclose(np.concatenate([half.encode([photo]) for photo in PHOTOS]), found, atol=1e-5)
    with pytest.raises(BadInput, match="precision is one of"):
        ImageEncoder.load(str(folders[name]), precision="fp8")
