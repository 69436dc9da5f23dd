"""Beam search, and beam search in groups that keep away from each other's tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tagkit.generation.grammar import Grammar, State
from tagkit.generation.hypothesis import Choices, Hypothesis, Search, Stepper, choices


def beam_search(
    stepper: Stepper,
    prompts: Sequence[Any],
    search: Search,
    end: int,
    grammars: Sequence[Grammar] | None,
    other_ends: frozenset[int],
    drop: float,
) -> list[list[Hypothesis]]:
    """Keep the best beginnings of each group and prompt until no beginning can beat the finished texts.

    A beginning is given up for lost when its log-probability, normalised by its length, is below that of all finished
    texts, of which a group keeps as many as it has beams. The diversity penalty steers which beginnings are kept; the
    scores are the model's own.

    Args and returns: those of `decode`.

    Source: Vijayakumar et al., Diverse Beam Search: Decoding Diverse Solutions from Neural Sequence Models (AAAI 2018),
    with Hamming diversity.
    """
    width = search.width
    logits = stepper.start(prompts)
    repeated = torch.arange(len(prompts)).repeat_interleave(width)
    stepper.select(repeated)
    logits = logits[repeated.to(logits.device)]
    rows = [_Row(number, search, None if grammars is None else grammars[number]) for number in range(len(prompts))]
    finished: list[list[Hypothesis]] = [[] for _ in prompts]
    nothing = np.array([end], dtype=np.int64)
    for step in range(search.tokens):
        allowed = None
        if grammars is not None:
            allowed = [nothing if len(a := row.allowed(beam)) == 0 else a for row in rows for beam in range(width)]
        found = choices(logits, allowed)
        _extend(rows, found, search, end, other_ends)
        done = np.array([row.done for row in rows])
        if done.all() or step + 1 == search.tokens:
            break
        kept = np.flatnonzero(~done)
        if len(rows) - len(kept) < drop * len(rows):
            kept = np.arange(len(rows))
        index = np.concatenate([rows[i].parents + i * width for i in kept])
        if len(kept) < len(rows) or (index != np.arange(len(index))).any():
            stepper.select(torch.from_numpy(index))
        for i in set(range(len(rows))) - set(kept.tolist()):
            finished[rows[i].number] = rows[i].best()
        rows = [rows[i] for i in kept]
        logits = stepper.feed(torch.from_numpy(np.concatenate([row.tokens for row in rows])))
    for row in rows:
        finished[row.number] = row.best()
    return finished


class _Row:
    """The beams of one prompt, group after group, and its finished texts."""

    def __init__(self, number: int, search: Search, grammar: Grammar | None) -> None:
        self.number = number
        self.search = search
        self.grammar = grammar
        self.size = search.width // search.parts
        # At first all beams of a group are the same empty text: only one of them may be extended.
        self.totals = np.where(np.arange(search.width) % self.size == 0, 0.0, -np.inf)
        self.texts: list[tuple[int, ...]] = [()] * search.width
        self.logs: list[tuple[float, ...]] = [()] * search.width
        self.states: list[State] = [None if grammar is None else grammar.start()] * search.width
        self.parents: NDArray[np.int64] = np.arange(search.width)
        self.tokens: NDArray[np.int64] = np.zeros(search.width, dtype=np.int64)
        self.pools: list[list[Hypothesis]] = [[] for _ in range(search.parts)]
        self.over = [False] * search.parts
        self.remember()

    @property
    def done(self) -> bool:
        """Whether no group has anything left to find."""
        return all(self.over)

    def allowed(self, beam: int) -> Any:
        """Return the tokens that may follow a beam."""
        if not np.isfinite(self.totals[beam]):
            return ()
        return self.grammar.allowed(self.states[beam]) if self.grammar is not None else ()

    def extend(self, group: int, parents: list[int], tokens: list[int], logs: list[float], end: int) -> list[int]:
        """Take a group's best extensions, the best first; return the tokens of those that are kept or finished."""
        beams = range(group * self.size, (group + 1) * self.size)
        kept: list[tuple[int, int, float]] = []
        seen: list[int] = []
        for rank, (parent, token, log) in enumerate(zip(parents, tokens, logs, strict=True)):
            if not np.isfinite(self._totals[parent] + log) or len(kept) == self.size:
                continue
            if token != end:
                kept.append((parent, token, log))
                seen.append(token)
            elif rank < self.size and not self.over[group]:
                text = Hypothesis((*self._texts[parent], token), (*self._logs[parent], log), True)
                self.pools[group].append(text)
                seen.append(token)
        for beam, (parent, token, log) in zip(beams, kept, strict=False):
            self.parents[beam], self.tokens[beam] = parent, token
            self.totals[beam] = self._totals[parent] + log
            self.texts[beam] = (*self._texts[parent], token)
            self.logs[beam] = (*self._logs[parent], log)
            state = self._states[parent]
            self.states[beam] = state if self.grammar is None else self.grammar.advance(state, token)
        for beam in list(beams)[len(kept) :]:
            self.parents[beam], self.tokens[beam], self.totals[beam] = beam, end, -np.inf
        self._close(group)
        return seen

    def _close(self, group: int) -> None:
        """Keep the best finished texts of a group; it is over when its beginnings are all worse."""
        power = self.search.length_power
        pool = sorted(self.pools[group], key=lambda text: -text.score(power))[: self.size]
        self.pools[group] = pool
        live = self.totals[group * self.size : (group + 1) * self.size]
        length = len(self.texts[group * self.size])
        best = live.max() / max(1, length) ** power
        self.over[group] |= not np.isfinite(best) or (len(pool) == self.size and best <= pool[-1].score(power))

    def remember(self) -> None:
        """Keep the beams as they were before a step, since its groups are extended one after the other."""
        self._totals, self._texts = self.totals.copy(), list(self.texts)
        self._logs, self._states = list(self.logs), list(self.states)

    def best(self) -> list[Hypothesis]:
        """Return the best texts; where too few came to their end, the best beginnings too."""
        power = self.search.length_power
        texts = []
        for group, pool in enumerate(self.pools):
            beams = range(group * self.size, (group + 1) * self.size)
            begun = [Hypothesis(self.texts[b], self.logs[b], False) for b in beams if np.isfinite(self.totals[b])]
            begun.sort(key=lambda text: -text.score(power))
            texts += pool + begun[: self.size - len(pool)]
        texts.sort(key=lambda text: (not text.whole, -text.score(power)))
        return texts[: self.search.returns]


def _extend(rows: list[_Row], found: Choices, search: Search, end: int, other_ends: frozenset[int]) -> None:
    """Extend all beams of all prompts by one token, group after group."""
    count, size, width = len(rows), search.width // search.parts, found.logs.shape[1]
    device = found.logs.device
    before = torch.from_numpy(np.stack([row.totals for row in rows])).to(device)
    logs = found.logs.view(count, search.width, width)
    totals = before[:, :, None].to(logs.dtype) + logs
    taken: Tensor | None = None
    for row in rows:
        row.remember()
    for group in range(search.parts):
        part = slice(group * size, (group + 1) * size)
        scores = totals[:, part].reshape(count, -1)
        if taken is not None and search.penalty:
            ids = found.ids
            if ids is None:
                costs = taken.repeat(1, size)
            else:
                costs = taken.gather(1, ids.view(count, search.width, width)[:, part].reshape(count, -1))
            scores = scores - search.penalty * costs
        top = scores.topk(min(2 * size, scores.shape[1]), -1).indices
        parents = top // width + group * size
        columns = parents * width + top % width
        gains = logs.reshape(count, -1).gather(1, columns).tolist()
        tokens = top % width if found.ids is None else found.ids.view(count, -1).gather(1, columns)
        next_ = [[end if token in other_ends else token for token in row] for row in tokens.tolist()]
        picked = zip(rows, parents.tolist(), next_, gains, strict=True)
        seen = [row.extend(group, beams, ids, gain, end) for row, beams, ids, gain in picked]
        if search.parts > 1 and search.penalty:
            taken = _count(taken, seen, found, device)


def _count(taken: Tensor | None, seen: list[list[int]], found: Choices, device: torch.device) -> Tensor:
    """Add to how often each token was taken in this step, shape (prompts, vocabulary)."""
    if taken is None:
        most = found.logs.shape[1] if found.ids is None else int(found.ids.max()) + 1
        taken = torch.zeros(len(seen), most, device=device)
    for row, tokens in zip(taken, seen, strict=True):
        for token in tokens:
            row[token] += 1
    return taken
