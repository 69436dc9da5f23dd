"""A folder that is a Hugging Face directory already: copied, its PyTorch pickle (if that is all) made safetensors."""

from __future__ import annotations

import shutil
from pathlib import Path

KEPT = ("*.json", "*.txt", "*.model", "*.jinja", "*.safetensors")
PICKLE = "pytorch_model.bin"


def convert(source: Path, target: Path) -> None:
    """Copy what belongs to the model and its tokenizer.

    Args:
        source: The folder.
        target: An empty folder.
    """
    for pattern in KEPT:
        for file in source.glob(pattern):
            shutil.copyfile(file, target / file.name)
    if not any(target.glob("*.safetensors")) and (source / PICKLE).is_file():
        _save_pickle(source / PICKLE, target / "model.safetensors")


def _save_pickle(source: Path, target: Path) -> None:
    import torch
    from safetensors.torch import save_file

    state = torch.load(source, map_location="cpu", weights_only=True)
    own = {name: tensor.clone().contiguous() for name, tensor in state.items()}  # safetensors refuses shared memory
    save_file(own, target, metadata={"format": "pt"})
