"""What the tests of converted models share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tagkit import weights
from tagkit.errors import WeightsMissing


@pytest.fixture
def fetched() -> Callable[[str], Path]:
    """Return the folder of a known model; the test is skipped if it can be neither found nor downloaded."""

    def path(name: str) -> Path:
        try:
            return weights.path(name)
        except WeightsMissing as error:
            pytest.skip(str(error))

    return path


@pytest.fixture
def embed() -> Callable[..., np.ndarray]:
    """Return the mean-pooled vectors of texts, of length 1."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    def vectors(folder: Path, texts: list[str], **options: bool) -> np.ndarray:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model = AutoModel.from_pretrained(folder, **options).eval()
        batch = tokenizer(texts, padding=True, return_tensors="pt")
        with torch.inference_mode():
            states = model(**batch).last_hidden_state
        mask = batch["attention_mask"][..., None]
        return torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=-1).numpy()

    return vectors
