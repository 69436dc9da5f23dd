"""What a fitted object learned, as nested dictionaries, and the file that keeps it: no pickle.

The file is a zip archive of `state.json` and of one `.npy` file for each array. It is replaced as a whole, so that a
reader finds either the old state or the new one; the archive has a checksum of each of its files.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from scipy import sparse

from tagkit.errors import BadInput
from tagkit.files import check_sizes, replacing

State = dict[str, Any]
"""Nested dictionaries and lists of JSON values, numpy arrays and scipy sparse matrices."""
FILE, TEXT = "state.zip", "state.json"
EARLIER = ("tagger.json", "state.json")
"""What earlier versions wrote into the folder instead."""
KINDS = "?biufcU"
"""The kinds of arrays: truth values, numbers and texts."""
ARRAY, SPARSE, PAIRS = "$array", "$sparse", "$pairs"
"""The key of a dictionary that stands for an array in the JSON file; its value names the file of the array."""


def write_state(folder: str | Path, state: Mapping[str, Any], *, lasting: bool = True) -> Path:
    """Write a state into a folder, over an older one there; other files in the folder stay as they are.

    Args:
        folder: Created if it does not exist.
        state: The state; keys are strings.
        lasting: Whether the file is to outlive the command. It is then compressed and forced onto the disk, which takes
            seconds for a network instead of a tenth.

    Returns:
        The folder.

    Raises:
        TypeError: The state holds something that is neither a JSON value nor an array of numbers or strings.
        OSError: The disk is full or read-only; an older state is still there.
    """
    folder = Path(folder)
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(_flatten(state, arrays), ensure_ascii=False)
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / FILE, lasting=lasting) as file:
        _write_archive(file, text, arrays, zipfile.ZIP_DEFLATED if lasting else zipfile.ZIP_STORED)
        try:
            with zipfile.ZipFile(file.name) as archive:
                check_sizes(archive)
        except ValueError:  # arrays of zeros become so small that the file would look like an attack
            file.seek(0)
            file.truncate()
            _write_archive(file, text, arrays, zipfile.ZIP_STORED)
    return folder


def _write_archive(file: IO[bytes], text: str, arrays: Mapping[str, np.ndarray], method: int) -> None:
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr(TEXT, text)
        for name, array in arrays.items():
            with archive.open(name, "w", force_zip64=True) as member:
                npy.write_array(member, array, allow_pickle=False)
    file.flush()


def read_state(folder: str | Path) -> State:
    """Read what `write_state` wrote; tuples come back as lists.

    Raises:
        BadInput: The folder holds no state, or a damaged one.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        if any((path.parent / name).is_file() for name in EARLIER):
            raise BadInput(f"{folder} was saved by an earlier version of tagkit: fit the tagger and save it again")
        raise BadInput(f"{folder} holds no saved tagger (no {FILE})")
    try:
        with zipfile.ZipFile(path) as archive:
            check_sizes(archive)
            names = archive.namelist()
            body = json.loads(archive.read(TEXT), parse_float=_finite, parse_constant=_finite)
            arrays = {name: _read_array(archive.read(name)) for name in names if name != TEXT}
            size = sum(info.file_size for info in archive.infolist())
        restored = _restore(body, arrays, size)
        if not isinstance(restored, dict):
            raise ValueError(f"{TEXT} holds no dictionary")
    except Exception as error:  # damage shows itself in a dozen ways: of zip, zlib, JSON, numpy and scipy
        reason = " ".join(str(error).split()) or type(error).__name__
        raise BadInput(f"{folder} is not a saved tagger, or a damaged one ({reason}): save it again") from error
    return restored


def _read_array(content: bytes) -> np.ndarray:
    """Return the array of a `.npy` file, whose header is compared with its size before memory is taken for it.

    Raises:
        ValueError: It is none of finite numbers or texts, or not whole.
    """
    file = io.BytesIO(content)
    read = npy.read_array_header_1_0 if npy.read_magic(file) == (1, 0) else npy.read_array_header_2_0
    shape, by_columns, dtype = read(file)
    numbers = bytearray(memoryview(content)[file.tell() :])
    if dtype.kind not in KINDS or math.prod(shape) * dtype.itemsize != len(numbers):
        raise ValueError(f"{len(numbers)} bytes are no array of {dtype} and shape {shape}")
    array: np.ndarray = np.ndarray(shape, dtype, numbers, order="F" if by_columns else "C")
    if dtype.kind in "fc" and not np.isfinite(array).all():
        raise ValueError(f"an array of {dtype} and shape {shape} holds NaN or infinity")
    return array


def _finite(text: str) -> float:
    """Return the number that JSON holds; not NaN, Infinity or 1e999."""
    if not math.isfinite(value := float(text)):
        raise ValueError(f"{text} is no finite number")
    return value


def _flatten(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Return a value with its arrays moved to `arrays` under new names."""
    if isinstance(value, Mapping):
        inner = {key: _flatten(part, arrays) for key, part in value.items()}
        return {PAIRS: [*map(list, inner.items())]} if inner.keys() & {ARRAY, SPARSE, PAIRS} else inner
    if isinstance(value, (list, tuple)):
        return [_flatten(inner, arrays) for inner in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in KINDS:
            raise TypeError(f"a state cannot hold an array of {value.dtype}: keep it as a list")
        arrays[name := f"{len(arrays)}.npy"] = value
        return {ARRAY: name}
    if sparse.issparse(value):
        matrix = value.tocsr()
        parts = {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}
        return {SPARSE: {"shape": list(matrix.shape), **{key: _flatten(part, arrays) for key, part in parts.items()}}}
    if value is None or isinstance(value, (str, int, float)):
        return value
    raise TypeError(f"a {type(value).__name__} cannot be saved")


def _restore(value: Any, arrays: Mapping[str, np.ndarray], size: int) -> Any:
    """Undo `_flatten`.

    Args:
        value: What it returned.
        arrays: The arrays by name.
        size: The bytes of the whole state. No matrix has more columns than that, since each has a name somewhere.
    """
    if isinstance(value, list):
        return [_restore(inner, arrays, size) for inner in value]
    if not isinstance(value, dict):
        return value
    if ARRAY in value:
        return arrays[value[ARRAY]]
    if PAIRS in value:  # a dictionary with such a key, as a tag may be
        return {str(key): _restore(inner, arrays, size) for key, inner in value[PAIRS]}
    if SPARSE in value:
        return _matrix(size=size, **_restore(value[SPARSE], arrays, size))
    return {key: _restore(inner, arrays, size) for key, inner in value.items()}


def _matrix(
    shape: list[int], data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, size: int
) -> sparse.csr_matrix:
    """Return a sparse matrix all of whose indices are in range: scipy itself would read and write anywhere.

    Raises:
        ValueError: The parts do not make a matrix.
    """
    rows, columns = shape
    parts = [data, indices, indptr]
    if not all(isinstance(part, np.ndarray) and part.ndim == 1 and part.dtype.kind in "?biuf" for part in parts):
        raise ValueError("a sparse matrix whose parts are no lists of numbers")
    if indices.dtype.kind not in "iu" or indptr.dtype.kind not in "iu" or not 0 <= columns <= size:
        raise ValueError(f"a sparse matrix of shape {shape} whose indices are {indices.dtype}")
    matrix = sparse.csr_matrix((data, indices, indptr), shape=(rows, columns))
    matrix.check_format(full_check=True)
    return matrix
