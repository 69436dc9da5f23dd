"""Fitted strategies as states, and in folders; see `Tagger.save` and `Tagger.load`."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tagkit import registry, trust
from tagkit.errors import BadInput, blaming
from tagkit.state import State, read_state, write_state

if TYPE_CHECKING:
    from tagkit.tagger import Tagger


def to_state(tagger: Tagger) -> State:
    """Return a fitted strategy as a state: its name, its parameters and what it learned."""
    name = registry.taggers.name_of(type(tagger))
    return {"strategy": name, "params": copy.deepcopy(tagger.get_params()), "state": tagger._state()}


def from_state(state: State, source: str = "the state") -> Tagger:
    """Return the fitted strategy that `to_state` described.

    Args:
        state: What `to_state` returned.
        source: Where it comes from, for messages.

    Raises:
        BadInput: It does not describe a strategy, or one of another version of tagkit.
        UnknownName: No strategy has that name.
    """
    try:
        name, params, learned = state["strategy"], state["params"], state["state"]
    except KeyError as error:
        raise BadInput(f"{source} is not a saved tagger: {error} is missing") from error
    with blaming(source):
        tagger: Tagger = registry.taggers.get(name)().set_params(**params)
        tagger._restore(learned)
    tagger.fitted_ = True
    return tagger


def write_saved(folder: str | Path, tagger: Tagger, **more: Any) -> Path:
    """Write a fitted strategy, and what else belongs to it, into a folder (see `Tagger.save`)."""
    tagger.check_fitted()
    document = to_state(tagger) | more
    trust.forget_own(document)
    return write_state(folder, document)


def read_saved(folder: str | Path, settings: Mapping[str, Any] | None = None) -> tuple[Tagger, State]:
    """Return the strategy that `write_saved` wrote, and the whole document.

    Args:
        folder: The folder.
        settings: What no file chooses (see `tagkit.trust`), by "STRATEGY.PARAMETER": {"llm.endpoint": URL}.

    Raises:
        BadInput: The folder holds no saved strategy, or one that chooses where products are sent.
    """
    document = read_state(folder)
    trust.set_own(document, settings or {}, str(folder))
    tagger = from_state(document, str(folder))
    tagger.source_ = str(folder)
    return tagger, document
