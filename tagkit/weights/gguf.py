"""A llama.cpp file (GGUF): read by transformers, saved as 32-bit safetensors with its tokenizer."""

from __future__ import annotations

from pathlib import Path

SPLITS_DIGITS = ("smollm",)
"""The pre-tokenisers of llama.cpp that take each digit apart, which the loader of transformers does not do."""


def convert(source: Path, target: Path) -> None:
    """Write the model and the tokenizer of a GGUF file as a Hugging Face directory.

    Args:
        source: The file.
        target: An empty folder.
    """
    import torch
    from gguf import GGUFReader  # transformers needs it as well, and says so at length
    from tokenizers import pre_tokenizers
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder, file = source.parent, source.name
    loaded = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32)
    config = loaded.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    model = type(loaded)(config)  # bears none of the loader's marks of a quantised model, which cannot be saved
    model.load_state_dict(loaded.state_dict())
    model.generation_config = loaded.generation_config
    model.save_pretrained(target)

    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
    field = GGUFReader(source).get_field("tokenizer.ggml.pre")
    if field and field.contents() in SPLITS_DIGITS:
        inner = tokenizer.backend_tokenizer
        digits = pre_tokenizers.Digits(individual_digits=True)
        inner.pre_tokenizer = pre_tokenizers.Sequence([digits, inner.pre_tokenizer])
    tokenizer.model_max_length = config.max_position_embeddings
    tokenizer.save_pretrained(target)
