"""What the strategies with pre-trained encoders share: choosing a model, checkpoints, saving."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

import tagkit
from tagkit.cache import cache_folder
from tagkit.errors import BadInput
from tagkit.neural import Backbone, Window
from tagkit.product import Product, digest
from tagkit.text.language import language_of

FORGOTTEN = 14 * 24 * 3600
"""Seconds after which the checkpoint of a training run that never went on is removed."""
FEW_TAGS = 2000
"""With more tags in train, those that occur once are not learnt unless one says so."""
MODELS = {"zh": "e5-small", "en": "minilm-l6"}
"""The encoder that "auto" means for products of a language; for both languages together it is the Chinese one."""


def main_language(products: Sequence[Product]) -> str:
    """Return "en" if all but a few products are English, else "zh"."""
    english = sum(language_of(product) == "en" for product in products)
    return "en" if english > 0.95 * len(products) else "zh"


def choose_model(model: str, products: Sequence[Product]) -> str:
    """Return the model's name: the given one, or for "auto" the one for the products' language."""
    return MODELS[main_language(products)] if model == "auto" else model


def vocabulary(products: Sequence[Product], min_count: int | None, owner: str) -> tuple[list[str], int]:
    """Return the tags to learn, in order, and how many products each has at least.

    Args:
        products: The training products.
        min_count: That number; None: 1, and where there are over 2,000 tags, 2.
        owner: Who asks, for the message.

    Raises:
        BadInput: There is no such tag.
    """
    counts = Counter(tag for product in products for tag in set(product.tags))
    least = (1 if len(counts) <= FEW_TAGS else 2) if min_count is None else min_count
    tags = sorted(tag for tag, count in counts.items() if count >= least)
    if not tags:
        raise BadInput(f"{owner}: no tag occurs {'once' if least == 1 else f'{least} times'} in train")
    return tags, least


def trim(backbone: Backbone, windows: Sequence[Window], products: Sequence[Product]) -> None:
    """Drop the word embeddings that neither these windows nor other texts in the products' characters need.

    Args:
        backbone: Changed in place.
        windows: What it reads in training.
        products: Pieces made of their characters alone stay, so that new words are read as before; none where every
            character is read by itself.
    """
    used = {id_ for window in windows for id_ in window.ids.tolist()}
    texts = "".join(f"{product.category}{product.text}" for product in products)
    backbone.trim(used, frozenset(f"{texts}{texts.lower()}"))


def checkpoint_file(name: str, params: dict[str, Any], *parts: Sequence[Product]) -> Path:
    """Return where the training of a strategy on these parts (train, dev) keeps its checkpoint; old ones go."""
    for file in cache_folder("training").glob("*.safetensors"):
        with suppress(OSError):
            if time.time() - file.stat().st_mtime > FORGOTTEN:
                file.unlink()
    what = json.dumps([tagkit.__version__, name, params, digest(*parts)], sort_keys=True, default=repr)
    return cache_folder("training") / f"{name}-{hashlib.sha256(what.encode()).hexdigest()[:24]}.safetensors"


def state_of(module: nn.Module) -> dict[str, np.ndarray]:
    """Return a module's parameters as arrays by name."""
    return {key: value.detach().cpu().numpy() for key, value in module.state_dict().items()}


def restore(module: nn.Module, state: dict[str, Any]) -> None:
    """Take what `state_of` gave."""
    module.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
