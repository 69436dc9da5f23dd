"""Tagging strategies, one file each, found by name.

To add one, write one file here whose name is the strategy's name, holding one subclass of `Tagger`. The classes are
also attributes of the package, so that a notebook offers them, and behind `tagkit.taggers.Hybrid(` its parameters.
"""

from tagkit import registry
from tagkit.creation import create
from tagkit.errors import did_you_mean
from tagkit.tagger import Tagger

__all__ = ["Tagger", "create"]


def __getattr__(name: str) -> type[Tagger]:
    """Import the class of a strategy when it is first used."""
    classes = registry.taggers.classes()
    if name not in classes:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{did_you_mean(name, classes)}")
    return registry.taggers.get(classes[name])


def __dir__() -> list[str]:
    """Return the classes of all strategies, and what else is public."""
    return sorted([*__all__, *registry.taggers.classes()])
