"""What only the user's own call or environment chooses, and no file: where products and API keys are sent.

Such parameters are not saved with a strategy, and a saved strategy, an experiment or a tuned file that sets one is
refused, however deep in a combination of strategies it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tagkit import registry
from tagkit.errors import BadInput

OWN = ("endpoint", "key_variable")
"""The names of these parameters, in any strategy."""
SHOWN = 200


def forget_own(document: Any) -> None:
    """Remove these parameters from a saved strategy and all strategies in it; changed in place."""
    for _, params in _strategies(document):
        for key in OWN:
            params.pop(key, None)


def set_own(document: Any, settings: Mapping[str, Any], source: str) -> None:
    """Set these parameters in a saved strategy, and in all strategies in it, to what the user's call gives.

    Args:
        document: The saved strategy; changed in place.
        settings: Values by "STRATEGY.PARAMETER", for example "llm.endpoint".
        source: The file or folder it is from, for messages.

    Raises:
        BadInput: The file sets one that the call does not set, or the call sets what cannot be set.
    """
    found = list(_strategies(document))
    for setting in settings:
        name, _, key = setting.rpartition(".")
        if key not in OWN:
            raise BadInput(f"of a saved strategy only {' and '.join(OWN)} can be set, not {setting}")
        if all(name != other for other, _ in found):
            raise BadInput(f"{source} holds no strategy {name!r}, so {setting} cannot be set")
    if reason := refusal(document, settings):
        raise BadInput(f"{source}: {reason}, or give --set llm.endpoint=URL")
    for name, params in found:
        params |= {key: settings[f"{name}.{key}"] for key in OWN if f"{name}.{key}" in settings}


def refusal(values: Any, given: Collection[str] = ()) -> str:
    """Return why values from a file are refused, "" if they are not.

    Args:
        values: A saved strategy, or strategies as [name, parameters].
        given: The parameters that the user's call sets, as "STRATEGY.PARAMETER".
    """
    found = {f"{name}.{key}": params[key] for name, params in _strategies(values) for key in OWN if params.get(key)}
    shown = ", ".join(f"{name}={value!r}" for name, value in found.items() if name not in given)
    if not shown:
        return ""
    return (
        f"{shown[:SHOWN]} is refused, since no file decides where products and keys are sent: set the environment "
        "variables TAGKIT_LLM_ENDPOINT and TAGKIT_LLM_KEY"
    )


def _strategies(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the parameters of each strategy in a saved one, or where they are written [name, params]."""
    pair: Any = ()
    if isinstance(value, dict):
        pair = value.get("strategy"), value.get("params")
        value = value.values()
    elif len(value) == 2:
        pair = value
    if pair and isinstance(pair[0], str) and isinstance(pair[1], dict) and pair[0] in registry.taggers:
        yield pair[0], pair[1]
    for part in value:
        if isinstance(part, (dict, list, tuple)):
            yield from _strategies(part)
