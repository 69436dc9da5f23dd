"""Memory while the vectors of many photos are computed: the peak of the process after 10,000, 50,000 and 100,000.

    python benchmarks/images_memory.py [--folder runs/images-memory] [--photos 10000,50000,100000]

The photos are those of `fashion_small`; later ones are earlier ones with other bytes behind the picture, so that each
is read, decoded and encoded by itself (efficientnet-lite0 at 64 pixels, in bf16 where the processor has it). A run
that is stopped goes on: photos, vectors and peaks are kept in the folder. The peak is that of the process that went on.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import zipfile
from pathlib import Path

from results_file import write

from tagkit.datasets import load
from tagkit.images.encoder import ImageEncoder
from tagkit.images.sources import read
from tagkit.images.vectors import VectorStore
from tagkit.product import Product

STEP = 5_000


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("runs/images-memory"))
    parser.add_argument("--photos", default="10000,50000,100000")
    given = parser.parse_args()
    shown = sorted(int(number) for number in given.photos.split(","))
    given.folder.mkdir(parents=True, exist_ok=True)
    archive, kept = given.folder / "photos.zip", given.folder / "peaks.json"
    encoder = ImageEncoder.load("efficientnet-lite0", 64, precision="auto")
    if not archive.exists():
        make(archive, shown[-1])
    os.environ["TAGKIT_CACHE"] = str(given.folder / "cache")
    store = VectorStore(encoder)
    peaks: dict[str, float] = json.loads(kept.read_text()) if kept.exists() else {}
    products = [Product(str(n), "x", images=(f"zip://{archive}!{n}.jpg",)) for n in range(shown[-1])]
    for end in range(STEP, shown[-1] + 1, STEP):
        if str(end) not in peaks:
            store.extract(products[end - STEP : end])
            peaks[str(end)] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
            kept.write_text(json.dumps(peaks))
            print(f"{end:,} photos: {peaks[str(end)]} MiB", flush=True)
    figures = {f"{number:,}": {"peak MiB": peaks[str(number)]} for number in shown}
    write("images_memory", figures, rows="photos", note=f"Network and libraries included; {encoder.key}.")


def make(archive: Path, number: int) -> None:
    """Write so many photos, all with different bytes."""
    products = load("fashion_small").products
    part = archive.with_suffix(".part")
    with zipfile.ZipFile(part, "w") as file:
        for at in range(number):
            file.writestr(f"{at}.jpg", read(products[at % len(products)].images[0]) + str(at).encode())
    part.replace(archive)


if __name__ == "__main__":
    main()
