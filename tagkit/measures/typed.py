"""Measures of tags with spans or types beside the annotations of the products: entities and attribute values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from tagkit.errors import BadInput
from tagkit.measures.base import Floats, one_of
from tagkit.measures.overlap import PooledMeasure, f1, precision, recall
from tagkit.measures.run import Run
from tagkit.product import Product, Tag
from tagkit.tags import GOLD_OR_NONE, NONE_OR_GOLD


class TypedMeasure(PooledMeasure):
    """Base of the measures that compare predicted `Tag`s with the annotations of each product."""

    def statistics(self, run: Run) -> Floats:
        """Return per product the correct, the predicted and the gold items, shape (n, 3).

        Raises:
            BadInput: The run lacks `products`, or its predictions are not `Tag`s.
        """
        products = run.require("products", self)
        out = np.zeros((len(run), 3))
        for counts, tags, product in zip(out, run.predictions, products, strict=True):
            for tag in tags:
                if not isinstance(tag, Tag):
                    raise BadInput(f"{self} needs `Tag`s with {self.needs}, not the string {tag!r}")
            counts[:] = self.counts(tags, product)  # type: ignore[arg-type]
        return out

    def counts(self, tags: Sequence[Tag], product: Product) -> tuple[int, int, int]:
        """Return how many items of one product are correct, predicted and gold."""
        raise NotImplementedError


class EntityMeasure(TypedMeasure):
    """Base of entity-P, entity-R and entity-F1.

    Args:
        typed: Whether the type must match too.
    """

    source = "Tjong Kim Sang and De Meulder, Introduction to the CoNLL-2003 Shared Task (CoNLL 2003)"
    needs = "spans"
    typed: bool = one_of(True, False, default=True)

    def counts(self, tags: Sequence[Tag], product: Product) -> tuple[int, int, int]:
        """Return how many entities of one product are correct, predicted and gold."""
        predicted, gold = self._entities(tags), self._entities(product.annotations)
        return len(predicted & gold), len(predicted), len(gold)

    def _entities(self, tags: Iterable[Tag]) -> set[tuple[int, int, str]]:
        """Return the distinct (start, end, type) of all spans of all tags; the type is "" if it does not matter."""
        return {(span.start, span.end, tag.type if self.typed else "") for tag in tags for span in tag.spans}


class EntityPrecision(EntityMeasure):
    """Entity-level precision: the share of the predicted entities that are gold, over all products at once.

    Protocol: an entity is the start, the end and the type of a span; every span of every tag is one, and all three must
    match. Products without gold entities count too: what is predicted there is wrong. Undefined if nothing is
    predicted.
    """

    name = "entity-P"
    score = precision


class EntityRecall(EntityMeasure):
    """Entity-level recall: the share of the gold entities that are predicted, over all products at once.

    Protocol: as entity-P; undefined if there are no gold entities.
    """

    name = "entity-R"
    score = recall


class EntityF1(EntityMeasure):
    """Entity-level F1: the harmonic mean of entity-P and entity-R, over all products at once.

    Protocol: as entity-P; undefined if there is neither a predicted nor a gold entity.
    """

    name = "entity-F1"
    score = f1


class AttributeMeasure(TypedMeasure):
    """Base of attribute-P, attribute-R and attribute-F1.

    Args:
        none: What counts where the gold allows no value beside some values ("n/a" among them): "first": what the gold
            names first, as ExtractGPT's scorer has it, so that after "n/a" every value is wrong, and otherwise no value
            is; "either": both are right, and nothing is missed where a wrong value is given; "value": no value never is
            right, as if "n/a" were not there.
    """

    source = (
        "Yang et al., MAVE: A Product Dataset for Multi-source Attribute Value Extraction (WSDM 2022); scores on "
        "OA-Mine: Brinkmann, Shraga and Bizer, ExtractGPT (2023)"
    )
    needs = "attributes"
    none: str = one_of("first", "either", "value", default="first")

    def counts(self, tags: Sequence[Tag], product: Product) -> tuple[int, int, int]:
        """Return how many attribute values of one product are correct, predicted and gold."""
        requested: dict[str, set[str]] = {name: set() for name, value in product.attributes.items() if not value}
        for tag in product.annotations:
            requested.setdefault(tag.type, set()).add(tag.text.strip())
        predicted: dict[str, str] = {}
        for tag in tags:
            if tag.type in requested:
                predicted.setdefault(tag.type, tag.text.strip())
        sources = {tag.type: tag.source for tag in product.annotations}
        empty = {name for name, source in sources.items() if self.none == "first" and source == NONE_OR_GOLD}
        correct = {name for name, value in predicted.items() if value in requested[name]} - empty
        may_be_empty = {name for name, source in sources.items() if source in (GOLD_OR_NONE, NONE_OR_GOLD)}
        missed = {name for name, values in requested.items() if values} - correct - empty
        if self.none == "either":
            missed -= may_be_empty
        return len(correct), len(predicted), len(correct) + len(missed)


class AttributePrecision(AttributeMeasure):
    """Product attribute precision: the share of the predicted values that are correct, over all requested attributes.

    Protocol: the requested attributes of a product are the types of its gold annotations, and the attributes whose
    value is "" (requested, but unknown). The prediction for an attribute is the first tag of that type, without
    surrounding whitespace; it is correct if it equals one of the gold values of that type. Predictions for attributes
    that were not requested are ignored. Where the gold allows no value beside some values, what it names first is
    right, as in the published scorer; with `none=either` both are. Undefined if no value is predicted.
    """

    name = "attribute-P"
    score = precision


class AttributeRecall(AttributeMeasure):
    """Product attribute recall: the share of the attributes with gold values that are predicted correctly.

    Protocol: as attribute-P; undefined if no gold value is known.
    """

    name = "attribute-R"
    score = recall


class AttributeF1(AttributeMeasure):
    """Product attribute F1: the harmonic mean of attribute-P and attribute-R, over all requested attributes.

    Protocol: as attribute-P; undefined if no value is predicted and no gold value is known.
    """

    name = "attribute-F1"
    score = f1
