"""Models of the transformers library, from folders and from arrays; no code that comes with them is run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from safetensors import safe_open
from tokenizers import Tokenizer
from transformers import AutoConfig
from transformers.utils import logging as hub_logging

from tagkit.errors import BadInput

SPARE = 10_000_000
"""So many weights may be missing, such as a pooler's: they are set at random and not used."""


def load_model(kind: Any, folder: Path, **options: Any) -> Any:
    """Load a model in 32-bit floats; no code and no pickle of the folder's is run.

    Args:
        kind: A class such as `AutoModel`.
        folder: A Hugging Face directory.
        **options: For `from_pretrained`.

    Raises:
        BadInput: The folder holds no such model, or one that needs code of its own.
    """
    hub_logging.disable_progress_bar()
    hub_logging.set_verbosity_error()
    local = {"trust_remote_code": False, "local_files_only": True}
    try:
        sizes = []
        for file in folder.glob("*.safetensors"):
            with safe_open(file, "pt") as stored:
                sizes += [math.prod(stored.get_slice(name).get_shape()) for name in stored.keys()]  # noqa: SIM118
        _shapes(kind, AutoConfig.from_pretrained(folder, **local), sizes, options)
        return kind.from_pretrained(folder, dtype=torch.float32, use_safetensors=True, **local, **options)
    except Exception as error:  # transformers raises whatever a strange configuration leads to
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        if "trust_remote_code" in str(error):
            reason = "it needs Python code of its own, which tagkit does not run"
        raise BadInput(f"{folder} does not hold a model that can be loaded: {reason}") from error


def build_model(kind: Any, config: Mapping[str, Any], stored: Mapping[str, NDArray[Any]], **options: Any) -> Any:
    """Return a model of a stored configuration; its weights are still random.

    Args:
        kind: A class such as `AutoModel`.
        config: The configuration.
        stored: The weights that the caller will put in. Before memory is taken, the model is compared with them.
        **options: For `from_config`.

    Raises:
        ValueError: The configuration describes another, perhaps a huge model.
    """
    settings = {key: value for key, value in config.items() if key not in ("auto_map", "model_type")}
    made = AutoConfig.for_model(config["model_type"], **settings)
    shapes = _shapes(kind, made, [array.size for array in stored.values()], options)
    if wrong := [name for name, array in stored.items() if shapes.get(name) != array.shape]:
        raise ValueError(f"the configuration is of another model than the weights {wrong[0]}")
    return kind.from_config(made, trust_remote_code=False, **options)


def _shapes(kind: Any, config: Any, sizes: Sequence[int], options: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the weights of a configuration, for which no memory is taken.

    Raises:
        ValueError: It needs far more weights than there are, given their sizes.
    """
    if getattr(config, "num_hidden_layers", 0) > len(sizes):
        raise ValueError(f"the configuration has {config.num_hidden_layers} layers, and there are {len(sizes)} weights")
    with torch.device("meta"):
        state = kind.from_config(config, trust_remote_code=False, **options).state_dict()
    if sum(value.numel() for value in state.values()) > SPARE + 2 * sum(sizes):
        raise ValueError(f"the configuration is of a larger model than {sum(sizes):,} numbers make")
    return {name: tuple(value.shape) for name, value in state.items()}


def read_tokenizer(folder: Path) -> Tokenizer:
    """Return the fast tokenizer of a model's folder, without padding and truncation of its own.

    Raises:
        BadInput: There is none.
    """
    file = folder / "tokenizer.json"
    if not file.is_file():
        raise BadInput(f"{folder} has no tokenizer.json: a fast tokenizer is needed")
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises no narrower one
        raise BadInput(f"{file} is no fast tokenizer: {' '.join(str(error).split())}") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
