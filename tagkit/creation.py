"""Make a strategy by name or class, and give it what a data set knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, overload

from tagkit import registry
from tagkit.tagger import Tagger

T = TypeVar("T", bound=Tagger)


@overload
def create(name: type[T], **params: Any) -> T: ...
@overload
def create(name: str, **params: Any) -> Tagger: ...
def create(name: str | type[Tagger], **params: Any) -> Tagger:
    """Make a strategy by name, or of a class.

    Args:
        name: A name from `tagkit taggers`; a subclass of `Tagger`, which type checkers then know the result by; or
            "package.module:Class" of one, whose module is imported.
        **params: Its parameters.

    Raises:
        UnknownName: No strategy has that name.
        BadInput: It has no such parameter, or its value has the wrong type or is outside its range.
    """
    kind: type[Tagger] = registry.taggers.find(name) if isinstance(name, str) else name
    return kind().set_params(**params)


def take_synonyms(tagger: Tagger, synonyms: Mapping[str, Sequence[str]]) -> None:
    """Give a data set's synonyms to a strategy that has such a parameter and was given none.

    Args:
        tagger: The strategy; changed in place.
        synonyms: Other forms by preferred tag.
    """
    if synonyms and tagger.get_params().get("synonyms", synonyms) is None:
        tagger.set_params(synonyms={tag: list(forms) for tag, forms in synonyms.items()})
