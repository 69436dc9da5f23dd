"""A decoder-only language model as a stepper: left padding, a shared prefix read once, a cache without copying."""

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

ROOM = 64
"""Tokens that a cache has room for beyond those it holds when it grows."""


class GrowingCacheLayer(DynamicLayer):
    """Keys and values of one layer with room to grow, so that a new token copies nothing but itself."""

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Append keys and values, shape (rows, heads, new tokens, size); return all that there are."""
        held, new = self.get_seq_length(), key_states.shape[-2]
        if not held:
            self.lazy_initialization(key_states, value_states)
        self.keys = self._append("_keys", self.keys, key_states, held, new)
        self.values = self._append("_values", self.values, value_states, held, new)
        return self.keys, self.values

    def _append(self, name: str, old: Any, states: Tensor, held: int, new: int) -> Tensor:
        slab = getattr(self, name, None)
        if slab is None or slab.shape[0] != states.shape[0] or slab.shape[-2] < held + new:
            rows, heads, _, size = states.shape
            slab = states.new_empty(rows, heads, held + new + ROOM, size)
            if held:
                slab[:, :, :held] = old
            setattr(self, name, slab)
        slab[:, :, held : held + new] = states
        return slab[:, :, : held + new]

    def forget(self) -> None:
        """Drop the room, when keys and values were exchanged for others."""
        self._keys = self._values = None

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Repeat every row."""
        super().batch_repeat_interleave(repeats)
        self.forget()

    def batch_select_indices(self, indices: Tensor) -> None:
        """Make these the rows."""
        super().batch_select_indices(indices)
        self.forget()


class CausalStepper:
    """Any causal language model of transformers.

    Args:
        model: The model, in evaluation mode.
        padding: The token to pad with; it is never looked at.
        prefix: Tokens that every prompt begins with and that the prompts given to `start` leave out; they are computed
            once.
        room: With a number, the cache is a static one of prefix, prompt and so many tokens: what torch.compile needs
            on a GPU. None: it grows.
        compiled: Whether to compile the model's steps (with `room`).

    Attributes:
        fed: How many tokens it has computed, rows times columns, padding included.
    """

    def __init__(
        self,
        model: Any,
        padding: int,
        prefix: Sequence[int] = (),
        *,
        room: int | None = None,
        compiled: bool = False,
    ) -> None:
        self.model = model
        self.padding = padding
        self.prefix = list(prefix)
        self.room = room
        self.fed = 0
        self._step = torch.compile(model) if compiled else model
        self._name = "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"
        self._read: Any = None
        plain = all(type(layer) is DynamicLayer for layer in DynamicCache(config=model.config).layers)
        # With sliding windows, padding between prefix and prompt would move the prefix out of sight too early.
        self._whole = room is not None or not plain

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.model.parameters()).device

    def _cache(self, width: int) -> Any:
        if self.room is not None:
            return StaticCache(self.model.config, max_cache_len=width + self.room)
        cache = DynamicCache(config=self.model.config)
        cache.layers = [GrowingCacheLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
        return cache

    def _call(self, ids: Tensor, positions: Tensor, model: Any) -> Tensor:
        self.fed += ids.numel()
        found = model(
            input_ids=ids,
            attention_mask=self._mask,
            position_ids=positions,
            use_cache=True,
            logits_to_keep=1,
            **{self._name: self._held},
        )
        return found.logits[:, -1]

    def _begin(self, rows: int, width: int) -> None:
        """Make the cache of a new batch; the prefix, if there is one, is computed once and repeated."""
        if self._whole or not self.prefix:
            self._held = self._cache(width)
            return
        if self._read is None:
            self._held = self._cache(len(self.prefix))
            ids = torch.tensor([self.prefix], device=self.device)
            self._mask = torch.ones_like(ids)
            self._call(ids, torch.arange(len(self.prefix), device=self.device)[None], self.model)
            self._read = self._held
        self._held = copy.deepcopy(self._read)
        self._held.batch_repeat_interleave(rows)

    def start(self, prompts: Sequence[Sequence[int]]) -> Tensor:
        """Begin with a batch of prompts.

        Args:
            prompts: The tokens of each, without the prefix, at least one each.

        Returns:
            The logits of the first token, shape (rows, vocabulary).
        """
        rows = [[*self.prefix, *prompt] if self._whole else list(prompt) for prompt in prompts]
        before = 0 if self._whole else len(self.prefix)
        width = max(map(len, rows))
        ids = np.full((len(rows), width), self.padding, dtype=np.int64)
        mask = np.zeros((len(rows), before + width), dtype=np.int64)
        mask[:, :before] = 1
        for place, row in enumerate(rows):
            if row:
                ids[place, width - len(row) :] = row
                mask[place, before + width - len(row) :] = 1
        positions = (mask.cumsum(1) - 1).clip(0)[:, before:]
        self._begin(len(rows), before + width)
        self._mask = torch.from_numpy(mask).to(self.device)
        self._at = torch.from_numpy(mask.sum(1)).to(self.device)
        self._width = before + width
        return self._call(
            torch.from_numpy(ids).to(self.device), torch.from_numpy(positions).to(self.device), self.model
        )

    def feed(self, tokens: Tensor) -> Tensor:
        """Take the next token of each row, shape (rows,); return the logits of the one after, (rows, vocabulary)."""
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(tokens), 1)], dim=1)
        positions = self._at[:, None]
        self._at = self._at + 1
        return self._call(tokens.to(self.device)[:, None], positions, self._step)

    def select(self, rows: Tensor) -> None:
        """Make these the rows."""
        rows = rows.to(self.device)
        if self.room is not None:
            for layer in self._held.layers:
                layer.keys, layer.values = layer.keys[rows], layer.values[rows]
        else:
            self._held.batch_select_indices(rows)
        self._mask, self._at = self._mask[rows], self._at[rows]
