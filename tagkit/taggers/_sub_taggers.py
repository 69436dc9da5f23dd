"""Strategies made of other strategies: making, saving and restoring the members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tagkit.errors import BadInput
from tagkit.tagger import State, Tagger, create, from_state, to_state


def make(members: Sequence[Any], owner: str, **handed: Any) -> list[Tagger]:
    """Return unfitted strategies.

    Args:
        members: Names of strategies, or [name, parameters] pairs.
        owner: Who asks, for the message.
        **handed: Parameters, not None, for those that have them and were not given their own.

    Raises:
        BadInput: There is no member.
    """
    if not members:
        raise BadInput(f"{owner}: it needs at least one member")
    made = []
    for member in members:
        name, params = (member, {}) if isinstance(member, str) else (member[0], dict(member[1]))
        tagger = create(name, **params)
        wanted = {key: value for key, value in handed.items() if value is not None and key not in params}
        made.append(tagger.set_params(**{key: wanted[key] for key in wanted.keys() & tagger.get_params()}))
    return made


def state_of(members: Sequence[Tagger]) -> State:
    """Return everything that the sub-taggers learned."""
    return {"members": [to_state(member) for member in members]}


def restore(state: State) -> list[Tagger]:
    """Return the sub-taggers that `state_of` described."""
    return [from_state(member) for member in state["members"]]
