"""Photos that are nearly the same: the same file, or the same photo in another size, format or quality.

Two photos are near-duplicates if their perceptual hashes differ in at most 10 of 256 bits, and their colours, reduced
to 8 × 8 pixels, by at most 3 of 255 on average and 20 anywhere. The hash alone takes every black shoe for every other
one, and colours alone every small thing on white. What is cropped, mirrored or much brighter is not found.

Source: Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions (2010), by the package ImageHash.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image, Resampling
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

BITS, COLOURS, COLOUR = 10, 3.0, 20
"""The largest differences of two near-duplicates: bits of the hash, the mean over the colours, and any one of them."""
SIDE = 8


class Fingerprint(NamedTuple):
    """What two nearly equal photos have in common.

    Attributes:
        hash: The 256 bits of the perceptual hash, in 4 whole numbers.
        colours: Red, green and blue of 8 × 8 pixels, shape (192,).
    """

    hash: NDArray[np.uint64]
    colours: NDArray[np.uint8]


def fingerprint(photo: Image) -> Fingerprint:
    """Return the fingerprint of an image in RGB."""
    bits = np.packbits(imagehash.phash(photo, hash_size=16).hash.ravel())
    return Fingerprint(bits.view(np.uint64), np.asarray(photo.resize((SIDE, SIDE), Resampling.BOX)).ravel())


def groups(prints: Sequence[Fingerprint]) -> list[list[int]]:
    """Return the positions of photos that are near-duplicates of each other, directly or by others between them.

    Args:
        prints: The fingerprints.

    Returns:
        Groups of two or more, the largest first, in order of their first photos.
    """
    if not prints:
        return []
    first, second = _pairs(np.stack([one.hash for one in prints]), np.stack([one.colours for one in prints]))
    graph = coo_matrix((np.ones(len(first)), (first, second)), shape=(len(prints), len(prints)))
    _, labels = connected_components(graph, directed=False)
    found: dict[int, list[int]] = {}
    for at, label in enumerate(labels.tolist()):
        found.setdefault(label, []).append(at)
    return sorted((group for group in found.values() if len(group) > 1), key=lambda group: (-len(group), group))


def _pairs(hashes: NDArray[np.uint64], colours: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the positions of all pairs of near-duplicates.

    Photos whose mean colours differ by more than `COLOURS` cannot be near-duplicates: each is compared with those that
    follow it in the order of their means, up to that difference.
    """
    means = colours.mean(axis=1)
    order = np.argsort(means, kind="stable")
    means, hashes, colours = means[order], hashes[order], colours[order].astype(np.int16)
    ends = np.searchsorted(means, means + COLOURS, side="right")
    found: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    for at, end in enumerate(ends.tolist()):
        near = at + 1 + np.flatnonzero(np.bitwise_count(hashes[at + 1 : end] ^ hashes[at]).sum(axis=1) <= BITS)
        apart = np.abs(colours[near] - colours[at])
        near = near[(apart.mean(axis=1) <= COLOURS) & (apart.max(axis=1, initial=0) <= COLOUR)]
        found.append((np.full(len(near), order[at]), order[near]))
    return np.concatenate([one for one, _ in found]), np.concatenate([other for _, other in found])
