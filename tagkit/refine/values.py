"""Values in one form: units, abbreviations and names as the values of train have them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from tagkit.product import Dataset, Product, Tag
from tagkit.refine.base import Step
from tagkit.refine.value_rules import Rule, ValuePair, apply, learn
from tagkit.text.spelling import merge


class NormaliseValues(Step):
    """Bring the values of each attribute into the form that train wants: 42-1/2" to 108.0, HP to Hewlett-Packard.

    For each type the rules are learned from pairs of what stands in the text and what is wanted: known values; the case
    and the hyphens of identifiers; a fixed part; numbers with what stands around them, and their factors ("7.2K RPM" to
    7200, "2 x 2GB" to "4 Gigabytes"); units, by pint; and for closed lists the most similar known value. The rule that
    was right most often for pairs it was not learned from comes first. Of tags that become equal the best ranked one
    stays, with the highest score and all spans; the spans still say where the value stands.

    Args:
        pairs: For each type, rows of category, value as written and value as wanted. None: those of train in an
            experiment, where annotations have the wanted value as text and the written one at their spans; otherwise
            nothing is changed.

    Raises:
        MissingExtra: Values are quantities, and pint is not installed.
    """

    name = "normalise_values"
    pairs: dict[str, Sequence[Sequence[str]]] | None = None

    def __post_init__(self) -> None:
        """Learn the rules."""
        super().__post_init__()
        self._rules: dict[str, list[Rule]] = {
            kind: learn([ValuePair(*row) for row in rows]) for kind, rows in (self.pairs or {}).items()
        }

    def for_data(self, data: Dataset) -> NormaliseValues:
        """Return the step with the pairs of train where none were given."""
        if self.pairs is not None:
            return self
        pairs: dict[str, list[list[str]]] = defaultdict(list)
        for product in data.train:
            for tag in product.annotations:
                for span in tag.spans if tag.type else ():
                    pairs[tag.type].append([product.category, product.text[span.start : span.end], tag.text])
        return NormaliseValues(dict(pairs))

    def apply(self, tags: list[Tag], product: Product) -> list[Tag]:
        """Return the tags with the wanted values."""
        return merge(
            [
                replace(tag, text=apply(self._rules[tag.type], product.category, tag.text))
                if tag.type in self._rules
                else tag
                for tag in tags
            ]
        )
