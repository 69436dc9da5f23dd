"""The network of the strategy `seq2seq`: an encoder reads the text, a recurrent decoder writes whole tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tagkit.generation import Hypothesis
from tagkit.neural import Backbone, Window
from tagkit.neural.inference import mean_pool, pad
from tagkit.neural.label_scorer import LabelScorer

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """One product as the network sees it.

    Attributes:
        window: The tokens of its text.
        features: The stacked features of the tags, shape (tags,).
        copies: The spans of the text that may be copied.
        places: The first token of each span and the one behind its last.
    """

    window: Window
    features: Floats
    copies: tuple[str, ...] = ()
    places: tuple[tuple[int, int], ...] = field(default=())


class Memory(NamedTuple):
    """What the encoder made of a batch; each field has one entry per row.

    Attributes:
        states: The vectors of the tokens, shape (rows, tokens, size).
        mask: Which are no padding, shape (rows, tokens).
        mean: Their mean, normalised, shape (rows, size).
        features: What the stacked features add to the logit of each tag, shape (rows, tags).
        copies: The vectors of the spans, shape (rows, spans, size).
        copied: Which of these there are, shape (rows, spans).
    """

    states: Tensor
    mask: Tensor
    mean: Tensor
    features: Tensor
    copies: Tensor
    copied: Tensor

    def select(self, rows: Tensor) -> Memory:
        """Return the memory of these rows."""
        return Memory(*(part[rows] for part in self))


class Expected(NamedTuple):
    """What lists say about each token, all of shape (prompts, tags + 1 + spans); the end has the share 0.

    Attributes:
        share: The expected share of lists that have it.
        weighted: The same when lists count by their probability.
        best: Its highest log-probability at any place.
    """

    share: Floats
    weighted: Floats
    best: Floats


class TagDecoder(nn.Module):
    """Writes tags one by one: token t is tag t, token `end` ends the list, those above are spans of the text.

    A recurrent network over the tags written so far gives a vector, which looks at the text's tokens; the sum of both
    and of the text's mean vector scores tags as `LabelScorer` does (by their texts' vectors, and stacked features),
    and spans by their own vectors. A tag that is written is not to be had again. Before training neither the
    network over the tags nor its look at the text changes a thing.

    Args:
        backbone: The encoder.
        labels: The vectors of the tags' texts, shape (tags, size).
        share: In which share of train each tag is gold, shape (tags,).
        dropout: On the vectors that score.

    Source: Cho et al., Learning Phrase Representations using RNN Encoder-Decoder (EMNLP 2014); attention: Luong et al.,
    Effective Approaches to Attention-based Neural Machine Translation (EMNLP 2015); whole tags as tokens: Yang et al.,
    SGM (COLING 2018); copying: See et al., Get To The Point (ACL 2017), with spans in the place of words.
    """

    def __init__(self, backbone: Backbone, labels: NDArray[Any], share: NDArray[Any], dropout: float) -> None:
        super().__init__()
        size = backbone.size
        self.scorer = LabelScorer(backbone, labels, share, dropout)
        self.begin = nn.Linear(size, size)
        self.write = nn.Linear(size, size)
        self.cell = nn.GRU(size, size, batch_first=True)
        self.ask = nn.Linear(size, size, bias=False)
        self.told = nn.Linear(2 * size, size)
        self.stop = nn.Linear(size, 1)
        self.copy = nn.Linear(size, size)
        self.few = nn.Parameter(torch.tensor(-3.0))
        for layer in (self.told, self.stop):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    @property
    def end(self) -> int:
        """The token that ends a list."""
        return len(self.scorer.labels)

    def read(self, batch: dict[str, Tensor]) -> Memory:
        """Return what the encoder makes of a batch from `gather`."""
        states = self.scorer.backbone(batch["ids"], batch["mask"]).float()
        with torch.autocast(states.device.type, enabled=False):
            mean = self.scorer.norm(mean_pool(states, batch["mask"]))
            spans = torch.bmm(batch["pool"], states)
        return Memory(
            states, batch["mask"] > 0, mean, self.scorer.feature_weight * batch["features"], spans, batch["copied"]
        )

    def start(self, memory: Memory) -> Tensor:
        """Return the state before the first tag, shape (1, rows, size)."""
        return torch.tanh(self.begin(memory.mean))[None]

    def vectors(self, memory: Memory, tokens: Tensor) -> Tensor:
        """Return what stands for tokens in the recurrent network, shape (rows, n, size); for the end, zeros."""
        table = torch.cat([self.scorer.centred, torch.zeros_like(self.scorer.centred[:1])])
        found = table[tokens.clamp(max=self.end)]
        if memory.copies.shape[1]:
            at = (tokens - self.end - 1).clamp(min=0)[..., None].expand(-1, -1, found.shape[-1])
            found = torch.where((tokens > self.end)[..., None], memory.copies.gather(1, at), found)
        return self.write(found)

    def step(self, memory: Memory, tokens: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Go on behind tokens.

        Args:
            memory: Of the rows.
            tokens: Those written last, shape (rows, n); the first of a list is `end`.
            state: Before these, shape (1, rows, size).

        Returns:
            The logits behind each of them, shape (rows, n, tags + 1 + spans), and the new state.
        """
        with torch.autocast(tokens.device.type, enabled=False):
            found, state = self.cell(self.vectors(memory, tokens).float(), state.float())
            looks = self.ask(found) @ memory.states.transpose(1, 2) / found.shape[-1] ** 0.5
            seen = looks.masked_fill(~memory.mask[:, None], -torch.inf).softmax(-1) @ memory.states
            x = memory.mean[:, None] + self.told(torch.cat([found, seen], -1))
            x = self.scorer.dropout(self.scorer.norm(x))
            tags = self.scorer.score(x) + memory.features[:, None]
            spans = self.copy(x) @ memory.copies.transpose(1, 2) / x.shape[-1] + self.few
            spans = spans.masked_fill(~memory.copied[:, None], -torch.inf)
            return torch.cat([tags, self.stop(x), spans], -1), state

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """Return the log-probabilities at each place of known lists, shape (rows, places, tokens).

        Args:
            batch: From `gather`, with "given": the tokens before each place, the first of them `end`, shape (rows,
                places); and "hidden": the tags that may not be written, shape (rows, tags).
        """
        return self.logs(self.read(batch), batch["given"], batch["hidden"])

    def logs(self, memory: Memory, given: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Return what `forward` does, from what the encoder made of the texts."""
        logits, _ = self.step(memory, given, self.start(memory))
        used = torch.zeros_like(logits).scatter_(2, given[..., None], 1.0).cumsum(1) > 0
        used[..., self.end] = False
        if hidden is not None:
            used[..., : self.end] |= hidden[:, None]
        return logits.masked_fill(used, -torch.inf).log_softmax(-1)


class TagStepper:
    """The network as a stepper for `tagkit.generation.decode`; its prompts are `Reading`s.

    Args:
        net: The network, in evaluation mode.
        low: Whether to read the texts in bf16.
    """

    def __init__(self, net: TagDecoder, low: bool = False) -> None:
        self.net = net
        self.low = low

    def start(self, prompts: Sequence[Reading]) -> Tensor:
        """Read the texts; return the logits of the first tag, shape (rows, tags + 1 + spans)."""
        device = self.net.stop.weight.device
        batch = {key: value.to(device) for key, value in gather(prompts, self.net.scorer.backbone.padding).items()}
        with torch.autocast(device.type, torch.bfloat16, enabled=self.low):
            self._texts = self._memory = self.net.read(batch)
        self._state = self.net.start(self._memory)
        width = self.net.end + 1 + self._memory.copies.shape[1]
        self._used = torch.zeros(len(prompts), width, dtype=torch.bool, device=device)
        return self._logits(torch.full((len(prompts),), self.net.end, device=device))

    def _logits(self, tokens: Tensor) -> Tensor:
        logits, self._state = self.net.step(self._memory, tokens[:, None], self._state)
        return logits[:, 0].masked_fill(self._used, -torch.inf)

    def feed(self, tokens: Tensor) -> Tensor:
        """Take the tag that each row wrote, shape (rows,); return the logits of the next."""
        tokens = tokens.to(self._used.device)
        self._used.scatter_(1, tokens[:, None], True)
        self._used[:, self.net.end] = False
        return self._logits(tokens)

    def select(self, rows: Tensor) -> None:
        """Make these the rows."""
        rows = rows.to(self._used.device)
        self._memory, self._used, self._state = self._memory.select(rows), self._used[rows], self._state[:, rows]

    @torch.inference_mode()
    def expect(self, lists: Sequence[Sequence[Hypothesis]], power: float = 1.0) -> Expected:
        """Look over the lists that were written for the prompts of `start` at what else they might have said.

        The share of lists that have a tag is, in expectation, the sum over the places of its probability there. Taken
        over lists that were drawn, this sum says the same as counting who has it, with less chance in it.

        Args:
            lists: As many for each prompt.
            power: The lists are weighted by their probabilities, normalised by their lengths to this power.

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
        logs = self.net.logs(self._texts.select(rows), given).masked_fill(~within[..., None], -torch.inf)
        each = logs.exp().sum(1).view(len(lists), len(lists[0]), -1)
        weights = torch.tensor([[text.score(power) for text in row] for row in lists], device=device).softmax(-1)
        best = logs.amax(1).view(len(lists), len(lists[0]), -1).amax(1)
        shares = (each.mean(1).clamp(max=1), (each * weights[..., None]).sum(1).clamp(max=1))
        for share in shares:
            share[:, self.net.end] = 0
        return Expected(*(part.cpu().numpy() for part in (*shares, best)))


def gather(readings: Sequence[Reading], padding: int) -> dict[str, Tensor]:
    """Return a batch: token ids and mask, the stacked features, and which tokens each span is the mean of."""
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
