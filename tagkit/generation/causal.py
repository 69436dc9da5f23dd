"""The stepper of decoder-only language models: left padding, a shared prefix computed once, a growing cache."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import DynamicCache, StaticCache
from transformers.cache_utils import DynamicLayer

SPARE_TOKENS = 64
"""When the buffer of a cache grows, it gets room for this many tokens more than it needs."""


class GrowingCacheLayer(DynamicLayer):
    """Keys and values of one layer in a larger buffer, so that appending a token copies only that token."""

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Append keys and values, shape (rows, heads, new tokens, size); return those of all tokens."""
        old, new = self.get_seq_length(), key_states.shape[-2]
        if not old:
            self.lazy_initialization(key_states, value_states)
        self.keys = self._append("_keys", self.keys, key_states, old, new)
        self.values = self._append("_values", self.values, value_states, old, new)
        return self.keys, self.values

    def _append(self, name: str, current: Any, states: Tensor, old: int, new: int) -> Tensor:
        buffer = getattr(self, name, None)
        if buffer is None or buffer.shape[0] != states.shape[0] or buffer.shape[-2] < old + new:
            rows, heads, _, size = states.shape
            buffer = states.new_empty(rows, heads, old + new + SPARE_TOKENS, size)
            if old:
                buffer[:, :, :old] = current
            setattr(self, name, buffer)
        buffer[:, :, old : old + new] = states
        return buffer[:, :, : old + new]

    def _drop_buffers(self) -> None:
        """Drop the buffers after keys and values were replaced."""
        self._keys = self._values = None

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Repeat every row."""
        super().batch_repeat_interleave(repeats)
        self._drop_buffers()

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep the rows with the given numbers."""
        super().batch_select_indices(indices)
        self._drop_buffers()


class CausalStepper:
    """A stepper (see `Stepper`) for any causal language model of transformers.

    Args:
        model: The model, in evaluation mode.
        padding: The padding token, which is masked.
        prefix: Tokens that start every prompt; they are computed once, and the prompts given to `start` omit them.
        max_new_tokens: With a number, the cache is static, with room for prefix, prompt and this many tokens, as
            torch.compile requires on a GPU; None: the cache grows.
        compiled: Whether to compile the model's steps (with `max_new_tokens`).

    Attributes:
        n_computed: The number of tokens computed so far, including padding.
    """

    def __init__(
        self,
        model: Any,
        padding: int,
        prefix: Sequence[int] = (),
        *,
        max_new_tokens: int | None = None,
        compiled: bool = False,
    ) -> None:
        self.model = model
        self.padding = padding
        self.prefix = list(prefix)
        self.max_new_tokens = max_new_tokens
        self.n_computed = 0
        self._step = torch.compile(model) if compiled else model
        self._cache_argument = "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"
        self._prefix_cache: Any = None
        grows = all(type(layer) is DynamicLayer for layer in DynamicCache(config=model.config).layers)
        # With sliding windows, padding between prefix and prompt would push the prefix out of the window too early.
        self._inline_prefix = max_new_tokens is not None or not grows

    @property
    def device(self) -> torch.device:
        """The device of the model."""
        return next(self.model.parameters()).device

    def _new_cache(self, width: int) -> Any:
        if self.max_new_tokens is not None:
            return StaticCache(self.model.config, max_cache_len=width + self.max_new_tokens)
        cache = DynamicCache(config=self.model.config)
        cache.layers = [GrowingCacheLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
        return cache

    def _call(self, ids: Tensor, positions: Tensor, model: Any) -> Tensor:
        self.n_computed += ids.numel()
        found = model(
            input_ids=ids,
            attention_mask=self._mask,
            position_ids=positions,
            use_cache=True,
            logits_to_keep=1,
            **{self._cache_argument: self._cache},
        )
        return found.logits[:, -1]

    def _begin(self, rows: int, width: int) -> None:
        """Create the cache of a new batch; the prefix is computed for the first batch and copied from then on."""
        if self._inline_prefix or not self.prefix:
            self._cache = self._new_cache(width)
            return
        if self._prefix_cache is None:
            self._cache = self._new_cache(len(self.prefix))
            ids = torch.tensor([self.prefix], device=self.device)
            self._mask = torch.ones_like(ids)
            self._call(ids, torch.arange(len(self.prefix), device=self.device)[None], self.model)
            self._prefix_cache = self._cache
        self._cache = copy.deepcopy(self._prefix_cache)
        self._cache.batch_repeat_interleave(rows)

    def start(self, prompts: Sequence[Sequence[int]]) -> Tensor:
        """Start a batch of prompts.

        Args:
            prompts: The tokens of each prompt, without the prefix, at least one each.

        Returns:
            The logits of the first token, shape (rows, vocabulary).
        """
        rows = [[*self.prefix, *prompt] if self._inline_prefix else list(prompt) for prompt in prompts]
        before = 0 if self._inline_prefix else len(self.prefix)
        width = max(map(len, rows))
        ids = np.full((len(rows), width), self.padding, dtype=np.int64)
        mask = np.zeros((len(rows), before + width), dtype=np.int64)
        mask[:, :before] = 1
        for number, row in enumerate(rows):
            if row:
                ids[number, width - len(row) :] = row
                mask[number, before + width - len(row) :] = 1
        positions = (mask.cumsum(1) - 1).clip(0)[:, before:]
        self._begin(len(rows), before + width)
        self._mask = torch.from_numpy(mask).to(self.device)
        self._positions = torch.from_numpy(mask.sum(1)).to(self.device)
        return self._call(
            torch.from_numpy(ids).to(self.device), torch.from_numpy(positions).to(self.device), self.model
        )

    def feed(self, tokens: Tensor) -> Tensor:
        """Append a token to each row, shape (rows,); return the logits of the next, shape (rows, vocabulary)."""
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(tokens), 1)], dim=1)
        positions = self._positions[:, None]
        self._positions = self._positions + 1
        return self._call(tokens.to(self.device)[:, None], positions, self._step)

    def select(self, rows: Tensor) -> None:
        """Keep the rows with the given numbers, in this order; shape (new rows,)."""
        rows = rows.to(self.device)
        if self.max_new_tokens is not None:
            for layer in self._cache.layers:
                layer.keys, layer.values = layer.keys[rows], layer.values[rows]
        else:
            self._cache.batch_select_indices(rows)
        self._mask, self._positions = self._mask[rows], self._positions[rows]
