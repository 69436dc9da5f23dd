"""What the refinement `normalise_values` makes of values as they are written, on the offers of WDC PAVE.

    python benchmarks/normalise_values.py

The values as written are the gold ones, so that only the step is measured and no strategy: for each of five folds of
train the step learns from the others. An answer is right if it is one of the wanted values of its attribute.
"""

from __future__ import annotations

import time

from results_file import write

from tagkit.datasets import load
from tagkit.experiment.fit import fold_of
from tagkit.measures import parse
from tagkit.product import Product, Tag, Tags
from tagkit.refine.values import NormaliseValues

FOLDS = 5
MEASURES = ("attribute-F1", "attribute-P", "attribute-R")


def main() -> None:
    """Print the scores before and after the step, and its time."""
    data = load("wdc_pave", variant="normalized")
    products: list[Product] = []
    before: Tags = []
    after: Tags = []
    spent = 0.0
    for fold in range(FOLDS):
        part = fold_of(data, FOLDS, fold)
        written = [_written(product) for product in part.test]
        start = time.process_time()
        step = NormaliseValues().for_data(part)
        after += [step.apply(tags, product) for tags, product in zip(written, part.test, strict=True)]
        spent += time.process_time() - start
        before += written
        products += part.test
    figures = {
        name: {measure: _score(measure, tags, products) for measure in MEASURES}
        for name, tags in (("values as written", before), ("normalise_values", after))
    }
    print(f"{spent / FOLDS:.1f} s of CPU for learning and applying, for each fold")
    write("normalise_values", figures, rows="answers")


def _written(product: Product) -> list[Tag]:
    """Return the first place of each gold value as a tag, as it is written."""
    return [
        Tag(product.text[span.start : span.end], spans=(span,), type=tag.type)
        for tag in product.annotations
        for span in tag.spans[:1]
    ]


def _score(measure: str, tags: Tags, products: list[Product]) -> str:
    return f"{100 * parse(measure)(tags, [product.tags for product in products], products=products):.1f}"


if __name__ == "__main__":
    main()
