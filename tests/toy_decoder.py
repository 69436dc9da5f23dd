"""A toy model for tests of decoding: random logits that depend only on the prompt and the tokens so far."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="decoding needs tagkit[models]")

from tagkit.generation import Search, SpecialTokens  # noqa: E402
from tagkit.generation.hypothesis import Hypothesis  # noqa: E402
from tagkit.generation.votes import pieces  # noqa: E402

END, SEPARATOR, COLON = 0, 1, 2
SPECIAL = SpecialTokens(SEPARATOR, END, COLON)
SIZE = 12
TAGS = [(3,), (3, 4), (3, 4, 5), (6, 7), (6, 8), (9,)]
PROMPTS = [[5, 6, 7], [8], [9, 10, 11, 12, 13, 14], [3, 4], [30], [5, 6, 7]]
KEYS = [str(prompt) for prompt in PROMPTS]
SEARCHES = [
    Search(method="greedy", tokens=10),
    Search(method="beam", returns=3, tokens=10),
    Search(method="diverse", returns=4, groups=2, tokens=10),
    Search(method="sample", returns=3, tokens=10, temperature=1.5),
]


class Table:
    """A stepper whose random logits depend only on the text so far; it counts the rows it computes."""

    def __init__(self, size: int = SIZE, sharp: float = 2.0) -> None:
        self.size, self.sharp = size, sharp
        self.computed = 0

    def logits(self, text: tuple[int, ...]) -> torch.Tensor:
        seed = zlib.crc32(np.asarray(text, dtype=np.int64).tobytes())
        return torch.from_numpy(self.sharp * np.random.default_rng(seed).normal(size=self.size)).float()

    def start(self, prompts):
        self.texts = [tuple(prompt) for prompt in prompts]
        return self._all()

    def feed(self, tokens):
        self.texts = [(*text, token) for text, token in zip(self.texts, tokens.tolist(), strict=True)]
        return self._all()

    def select(self, rows):
        self.texts = [self.texts[row] for row in rows.tolist()]

    def _all(self):
        self.computed += len(self.texts)
        return torch.stack([self.logits(text) for text in self.texts])

    def log(self, prompt, tokens) -> float:
        """Return the log-probability of tokens after a prompt."""
        text, total = tuple(prompt), 0.0
        for token in tokens:
            total += float(self.logits(text).log_softmax(-1)[token])
            text = (*text, token)
        return total


def written(found):
    return [[text.tokens for text in row] for row in found]


def parse(text: Hypothesis) -> list[tuple[int, ...]]:
    return [piece.tokens for piece in pieces(text, SPECIAL)]
