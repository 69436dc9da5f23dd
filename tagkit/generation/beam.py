"""Beam search and diverse beam search."""

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
    """Extend the best partial texts of each prompt and group until none can beat the finished texts.

    A group is done when it has as many finished texts as beams and the length-normalised log-probability of each
    partial text is at most that of the worst finished one. The diversity penalty affects which partial texts are kept;
    the scores are the model's own.

    The arguments and the result are those of `decode`.

    Source: Vijayakumar et al., Diverse Beam Search: Decoding Diverse Solutions from Neural Sequence Models (AAAI 2018),
    with Hamming diversity.
    """
    width = search.width
    logits = stepper.start(prompts)
    repeated = torch.arange(len(prompts)).repeat_interleave(width)
    stepper.select(repeated)
    logits = logits[repeated.to(logits.device)]
    rows = [_Beams(number, search, None if grammars is None else grammars[number]) for number in range(len(prompts))]
    results: list[list[Hypothesis]] = [[] for _ in prompts]
    only_end = np.array([end], dtype=np.int64)
    for step in range(search.tokens):
        allowed = None
        if grammars is not None:
            allowed = [only_end if len(a := row.allowed(beam)) == 0 else a for row in rows for beam in range(width)]
        _extend(rows, choices(logits, allowed), search, end, other_ends)
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
            results[rows[i].number] = rows[i].best()
        rows = [rows[i] for i in kept]
        logits = stepper.feed(torch.from_numpy(np.concatenate([row.tokens for row in rows])))
    for row in rows:
        results[row.number] = row.best()
    return results


class _Beams:
    """The beams of one prompt, ordered by group, and its finished texts."""

    def __init__(self, number: int, search: Search, grammar: Grammar | None) -> None:
        self.number = number
        self.search = search
        self.grammar = grammar
        self.size = search.width // search.n_groups
        # At first all beams of a group are the same empty text, so only one of them may be extended.
        self.totals = np.where(np.arange(search.width) % self.size == 0, 0.0, -np.inf)
        self.texts: list[tuple[int, ...]] = [()] * search.width
        self.log_probs: list[tuple[float, ...]] = [()] * search.width
        self.states: list[State] = [None if grammar is None else grammar.start()] * search.width
        self.parents: NDArray[np.int64] = np.arange(search.width)
        self.tokens: NDArray[np.int64] = np.zeros(search.width, dtype=np.int64)
        self.finished: list[list[Hypothesis]] = [[] for _ in range(search.n_groups)]
        self.group_done = [False] * search.n_groups
        self.snapshot()

    @property
    def done(self) -> bool:
        """Whether all groups are done."""
        return all(self.group_done)

    def allowed(self, beam: int) -> Any:
        """Return the tokens that may follow a beam."""
        if self.grammar is None or not np.isfinite(self.totals[beam]):
            return ()
        return self.grammar.allowed(self.states[beam])

    def extend(self, group: int, parents: list[int], tokens: list[int], log_probs: list[float], end: int) -> list[int]:
        """Extend a group by its best candidates, in descending order; return the tokens of those that were used."""
        beams = range(group * self.size, (group + 1) * self.size)
        kept: list[tuple[int, int, float]] = []
        used: list[int] = []
        for rank, (parent, token, log_prob) in enumerate(zip(parents, tokens, log_probs, strict=True)):
            if not np.isfinite(self._totals[parent] + log_prob) or len(kept) == self.size:
                continue
            if token != end:
                kept.append((parent, token, log_prob))
                used.append(token)
            elif rank < self.size and not self.group_done[group]:
                text = Hypothesis((*self._texts[parent], token), (*self._log_probs[parent], log_prob), True)
                self.finished[group].append(text)
                used.append(token)
        for beam, (parent, token, log_prob) in zip(beams, kept, strict=False):
            self.parents[beam], self.tokens[beam] = parent, token
            self.totals[beam] = self._totals[parent] + log_prob
            self.texts[beam] = (*self._texts[parent], token)
            self.log_probs[beam] = (*self._log_probs[parent], log_prob)
            state = self._states[parent]
            self.states[beam] = state if self.grammar is None else self.grammar.advance(state, token)
        for beam in list(beams)[len(kept) :]:
            self.parents[beam], self.tokens[beam], self.totals[beam] = beam, end, -np.inf
        self._close(group)
        return used

    def _close(self, group: int) -> None:
        """Keep the best finished texts of a group, and decide whether it is done."""
        power = self.search.length_power
        finished = sorted(self.finished[group], key=lambda text: -text.score(power))[: self.size]
        self.finished[group] = finished
        live = self.totals[group * self.size : (group + 1) * self.size]
        length = len(self.texts[group * self.size])
        best = live.max() / max(1, length) ** power
        full = len(finished) == self.size and best <= finished[-1].score(power)
        self.group_done[group] |= not np.isfinite(best) or full

    def snapshot(self) -> None:
        """Store the beams as they are before a step, in which the groups are extended one after the other."""
        self._totals, self._texts = self.totals.copy(), list(self.texts)
        self._log_probs, self._states = list(self.log_probs), list(self.states)

    def best(self) -> list[Hypothesis]:
        """Return the best texts; unfinished ones only where too few are finished."""
        power = self.search.length_power
        texts = []
        for group, finished in enumerate(self.finished):
            beams = range(group * self.size, (group + 1) * self.size)
            partial = [
                Hypothesis(self.texts[b], self.log_probs[b], False) for b in beams if np.isfinite(self.totals[b])
            ]
            partial.sort(key=lambda text: -text.score(power))
            texts += finished + partial[: self.size - len(finished)]
        texts.sort(key=lambda text: (not text.finished, -text.score(power)))
        return texts[: self.search.returns]


def _extend(rows: list[_Beams], found: Choices, search: Search, end: int, other_ends: frozenset[int]) -> None:
    """Extend all beams of all prompts by one token, group after group."""
    count, size, width = len(rows), search.width // search.n_groups, found.log_probs.shape[1]
    device = found.log_probs.device
    before = torch.from_numpy(np.stack([row.totals for row in rows])).to(device)
    log_probs = found.log_probs.view(count, search.width, width)
    totals = before[:, :, None].to(log_probs.dtype) + log_probs
    counts: Tensor | None = None
    for row in rows:
        row.snapshot()
    for group in range(search.n_groups):
        part = slice(group * size, (group + 1) * size)
        scores = totals[:, part].reshape(count, -1)
        if counts is not None and search.penalty:
            ids = found.ids
            if ids is None:
                earlier = counts.repeat(1, size)
            else:
                earlier = counts.gather(1, ids.view(count, search.width, width)[:, part].reshape(count, -1))
            scores = scores - search.penalty * earlier
        top = scores.topk(min(2 * size, scores.shape[1]), -1).indices
        parents = top // width + group * size
        columns = parents * width + top % width
        chosen = log_probs.reshape(count, -1).gather(1, columns).tolist()
        tokens = top % width if found.ids is None else found.ids.view(count, -1).gather(1, columns)
        next_tokens = [[end if token in other_ends else token for token in row] for row in tokens.tolist()]
        candidates = zip(rows, parents.tolist(), next_tokens, chosen, strict=True)
        used = [row.extend(group, beams, ids, logs, end) for row, beams, ids, logs in candidates]
        if search.n_groups > 1 and search.penalty:
            counts = _count(counts, used, found, device)


def _count(counts: Tensor | None, used: list[list[int]], found: Choices, device: torch.device) -> Tensor:
    """Add the tokens that a group used to the counts of this step, shape (prompts, vocabulary)."""
    if counts is None:
        size = found.log_probs.shape[1] if found.ids is None else int(found.ids.max()) + 1
        counts = torch.zeros(len(used), size, device=device)
    for row, tokens in zip(counts, used, strict=True):
        for token in tokens:
            row[token] += 1
    return counts
