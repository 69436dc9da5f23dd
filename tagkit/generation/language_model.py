"""A causal language model with its tokenizer: loading, choice of the trained weights, LoRA, and saving as arrays."""

from __future__ import annotations

import copy
import json
from typing import Any, Self

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AutoModelForCausalLM

from tagkit import weights
from tagkit.errors import BadInput
from tagkit.generation.causal import CausalStepper
from tagkit.neural import device
from tagkit.neural.hardware import uses_bf16
from tagkit.neural.pretrained import build_model, load_model, read_tokenizer
from tagkit.registry import missing_extra

State = dict[str, Any]


class LanguageModel(nn.Module):
    """A causal language model.

    Args:
        model: A transformers model with a language-model head, in 32-bit floats.
        tokenizer: Its tokenizer. Special tokens in a text are tokenised as ordinary characters, so that no title can
            end its product's record.
        source: The name by which it was loaded.
    """

    def __init__(self, model: Any, tokenizer: Tokenizer, source: str) -> None:
        super().__init__()
        self.model = model
        self.tokenizer = tokenizer
        self.source = source
        tokenizer.no_padding()
        tokenizer.no_truncation()
        tokenizer.encode_special_tokens = True
        self._bf16_copy: list[Any] = []  # in a list, so that torch does not register it as a submodule

    @classmethod
    def load(cls, name: str, sha256: str = "") -> Self:
        """Load a language model by name.

        Args:
            name: A name from `tagkit models list`, a hub id, or a folder.
            sha256: The checksum that it must have; "": any.

        Raises:
            WeightsMissing: The model is unavailable.
            BadInput: The folder does not contain a causal language model with a fast tokenizer, or another one.
        """
        folder = weights.path(name, sha256)
        tokenizer = read_tokenizer(folder)
        model = load_model(AutoModelForCausalLM, folder)
        if getattr(model.config, "is_encoder_decoder", False) or "bert" in model.config.model_type:
            raise BadInput(f"{folder} holds a {model.config.model_type}, not a causal language model")
        return cls(model.eval(), tokenizer, name)

    @property
    def window(self) -> int:
        """The maximum number of tokens of prompt and output together."""
        config = self.model.config
        sizes = (getattr(config, name, None) for name in ("max_position_embeddings", "n_positions", "n_ctx"))
        return int(next((size for size in sizes if size), 2048))

    @property
    def padding(self) -> int:
        """The padding token."""
        found = self.model.config.pad_token_id
        return int(found) if isinstance(found, int) and found >= 0 else 0

    def initial_tokens(self) -> list[int]:
        """Return the special tokens that the tokenizer puts before a text."""
        whole, bare = self.tokenizer.encode("a").ids, self.encode("a")
        return whole[: whole.index(bare[0])]

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text, without special tokens."""
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def decode(self, tokens: Any) -> str:
        """Return the text of tokens."""
        return self.tokenizer.decode(list(tokens), skip_special_tokens=False)

    def line_ends(self) -> frozenset[int]:
        """Return the tokens that end a line or the whole text."""
        config = self.model.config
        stops = config.eos_token_id if isinstance(config.eos_token_id, list) else [config.eos_token_id]
        size = self.tokenizer.get_vocab_size()
        texts = self.tokenizer.decode_batch([[number] for number in range(size)], skip_special_tokens=False)
        return frozenset(n for n, text in enumerate(texts) if "\n" in text) | {s for s in stops if s is not None}

    def forward(self, ids: Tensor, mask: Tensor, keep: int) -> Tensor:
        """Return the logits at the last positions of left-padded texts.

        Args:
            ids: Shape (batch, tokens).
            mask: 1 for tokens and 0 for padding, the same shape.
            keep: The number of last positions whose logits are returned.

        Returns:
            Shape (batch, keep, vocabulary).
        """
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        return self.model(
            input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False, logits_to_keep=keep
        ).logits

    def train_last_layers(self, count: int) -> None:
        """Freeze all weights except those of the last layers; the layers below need no gradient.

        Args:
            count: The number of trained layers.

        Raises:
            BadInput: The model has fewer layers, or they cannot be identified.
        """
        total = self.model.config.num_hidden_layers
        layers = next((m for m in self.model.modules() if isinstance(m, nn.ModuleList) and len(m) == total), None)
        if layers is None or count > total:
            raise BadInput(f"{self.source} has {total} layers, of which the last {count} cannot be trained")
        self.requires_grad_(False)
        for layer in layers[total - count :]:
            layer.requires_grad_(True)

    def add_lora(self, rank: int) -> None:
        """Freeze the weights and add low-rank matrices to every linear layer except the head.

        Raises:
            MissingExtra: peft is not installed.

        Source: Hu et al., LoRA: Low-Rank Adaptation of Large Language Models (ICLR 2022), in the package peft.
        """
        try:
            from peft import LoraConfig, get_peft_model
        except ModuleNotFoundError as error:
            raise missing_extra(error, "LoRA") from error
        # peft initialises matrix B with zeros, so that at first the model is unchanged.
        settings = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM")
        self.model = get_peft_model(self.model, settings)

    def merge_lora(self) -> None:
        """Add the low-rank matrices to the weights."""
        self.model = self.model.merge_and_unload().requires_grad_(True)

    def stepper(self, prefix: list[int], precision: str, max_new_tokens: int | None = None) -> CausalStepper:
        """Return the model as a stepper on the fastest available device.

        Args:
            prefix: The tokens that start every prompt.
            precision: "fp32", "bf16", or "auto": bf16 where the hardware supports it.
            max_new_tokens: With a number, the cache is static, with room for this many tokens after the prompt, and on
                a GPU the steps are compiled.
        """
        where = device()
        self.to(where).eval()
        model = self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model
        model.set_attn_implementation("sdpa")
        if uses_bf16(precision, where):
            if not self._bf16_copy:
                self._bf16_copy.append(copy.deepcopy(model).to(torch.bfloat16))
            model = self._bf16_copy[0]
        compiled = max_new_tokens is not None and where.type == "cuda"
        return CausalStepper(model, self.padding, prefix, max_new_tokens=max_new_tokens, compiled=compiled)

    def drop_copies(self) -> None:
        """Drop what was computed from the weights; to be called after they have changed."""
        self._bf16_copy.clear()

    def state(self) -> State:
        """Return configuration, tokenizer and weights as JSON values and arrays; shared weights are stored once."""
        config = self.model.config.to_dict()
        out: State = {"config": json.loads(json.dumps(config, default=str)), "source": self.source}
        out["tokenizer"] = self.tokenizer.to_str()
        stored = {key: value.detach().cpu().numpy().astype(np.float32) for key, value in self.model.named_parameters()}
        known = self.model.state_dict()
        stored |= {key: value.detach().cpu().numpy() for key, value in self.model.named_buffers() if key in known}
        return out | {"weights": stored}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Make a model from what `state` returned."""
        model = build_model(AutoModelForCausalLM, state["config"], state["weights"])
        stored = {key: torch.from_numpy(value) for key, value in state["weights"].items()}
        model.load_state_dict(stored, strict=False)  # shared weights are stored under one name
        model.tie_weights()
        return cls(model.eval(), Tokenizer.from_str(state["tokenizer"]), state["source"])
