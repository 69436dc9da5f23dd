"""Vectors of photos, kept on disk: a second run opens no photo, and a run that was stopped goes on where it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from tagkit.cache import cache_folder
from tagkit.images.histogram import histogram
from tagkit.images.loading import BadPhoto, content_hash, load
from tagkit.neural.hardware import fast_fp32
from tagkit.neural.inference import side_by_side
from tagkit.product import Product
from tagkit.progress import progress_bar

if TYPE_CHECKING:
    from tagkit.images.encoder import ImageEncoder

Floats = NDArray[np.float32]
Sources = Sequence[str | bytes]
Waiting = tuple[str, list[Sources]]
"""The hash of a photo, and the photos, from this one on, of each product that has it."""
BATCH, AT_ONCE = 16, 1024
"""So many photos are decoded, encoded and written at a time, of so many products that are looked up at a time."""
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
        rows: dict[int, Floats] = {}
        with closing(self._open()) as file:
            for at, product in enumerate(products):
                first = next(_hashed(product.images, allow_downloads), None)
                if first and (vector := self._find(file, first[0])) is not None:
                    rows[at] = vector
        missing = [at for at in range(len(products)) if at not in rows]
        if missing:
            self.extract([products[at] for at in missing], allow_downloads=allow_downloads)
        with closing(self._open()) as file:
            for at in missing:
                found = (self._find(file, hash) for hash, _ in _hashed(products[at].images, allow_downloads))
                if (vector := next((one for one in found if one is not None), None)) is not None:
                    rows[at] = vector
        size = len(next(iter(rows.values()), ()))
        out, has = np.zeros((len(products), size), dtype=np.float32), np.zeros(len(products), dtype=bool)
        for at, vector in rows.items():
            out[at], has[at] = vector, True
        return Photos(out, has, {at: _reason(products[at], allow_downloads) for at in missing if not has[at]})

    def extract(self, products: Sequence[Product], *, allow_downloads: bool = False) -> int:
        """Compute and keep the vectors that are not there yet, in bounded memory.

        Each core reads and encodes photos of its own, on one thread.

        Returns:
            How many photos were decoded.
        """
        decoded = 0
        bar = progress_bar(total=len(products), desc="encoding photos", delay=3, leave=False)
        with closing(self._open()) as file, bar, fast_fp32():
            for start in range(0, len(products), AT_ONCE):
                part = products[start : start + AT_ONCE]
                rest: list[Sources] = [product.images for product in part]
                while rest := [sources for sources in rest if sources]:
                    waiting = self._unknown(file, rest, allow_downloads)
                    batches = [waiting[at : at + BATCH] for at in range(0, len(waiting), BATCH)]
                    work = partial(self._encoded, allow_downloads=allow_downloads)
                    rest = []
                    for rows, others in side_by_side(work, batches, torch.get_num_threads()):
                        with file:
                            file.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
                        decoded += len(rows)
                        rest += others
                        bar.update(len(rows))
                bar.update(start + len(part) - bar.n)
        return decoded

    def _unknown(self, file: sqlite3.Connection, rest: Sequence[Sources], allow_downloads: bool) -> list[Waiting]:
        """Return of each product the first photo whose bytes are there, unless its vector is there too or awaited."""
        waiting: dict[str, Waiting] = {}
        for sources in rest:
            hash, at = next(_hashed(sources, allow_downloads), ("", 0))
            if hash in waiting:
                waiting[hash][1].append(sources[at:])
            elif hash and self._find(file, hash) is None:
                waiting[hash] = hash, [sources[at:]]
        return list(waiting.values())

    def _encoded(
        self, batch: Sequence[Waiting], allow_downloads: bool
    ) -> tuple[list[tuple[bytes, bytes]], list[Sources]]:
        """Return hashes and vectors of photos, and the other photos of products whose first one is damaged."""
        hashes, squares, colours, others = [], [], [], []
        for hash, equal in batch:
            try:
                image = load(equal[0][0], at_least=self._encoder.pixels, allow_downloads=allow_downloads)
            except BadPhoto:
                others += [sources[1:] for sources in equal]
                continue
            hashes.append(bytes.fromhex(hash))
            squares.append(self._encoder.square(image))
            colours.append(histogram(image))
        if not hashes:
            return [], others
        vectors = np.concatenate([self._encoder.encode_squares(squares), np.stack(colours)], axis=1)
        kept = np.clip(vectors, -65504, 65504).astype(np.float16)
        return [(hash, row.tobytes()) for hash, row in zip(hashes, kept, strict=True)], others

    def _find(self, file: sqlite3.Connection, hash: str) -> Floats | None:
        row = file.execute("SELECT vector FROM vectors WHERE hash = ?", (bytes.fromhex(hash),)).fetchone()
        return None if row is None else np.frombuffer(row[0], dtype=np.float16).astype(np.float32)

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


def _hashed(sources: Sources, allow_downloads: bool) -> Iterator[tuple[str, int]]:
    """Yield the content hash and the position of each photo whose bytes are there."""
    for at, source in enumerate(sources):
        with suppress(BadPhoto):
            yield content_hash(source, allow_downloads=allow_downloads), at


def _reason(product: Product, allow_downloads: bool) -> str:
    """Return why no photo of a product has a vector."""
    for source in product.images:
        try:
            load(source, allow_downloads=allow_downloads)
        except BadPhoto as error:
            return str(error)
    return "the product has no photo"
