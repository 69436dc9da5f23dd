"""States on disk: what comes back, what is refused before it does harm, and what a kill or a full disk leaves."""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from tagkit.errors import BadInput
from tagkit.state import FILE, TEXT, read_state, write_state

MATRIX = sparse.random(5, 7, 0.3, format="csr", random_state=0)


def test_a_nested_state_survives_the_disk(tmp_path):
    state = {
        "a": {"b": [1, "二", None, True, 0.1]},
        "array": np.arange(6, dtype=np.float32).reshape(2, 3),
        "m": {"x": MATRIX},
    }
    write_state(tmp_path, state)
    found = read_state(tmp_path)
    assert found["a"] == state["a"]
    assert found["array"].dtype == np.float32 and np.array_equal(found["array"], state["array"])
    assert (found["m"]["x"] != MATRIX).nnz == 0 and found["m"]["x"].shape == (5, 7)


@pytest.mark.parametrize("value", [object(), np.array([object()]), {1, 2}])
def test_what_cannot_be_saved_without_pickle_is_refused(tmp_path, value):
    with pytest.raises(TypeError, match="cannot"):
        write_state(tmp_path, {"value": value})


def archive(folder: Path, files: dict[str, Any], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write an archive as a vandal might; arrays become `.npy` files."""
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / FILE, "w", method) as made:
        for name, content in files.items():
            if isinstance(content, np.ndarray):
                file = io.BytesIO()
                np.save(file, content)
                content = file.getvalue()
            made.writestr(name, content if isinstance(content, (bytes, str)) else json.dumps(content))
    return folder


def matrix(**parts: Any) -> dict[str, Any]:
    """Return the files of a state with one sparse matrix, whose parts may be replaced."""
    own = {"data": MATRIX.data, "indices": MATRIX.indices, "indptr": MATRIX.indptr, "shape": [5, 7]} | parts
    arrays = {f"{name}.npy": own[name] for name in ("data", "indices", "indptr")}
    body = {name: {"$array": f"{name}.npy"} for name in ("data", "indices", "indptr")} | {"shape": own["shape"]}
    return {TEXT: {"m": {"$sparse": body}}} | arrays


def header(shape: tuple[int, ...], dtype: str = "<f8") -> bytes:
    """Return the beginning of a `.npy` file."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": shape})
    return file.getvalue()


HOSTILE = {
    "an empty file": b"",
    "no archive": b"PK\x03\x04 not a zip",
    "an empty archive": {},
    "no text": {"0.npy": np.zeros(3)},
    "text that is no JSON": {TEXT: "{"},
    "deep JSON": {TEXT: "[" * 100_000},
    "no dictionary": {TEXT: [1]},
    "no such array": {TEXT: {"a": {"$array": "7.npy"}}},
    "an empty array file": {TEXT: {}, "0.npy": b""},
    "an array that is cut": {TEXT: {}, "0.npy": header((1000,)) + b"123"},
    "an array of 8 TB": {TEXT: {}, "0.npy": header((10**12,))},
    "an array of negative sides": {TEXT: {}, "0.npy": header((-1, -1)) + bytes(8)},
    "an array of pickles": {TEXT: {}, "0.npy": header((1,), "|O") + b"12345678"},
    "an array of records": {TEXT: {}, "0.npy": np.zeros(3, [("a", "f4")])},
    "a header that is code": {TEXT: {}, "0.npy": b"\x93NUMPY\x01\x00\x10\x00__import__('os') "},
    "an array with NaN": {TEXT: {}, "0.npy": np.array([1.0, np.nan])},
    "an array with infinity": {TEXT: {}, "0.npy": np.array([[1.0, -np.inf]], dtype=np.float16)},
    "complex NaN": {TEXT: {}, "0.npy": np.array([complex(0, np.nan)])},
    "a text with NaN": {TEXT: '{"a": NaN}'},
    "a text with infinity": {TEXT: '{"a": [-Infinity]}'},
    "a number beyond all floats": {TEXT: '{"a": 1e999}'},
    "a matrix with NaN": matrix(data=MATRIX.data * np.nan),
    "indices out of range": matrix(indices=MATRIX.indices + 10**6),
    "negative indices": matrix(indices=MATRIX.indices - 100),
    "pointers out of range": matrix(indptr=MATRIX.indptr * 10**6),
    "pointers that decrease": matrix(indptr=MATRIX.indptr[::-1].copy()),
    "fractional indices": matrix(indices=MATRIX.indices.astype(float)),
    "texts for data": matrix(data=MATRIX.data.astype(str)),
    "square data": matrix(data=MATRIX.data.reshape(-1, 1)),
    "more columns than bytes": matrix(shape=[5, 10**12]),
    "a shape of texts": matrix(shape=["5", "7"]),
    "a shape of three": matrix(shape=[5, 7, 1]),
    "part of a matrix": {TEXT: {"m": {"$sparse": {"shape": [1, 1]}}}},
    "a matrix of nothing": {TEXT: {"m": {"$sparse": None}}},
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_what_is_damaged_or_hostile_is_one_sentence(tmp_path, content):
    if isinstance(content, bytes):
        (tmp_path / FILE).write_bytes(content)
    else:
        archive(tmp_path, content)
    with pytest.raises(BadInput, match=r"is not a saved tagger, or a damaged one \(.+\): save it again$") as caught:
        read_state(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_small_archive_does_not_take_gigabytes(tmp_path):
    zeros = bytes(64 * 2**20)
    folder = archive(tmp_path, {TEXT: {}} | {f"{n}.npy": zeros for n in range(5)})
    with pytest.raises(BadInput, match=r"bytes would unpack to 335,544,3"):
        read_state(folder)


def test_zeros_of_our_own_are_read_although_they_shrink_to_nothing(tmp_path):
    write_state(tmp_path, {"zeros": np.zeros(10 * 2**20)})
    assert read_state(tmp_path)["zeros"].shape == (10 * 2**20,)


@pytest.mark.parametrize("kind", ["text", "array"])
def test_a_changed_byte_is_found(tmp_path, kind):
    write_state(tmp_path, {"text": "高跟鞋", "array": np.arange(100)}, lasting=False)
    content = (tmp_path / FILE).read_bytes()
    at = content.index("高跟鞋".encode() if kind == "text" else np.arange(100).tobytes())
    (tmp_path / FILE).write_bytes(content[:at] + b"x" + content[at + 1 :])
    with pytest.raises(BadInput, match="damaged one"):
        read_state(tmp_path)


def test_other_files_of_the_folder_stay(tmp_path):
    for name in ("notes.txt", "state.json", "arrays.npz"):
        (tmp_path / name).write_text("mine")
    write_state(tmp_path, {"a": 1})
    assert {path.name: path.read_text() for path in tmp_path.iterdir() if path.name != FILE} == dict.fromkeys(
        ("notes.txt", "state.json", "arrays.npz"), "mine"
    )


WRITER = """
import sys
import numpy as np
from tagkit.state import write_state
state = {"number": int(sys.argv[2]), "array": np.full(2_000_000, int(sys.argv[2]))}
print("ready", flush=True)
while True:
    write_state(sys.argv[1], state, lasting=False)
"""


def writer(folder: Path, number: int, **options: Any) -> subprocess.Popen[bytes]:
    """Start a process that writes one state again and again."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(number)], stdout=subprocess.PIPE, **options
    )
    assert process.stdout and process.stdout.readline() == b"ready\n"
    return process


def number_in(folder: Path) -> int:
    """Return the number that a whole state consists of."""
    found = read_state(folder)
    assert (found["array"] == found["number"]).all(), "parts of two states"
    return found["number"]


def test_a_kill_while_saving_leaves_a_whole_state(tmp_path):
    write_state(tmp_path, {"number": 0, "array": np.zeros(2)})
    for number in range(1, 7):
        process = writer(tmp_path, number)
        until = time.monotonic() + 60
        while number_in(tmp_path) != number:
            assert time.monotonic() < until
        time.sleep(0.003 * number)  # somewhere within a later one
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert number_in(tmp_path) == number


def test_two_processes_that_save_at_once_leave_a_whole_state(tmp_path):
    processes = [writer(tmp_path, number) for number in (1, 2)]
    try:
        until = time.monotonic() + 60
        seen: set[int] = set()
        while seen != {1, 2}:
            assert time.monotonic() < until
            if (tmp_path / FILE).exists():
                seen.add(number_in(tmp_path))
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_a_disk_that_is_full_keeps_the_older_state(tmp_path):
    write_state(tmp_path, {"number": 7, "array": np.full(2, 7)})
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))  # noqa: E731
    code = WRITER.replace("while True:", "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nif True:")
    done = subprocess.run([sys.executable, "-c", code, tmp_path, "8"], preexec_fn=limit, capture_output=True, text=True)
    assert done.returncode == 1 and "File too large" in done.stderr.splitlines()[-1]
    assert number_in(tmp_path) == 7 and [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_small_disk_of_its_own_keeps_the_older_state(tmp_path):
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", tmp_path]).returncode:
        pytest.skip("a file system cannot be mounted here")
    try:
        write_state(tmp_path / "model", {"number": 7, "array": np.full(2, 7)})
        with pytest.raises(OSError, match="No space left"):
            write_state(tmp_path / "model", {"number": 8, "array": np.full(2_000_000, 8)}, lasting=False)
        assert number_in(tmp_path / "model") == 7
        assert [path.name for path in (tmp_path / "model").iterdir()] == [FILE]
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_what_killed_processes_left_goes_after_a_day(tmp_path):
    old, new = tmp_path / f".{FILE}.old.part", tmp_path / f".{FILE}.new.part"
    old.touch()
    new.touch()
    os.utime(old, (time.time() - 2 * 24 * 3600,) * 2)
    write_state(tmp_path, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([new.name, FILE])


@pytest.mark.parametrize("key", ["$array", "$sparse", "$pairs"])
def test_the_keys_of_a_dictionary_may_be_any_text(key, tmp_path):
    state = {"counts": {key: 1, "红色": {key: [2.5]}}}
    write_state(tmp_path, state)
    assert read_state(tmp_path) == state
