"""Write token by token: greedy or sampled, with or without a grammar; finished rows leave the batch."""

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
from tagkit.generation.sampling import draws, sample


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
    """Let a model write.

    Args:
        stepper: The model.
        prompts: What it starts from, one batch.
        search: How.
        end: The token that ends a text.
        grammars: What each prompt's texts must keep to; None: anything may be written.
        keys: What sampling is seeded with beside the seed, usually the products' texts: equal keys draw equally, in
            whatever batch they come.
        other_ends: More tokens that end a text; `end` is noted in their place.
        drop: Rows that are finished leave the batch when they are at least this share of it; above 1: never.

    Returns:
        For each prompt its texts, the best (mean log-probability) first; of sampling in the order of drawing.

    Raises:
        BadInput: Sampling was asked for without keys.
    """
    if not prompts:
        return []
    with torch.inference_mode():
        if search.method in ("beam", "diverse"):
            return beam_search(stepper, prompts, search, end, grammars, other_ends, drop)
        return _walk(stepper, prompts, search, end, grammars, keys, other_ends, drop)


def _walk(
    stepper: Stepper,
    prompts: Sequence[Any],
    search: Search,
    end: int,
    grammars: Sequence[Grammar] | None,
    keys: Sequence[str] | None,
    other_ends: frozenset[int],
    drop: float,
) -> list[list[Hypothesis]]:
    """Decode greedily or by sampling: every row goes its own way."""
    random: NDArray[np.float64] | None = None
    if search.method == "sample":
        if keys is None:
            raise BadInput("sampling needs keys to be seeded with")
        random = np.concatenate([draws(search.seed, key, search.returns, search.tokens) for key in keys])
    logits = stepper.start(prompts)
    if search.returns > 1:
        repeated = torch.arange(len(prompts)).repeat_interleave(search.returns)
        stepper.select(repeated)
        logits = logits[repeated.to(logits.device)]
    texts: list[list[int]] = [[] for _ in range(len(logits))]
    logs: list[list[float]] = [[] for _ in texts]
    whole = [False] * len(texts)
    rules = None if grammars is None else [grammar for grammar in grammars for _ in range(search.returns)]
    states: list[State] = [None] * len(texts) if rules is None else [rule.start() for rule in rules]
    live = np.arange(len(texts))
    done = np.zeros(len(texts), dtype=bool)
    nothing = np.array([end], dtype=np.int64)
    for step in range(search.tokens):
        allowed: list[Ids] | None = None
        if rules is not None:
            allowed = [nothing if done[row] else rules[row].allowed(states[row]) for row in live.tolist()]
            for place, row in enumerate(live.tolist()):
                if not len(allowed[place]):
                    allowed[place], done[row] = nothing, True
        found = choices(logits, allowed)
        if random is None:
            columns = found.logs.argmax(-1, keepdim=True)
        else:
            columns = sample(found.logs, random[live, step], search.temperature, search.top_p, search.min_p)
        tokens = found.tokens(columns)[:, 0].cpu()
        taken = zip(live.tolist(), tokens.tolist(), found.logs.gather(1, columns)[:, 0].tolist(), strict=True)
        for row, token, log in taken:
            if not done[row]:
                token = end if token in other_ends else token
                texts[row].append(token)
                logs[row].append(log)
                whole[row] = done[row] = token == end
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
    rows = [Hypothesis(tuple(text), tuple(log), w) for text, log, w in zip(texts, logs, whole, strict=True)]
    return [rows[first : first + search.returns] for first in range(0, len(rows), search.returns)]
