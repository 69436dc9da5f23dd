"""Pre-trained encoders that turn photos, and where there is a text tower also texts, into vectors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from copy import copy, deepcopy
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn

from tagkit import weights
from tagkit.errors import BadInput, reason
from tagkit.images.efficientnet import EfficientNetLite
from tagkit.neural.hardware import device, fast_fp32, uses_bf16
from tagkit.neural.pretrained import load_model

if TYPE_CHECKING:
    from PIL.Image import Image

Vectors = NDArray[np.float32]
OWN = "efficientnet-lite"
"""The `model_type` of the networks of `tagkit.images.efficientnet`."""
BATCH = 8
"""So many photos at once are computed the fastest on a CPU: what they become still fits into its caches."""
FILTER = {0: 0, 2: 2, 3: 3}
"""Pillow's numbers of filters (nearest, bilinear, bicubic), as `preprocessor_config.json` states them."""


class ImageEncoder:
    """A pre-trained network for photos; it is not trained.

    The whole photo is stretched to a square, so that nothing of a product is cut off.

    Args:
        model: Its name, for messages.
        folder: Its Hugging Face directory.
        pixels: The side of the square; 0: that of the training images.
        precision: "fp32", "bf16", or "auto": bf16 where the device multiplies it in hardware.

    Attributes:
        key: What the vectors depend on: checksum, size and precision.
        has_text: Whether it has a text tower.
    """

    def __init__(self, model: str, folder: Path, pixels: int = 0, precision: str = "fp32") -> None:
        self.model = model
        self._low = uses_bf16(precision, device())
        try:
            self._config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            normal = json.loads((folder / "preprocessor_config.json").read_text(encoding="utf-8"))
            self._mean = np.asarray(normal.get("image_mean") or [0.5] * 3, dtype=np.float32).reshape(3) * 255
            self._std = np.asarray(normal.get("image_std") or [0.5] * 3, dtype=np.float32).reshape(3) * 255
            self.trained_on = _side(normal.get("crop_size") or normal.get("size"))
            self._filter = FILTER.get(normal.get("resample"), 3)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BadInput(f"{folder} holds no image encoder that can be loaded: {reason(error)}") from error
        self.pixels = pixels or self.trained_on
        self._folder, self._tokenizer = folder, cast(Any, None)
        self.is_own = self._config.get("model_type") == OWN
        self.network = self._load_own() if self.is_own else self._load_hub()
        self.network.to(device(), memory_format=torch.channels_last).eval()
        self.has_text = hasattr(self.network, "get_text_features")
        self.sha256 = weights.digest(model)
        self.key = f"{self.sha256[:16]}-{self.pixels}{'-bf16' * self._low}"

    @classmethod
    def load(cls, model: str, pixels: int = 0, sha256: str = "", precision: str = "fp32") -> Self:
        """Return an encoder, loaded once per process.

        Args:
            model: A name from `tagkit models list`, a folder, or a name on the Hugging Face hub.
            pixels: As above.
            sha256: What its checksum must be; "": anything.
            precision: As above.

        Raises:
            BadInput: It is no image encoder, or not the one with the checksum.
            WeightsMissing: It is not on this machine and cannot be downloaded.
        """
        return cast(Self, _loaded(model, weights.path(model, sha256), pixels, precision))

    def encode(self, images: Sequence[Image]) -> Vectors:
        """Return the vectors of photos, shape (photos, size)."""
        return self.encode_squares([self.square(image) for image in images])

    def encode_squares(self, squares: Sequence[NDArray[np.uint8]]) -> Vectors:
        """Return the vectors of photos that were stretched by `square`, shape (photos, size)."""
        found, where = [], device()
        for start in range(0, len(squares), BATCH):
            x = self.normal(np.stack(squares[start : start + BATCH]))
            with torch.inference_mode(), fast_fp32(), torch.autocast(where.type, torch.bfloat16, enabled=self._low):
                found.append(self.vectors_by(self.network, x).float().cpu().numpy())
        return np.concatenate(found) if found else np.zeros((0, 0), dtype=np.float32)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts in the space of the photos, shape (texts, size).

        Raises:
            BadInput: The model has no text tower.
        """
        if not self.has_text:
            raise BadInput(f"the model {self.model!r} has no text tower: name a CLIP-like one")
        found = []
        for start in range(0, len(texts), BATCH):
            batch = self._tokens(texts[start : start + BATCH])
            with torch.inference_mode():
                found.append(_tensor(self.network.get_text_features(**batch)).float().cpu().numpy())
        return np.concatenate(found)

    def square(self, image: Image) -> NDArray[np.uint8]:
        """Return a photo stretched to the size that the network takes, shape (pixels, pixels, 3)."""
        return np.asarray(image.resize((self.pixels, self.pixels), self._filter))

    def pixel_values(self, images: Sequence[Image]) -> torch.Tensor:
        """Return photos as the network takes them, shape (photos, 3, pixels, pixels)."""
        return self.normal(np.stack([self.square(image) for image in images]))

    def normal(self, squares: NDArray[np.uint8]) -> torch.Tensor:
        """Return stretched photos as the network takes them, shape (photos, 3, pixels, pixels); channels lie last."""
        mean, std = np.tile(self._mean, self.pixels), np.tile(self._std, self.pixels)  # long rows are computed faster
        x = (squares.reshape(*squares.shape[:2], -1) - mean) / std
        return torch.from_numpy(x.reshape(squares.shape)).permute(0, 3, 1, 2).to(device())

    def last_blocks(self, network: Any, count: int) -> list[nn.Module]:
        """Return so many of the last blocks of a network of this encoder, and what follows them in EfficientNet-Lite.

        Raises:
            BadInput: It has fewer.
        """
        tower = getattr(network, "vision_model", network)
        lists = (part for part in tower.modules() if isinstance(part, nn.ModuleList) and len(part) > 1)
        blocks = list(next(lists, ()))
        if count > len(blocks):
            raise BadInput(f"the model {self.model!r} has {len(blocks)} blocks, of which {count} cannot be trained")
        return [*blocks[len(blocks) - count :], *([network.head] if self.is_own else [])]

    def with_weights(self, changed: Mapping[str, NDArray[np.float32]]) -> Self:
        """Return an encoder with other weights, whose vectors are kept apart.

        Args:
            changed: The weights that are other ones, by name.

        Raises:
            BadInput: They are of another model.
        """
        made = copy(self)
        made.network = deepcopy(self.network)
        have = made.network.state_dict()
        if wrong := [name for name, value in changed.items() if name not in have or have[name].shape != value.shape]:
            raise BadInput(f"the weights {wrong[0]} are not of the model {self.model!r}")
        made.network.load_state_dict({name: torch.from_numpy(np.copy(v)) for name, v in changed.items()}, strict=False)
        sha = hashlib.sha256(self.key.encode())
        for name in sorted(changed):
            sha.update(name.encode() + np.ascontiguousarray(changed[name]).tobytes())
        made.key = f"{sha.hexdigest()[:16]}-tuned"
        return made

    def vectors_by(self, network: Any, x: torch.Tensor) -> torch.Tensor:
        """Return the vectors by a network of this encoder, shape (photos, size)."""
        if self.is_own:
            return network(x)  # type: ignore[no-any-return]
        if hasattr(network, "get_image_features"):
            return _tensor(network.get_image_features(pixel_values=x))
        out = network(pixel_values=x)
        if getattr(out, "pooler_output", None) is not None:
            return out.pooler_output.flatten(1)  # type: ignore[no-any-return]
        states = out.last_hidden_state
        return states.mean(1) if states.dim() == 3 else states.mean((2, 3))  # type: ignore[no-any-return]

    def _tokens(self, texts: Sequence[str]) -> dict[str, torch.Tensor]:
        from transformers import AutoTokenizer

        if self._tokenizer is None:
            self._tokenizer = AutoTokenizer.from_pretrained(
                self._folder, local_files_only=True, trust_remote_code=False
            )
        text_config = getattr(self.network.config, "text_config", self.network.config)
        longest = getattr(text_config, "max_position_embeddings", 64)
        # SigLIP was trained on texts filled up to the full length
        padding = "max_length" if "siglip" in str(self._config.get("model_type")) else True
        batch = self._tokenizer(list(texts), padding=padding, truncation=True, max_length=longest, return_tensors="pt")
        return {name: tensor.to(device()) for name, tensor in batch.items()}

    def _load_own(self) -> Any:
        try:
            network = EfficientNetLite(float(self._config["width"]), float(self._config["depth"]))
            network.load_state_dict(load_file(self._folder / "model.safetensors"))
        except Exception as error:  # a damaged file leads to many kinds
            raise BadInput(f"{self._folder} holds no EfficientNet-Lite: {reason(error)}") from error
        return network

    def _load_hub(self) -> Any:
        from transformers import AutoModel

        network = load_model(AutoModel, self._folder)
        if not hasattr(network, "get_image_features") and network.main_input_name != "pixel_values":
            raise BadInput(f"the model {self.model!r} does not read photos: name an image encoder")
        if self.pixels != self.trained_on:
            raise BadInput(f"the model {self.model!r} reads photos of {self.trained_on} pixels only")
        return network


@lru_cache(maxsize=2)
def _loaded(model: str, folder: Path, pixels: int, precision: str) -> ImageEncoder:
    return ImageEncoder(model, folder, pixels, precision)


def _side(size: Any) -> int:
    """Return the pixels of a side from what `preprocessor_config.json` states: a number or a mapping."""
    if isinstance(size, int):
        return size
    return int(size.get("height") or size["shortest_edge"])


def _tensor(found: Any) -> torch.Tensor:
    """Return the vectors that transformers returned: by themselves, or as the pooled output."""
    return found if isinstance(found, torch.Tensor) else found.pooler_output
