"""Hostile and broken files for benchmarks/robustness.py: models, experiments, products."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import random
import shutil
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

GARBLED = 60
"""So many copies of a saved model have some of their bytes changed."""


class Canary:
    """Unpickled, it writes a file: code of others was run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what a pickle runs."""
        return Path.write_text, (self.path, "run")


def saved_models(saved: Path, folder: Path, canary: Path) -> Iterator[tuple[str, Callable[[], Path]]]:
    """Yield names of changed copies of a saved strategy, whose `state.zip` holds arrays, and what makes them."""
    content = (saved / "state.zip").read_bytes()
    with zipfile.ZipFile(saved / "state.zip") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    state = json.loads(files["state.json"])
    arrays = [name for name in files if name.endswith(".npy")]

    def copy(name: str, body: Callable[[], bytes]) -> tuple[str, Callable[[], Path]]:
        def make() -> Path:
            place = folder / name.replace(" ", "-")
            shutil.copytree(saved, place)
            (place / "state.zip").write_bytes(body())
            return place

        return name, make

    def zipped(changes: dict[str, Any], method: int = zipfile.ZIP_DEFLATED) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            for name, body in {**files, **changes}.items():
                if body is not None:
                    archive.writestr(name, body)
        return out.getvalue()

    def array(values: Any) -> bytes:
        out = io.BytesIO()
        np.save(out, values, allow_pickle=True)
        return out.getvalue()

    for name in arrays:
        values = np.load(io.BytesIO(files[name]))
        yield copy(f"no {name}", partial(zipped, {name: None}))
        yield copy(f"empty {name}", partial(zipped, {name: array(values[:0])}))
        yield copy(f"longer {name}", partial(zipped, {name: array(np.concatenate([values, values]))}))
        yield copy(f"objects in {name}", partial(zipped, {name: array(np.array([Canary(canary)], dtype=object))}))
        header = files[name][:128].replace(b"(", b"(9999999999999, ", 1)
        yield copy(f"huge shape of {name}", partial(zipped, {name: header + files[name][128:]}))
        if values.dtype.kind in "iu":
            yield copy(f"out of range in {name}", partial(zipped, {name: array(values + 10**6)}))
            yield copy(f"negative in {name}", partial(zipped, {name: array(-values - 1)}))
        elif values.dtype.kind == "f":
            yield copy(f"not a number in {name}", partial(zipped, {name: array(values * np.nan)}))
    yield copy("empty archive", bytes)
    yield copy("archive of nothing", partial(zipped, dict.fromkeys(files)))
    yield copy("no JSON", partial(zipped, {"state.json": None}))
    yield copy("deep JSON", partial(zipped, {"state.json": "[" * 100_000}))
    yield copy("list instead of a state", partial(zipped, {"state.json": "[]"}))
    for other in ("no such", "../linear", "os.system", "llm"):
        changed = json.dumps({**state, "strategy": other})
        yield copy(f"class {other.replace('/', '_')}", partial(zipped, {"state.json": changed}))
    for key in state:
        rest = json.dumps({other: value for other, value in state.items() if other != key})
        yield copy(f"no {key}", partial(zipped, {"state.json": rest}))
    yield copy("zip bomb", lambda: zipped({"state.json": b" " * 2**28 + b"{}"}))
    yield copy("zip bomb of zeros", lambda: zipped({arrays[0]: array(np.zeros(2**25))}))
    yield copy("path outside", partial(zipped, {"../../outside.json": "{}"}))
    yield copy("a pickle", partial(pickle.dumps, Canary(canary)))
    source = random.Random(0)
    for number in range(GARBLED):
        body = bytearray(content)
        for _ in range(1 + number // 6):
            body[source.randrange(len(body))] = source.randrange(256)
        changed = bytes(body if number % 3 else body[: source.randrange(len(body))])
        yield copy(f"garbled {number}", changed.__bytes__)


def pretrained_models(folder: Path, canary: Path) -> Iterator[tuple[str, Path]]:
    """Yield folders of pre-trained models that hold code, pickles or nonsense."""
    code = f"import pathlib\npathlib.Path({str(canary)!r}).write_text('run')\n"
    small = {"model_type": "bert", "architectures": ["BertModel"], "vocab_size": 9, "hidden_size": 8}
    small |= {"num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    mapped = {"auto_map": {name: f"code.{name}" for name in ("AutoConfig", "AutoModel", "AutoTokenizer")}}
    made: dict[str, dict[str, bytes]] = {
        "code in the folder": {"config.json": json.dumps(small | mapped | {"model_type": "own"}).encode()},
        "code beside a known model": {"config.json": json.dumps(small | mapped).encode()},
        "weights as a pickle": {
            "config.json": json.dumps(small).encode(), "pytorch_model.bin": pickle.dumps(Canary(canary)),
        },
        "weights that are none": {"config.json": json.dumps(small).encode(), "model.safetensors": b"\xff" * 99},
        "a huge network": {
            "config.json": json.dumps(small | {"vocab_size": 10**11}).encode(), "model.safetensors": b"\0" * 99,
        },
        "no JSON": {"config.json": b"{"},
    }  # fmt: skip
    for name, files in made.items():
        place = folder / name.replace(" ", "-")
        place.mkdir()
        vocabulary = "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcd"]).encode()
        for file, body in ({"code.py": code.encode(), "vocab.txt": vocabulary} | files).items():
            (place / file).write_bytes(body)
        yield name, place


def experiments() -> Iterator[tuple[str, str]]:
    """Yield experiment files that are no experiments."""
    good = "title: t\nsource: {}\ndata: {file: shop.jsonl}\nprotocol: p\nmeasures: [micro-F1]\ntolerance: 1\nrows:\n"
    good += "  - {name: a, strategy: dictionary, expected: {micro-F1: 99}, origin: published}\n"
    laughs = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
    yield "billion laughs", "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + laughs + good
    yield "billion laughs in rows", "rows: &r [*r, *r]\n"
    yield "alias of itself", "title: &t [*t]\n" + good.replace("title: t\n", "")
    yield "mapping in itself", "&m {title: *m}\n"
    yield "merge bomb", "a: &a {b: 1}\n" + "".join(f"c{n}: {{<<: [{', '.join(['*a'] * 999)}]}}\n" for n in range(99))
    yield "bad date", good.replace("published", "{date: 2026-13-45, machine: m, seconds: 1}")
    yield "bad time", good.replace("published", "{date: 2026-01-01T99:99:99Z, machine: m, seconds: 1}")
    yield "year 0", good.replace("published", "{date: 0000-00-00, machine: m, seconds: 1}")
    yield "deep lists", "[" * 100_000
    yield "deep mappings", "".join(f"{' ' * n}a:\n" for n in range(3000))
    for tag in ("python/object/apply:os.system [id]", "python/name:os.system", "python/module:os", "binary x", "set 1"):
        yield f"tag {tag[:24]}", good.replace("title: t", f"title: !!{tag}")
    yield "huge number", good.replace("tolerance: 1", f"tolerance: {'9' * 5000}")
    yield "sexagesimal", good.replace("tolerance: 1", "tolerance: 99:99:99:99")
    yield "no number", good.replace("tolerance: 1", "tolerance: .nan")
    yield "NUL", good + "\0"
    yield "tabs", good.replace("  -", "\t-")
    yield "two documents", good + "---\n" + good
    yield "empty", ""
    yield "a list", "[1, 2]"
    yield "unknown strategy", good.replace("dictionary", "../../etc/passwd")
    yield "unknown parameter", good.replace("dictionary,", "dictionary, params: {no: 1},")
    yield "a server of its own", good.replace("dictionary,", "llm, params: {endpoint: 'http://127.0.0.1:9', model: m},")
    yield "keys twice", good + good
    yield "keys that are lists", good + "? [a, b]\n: c\n"


def files_of_products() -> Iterator[tuple[str, str, bytes, int | None]]:
    """Yield name, suffix, content and the number of good products; None where any number may be."""
    lines = [
        json.dumps({"id": str(n), "title": f"红色高跟鞋{n}", "tags": ["红色"]}, ensure_ascii=False) for n in range(9)
    ]
    text = "\n".join(lines) + "\n"
    table = "title,tags\n" + "".join(f"红色高跟鞋{n},红色\n" for n in range(9))
    for coding in ("utf-8-sig", "utf-16", "utf-16-le", "gb18030", "big5"):
        yield f"CSV in {coding}", ".csv", table.encode(coding, "replace"), 9
        yield f"JSON lines in {coding}", ".jsonl", text.encode(coding, "replace"), 9
    yield "CSV in random bytes", ".csv", random.Random(0).randbytes(9999), None
    for bad in (
        '{"title": "x"', "[1, 2]", "nonsense", '{"title": 5}', '{"title": null}', '{"title": "x", "tags": 7}', "{}",
        "\0\0", '{"title": "x", "annotations": [{"text": "x", "spans": [[0]]}]}',
        '{"title": "x", "annotations": [{"text": 5}]}',
        '{"title": "x", "annotations": [{"text": "x", "type": "t", "spans": [[5, 99]]}]}',
        '{"title": "\\ud800"}', '{"title": "x", "description": "\\udfff"}', '{"id": [], "title": "x"}', "[" * 100_000,
        '{"title": "x", "tags": ["\\ud800"]}', '{"title": ' + "9" * 5000 + "}", '{"title": NaN}', '"' * 99,
    ):  # fmt: skip
        yield f"JSON lines with {bad[:60]}", ".jsonl", (text + bad + "\n" + text).encode(), 18
    yield "JSON lines with bytes that are no text", ".jsonl", text.encode() + b"\xff\xfe\xfd\n" + text.encode(), 18
    yield "a line of 10 MB", ".jsonl", (text + '{"title": "' + "x" * 10**7 + '"}\n').encode(), None
    yield "JSON lines whose last is cut", ".jsonl", text.encode()[:-9], 8
    for bad in ('"open quote,\n', "too,many,cells,here\n", ",\n", "\0,\0\n", '"a""b,c\n', "x" * 200_000 + ",y\n"):
        yield f"CSV with {bad[:20]!r}", ".csv", (table + bad).encode(), None
    for name, body in (("empty", b""), ("only a mark", b"\xef\xbb\xbf"), ("only a head", b"title,tags\n")):
        yield f"{name} CSV", ".csv", body, 0
        yield f"{name} JSON lines", ".jsonl", body if body != b"title,tags\n" else b"\n\n", 0
    packed = gzip.compress(text.encode())
    yield "gzip", ".jsonl.gz", packed, 9
    yield "cut gzip", ".jsonl.gz", packed[:-20], None
    yield "gzip that is none", ".jsonl.gz", text.encode(), None
    yield "Parquet that is none", ".parquet", b"PAR1" + b"\0" * 99 + b"PAR1", 0
    yield "workbook that is none", ".xlsx", b"PK\x03\x04" + b"\0" * 99, 0
    import pandas

    table_of = pandas.DataFrame({"title": [f"红色高跟鞋{n}" for n in range(999)], "tags": ["红色"] * 999})
    table_of.to_parquet(buffer := io.BytesIO())
    whole = buffer.getvalue()
    yield "Parquet", ".parquet", whole, 999
    yield "cut Parquet", ".parquet", whole[:-50], 0
    yield "Parquet with a broken page", ".parquet", whole[:200] + b"\xff" * 400 + whole[600:], None
