"""Vectors of photos: photos per second of each encoder, and beside the pipeline of transformers on the same weights.

    python benchmarks/images.py [--photos 192] [--rounds 3] [--threads 2] [--only encoders]

EfficientNet-Lite is not among the models that transformers loads. The two are compared on vision transformers with
random weights, of the sizes of ViT-Small/16 and ViT-Base/16, at 224 pixels. Both read the same files of `fashion_small`
on as many threads. The pipeline ("image-feature-extraction", pooled) is timed as it is made by default, at its best
batch size, and at that in bf16. Ours is timed from the files to the vectors in the cache, with histograms of colours.

All are timed in turns, so that they meet the same disturbances; what is shown is the median over the rounds. A ratio is
that of the times of one round. On a busy machine only the time of the processor counts, which on several threads holds
the waiting of one for another too. How alike vectors are is the
cosine with those of the pipeline in 32-bit floats, of which the least over all photos is shown.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from results_file import write
from transformers import ViTConfig, ViTImageProcessorPil, ViTModel, pipeline

from tagkit.datasets import load
from tagkit.images.encoder import ImageEncoder
from tagkit.images.histogram import SIZE
from tagkit.images.loading import load_first
from tagkit.images.sources import read
from tagkit.images.vectors import VectorStore
from tagkit.neural.hardware import fast_bf16
from tagkit.product import Product

Vectors = NDArray[np.float32]
Seconds = tuple[float, float]
"""By the clock, and of the processor."""
BATCHES = (1, 8, 16)
TRANSFORMERS = {
    "ViT-Small/16": {"hidden_size": 384, "num_attention_heads": 6, "intermediate_size": 1536},
    "ViT-Base/16": {"hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072},
}


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=192)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--only", choices=("encoders", "pipeline"), help="one of the two tables")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    os.environ["TQDM_DISABLE"] = "1"
    precisions = ["fp32", "bf16"] if fast_bf16() else ["fp32"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = as_files(load("fashion_small").train[: given.photos], folder / "small")
        large = as_files(load("implicit_ave", photos=True).train[: given.photos], folder / "large")
        print("both sets of photos are written")
        threads = f"{given.threads} thread{'s' * (given.threads > 1)}, medians of {given.rounds} rounds"
        rows = {}
        for model, pixels, products, which in (
            ("efficientnet-lite0", 128, small, "60 by 80"),
            ("efficientnet-lite0", 0, large, "about 500 wide"),
            ("efficientnet-lite2", 0, large, "about 500 wide"),
        ):
            for precision in precisions:
                encoder = ImageEncoder.load(model, pixels, precision=precision)
                row = f"{model} at {encoder.pixels}, {precision}, photos {which}"
                rows[row] = {} if given.only == "pipeline" else extraction(encoder, products, given.rounds)
        if given.only != "pipeline":
            write("images", rows, rows="encoder and photos", note=f"{threads}. The second run reads the cache.")
        if given.only == "encoders":
            return
        beside = {}
        for number, (name, sizes) in enumerate(TRANSFORMERS.items()):
            some = small[: given.photos // 2 ** (2 + number)]  # a larger network takes longer
            for row, figures in beside_the_pipeline(make(folder / str(number), sizes), some, given.rounds).items():
                beside[f"{name}: {row}"] = figures
        write("images_pipeline", beside, rows="model and system", note=f"{threads} in turns, random weights.")


def as_files(products: Sequence[Product], folder: Path) -> list[Product]:
    """Write the photos of products to files, which both systems read."""
    folder.mkdir()
    made = []
    for number, product in enumerate(products):
        path = folder / f"{number}.jpg"
        path.write_bytes(read(product.images[0]))
        made.append(Product(str(number), images=(str(path),)))
    return made


def timed(work: Callable[[], Any]) -> tuple[Seconds, Any]:
    """Return how long a call takes, and what it returns."""
    wall, processor = time.perf_counter(), time.process_time()
    found = work()
    return (time.perf_counter() - wall, time.process_time() - processor), found


def vectors(encoder: ImageEncoder, products: Sequence[Product]) -> tuple[Seconds, Seconds, Vectors]:
    """Return how long the vectors take, and again with the cache, and the vectors without histograms."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["TAGKIT_CACHE"] = cache
        store = VectorStore(encoder)
        first, found = timed(lambda: store.vectors(products).vectors)
        second, _ = timed(lambda: store.vectors(products))
    return first, second, found[:, :-SIZE]


def extraction(encoder: ImageEncoder, products: Sequence[Product], rounds: int) -> dict[str, Any]:
    """Return photos per second of the first run and of the second, which reads the cache."""
    vectors(encoder, products[:16])  # what is done once
    runs = [vectors(encoder, products) for _ in range(rounds)]
    times = [run[:2] for run in runs]
    exact = ImageEncoder.load(encoder.model, encoder.pixels).encode([load_first(one) for one in products])
    first, second = (median(row[at][0] for row in times) for at in (0, 1))
    return {
        "photos/s": round(len(products) / first, 1),
        "processor ms/photo": round(1000 * median(row[0][1] for row in times) / len(products), 2),
        "second run, photos/s": round(len(products) / second),
        "times, by the clock": round(median(row[0][0] / row[1][0] for row in times)),
        "times, processor": round(median(row[0][1] / row[1][1] for row in times)),
        "least cosine with fp32": round(float(cosines(runs[0][2], exact).min()), 4),
    }


def make(folder: Path, sizes: dict[str, int]) -> str:
    """Write a vision transformer with random weights, which both systems load."""
    torch.manual_seed(0)
    ViTModel(ViTConfig(num_hidden_layers=12, **sizes)).save_pretrained(folder)
    ViTImageProcessorPil(resample=3).save_pretrained(folder)
    return str(folder)


def beside_the_pipeline(model: str, products: Sequence[Product], rounds: int) -> dict[str, dict[str, Any]]:
    """Return the figures of both systems, by setting."""
    paths = [product.images[0] for product in products]

    def theirs(made: Any, batch: int, paths: Sequence[str] = paths) -> Vectors:
        return np.concatenate([np.asarray(one, dtype=np.float32) for one in made(list(paths), batch_size=batch)])

    make_pipeline = partial(pipeline, "image-feature-extraction", model=model, pool=True, device="cpu")
    plain = make_pipeline()
    theirs(plain, 1, paths[:4])  # what is done once
    speed = {size: timed(partial(theirs, plain, size, paths[: max(BATCHES)]))[0][1] for size in BATCHES}
    best = min(speed, key=lambda size: speed[size])
    calls: dict[str, Callable[[], tuple[Seconds, Vectors]]] = {
        "pipeline, by default": lambda: timed(lambda: theirs(plain, 1)),
        f"pipeline, best batch size ({best})": lambda: timed(lambda: theirs(plain, best)),
    }
    if fast_bf16():
        half = make_pipeline(dtype=torch.bfloat16)
        calls[f"pipeline in bf16, batch size {best}"] = lambda: timed(lambda: theirs(half, best))
    for precision in ("fp32", "bf16") if fast_bf16() else ("fp32",):
        encoder = ImageEncoder.load(model, precision=precision)
        vectors(encoder, products[:16])
        calls[f"tagkit, {precision}"] = lambda encoder=encoder: vectors(encoder, products)[::2]
    times: dict[str, list[Seconds]] = {name: [] for name in calls}
    found = {}
    for _ in range(rounds):
        for name, call in calls.items():
            seconds, found[name] = call()
            times[name].append(seconds)
    (default, reference), against = list(times)[:2], found["pipeline, by default"]
    return {
        name: {
            "photos/s": round(len(paths) / median(row[0] for row in rows), 1),
            "processor ms/photo": round(1000 * median(row[1] for row in rows) / len(paths), 1),
            "times the default": ratio(times[default], rows, 0),
            "times the best batch size": ratio(times[reference], rows, 0),
            "times the default, processor": ratio(times[default], rows, 1),
            "times the best batch size, processor": ratio(times[reference], rows, 1),
            "least cosine": round(float(cosines(found[name], against).min()), 4),
        }
        for name, rows in times.items()
    }


def ratio(theirs: Sequence[Seconds], ours: Sequence[Seconds], at: int) -> float:
    """Return how many times as fast the second is: the median over the rounds."""
    return round(median(one[at] / other[at] for one, other in zip(theirs, ours, strict=True)), 2)


def cosines(a: Vectors, b: Vectors) -> Vectors:
    """Return the cosine of each row of one with that of the other."""
    found: Vectors = (a * b).sum(axis=1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
    return found


if __name__ == "__main__":
    main()
