"""A llama.cpp file (GGUF): read by transformers, saved as 32-bit safetensors with its tokenizer."""

from __future__ import annotations

from pathlib import Path


def convert(source: Path, target: Path) -> None:
    """Write the model and the tokenizer of a GGUF file as a Hugging Face directory.

    Args:
        source: The file.
        target: An empty folder.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder, file = source.parent, source.name
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32)
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)
