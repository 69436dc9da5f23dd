"""Decoding token by token: greedy search and sampling, with or without a grammar; beam search is in `beam`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tagkit.errors import BadInput
from tagkit.generation.beam import beam_search
from tagkit.generation.grammar import Grammar, State
from tagkit.generation.hypothesis import DROP, Hypothesis, Search, Stepper, choices
from tagkit.generation.prefix_tree import Ids
from tagkit.generation.sampling import random_numbers, sample


def decode(
    stepper: Stepper,
    prompts: Sequence[Any],
    search: Search,
    end: int,
    *,
    grammars: Sequence[Grammar] | None = None,
    keys: Sequence[str] | None = None,
    other_ends: frozenset[int] = frozenset(),
    drop: float = DROP,
) -> list[list[Hypothesis]]:
    """Generate texts for one batch of prompts.

    Args:
        stepper: The model.
        prompts: The prompts, in the form the model takes.
        search: The settings of decoding.
        end: The token that ends a text.
        grammars: The grammar of each prompt's texts; None: no constraint.
        keys: A key per prompt, usually the product's text. Together with the seed it seeds sampling, so that equal keys
            give equal samples in any batch.
        other_ends: More tokens that end a text; they are recorded as `end`.
        drop: Finished rows are removed from the batch once they are this share of it; above 1: never.

    Returns:
        The texts of each prompt, by descending length-normalised log-probability; samples in the order of drawing.

    Raises:
        BadInput: The method is sampling and there are no keys.
    """
    if not prompts:
        return []
    with torch.inference_mode():
        if search.method in ("beam", "diverse"):
            return beam_search(stepper, prompts, search, end, grammars, other_ends, drop)
        return _independent(stepper, prompts, search, end, grammars, keys, other_ends, drop)


def _independent(
    stepper: Stepper,
    prompts: Sequence[Any],
    search: Search,
    end: int,
    grammars: Sequence[Grammar] | None,
    keys: Sequence[str] | None,
    other_ends: frozenset[int],
    drop: float,
) -> list[list[Hypothesis]]:
    """Decode greedily or by sampling, where the rows do not depend on each other."""
    random: NDArray[np.float64] | None = None
    if search.method == "sample":
        if keys is None:
            raise BadInput("sampling needs keys for its seeds")
        random = np.concatenate([random_numbers(search.seed, key, search.returns, search.tokens) for key in keys])
    logits = stepper.start(prompts)
    if search.returns > 1:
        repeated = torch.arange(len(prompts)).repeat_interleave(search.returns)
        stepper.select(repeated)
        logits = logits[repeated.to(logits.device)]
    texts: list[list[int]] = [[] for _ in range(len(logits))]
    log_probs: list[list[float]] = [[] for _ in texts]
    finished = [False] * len(texts)
    rules = None if grammars is None else [grammar for grammar in grammars for _ in range(search.returns)]
    states: list[State] = [None] * len(texts) if rules is None else [rule.start() for rule in rules]
    live = np.arange(len(texts))
    done = np.zeros(len(texts), dtype=bool)
    only_end = np.array([end], dtype=np.int64)
    for step in range(search.tokens):
        allowed: list[Ids] | None = None
        if rules is not None:
            allowed = [only_end if done[row] else rules[row].allowed(states[row]) for row in live.tolist()]
            for position, row in enumerate(live.tolist()):
                if not len(allowed[position]):
                    allowed[position], done[row] = only_end, True
        found = choices(logits, allowed)
        if random is None:
            columns = found.log_probs.argmax(-1, keepdim=True)
        else:
            columns = sample(found.log_probs, random[live, step], search.temperature, search.top_p, search.min_p)
        tokens = found.tokens(columns)[:, 0].cpu()
        chosen = zip(live.tolist(), tokens.tolist(), found.log_probs.gather(1, columns)[:, 0].tolist(), strict=True)
        for row, token, log_prob in chosen:
            if not done[row]:
                token = end if token in other_ends else token
                texts[row].append(token)
                log_probs[row].append(log_prob)
                finished[row] = done[row] = token == end
                if rules is not None and not done[row]:
                    states[row] = rules[row].advance(states[row], token)
        kept = np.flatnonzero(~done[live])
        if not len(kept) or step + 1 == search.tokens:
            break
        if len(live) - len(kept) >= drop * len(live) and len(kept) < len(live):
            index = torch.from_numpy(kept)
            stepper.select(index)
            live, tokens = live[kept], tokens[index]
        logits = stepper.feed(tokens)
    rows = [Hypothesis(tuple(text), tuple(log), f) for text, log, f in zip(texts, log_probs, finished, strict=True)]
    return [rows[first : first + search.returns] for first in range(0, len(rows), search.returns)]
