"""Small encoders of photos with random weights: EfficientNet-Lite, CLIP with a text tower, a vision transformer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPModel, ViTConfig, ViTModel

from tagkit.images.efficientnet import EfficientNetLite

PIXELS = 32
SMALL = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}


def make_efficientnet(folder: Path) -> Path:
    """Write a narrow EfficientNet-Lite."""
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(EfficientNetLite(0.25, 0.4).state_dict(), folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": "efficientnet-lite", "width": 0.25, "depth": 0.4}))
    return _with_preprocessor(folder, {"height": PIXELS, "width": PIXELS})


def make_clip(folder: Path, tokenizer: Path, layers: int = 1) -> Path:
    """Write a CLIP with the tokenizer of another model."""
    torch.manual_seed(0)
    size = json.loads((tokenizer / "config.json").read_text())["vocab_size"]
    config = CLIPConfig(
        text_config=SMALL | {"vocab_size": size, "max_position_embeddings": 16, "eos_token_id": 2},
        vision_config=SMALL | {"image_size": PIXELS, "patch_size": 8, "num_hidden_layers": layers},
        projection_dim=8,
    )
    CLIPModel(config).save_pretrained(folder)
    for file in tokenizer.glob("token*"):
        shutil.copy(file, folder / file.name)
    return _with_preprocessor(folder, {"shortest_edge": PIXELS})


def make_vit(folder: Path, layers: int = 1) -> Path:
    """Write a vision transformer without a text tower."""
    torch.manual_seed(0)
    ViTModel(ViTConfig(**SMALL | {"num_hidden_layers": layers}, image_size=PIXELS, patch_size=8)).save_pretrained(
        folder
    )
    return _with_preprocessor(folder, PIXELS)


def _with_preprocessor(folder: Path, size: Any) -> Path:
    normal = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3, "size": size, "resample": 3}
    (folder / "preprocessor_config.json").write_text(json.dumps(normal))
    return folder
