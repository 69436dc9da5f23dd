"""Vectors of photos: photos per second beside the pipeline of transformers, the second run, and memory.

    python benchmarks/images.py [--photos 200] [--many 100000]

The photos are those of `implicit_ave` (about 500 pixels wide) and of `fashion_small` (60 by 80), one thread, in seconds
of processor time, so that a busy machine does not count. EfficientNet-Lite is not among the models that transformers
loads; the two are compared on one vision transformer with random weights (DeiT-Small: 12 layers of 384), with the
vectors of the pipeline beside them to tell that both compute the same. Memory is that of the process after a fifth of,
and after all of `--many` made-up photos, read by a narrow network.
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from PIL import Image
from results_file import write
from safetensors.torch import save_file
from transformers import ViTConfig, ViTImageProcessorPil, ViTModel, pipeline

from tagkit.datasets import load
from tagkit.images.efficientnet import EfficientNetLite
from tagkit.images.encoder import ImageEncoder
from tagkit.images.loading import load_first
from tagkit.images.vectors import VectorStore
from tagkit.product import Product


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--many", type=int, default=100_000)
    given = parser.parse_args()
    torch.set_num_threads(1)
    os.environ["TQDM_DISABLE"] = "1"
    sets = {
        "implicit_ave, 224 pixels": (load("implicit_ave", photos=True).train[: given.photos], 0),
        "fashion_small, 128 pixels": (load("fashion_small").train[: given.photos], 128),
    }
    with tempfile.TemporaryDirectory() as folder:
        rows: dict[str, Any] = {}
        for name, (products, pixels) in sets.items():
            for model in ("efficientnet-lite0", "efficientnet-lite2"):
                if not (model.endswith("2") and pixels == 0):
                    rows[f"{model}, {name}"] = extraction(model, products, pixels)
        rows["DeiT-Small, implicit_ave, 224 pixels"] = beside_the_pipeline(
            Path(folder), sets["implicit_ave, 224 pixels"][0]
        )
        rows["memory"] = memory(Path(folder), given.many)
    write("images", rows, rows="encoder and photos", note="Photos per second of processor time, one thread.")


def processor_seconds(work: Callable[[], Any]) -> float:
    """Return the seconds of processor time that a call takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def extraction(model: str, products: Sequence[Product], pixels: int) -> dict[str, Any]:
    """Return photos per second of the first run and of the second, which reads the cache."""
    encoder = ImageEncoder.load(model, pixels)
    encoder.encode([load_first(products[0])])  # what is done once
    with tempfile.TemporaryDirectory() as cache:
        os.environ["TAGKIT_CACHE"] = cache
        store = VectorStore(encoder)
        first = processor_seconds(lambda: store.extract(products))
        second = processor_seconds(lambda: store.extract(products))
    return {
        "photos/s": round(len(products) / first, 1),
        "second run": round(len(products) / second),
        "times": round(first / second),
    }


def beside_the_pipeline(folder: Path, products: Sequence[Product]) -> dict[str, Any]:
    """Return photos per second of both on the same weights."""
    torch.manual_seed(0)
    config = ViTConfig(hidden_size=384, num_hidden_layers=12, num_attention_heads=6, intermediate_size=1536)
    ViTModel(config).save_pretrained(folder / "vit")
    ViTImageProcessorPil(resample=3).save_pretrained(folder / "vit")
    found = extraction(str(folder / "vit"), products, 0)
    ours = ImageEncoder.load(str(folder / "vit"))
    theirs = pipeline("image-feature-extraction", model=str(folder / "vit"), pool=True, device="cpu")
    paths = [str(Path(os.environ["TAGKIT_DATA"], product.images[0])) for product in products]
    vector = np.asarray(theirs(paths[0])).ravel()
    own = ours.encode([load_first(products[0])])[0]
    seconds = processor_seconds(lambda: [theirs(path) for path in paths])
    batched = processor_seconds(lambda: list(theirs(paths, batch_size=32)))
    difference = float(np.abs(own - vector).max())
    found |= {"pipeline": round(len(paths) / seconds, 1), "pipeline, batches of 32": round(len(paths) / batched, 1)}
    return found | {"largest difference": round(difference, 5)}


def memory(folder: Path, many: int) -> dict[str, Any]:
    """Return MiB of the process after a fifth of the photos and after all of them."""
    (folder / "narrow").mkdir()
    save_file(EfficientNetLite(0.25, 0.4).state_dict(), folder / "narrow" / "model.safetensors")
    (folder / "narrow" / "config.json").write_text('{"model_type": "efficientnet-lite", "width": 0.25, "depth": 0.4}')
    (folder / "narrow" / "preprocessor_config.json").write_text('{"size": 32}')
    random = np.random.default_rng(0)
    with zipfile.ZipFile(folder / "photos.zip", "w") as archive:
        for number in range(many):
            file = io.BytesIO()
            Image.fromarray(random.integers(0, 256, (6, 4, 3), dtype=np.uint8)).resize((60, 80)).save(file, "JPEG")
            archive.writestr(f"{number}.jpg", file.getvalue())
    products = [Product(str(n), "x", images=(f"zip://{folder / 'photos.zip'}!{n}.jpg",)) for n in range(many)]
    os.environ["TAGKIT_CACHE"] = str(folder / "cache")
    store = VectorStore(ImageEncoder.load(str(folder / "narrow")))
    sizes, steps = [], 5
    for step in range(steps):
        part = products[step * many // steps : (step + 1) * many // steps]
        store.extract(part)
        sizes.append(psutil.Process().memory_info().rss / 2**20)
    return {f"MiB after {many // steps:,}": round(sizes[0]), f"MiB after {many:,}": round(sizes[-1])}


if __name__ == "__main__":
    main()
