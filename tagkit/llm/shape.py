"""The form of an answer: a list of tags, or values by type, from a vocabulary or free; and its JSON schema."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tagkit.product import Product

TAGS = "tags"
"""The one field of an answer without types."""


@dataclass(frozen=True)
class Shape:
    """What may be answered about one product.

    Attributes:
        fields: The answer's fields: the types, or `TAGS` alone where tags have none.
        typed: Whether the fields are types.
        choices: For each field the texts to choose from; a field that is missing here is free.
    """

    fields: tuple[str, ...] = (TAGS,)
    typed: bool = False
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON schema, in the subset that strict servers take: all fields required, no further ones."""
        lists = {name: {"type": "array", "items": self._item(name)} for name in self.fields}
        return {
            "type": "object",
            "properties": lists,
            "required": list(self.fields),
            "additionalProperties": False,
        }

    def _item(self, name: str) -> dict[str, Any]:
        choices = self.choices.get(name)
        return {"type": "string", "enum": list(choices)} if choices else {"type": "string"}

    def gold(self, product: Product) -> str:
        """Return the right answer for a tagged product, as JSON."""
        if not self.typed:
            return json.dumps({TAGS: list(product.tags)}, ensure_ascii=False)
        return json.dumps({name: values_of(product, name) for name in self.fields}, ensure_ascii=False)


def values_of(product: Product, kind: str) -> list[str]:
    """Return the gold values of one type, each once, in the order of the annotations."""
    return list(dict.fromkeys(tag.text for tag in product.annotations if tag.type == kind))


def is_typed(products: Sequence[Product]) -> bool:
    """Say whether tags have types."""
    return any(tag.type for product in products for tag in product.annotations)
