"""What the attribute measures share: right, wrong, needless and missing values of the attributes asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tagkit.errors import BadInput
from tagkit.measures.base import Measure
from tagkit.measures.run import Run
from tagkit.product import Product, Tag

RIGHT, WRONG, NEEDLESS, MISSING = range(4)


class AttributeMeasure(Measure):
    """Base of attribute-P, attribute-R and attribute-F1."""

    source = (
        "Yang et al., MAVE: A Product Dataset for Multi-source Attribute Value Extraction (WSDM 2022); figures on "
        "OA-Mine: Brinkmann, Shraga and Bizer, ExtractGPT (2023)"
    )
    needs = "attributes"

    def statistics(self, run: Run) -> NDArray[np.float64]:
        """Return per product the right, wrong, needless and missing values, shape (n, 4).

        Raises:
            BadInput: The run lacks `products`, or its predictions are not `Tag`s.
        """
        if run.products is None:
            raise BadInput(f"{self} needs to know the attributes of the products: pass `products=`")
        out = np.zeros((len(run), 4))
        for counts, row, product in zip(out, run.raw, run.products, strict=True):
            given: dict[str, str] = {}
            for tag in row:
                if not isinstance(tag, Tag):
                    raise BadInput(f"{self} needs tags with types, not the string {tag!r}")
                given.setdefault(tag.type, tag.text.strip())
            for attribute, allowed in asked(product).items():
                value = given.get(attribute)
                if value is None:
                    if allowed:
                        counts[MISSING] += 1
                elif not allowed:
                    counts[NEEDLESS] += 1
                else:
                    counts[RIGHT if value in allowed else WRONG] += 1
        return out


def asked(product: Product) -> dict[str, set[str]]:
    """Return the attributes asked for with their allowed values; none where the gold answer is "not known"."""
    out: dict[str, set[str]] = {name: set() for name, value in product.attributes.items() if not value}
    for tag in product.annotations:
        out.setdefault(tag.type, set()).add(tag.text.strip())
    return out
