"""Vectors of photos, kept on disk: a second run opens no photo, and a run that was stopped goes on where it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tagkit.cache import cache_folder
from tagkit.images.histogram import histogram
from tagkit.images.loading import BadPhoto, content_hash, load
from tagkit.product import Product
from tagkit.progress import progress_bar

if TYPE_CHECKING:
    from PIL.Image import Image

    from tagkit.images.encoder import ImageEncoder

Floats = NDArray[np.float32]
BATCH = 64
"""So many photos are decoded, encoded and written at a time; what was written is not computed again."""
WAIT = 60
"""Seconds to wait while another process writes."""


@dataclass
class Photos:
    """The vectors of the photos of some products.

    Attributes:
        vectors: Shape (products, size); zeros where there is none.
        found: Whether there is a vector, shape (products,).
        reasons: Why there is none, by the position of the product.
    """

    vectors: Floats
    found: NDArray[np.bool_]
    reasons: dict[int, str] = field(default_factory=dict)


class VectorStore:
    """The vectors by one encoder, by content hash, in one SQLite file in tagkit's cache.

    A vector is kept as 16-bit floats: that of the network and, behind it, the histogram of colours.

    Args:
        encoder: The encoder.
    """

    def __init__(self, encoder: ImageEncoder) -> None:
        self._encoder = encoder
        self.path = cache_folder("photo-vectors") / f"{encoder.key}.sqlite"

    def vectors(self, products: Sequence[Product], *, allow_downloads: bool = False) -> Photos:
        """Return the vector of each product's first photo that can be read.

        Args:
            products: The products.
            allow_downloads: Whether photos on the web are downloaded.
        """
        self.extract(products, allow_downloads=allow_downloads)
        size, rows, reasons = 0, {}, {}
        with closing(self._open()) as file:
            for at, product in enumerate(products):
                vector = next(self._known(file, product, allow_downloads), None)
                if vector is None:
                    reasons[at] = _reason(product, allow_downloads)
                else:
                    rows[at], size = vector, len(vector)
        out, found = np.zeros((len(products), size), dtype=np.float32), np.zeros(len(products), dtype=bool)
        for at, vector in rows.items():
            out[at], found[at] = vector, True
        return Photos(out, found, reasons)

    def extract(self, products: Sequence[Product], *, allow_downloads: bool = False) -> int:
        """Compute and keep the vectors that are not there yet, in bounded memory.

        Returns:
            How many photos were decoded.
        """
        waiting: dict[str, Image] = {}
        decoded = 0
        with closing(self._open()) as file:
            bar = progress_bar(total=len(products), desc="encoding photos", delay=3, leave=False)
            with bar:
                for product in products:
                    bar.update()
                    for hash, image in self._unknown(file, product, allow_downloads, waiting):
                        waiting[hash] = image
                        decoded += 1
                    if len(waiting) >= BATCH:
                        self._write(file, waiting)
                self._write(file, waiting)
        return decoded

    def _unknown(
        self, file: sqlite3.Connection, product: Product, allow_downloads: bool, waiting: dict[str, Image]
    ) -> Iterator[tuple[str, Image]]:
        """Yield the hash and the picture of a product's first readable photo, unless its vector is there or awaited."""
        for source in product.images:
            try:
                hash = content_hash(source, allow_downloads=allow_downloads)
                if hash in waiting or self._has(file, hash):
                    return
                yield hash, load(source, at_least=self._encoder.pixels, allow_downloads=allow_downloads)
                return
            except BadPhoto:
                continue

    def _known(self, file: sqlite3.Connection, product: Product, allow_downloads: bool) -> Iterator[Floats]:
        for source in product.images:
            try:
                vector = self._find(file, content_hash(source, allow_downloads=allow_downloads))
            except BadPhoto:
                continue
            if vector is not None:
                yield vector

    def _has(self, file: sqlite3.Connection, hash: str) -> bool:
        return file.execute("SELECT 1 FROM vectors WHERE hash = ?", (bytes.fromhex(hash),)).fetchone() is not None

    def _find(self, file: sqlite3.Connection, hash: str) -> Floats | None:
        row = file.execute("SELECT vector FROM vectors WHERE hash = ?", (bytes.fromhex(hash),)).fetchone()
        return None if row is None else np.frombuffer(row[0], dtype=np.float16).astype(np.float32)

    def _write(self, file: sqlite3.Connection, waiting: dict[str, Image]) -> None:
        if not waiting:
            return
        images = list(waiting.values())
        colours = np.stack([histogram(image) for image in images])
        vectors = np.concatenate([self._encoder.encode(images), colours], axis=1)
        kept = np.clip(vectors, -65504, 65504).astype(np.float16)
        pairs = [(bytes.fromhex(hash), row.tobytes()) for hash, row in zip(waiting, kept, strict=True)]
        with file:
            file.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", pairs)
        waiting.clear()

    def _open(self) -> sqlite3.Connection:
        """Return the file; a damaged one is removed, since all of it can be computed again."""
        try:
            return _connect(self.path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            self.path.unlink(missing_ok=True)
            return _connect(self.path)


def _connect(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, timeout=WAIT)
    try:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = NORMAL")
        file.execute("CREATE TABLE IF NOT EXISTS vectors (hash BLOB PRIMARY KEY, vector BLOB)")
    except sqlite3.DatabaseError:
        file.close()
        raise
    return file


def _reason(product: Product, allow_downloads: bool) -> str:
    """Return why no photo of a product has a vector."""
    for source in product.images:
        try:
            load(source, allow_downloads=allow_downloads)
        except BadPhoto as error:
            return str(error)
    return "the product has no photo"
