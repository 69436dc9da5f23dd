"""A pre-trained encoder and its tokenizer: loaded by name, trimmed, partly frozen, saved as arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AutoModel

from tagkit import weights
from tagkit.errors import BadInput
from tagkit.neural.pretrained import build_model, load_model, read_tokenizer
from tagkit.neural.tokens import TextReader, Window
from tagkit.neural.trim import kept_ids, trimmed
from tagkit.product import Product


class Backbone(nn.Module):
    """An encoder that turns windows of tokens into vectors.

    Args:
        model: A transformers model of the BERT family; its pooler, which no strategy uses, is removed.
        tokenizer: Its tokenizer, without padding and truncation of its own.
        source: The name by which it can be loaded again.
        sha256: The checksum of what has that name (see `tagkit.weights.digest`), where it is known.
    """

    def __init__(self, model: Any, tokenizer: Tokenizer, source: str = "", sha256: str = "") -> None:
        super().__init__()
        if getattr(model, "pooler", None) is not None:
            model.pooler = None
        self.model = model
        self.tokenizer = tokenizer
        self.source = source
        self.sha256 = sha256
        self._readers: dict[tuple[str, int], TextReader] = {}

    @classmethod
    def load(cls, name: str, sha256: str = "") -> Self:
        """Load an encoder by name.

        Args:
            name: A name from `tagkit models list`, a hub id, or a folder.
            sha256: The checksum that it must have; "": any.

        Raises:
            WeightsMissing: Its weights are unavailable.
            BadInput: The folder does not hold an encoder with a fast tokenizer, or another one.
        """
        folder = weights.path(name, sha256)
        tokenizer = read_tokenizer(folder)
        model = load_model(AutoModel, folder, attn_implementation="eager")
        if not hasattr(model, "embeddings"):
            raise BadInput(f"{folder} holds a {type(model).__name__}, not an encoder of the BERT family")
        return cls(model, tokenizer, name, sha256)

    @property
    def size(self) -> int:
        """The dimension of the vectors."""
        return int(self.model.config.hidden_size)

    @property
    def layers(self) -> int:
        """How many layers it has."""
        return int(self.model.config.num_hidden_layers)

    @property
    def window(self) -> int:
        """The most tokens that the model can read at once."""
        config = self.model.config
        reserved = config.pad_token_id + 1 if config.model_type in ("mpnet", "roberta", "xlm-roberta") else 0
        return int(config.max_position_embeddings - reserved)

    @property
    def padding(self) -> int:
        """The id of the padding token."""
        return int(self.model.config.pad_token_id or 0)

    def reader(self, level: str = "text", window: int | None = None) -> TextReader:
        """Return the reader of texts for this encoder; it is kept, since making it takes longer than reading a text.

        Args:
            level: "text", "word" or "char" (see `TextReader`).
            window: The most tokens of a window; None, or more than the model can read: as many as it can.
        """
        size = min(window or self.window, self.window)
        if (level, size) not in self._readers:
            self._readers[level, size] = TextReader(self.tokenizer, level, size)
        return self._readers[level, size]

    def freeze_embeddings(self) -> None:
        """Keep the word embeddings from being trained: they cost more than the rest of a small encoder."""
        self.model.get_input_embeddings().requires_grad_(False)

    def trim(self, windows: Sequence[Window], products: Sequence[Product] = ()) -> None:
        """Remove the word embeddings that neither a corpus nor single characters need.

        Texts of the corpus are read as before; other texts are cut into smaller pieces where a piece was removed.

        Args:
            windows: The corpus.
            products: Pieces made of the characters of these products alone stay as well, so that new words in these
                characters are read as before; needless where every character is read by itself.
        """
        used = {self.padding, *(id_ for window in windows for id_ in window.ids.tolist())}
        texts = "".join(f"{product.category}{product.text}" for product in products)
        kept = kept_ids(self.tokenizer, used, frozenset(f"{texts}{texts.lower()}"))
        if kept is None:
            return
        self.tokenizer = trimmed(self.tokenizer, kept)
        self._readers.clear()
        old = self.model.get_input_embeddings()
        new = nn.Embedding(len(kept), old.embedding_dim, padding_idx=kept.index(self.padding))
        new.weight = nn.Parameter(old.weight.detach()[kept].clone(), requires_grad=old.weight.requires_grad)
        self.model.set_input_embeddings(new)
        self.model.config.vocab_size = len(kept)
        self.model.config.pad_token_id = kept.index(self.padding)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return the vectors of all tokens.

        Args:
            ids: Token ids, shape (batch, tokens).
            mask: 1 for tokens, 0 for padding, the same shape.

        Returns:
            Shape (batch, tokens, size).
        """
        return self.model(input_ids=ids, attention_mask=mask).last_hidden_state

    def state(self) -> dict[str, Any]:
        """Return configuration, tokenizer and weights as JSON values and arrays."""
        config = self.model.config.to_dict()
        out: dict[str, Any] = {"config": json.loads(json.dumps(config, default=str)), "source": self.source}
        out["sha256"] = self.sha256 or (weights.digest(self.source) if self.source else "")
        out["tokenizer"] = self.tokenizer.to_str()
        out["weights"] = {key: value.float().cpu().numpy() for key, value in self.model.state_dict().items()}
        return out

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Make an encoder from what `state` returned."""
        model = build_model(AutoModel, state["config"], state["weights"], attn_implementation="eager")
        backbone = cls(model, Tokenizer.from_str(state["tokenizer"]), state["source"], state["sha256"])
        model.load_state_dict({key: torch.from_numpy(value) for key, value in state["weights"].items()})
        backbone.eval()
        return backbone


def head_state(network: nn.Module) -> dict[str, NDArray[Any]]:
    """Return all weights of a network but those of its backbone, as arrays by name."""
    state = network.state_dict()
    return {key: value.detach().cpu().numpy() for key, value in state.items() if "backbone." not in key}


def load_head(network: nn.Module, state: Mapping[str, NDArray[Any]]) -> None:
    """Take what `head_state` returned, and put the network into evaluation mode."""
    stored = {key: torch.from_numpy(np.asarray(value)) for key, value in state.items()}
    missing, unexpected = network.load_state_dict(stored, strict=False)
    if lost := [*unexpected, *(key for key in missing if "backbone." not in key)]:
        raise KeyError(f"the weights of another network: {', '.join(lost)}")
    network.eval()
