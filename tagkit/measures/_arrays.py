"""Lists of tags as rows of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


def lay_out(flat: NDArray[Any], lengths: NDArray[np.int64], fill: int) -> NDArray[Any]:
    """Lay lists that follow one another in `flat` out as rows, shape (n, longest), `fill` behind a list's end."""
    out: NDArray[Any] = np.full((len(lengths), int(lengths.max(initial=0))), fill, dtype=flat.dtype)
    out[np.arange(out.shape[1]) < lengths[:, None]] = flat
    return out


def indicator(codes: NDArray[np.int32], size: int) -> sparse.csr_matrix:
    """Turn rows of numbers below `size`, -1 for none, into rows of ones and zeros, shape (n, size)."""
    taken = codes >= 0
    ends = np.concatenate([[0], np.cumsum(np.count_nonzero(taken, axis=1))])
    columns = codes[taken]
    return sparse.csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(codes), size))


def drop_repeats(codes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Keep each number once in a row, at its first place, and move up what follows.

    Args:
        codes: Rows of numbers, -1 behind a row's end, shape (n, w); changed in place.

    Returns:
        The same without the columns that are no longer needed.
    """
    ordered = np.sort(codes, axis=1)
    repeated = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    if not repeated.any():
        return codes
    for number in np.flatnonzero(repeated.any(axis=1)):
        row = codes[number]
        kept = list(dict.fromkeys(row[row >= 0].tolist()))
        row[:] = -1
        row[: len(kept)] = kept
    longest = int(np.count_nonzero(codes >= 0, axis=1).max(initial=0))
    return codes[:, :longest]
