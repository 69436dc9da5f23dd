"""Vectors of tags from a pre-trained encoder, kept on disk and in memory, whose cosines tell meanings apart.

The vectors of an encoder such as e5-small all point in nearly the same direction: two tags that have nothing to do
with each other have a cosine of 0.85. From each vector the mean vector of a fixed reference list is therefore
subtracted, and the direction in which that list varies most is taken out of it: for a multilingual encoder it says in
which language a tag is. The reference list is the tags of the embedded catalogue, Chinese and English, so that the
vector of a tag depends on the encoder alone and on no other tag that is measured. `benchmarks/similarity.py` compares
this with raw cosines, with rescaled ones and with centring alone: how often a synonym is closer than a stranger rises
from 0.948 to 0.973 for Chinese tags of the catalogue, from 0.850 to 0.903 for English ones, and from 0.742 to 0.892
for categories of Google's taxonomy and their translations among strangers of both languages, where centring alone
lowers it to 0.634.

Source: Mu and Viswanath, All-but-the-Top: Simple and Effective Postprocessing for Word Representations (ICLR 2018).
"""

from __future__ import annotations

import importlib.util
import json
import logging
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagkit import weights
from tagkit.cache import cache_folder
from tagkit.errors import reason
from tagkit.registry import missing_extra

ENCODER = "e5-small"
"""The default encoder."""
SAME = 0.3
"""From this similarity on, two tags say the same. Of the pairs of gold tags of one product, which are no synonyms, 6 %
(Chinese) and 5 % (English) are as similar; of the pairs of synonyms 77 % and 60 % (`benchmarks/similarity.py`)."""
READ = 512
"""So many characters of a tag are read."""
MOST = 200_000
"""So many vectors stay in memory."""
AT_ONCE = 4_096
"""So many tags are embedded before their vectors are written."""

Vector = NDArray[np.float32]
log = logging.getLogger(__name__)


@cache
def vectors_of(encoder: str = ENCODER, sha256: str = "") -> TagVectors:
    """Return the vectors of an encoder, the same object for the same weights.

    Args:
        encoder: A name from `tagkit models list`, a hub id or a folder.
        sha256: The checksum that its weights must have; "": any.

    Raises:
        MissingExtra: The packages for pre-trained models are not installed.
        WeightsMissing: Its weights are unavailable.
        BadInput: The folder holds no encoder, or another one.
    """
    for package in ("torch", "transformers"):
        if importlib.util.find_spec(package) is None:
            raise missing_extra(ModuleNotFoundError(name=package), f"the encoder {encoder}")
    weights.path(encoder, sha256)
    return _made(encoder, weights.digest(encoder))


class TagVectors:
    """The vectors of tags from one encoder; use `vectors_of`.

    Args:
        encoder: Its name.
        sha256: The checksum of its weights, under which vectors are kept in the cache folder.
    """

    def __init__(self, encoder: str, sha256: str) -> None:
        self.encoder = encoder
        self.sha256 = sha256
        self._kept: dict[str, Vector] = {}
        self._store = _Store(sha256)

    def __call__(self, tags: Sequence[str]) -> NDArray[np.float64]:
        """Return the vectors of tags, of length 1, shape (tags, size); what a tag's is depends on no other tag."""
        if not tags:
            return np.zeros((0, 0))
        mean, direction = self._reference
        vectors = self._raw(tags) - mean
        vectors -= np.outer(vectors @ direction, direction)
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

    def prepare(self, tags: Iterable[str]) -> None:
        """Embed tags that are not known yet, all in one go."""
        if wanted := set(map(_readable, tags)):
            self._vectors([*wanted, *map(_readable, reference_tags())])

    @cached_property
    def _reference(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The mean of the reference tags' vectors, and the direction in which they vary most, both of shape (size,)."""
        vectors = self._raw(reference_tags())
        mean = vectors.mean(axis=0)
        return mean, np.linalg.svd(vectors - mean, full_matrices=False)[2][0]

    @cached_property
    def _backbone(self) -> Any:
        from tagkit.neural import Backbone

        return Backbone.load(self.encoder, self.sha256)

    def _raw(self, tags: Sequence[str]) -> NDArray[np.float64]:
        texts = list(map(_readable, tags))
        found = self._vectors(texts)
        return np.stack([found[text] for text in texts]).astype(np.float64)

    def _vectors(self, texts: Sequence[str]) -> dict[str, Vector]:
        """Return the encoder's own vectors: from memory, from the disk, or embedded now."""
        found = {text: vector for text in texts if (vector := self._kept.get(text)) is not None}
        unknown = sorted(set(texts) - set(found))
        if not unknown:
            return found
        new = self._store.read(unknown)
        missing = [text for text in unknown if text not in new]
        for start in range(0, len(missing), AT_ONCE):
            from tagkit.neural.inference import embed

            some = missing[start : start + AT_ONCE]
            embedded = dict(zip(some, embed(self._backbone, some), strict=True))
            self._store.write(embedded)
            new |= embedded
        if len(self._kept) + len(new) > MOST:
            self._kept = {}
        self._kept |= new
        return found | new


class _Store:
    """Vectors on disk: a table in a file of SQLite, which several processes may use at once."""

    def __init__(self, sha256: str) -> None:
        self._name = f"{sha256[:32]}.sqlite"
        self._works = True

    def read(self, texts: Sequence[str]) -> dict[str, Vector]:
        """Return the vectors that are there."""
        found: dict[str, Vector] = {}

        def look(table: sqlite3.Connection) -> None:
            query = "SELECT tag, vector FROM vectors WHERE tag IN (SELECT value FROM json_each(?))"
            rows = table.execute(query, [json.dumps(list(texts))])
            found.update((tag, np.frombuffer(vector, np.float32)) for tag, vector in rows)

        self._use(look)
        return found

    def write(self, vectors: Mapping[str, Vector]) -> None:
        """Keep vectors for other processes and later commands."""
        rows = [(text, vector.tobytes()) for text, vector in vectors.items()]
        self._use(lambda table: table.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows))

    def _use(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Do something with the table; once that has failed, nothing more is tried."""
        if not self._works:
            return
        try:
            with closing(sqlite3.connect(cache_folder("vectors") / self._name, timeout=60)) as table, table:
                table.execute("CREATE TABLE IF NOT EXISTS vectors (tag TEXT PRIMARY KEY, vector BLOB)")
                work(table)
        except (OSError, sqlite3.Error) as error:
            self._works = False
            log.warning("vectors of tags are not kept on disk: %s", reason(error))


@cache
def _made(encoder: str, sha256: str) -> TagVectors:
    return TagVectors(encoder, sha256)


@cache
def reference_tags() -> tuple[str, ...]:
    """Return the tags that vectors are centred by: those of the embedded catalogue."""
    from tagkit.datasets import load

    return tuple(sorted({tag for product in load("catalogue").products for tag in product.tags}))


def _readable(tag: str) -> str:
    """Return what of a tag is read: its beginning, without halves of characters."""
    return tag[:READ].encode("utf-8", "replace").decode("utf-8")
