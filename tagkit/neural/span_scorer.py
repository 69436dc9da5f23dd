"""The network of `span`: scores of spans for types, by the texts of the types, and the loss it is trained with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tagkit.neural import bio
from tagkit.neural.backbone import Backbone
from tagkit.neural.bio import Spans
from tagkit.neural.inference import pad
from tagkit.neural.spans import FEATURES, Candidates, Floats, Ints
from tagkit.neural.tokens import Window

SIZE = 256
"""Dimension of the vectors of spans and types."""
WIDTHS = 17
"""Spans of so many tokens and more share one vector of their width."""
WITHOUT_OWN = 0.2
"""The share of types whose own vectors are left out in a training step, so that the label texts alone suffice."""
FAST = 10.0
"""The few weights of features are stored divided by this, so that they move faster than others."""


MARKS = 2
"""In training a type marks tokens as the beginning and as the inside of its values."""
SCORED = ("first", "last", "prior", "at", "known")
"""The parts of a batch that `SpanScorer.score` takes."""
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Example:
    """A window with its candidate spans.

    Attributes:
        window: The window.
        found: Its candidates.
        at: The candidate and the type of each row of `known`, shape (rows, 2).
        known: What the dictionary knows, shape (rows, 3).
        prior: The log-odds of the types, shape (types,).
        gold: Which candidates are values of which types, shape (spans, types).
        counted: Which of them count in training, the same shape.
        marks: The labels of the tokens, from `token_marks`.
    """

    window: Window
    found: Candidates
    at: Ints
    known: Floats
    prior: Floats
    gold: Bools
    counted: Bools
    marks: Ints


class SpanScorer(nn.Module):
    """The score of a span for a type: z·(Pl + d) + b, and what the dictionary says.

    z is gelu of the sum of linear functions of the vectors of the first token, of the last one and of the mean of all,
    and of a vector of the width. l is the vector that the encoder gave the type's own text before training; P is shared
    by all types; d and b are the type's own, and d starts at 0. A score above 0 says that the span is a value.

    In training the tokens are labelled as `sequence` does, too, with linear functions of l of their own for "begin" and
    "inside" of each type. There types compete for tokens, which they do not for spans; what it teaches the encoder
    makes the scores better, while the labels themselves are not used.

    Args:
        backbone: The encoder.
        labels: The vectors of the types' texts, of length 1, shape (types, size of the encoder).
        bias: What scores start from.
        dropout: Before the linear functions.
    """

    labels: Tensor
    own: nn.Parameter

    def __init__(self, backbone: Backbone, labels: NDArray[np.float32], bias: float, dropout: float) -> None:
        super().__init__()
        self.backbone = backbone
        self.dropout = nn.Dropout(dropout)
        self.tokens = nn.Linear(backbone.size, 4 * SIZE)
        self.mark = nn.Linear(labels.shape[1], MARKS * SIZE, bias=False)
        self.outside = nn.Linear(SIZE, 1)
        nn.init.normal_(self.mark.weight, std=0.1 / math.sqrt(labels.shape[1]))
        self.own_marks = nn.Parameter(torch.zeros(len(labels), MARKS * SIZE))
        self.mark_bias = nn.Parameter(torch.zeros(len(labels), MARKS))
        self.widths = nn.Embedding(WIDTHS, SIZE)
        self.project = nn.Linear(labels.shape[1], SIZE, bias=False)
        nn.init.normal_(self.widths.weight, std=0.02)
        nn.init.normal_(self.project.weight, std=0.1 / math.sqrt(labels.shape[1]))
        self.register_buffer("labels", torch.from_numpy(labels) * math.sqrt(labels.shape[1]))
        self.own = nn.Parameter(torch.zeros(len(labels), SIZE))
        self.bias = nn.Parameter(torch.full((len(labels),), bias))
        self.known = nn.Parameter(torch.full((FEATURES,), 0.3 / FAST))
        self.prior = nn.Parameter(torch.full((1,), 0.3 / FAST))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return what the tokens say of spans that begin with, end with and contain them, shape (batch, tokens, 4m).

        The last m numbers are for the labels of tokens.
        """
        found = self.dropout(self.backbone(ids, mask))
        with torch.autocast(ids.device.type, enabled=False):
            return self.tokens(found.float())

    def score(self, tokens: Tensor, first: Tensor, last: Tensor, prior: Tensor, at: Tensor, known: Tensor) -> Tensor:
        """Return the scores of spans, shape (batch, spans, types).

        Args:
            tokens: From `forward`.
            first: The first token of each span, shape (batch, spans).
            last: The last one.
            prior: The log-odds of the types, shape (batch, types).
            at: The text, span and type of each row of `known`, shape (rows, 3).
            known: What the dictionary knows, shape (rows, 3).
        """
        with torch.autocast(tokens.device.type, enabled=False):
            begin, end, inside, _ = tokens.split(SIZE, dim=-1)
            sums = nn.functional.pad(inside.cumsum(1), (0, 0, 1, 0))
            row = torch.arange(len(first), device=first.device)[:, None]
            width = last - first + 1
            mean = (sums[row, last + 1] - sums[row, first]) / width[..., None]
            spans = begin[row, first] + end[row, last] + mean + self.widths(width.clamp(max=WIDTHS) - 1)
            own: Tensor = self.own
            if self.training:
                own = own * (torch.rand(len(own), 1, device=own.device) >= WITHOUT_OWN)
            scores = nn.functional.gelu(spans) @ (self.project(self.labels) + own).T + self.bias
            scores = scores + FAST * self.prior * prior[:, None]
            return scores.index_put(tuple(at.T), FAST * (known @ self.known), accumulate=True)

    def mark_logs(self, tokens: Tensor) -> Tensor:
        """Return the log-probabilities of the labels of tokens, numbered as `token_marks` does.

        Args:
            tokens: From `forward`.

        Returns:
            Shape (batch, tokens, 1 + 2 * types).
        """
        with torch.autocast(tokens.device.type, enabled=False):
            own: Tensor = self.own_marks
            if self.training:
                own = own * (torch.rand(len(own), 1, device=own.device) >= WITHOUT_OWN)
            vectors = (self.mark(self.labels) + own).view(-1, MARKS, SIZE)
            marks = tokens[..., -SIZE:]
            begin, inside = (marks @ vectors[:, at].T + self.mark_bias[:, at] for at in range(MARKS))
            return torch.cat([self.outside(marks), begin, inside], -1).log_softmax(-1)

    @torch.no_grad()
    def scores_of(self, tokens: Tensor, example: Example) -> NDArray[np.float32]:
        """Return the scores of the candidates of one window, shape (spans, types).

        Args:
            tokens: From `forward` for this window, on the CPU, shape (tokens, 4m); padding may follow.
            example: The window.
        """
        where = next(self.parameters()).device
        batch = collate([example], 0)
        given = (batch[key].to(where) for key in SCORED)
        scores = self.score(tokens[None].to(where), *given)[0, : len(example.found.first)]
        return scores.float().cpu().numpy()

    def text_score(self, ids: Tensor, first: int, last: int, kind: int) -> Tensor:
        """Return the score of one span for one type without what the dictionary says, so that it has gradients.

        Args:
            ids: Texts of one length without padding, shape (rows, tokens).
            first: The first token of the span.
            last: Its last one.
            kind: The number of the type.

        Returns:
            Shape (rows,).
        """
        tokens = self(ids, torch.ones_like(ids))
        begin, end = (torch.full((len(ids), 1), at, device=ids.device) for at in (first, last))
        prior, known = tokens.new_zeros(len(ids), len(self.bias)), tokens.new_zeros(0, FEATURES)
        return self.score(tokens, begin, end, prior, ids.new_zeros(0, 3), known)[:, 0, kind]

    @torch.no_grad()
    def known_score(self, example: Example, span: int, kind: int) -> tuple[float, float]:
        """Return what values of train and the frequency of the type add to the score of a candidate for a type."""
        rows = example.known[(example.at == (span, kind)).all(1)]
        known = FAST * float((torch.from_numpy(rows) @ self.known.cpu()).sum())
        return known, FAST * self.prior.item() * float(example.prior[kind])

    @torch.no_grad()
    def add(self, labels: NDArray[np.float32]) -> None:
        """Add types by the vectors of their texts, shape (new types, size of the encoder)."""
        more = torch.from_numpy(labels).to(self.labels) * math.sqrt(labels.shape[1])
        self.labels = torch.cat([self.labels, more])
        self.own = nn.Parameter(torch.cat([self.own, self.own.new_zeros(len(labels), SIZE)]))
        self.own_marks = nn.Parameter(torch.cat([self.own_marks, self.own_marks.new_zeros(len(labels), MARKS * SIZE)]))
        self.bias = nn.Parameter(torch.cat([self.bias, self.bias.mean().expand(len(labels))]))
        self.mark_bias = nn.Parameter(torch.cat([self.mark_bias, self.mark_bias.mean(0).expand(len(labels), MARKS)]))


def targets(text: str, found: Candidates, spans: Spans, types: Mapping[str, int]) -> tuple[Bools, Bools]:
    """Return which candidates are values of which types, and which of them count in training.

    Other places of the text of a value do not count, since data may mark its first place only.

    Returns:
        Two arrays of shape (spans, types).
    """
    gold = np.zeros((len(found.first), len(types)), dtype=bool)
    counted = np.ones_like(gold)
    if not spans:
        return gold, counted
    texts: dict[str, set[int]] = {}
    for start, end, kind in spans:
        texts.setdefault(text[start:end], set()).add(types[kind])
    wanted = {(start, end, types[kind]) for start, end, kind in spans}
    for at, place in enumerate(zip(found.starts.tolist(), found.ends.tolist(), strict=True)):
        for number in texts.get(text[slice(*place)], ()):
            counted[at, number] = gold[at, number] = (*place, number) in wanted
    return gold, counted


def token_marks(window: Window, spans: Spans, types: Mapping[str, int], unsure: bool = False) -> Ints:
    """Return the label of each token: 0 outside, 1 + t where a value of type t begins, 1 + types + t inside of one.

    Args:
        window: The window.
        spans: Its gold spans.
        types: The numbers of the types.
        unsure: Whether values of some types are not among the spans: then outside is 1 + 2 * types.
    """
    labels = bio.token_labels(bio.without_overlaps(spans), list(types), window.starts, window.ends, bio.OUTSIDE)
    kind = (labels - 1) // 2
    outside = MARKS * len(types) + 1 if unsure else 0
    return np.where(labels == 0, outside, np.where(labels % 2 == 1, 1 + kind, 1 + len(types) + kind))


def collate(examples: Sequence[Example], padding: int) -> dict[str, Tensor]:
    """Return windows as one batch; spans that are padding do not count."""
    batch = pad([one.window for one in examples], padding)
    size = max(len(one.found.first) for one in examples)
    first, last = (np.zeros((len(examples), size), dtype=np.int64) for _ in range(2))
    gold, counted = (np.zeros((len(examples), size, len(examples[0].prior)), dtype=bool) for _ in range(2))
    for row, one in enumerate(examples):
        count = len(one.found.first)
        first[row, :count], last[row, :count] = one.found.first, one.found.last
        gold[row, :count], counted[row, :count] = one.gold, one.counted
    at = [np.column_stack([np.full(len(one.at), row), one.at]) for row, one in enumerate(examples)]
    made = {"first": first, "last": last, "prior": np.stack([one.prior for one in examples])}
    made |= {"at": np.concatenate(at), "known": np.concatenate([one.known for one in examples])}
    made |= {"gold": gold, "counted": counted}
    marks = np.full(batch["ids"].shape, -100, dtype=np.int64)
    for row, one in enumerate(examples):
        marks[row, : len(one.marks)] = one.marks
    made |= {"marks": marks}
    return batch | {key: torch.from_numpy(value) for key, value in made.items()}


def mark_loss(logs: Tensor, marks: Tensor, values: int, late: Sequence[int] = ()) -> Tensor:
    """Return the loss of the labels of tokens, summed, per gold value.

    A token whose label is unsure (see `token_marks`) is outside or has a label of a late type.

    Args:
        logs: From `SpanScorer.mark_logs`.
        marks: The right labels, shape (batch, tokens); -100 where there is no token.
        values: How many gold values the batch has.
        late: The numbers of the late types.

    Source: Tsuboi et al., Training Conditional Random Fields Using Incomplete Annotations (COLING 2008).
    """
    if late:
        types = logs.shape[-1] // MARKS
        either = [0, *(1 + number + part * types for number in late for part in range(MARKS))]
        logs = torch.cat([logs, logs[..., either].logsumexp(-1, keepdim=True)], -1)
    return nn.functional.nll_loss(logs.flatten(0, 1), marks.flatten(), reduction="sum") / max(1, values)


def span_loss(scores: Tensor, gold: Tensor, counted: Tensor) -> Tensor:
    """Return the loss that wants each gold span above 0 and every other span below 0, per type of each text.

    Args:
        scores: Shape (batch, spans, types).
        gold: Which spans are values of which types, the same shape.
        counted: Which of them count, the same shape.

    Source: the zero-bounded log-sum-exp loss of Su et al., Global Pointer: Novel Efficient Span-based Approach for
    Named Entity Recognition (2022).
    """
    least = torch.finfo(scores.dtype).min / 2
    missed = torch.where(gold & counted, -scores, least)
    wrong = torch.where(~gold & counted, scores, least)
    zero = scores.new_zeros(len(scores), 1, scores.shape[2])
    total = torch.cat([missed, zero], 1).logsumexp(1) + torch.cat([wrong, zero], 1).logsumexp(1)
    return total.sum() / max(1, int((gold & counted).sum()))
