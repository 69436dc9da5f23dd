"""What a fitted object learned, as nested dictionaries, and the folder that keeps it: no pickle."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from tagkit.errors import BadInput

State = dict[str, Any]
"""Nested dictionaries and lists of JSON values, numpy arrays and scipy sparse matrices."""
JSON_FILE, ARRAYS_FILE = "state.json", "arrays.npz"
ARRAY, SPARSE = "$array", "$sparse"
"""The key of a dictionary that stands for an array in the JSON file; its value names the array in the other file."""


def write_state(folder: str | Path, state: Mapping[str, Any], *, compress: bool = True) -> Path:
    """Write a state into a folder: `state.json` and, for the arrays, `arrays.npz`.

    Args:
        folder: Created if it does not exist.
        state: The state; keys are strings.
        compress: Whether arrays take less space on disk; a network then takes seconds to write instead of a tenth.

    Returns:
        The folder.

    Raises:
        TypeError: The state holds something that is neither a JSON value nor an array of numbers or strings.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(_flatten(state, arrays), ensure_ascii=False)
    save = np.savez_compressed if compress else np.savez
    save(folder / ARRAYS_FILE, allow_pickle=False, **arrays)
    (folder / JSON_FILE).write_text(text, encoding="utf-8")
    return folder


def read_state(folder: str | Path) -> State:
    """Read what `write_state` wrote; tuples come back as lists.

    Raises:
        BadInput: The folder holds no state, or a damaged one.
    """
    path = Path(folder) / JSON_FILE
    if not path.is_file():
        if (path.parent / "tagger.json").is_file():
            raise BadInput(f"{folder} was saved by an earlier version of tagkit: fit the tagger and save it again")
        raise BadInput(f"{folder} holds no saved tagger (no {JSON_FILE})")
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        with np.load(Path(folder) / ARRAYS_FILE, allow_pickle=False) as arrays:
            restored = _restore(body, dict(arrays))
    except (ValueError, KeyError, TypeError, OSError, zipfile.BadZipFile) as error:
        raise BadInput(f"{folder} is not a saved tagger: {error}") from error
    if not isinstance(restored, dict):
        raise BadInput(f"{folder} is not a saved tagger: {JSON_FILE} holds no dictionary")
    return restored


def _flatten(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Return a value with its arrays moved to `arrays` under new names."""
    if isinstance(value, Mapping):
        return {key: _flatten(inner, arrays) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_flatten(inner, arrays) for inner in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        if value.dtype == object:
            raise TypeError("a state cannot hold an array of Python objects: keep it as a list")
        arrays[name := str(len(arrays))] = value
        return {ARRAY: name}
    if sparse.issparse(value):
        matrix = value.tocsr()
        parts = {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}
        return {SPARSE: {"shape": list(matrix.shape), **{key: _flatten(part, arrays) for key, part in parts.items()}}}
    if value is None or isinstance(value, (str, int, float)):
        return value
    raise TypeError(f"a {type(value).__name__} cannot be saved")


def _restore(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """Undo `_flatten`."""
    if isinstance(value, list):
        return [_restore(inner, arrays) for inner in value]
    if not isinstance(value, dict):
        return value
    if ARRAY in value:
        return arrays[value[ARRAY]]
    if SPARSE in value:
        parts = {key: _restore(part, arrays) for key, part in value[SPARSE].items()}
        return sparse.csr_matrix((parts["data"], parts["indices"], parts["indptr"]), shape=tuple(parts["shape"]))
    return {key: _restore(inner, arrays) for key, inner in value.items()}
