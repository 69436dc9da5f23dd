"""The network of `seq2seq`: an encoder of the text and a recurrent decoder whose tokens are whole tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tagkit.generation.hypothesis import Hypothesis
from tagkit.neural import Backbone, Window
from tagkit.neural.inference import mean_pool, pad
from tagkit.neural.label_scorer import LabelScorer

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """The input of the network for one product.

    Attributes:
        window: The tokens of its text.
        features: The stacked features of each tag, shape (tags,).
        copies: The spans of the text that may be copied.
        places: The first and the (exclusive) last token of each span.
    """

    window: Window
    features: Floats
    copies: tuple[str, ...] = ()
    places: tuple[tuple[int, int], ...] = field(default=())


class Memory(NamedTuple):
    """The output of the encoder for a batch; each field has one entry per row.

    Attributes:
        states: The vectors of the tokens, shape (rows, tokens, size).
        mask: False for padding, shape (rows, tokens).
        mean: Their mean, normalised, shape (rows, size).
        features: What the stacked features add to the logit of each tag, shape (rows, tags).
        copies: The vectors of the spans, shape (rows, spans, size).
        copied: False where a row has fewer spans, shape (rows, spans).
    """

    states: Tensor
    mask: Tensor
    mean: Tensor
    features: Tensor
    copies: Tensor
    copied: Tensor

    def select(self, rows: Tensor) -> Memory:
        """Return the entries of the given rows."""
        return Memory(*(part[rows] for part in self))


class ExpectedShares(NamedTuple):
    """Expectations for each token, each of shape (prompts, tags + 1 + spans); the share of the end is set to 0.

    Attributes:
        share: The expected share of lists that contain it.
        weighted: The same with lists weighted by their probabilities.
        best: Its highest log-probability at any position.
    """

    share: Floats
    weighted: Floats
    best: Floats


class TagDecoder(nn.Module):
    """Generates tags one by one: token t is tag t, token `end` ends the list, higher tokens are spans of the text.

    A recurrent network over the previous tags gives a vector that attends to the text's tokens; a projection of both
    and of the text's mean vector scores tags as `LabelScorer` does (by the vectors of their texts and by stacked
    features), and spans by their own vectors. No tag is generated twice. Before training, neither the
    previous tags nor the attention affect the scores.

    Args:
        backbone: The encoder.
        labels: The vectors of the tags' texts, shape (tags, size).
        share: The share of train products that have each tag, shape (tags,).
        dropout: Dropout before the scores.

    Source: Cho et al., Learning Phrase Representations using RNN Encoder-Decoder (EMNLP 2014); attention: Luong et al.,
    Effective Approaches to Attention-based Neural Machine Translation (EMNLP 2015); whole tags as tokens: Yang et al.,
    SGM (COLING 2018); copying: See et al., Get To The Point (ACL 2017), with spans instead of words.
    """

    def __init__(self, backbone: Backbone, labels: NDArray[Any], share: NDArray[Any], dropout: float) -> None:
        super().__init__()
        size = backbone.size
        self.scorer = LabelScorer(backbone, labels, share, dropout)
        self.initial = nn.Linear(size, size)
        self.tag_input = nn.Linear(size, size)
        self.gru = nn.GRU(size, size, batch_first=True)
        self.query = nn.Linear(size, size, bias=False)
        self.combine = nn.Linear(2 * size, size)
        self.stop = nn.Linear(size, 1)
        self.copy = nn.Linear(size, size)
        self.copy_bias = nn.Parameter(torch.tensor(-3.0))
        for layer in (self.combine, self.stop):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    @property
    def end(self) -> int:
        """The token that ends a list."""
        return len(self.scorer.labels)

    def read(self, batch: dict[str, Tensor]) -> Memory:
        """Run the encoder on a batch from `gather`."""
        states = self.scorer.backbone(batch["ids"], batch["mask"]).float()
        with torch.autocast(states.device.type, enabled=False):
            mean = self.scorer.norm(mean_pool(states, batch["mask"]))
            spans = torch.bmm(batch["pool"], states)
        return Memory(
            states, batch["mask"] > 0, mean, self.scorer.feature_weight * batch["features"], spans, batch["copied"]
        )

    def start(self, memory: Memory) -> Tensor:
        """Return the state of the recurrent network before the first tag, shape (1, rows, size)."""
        return torch.tanh(self.initial(memory.mean))[None]

    def vectors(self, memory: Memory, tokens: Tensor) -> Tensor:
        """Return the inputs of the recurrent network for tokens, shape (rows, n, size)."""
        table = torch.cat([self.scorer.centred, torch.zeros_like(self.scorer.centred[:1])])
        found = table[tokens.clamp(max=self.end)]
        if memory.copies.shape[1]:
            at = (tokens - self.end - 1).clamp(min=0)[..., None].expand(-1, -1, found.shape[-1])
            found = torch.where((tokens > self.end)[..., None], memory.copies.gather(1, at), found)
        return self.tag_input(found)

    def step(self, memory: Memory, tokens: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits after tokens.

        Args:
            memory: The output of the encoder.
            tokens: The last n tokens, shape (rows, n); lists start with `end`.
            state: The state before these, shape (1, rows, size).

        Returns:
            The logits after each token, shape (rows, n, tags + 1 + spans), and the new state.
        """
        with torch.autocast(tokens.device.type, enabled=False):
            found, state = self.gru(self.vectors(memory, tokens).float(), state.float())
            attention = self.query(found) @ memory.states.transpose(1, 2) / found.shape[-1] ** 0.5
            context = attention.masked_fill(~memory.mask[:, None], -torch.inf).softmax(-1) @ memory.states
            x = memory.mean[:, None] + self.combine(torch.cat([found, context], -1))
            x = self.scorer.dropout(self.scorer.norm(x))
            tags = self.scorer.score(x) + memory.features[:, None]
            spans = self.copy(x) @ memory.copies.transpose(1, 2) / x.shape[-1] + self.copy_bias
            spans = spans.masked_fill(~memory.copied[:, None], -torch.inf)
            return torch.cat([tags, self.stop(x), spans], -1), state

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """Return the log-probabilities at each position of given lists, shape (rows, positions, tokens).

        Args:
            batch: From `gather`, with "given": the tokens before each position, starting with `end`, shape (rows,
                positions); and "hidden": the tags that may not be generated, shape (rows, tags).
        """
        return self.log_probs(self.read(batch), batch["given"], batch["hidden"])

    def log_probs(self, memory: Memory, given: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Return the same as `forward`, given the output of the encoder."""
        logits, _ = self.step(memory, given, self.start(memory))
        used = torch.zeros_like(logits).scatter_(2, given[..., None], 1.0).cumsum(1) > 0
        used[..., self.end] = False
        if hidden is not None:
            used[..., : self.end] |= hidden[:, None]
        return logits.masked_fill(used, -torch.inf).log_softmax(-1)


class TagStepper:
    """The stepper (see `Stepper`) of the network; its prompts are `Reading`s.

    Args:
        net: The network, in evaluation mode.
        bf16: Whether to run the encoder in bf16.
    """

    def __init__(self, net: TagDecoder, bf16: bool = False) -> None:
        self.net = net
        self.bf16 = bf16

    def start(self, prompts: Sequence[Reading]) -> Tensor:
        """Encode the texts; return the logits of the first tag, shape (rows, tags + 1 + spans)."""
        device = self.net.stop.weight.device
        batch = {key: value.to(device) for key, value in gather(prompts, self.net.scorer.backbone.padding).items()}
        with torch.autocast(device.type, torch.bfloat16, enabled=self.bf16):
            self._texts = self._memory = self.net.read(batch)
        self._state = self.net.start(self._memory)
        width = self.net.end + 1 + self._memory.copies.shape[1]
        self._used = torch.zeros(len(prompts), width, dtype=torch.bool, device=device)
        return self._logits(torch.full((len(prompts),), self.net.end, device=device))

    def _logits(self, tokens: Tensor) -> Tensor:
        logits, self._state = self.net.step(self._memory, tokens[:, None], self._state)
        return logits[:, 0].masked_fill(self._used, -torch.inf)

    def feed(self, tokens: Tensor) -> Tensor:
        """Append a tag to each row, shape (rows,); return the logits of the next."""
        tokens = tokens.to(self._used.device)
        self._used.scatter_(1, tokens[:, None], True)
        self._used[:, self.net.end] = False
        return self._logits(tokens)

    def select(self, rows: Tensor) -> None:
        """Keep the rows with the given numbers, in this order; shape (new rows,)."""
        rows = rows.to(self._used.device)
        self._memory, self._used, self._state = self._memory.select(rows), self._used[rows], self._state[:, rows]

    @torch.inference_mode()
    def expect(self, lists: Sequence[Sequence[Hypothesis]], power: float = 1.0) -> ExpectedShares:
        """Estimate the share of lists that contain each tag, from the lists generated for the prompts of `start`.

        The probability that a list contains a tag is the expected sum of the tag's probabilities at all positions. The
        mean of this sum over sampled lists has the same expectation as counting the lists that contain the tag, but a
        lower variance.

        Args:
            lists: The lists of each prompt, the same number for all.
            power: The power of length normalisation in the weights of lists.

        Source: Rao-Blackwellisation: Casella and Robert, Rao-Blackwellisation of sampling schemes (Biometrika 1996).
        """
        flat = [text for row in lists for text in row]
        width = max(len(text.tokens) for text in flat)
        device = self._used.device
        given = torch.full((len(flat), width), self.net.end, device=device)
        for at, text in enumerate(flat):
            given[at, 1 : len(text.tokens)] = torch.tensor(text.tokens[:-1], device=device)
        within = (
            torch.arange(width, device=device)
            < torch.tensor([len(text.tokens) for text in flat], device=device)[:, None]
        )
        rows = torch.arange(len(lists), device=device).repeat_interleave(len(lists[0]))
        logs = self.net.log_probs(self._texts.select(rows), given).masked_fill(~within[..., None], -torch.inf)
        each = logs.exp().sum(1).view(len(lists), len(lists[0]), -1)
        weights = torch.tensor([[text.score(power) for text in row] for row in lists], device=device).softmax(-1)
        best = logs.amax(1).view(len(lists), len(lists[0]), -1).amax(1)
        shares = (each.mean(1).clamp(max=1), (each * weights[..., None]).sum(1).clamp(max=1))
        for share in shares:
            share[:, self.net.end] = 0
        return ExpectedShares(*(part.cpu().numpy() for part in (*shares, best)))


def gather(readings: Sequence[Reading], padding: int) -> dict[str, Tensor]:
    """Return the batch of some inputs.

    Returns:
        "ids" and "mask", shape (rows, tokens); the stacked "features", shape (rows, tags); "pool", the matrix that
        averages the tokens of each span, shape (rows, spans, tokens); and "copied", which spans exist, shape (rows,
        spans).
    """
    batch = pad([reading.window for reading in readings], padding)
    most = max(len(reading.places) for reading in readings)
    pool = np.zeros((len(readings), most, batch["ids"].shape[1]), dtype=np.float32)
    for row, reading in enumerate(readings):
        for at, (first, last) in enumerate(reading.places):
            pool[row, at, first:last] = 1 / (last - first)
    features = np.stack([reading.features for reading in readings])
    return batch | {
        "pool": torch.from_numpy(pool),
        "copied": torch.from_numpy(pool.any(-1)),
        "features": torch.from_numpy(features),
    }
