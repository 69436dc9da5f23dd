"""The network of `bilstm_crf`, its loss, and the initial character vectors from an encoder."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from tagkit.neural import bio
from tagkit.neural.backbone import Backbone
from tagkit.neural.crf import CRF
from tagkit.neural.hardware import fast_bf16
from tagkit.neural.inference import pad
from tagkit.neural.tokens import Window

PADDING, UNKNOWN = 0, 1
"""The ids of padding, and of characters that train does not have."""
REPLACED = 0.5
"""The probability that a rare character is read as unknown in training, so that a vector of `UNKNOWN` is learned."""
SELECTOR_SIZE = 100
"""Hidden units of the instance selector."""
Example = tuple[Window, NDArray[np.bool_], bool]
"""The characters of a text, the labels that each may have, and whether the text is partially labelled."""


class BiLSTM(nn.Module):
    """Character vectors, a bidirectional LSTM, label scores, a CRF and, optionally, an instance selector.

    Args:
        characters: The number of character ids.
        labels: The number of labels.
        size: Dimension of the character vectors.
        hidden: Units of the LSTM in each direction.
        dropout: Before and after the LSTM.
        select: Whether there is an instance selector.
    """

    rare: Tensor

    def __init__(self, characters: int, labels: int, size: int, hidden: int, dropout: float, select: bool) -> None:
        super().__init__()
        self.embed = nn.Embedding(characters, size, padding_idx=PADDING)
        nn.init.uniform_(self.embed.weight, -((3 / size) ** 0.5), (3 / size) ** 0.5)
        self.register_buffer("rare", torch.zeros(characters, dtype=torch.bool), persistent=False)
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(size, hidden, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * hidden, labels)
        self.crf = CRF(labels)
        self.selector: nn.Module | None = None
        if select:
            layers = nn.Linear(2 * hidden + 1, SELECTOR_SIZE), nn.Tanh(), nn.Linear(SELECTOR_SIZE, 1)
            self.selector = nn.Sequential(*layers)

    @torch.no_grad()
    def take(self, other: BiLSTM, ids: Sequence[int], places: Sequence[int], labels: Sequence[int]) -> None:
        """Take what a network has learned that knows fewer characters and labels.

        Args:
            other: The network.
            ids: The ids of characters there.
            places: The ids of the same characters here.
            labels: Where each of its labels stands here.
        """
        self.embed.weight[list(places)] = other.embed.weight[list(ids)]
        self.lstm.load_state_dict(other.lstm.state_dict())
        if self.selector is not None and other.selector is not None:
            self.selector.load_state_dict(other.selector.state_dict())
        at = torch.tensor(labels)
        self.head.weight[at], self.head.bias[at] = other.head.weight, other.head.bias
        self.crf.transitions[at[:, None], at] = other.crf.transitions

    def forward(self, ids: Tensor, mask: Tensor, allowed: Tensor | None = None) -> Any:
        """Return the label scores of all characters; in training, the logits of the selector too.

        Args:
            ids: Character ids, shape (batch, characters).
            mask: 1 for characters, 0 for padding, the same shape; every text has a character.
            allowed: Which labels each may have, shape (batch, characters, labels).

        Returns:
            Shape (batch, characters, labels); with `allowed`, a pair of these and of the logits of selecting each text,
            shape (batch,), None without a selector.
        """
        if self.training:
            ids = torch.where(self.rare[ids] & (torch.rand(ids.shape, device=ids.device) < REPLACED), UNKNOWN, ids)
        packed = pack_padded_sequence(
            self.dropout(self.embed(ids)), mask.sum(1).cpu(), batch_first=True, enforce_sorted=False
        )
        kind = ids.device.type
        # oneDNN refuses a bf16 LSTM on a CPU without AVX-512; one without bf16 in hardware gains nothing from it.
        with torch.autocast(kind, torch.bfloat16, enabled=torch.is_autocast_enabled(kind) and fast_bf16(kind)):
            outputs, (last, _) = self.lstm(packed)
        outputs, _ = pad_packed_sequence(outputs, batch_first=True, total_length=ids.shape[1])
        scores = self.head(self.dropout(outputs))
        if allowed is None:
            return scores
        if self.selector is None:
            return scores, None
        each = (scores * allowed).sum(2) / allowed.sum(2).clamp(min=1)
        mean = each.sum(1, keepdim=True) / mask.sum(1, keepdim=True)
        # The gradient of the policy stays within the policy.
        return scores, self.selector(torch.cat([last[0], last[1], mean], 1).detach())[:, 0]


def loss(crf: CRF, batch: dict[str, Tensor], scores: Tensor, choices: Tensor | None) -> Tensor:
    """Return the negative log-likelihood per character of the selected sentences, plus the loss of the policy.

    Args:
        crf: The CRF.
        batch: Holds `allowed`, the labels that characters may have, and `distant`, which texts are partially labelled.
        scores: The scores of the labels, shape (batch, characters, labels).
        choices: The logits of selecting each text, shape (batch,); None: all are selected.
    """
    likelihood = crf.log_likelihood(scores, batch["allowed"])
    lengths, distant = batch["mask"].sum(1), batch["distant"]
    if choices is None or not distant.any():
        return -likelihood.sum() / lengths.sum()
    actions = torch.bernoulli(choices.detach().sigmoid())
    kept = torch.where(distant, actions, 1.0)
    found = likelihood.detach()
    reward = (found * kept).sum() / kept.sum().clamp(min=1) - found.mean() * kept.any()
    policy = nn.functional.binary_cross_entropy_with_logits(choices[distant], actions[distant])
    return -(likelihood * kept).sum() / (lengths * kept).sum().clamp(min=1) + reward * policy


def encoder_vectors(model: str, wanted: Iterable[str], size: int) -> tuple[list[str], Tensor]:
    """Return the single characters that an encoder knows, and its input vectors of them.

    Args:
        model: The encoder's name.
        wanted: The characters from whose vectors the principal components are computed.
        size: The number of components.

    Returns:
        The characters, and their vectors, shape (characters, size), of variance 1.
    """
    backbone = Backbone.load(model)
    pieces = {piece.removeprefix("##").lstrip("\u2581") for piece in backbone.tokenizer.get_vocab()}
    known = sorted({plain for piece in pieces if len(piece) == 1 and len(plain := key(piece)) == 1})
    windows = backbone.reader("char").read(known)
    ids = [int(window.ids[window.starts >= 0][-1]) for window in windows]
    table = backbone.model.get_input_embeddings().weight.detach()[ids]
    here = set(wanted)
    basis = table[[at for at, plain in enumerate(known) if plain in here] or slice(None)]
    _, _, axes = torch.linalg.svd(basis - basis.mean(0), full_matrices=False)
    reduced = nn.functional.pad((table - basis.mean(0)) @ axes[:size].T, (0, max(0, size - len(axes))))
    return known, reduced / reduced.std()


def collate(examples: Sequence[Example]) -> dict[str, Tensor]:
    """Return a batch: ids and mask (batch, characters), allowed (batch, characters, labels), distant (batch,)."""
    batch = pad([piece for piece, *_ in examples], PADDING)
    allowed = torch.zeros(*batch["ids"].shape, examples[0][1].shape[1], dtype=torch.bool)
    for row, (piece, labels, _) in zip(allowed, examples, strict=True):
        row[: len(piece)] = torch.from_numpy(labels)
    return batch | {"allowed": allowed, "distant": torch.tensor([distant for *_, distant in examples])}


def key(char: str) -> str:
    """Return a character normalised to one width and case."""
    return unicodedata.normalize("NFKC", char).lower()


def allowed_labels(labels: NDArray[np.int64], count: int, outside: Sequence[int] = ()) -> NDArray[np.bool_]:
    """Return which labels each character may have.

    Args:
        labels: The label of each character, shape (characters,).
        count: The number of labels.
        outside: The labels that a character outside of all spans may have beside that one.

    Returns:
        Shape (characters, count).
    """
    out = np.zeros((len(labels), count), dtype=bool)
    out[np.arange(len(labels)), labels] = True
    out[np.ix_(labels == bio.OUTSIDE, list(outside))] = True
    return out
