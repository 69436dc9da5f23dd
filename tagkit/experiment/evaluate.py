"""Measure a fitted pipeline on a part of a data set: scores with intervals, on all products and on those new to it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tagkit.datasets.split import PARTS
from tagkit.errors import BadInput
from tagkit.experiment.compare import default_measures
from tagkit.experiment.computable import computable
from tagkit.experiment.record import Score
from tagkit.experiment.significance import bootstrap
from tagkit.experiment.to_json import to_plain
from tagkit.images.unread import count_unread, noting_unread
from tagkit.measures import Measure, Run, parse_all
from tagkit.pipeline import Pipeline
from tagkit.product import Dataset, Product
from tagkit.provenance import Provenance
from tagkit.text.columns import aligned
from tagkit.text.spelling import one_spelling

ALL = "all"
"""Instead of a part: all products."""


@dataclass(frozen=True)
class Evaluation:
    """What a pipeline scored.

    Attributes:
        strategy: Its name.
        data: The name of the data.
        part: Which part was tagged, "train", "dev", "test" or "all".
        products: How many products were tagged.
        judged: How many of them have gold tags.
        known: How many of them have a text, but for how it is written, that the pipeline was fitted on.
        is_sure: Whether that is known of the pipeline; False: the train part of the same data was taken instead.
        unread: How many of them have photos of which none could be read by a strategy that looks at photos.
        scores: By measure the score on all products, with its 95 % interval.
        new: The same on the products that are not known; empty where all or none are.
    """

    strategy: str
    data: str
    part: str
    products: int
    judged: int
    known: int
    is_sure: bool
    unread: int
    scores: Mapping[str, Score]
    new: Mapping[str, Score] = field(default_factory=dict)

    @property
    def remarks(self) -> list[str]:
        """What a reader of the scores must know, a sentence each."""
        said = []
        if self.judged < self.products:
            said.append(f"{self.judged:,} of {self.products:,} products have gold tags; no measure judges the others.")
        if not self.is_sure:
            said.append(f"The model does not say what it was fitted on: the train part of {self.data} is taken for it.")
        if self.unread:
            said.append(
                f"No photo of {self.unread:,} of {self.products:,} products can be read; they are tagged without."
            )
        if self.known:
            more = "on the right the scores without them" if self.new else "so the scores say nothing of new products"
            said.append(
                f"{self.known:,} of {self.products:,} texts are among those that the model was fitted on "
                f"(apart from how they are written); {more}."
            )
        return said

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values; undefined scores are None."""
        kept = ("value", "low", "high")
        scores = {
            key: {name: {k: getattr(score, k) for k in kept} for name, score in table.items()}
            for key, table in (("scores", self.scores), ("new", self.new))
        }
        plain: dict[str, Any] = to_plain(vars(self) | scores | {"remarks": self.remarks})
        return plain

    def __str__(self) -> str:
        """Return a table with one measure in each line, and the remarks below."""
        names = list(self.scores)
        columns = [aligned(["measure", *names], left=True)]
        for head, table in (("score", self.scores), ("new texts", self.new)):
            if table:
                columns.append(aligned([head, *(_shown(table[name].value) for name in names)], left=False))
                columns.append(aligned(["95% interval", *(_interval(table[name]) for name in names)], left=True))
        lines = ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]
        title = f"{self.strategy} on {self.data}, {self.part}: {self.products:,} products"
        return "\n".join([title, "", *lines, *([""] if self.remarks else []), *self.remarks])


def evaluate(
    pipeline: Pipeline,
    data: Dataset,
    part: str = "test",
    measures: Sequence[str | Measure] | None = None,
    *,
    seed: int = 0,
    samples: int = 1000,
) -> Evaluation:
    """Tag a part of a data set with a fitted pipeline, and measure as `compare` does.

    Of several spellings of a gold tag (T恤, t恤) the one that the pipeline learned stands for all. Texts that it was
    fitted on are found by their hashes, which are saved with it, also where they come from another file.

    Args:
        pipeline: The pipeline.
        data: The products.
        part: "train", "dev", "test", or "all" for all products together.
        measures: Names or measures; default: those of `compare`.
        seed: Of the bootstrap samples.
        samples: How many there are.

    Raises:
        UnknownName: A name is not registered.
        BadInput: There is no such part, none of its products has gold tags, or no measure can be computed here.
    """
    if part not in (*PARTS, ALL):
        raise BadInput(f"the part is one of {', '.join((*PARTS, ALL))}, not {part!r}")
    known = pipeline.provenance
    learned = data.train if known is None else (Product("learned", "", tags=tuple(known.tag_counts)),)
    # Tags that were learned are in train here, whatever file they come from, so that their spelling stands.
    chosen = one_spelling(
        data.with_parts(train=learned, dev=(), test=data.products if part == ALL else getattr(data, part))
    )
    products = chosen.test
    if not any(product.tags for product in products):
        where = "" if part == ALL else f"the {part} part of "
        raise BadInput(f"{where}{data.name} has no products with gold tags: there is nothing to measure")
    is_known = (known or Provenance.of(data.with_parts(dev=()))).holds(products)
    train = None if known is None else (known.tag_counts, known.train)
    wanted = computable(parse_all(default_measures(chosen) if measures is None else measures), data)
    with noting_unread() as noted:
        tags = pipeline.predict(products)

    def scores(at: Sequence[int]) -> dict[str, Score]:
        run = Run.of(chosen, [tags[i] for i in at], [products[i] for i in at], train=train)
        return {str(measure): _score(measure, run, seed, samples) for measure in wanted}

    new = np.flatnonzero(~is_known).tolist()
    return Evaluation(
        pipeline.name,
        data.name,
        part,
        len(products),
        sum(bool(product.tags) for product in products),
        len(products) - len(new),
        known is not None,
        count_unread(noted, products),
        scores(range(len(products))),
        scores(new) if 0 < len(new) < len(products) else {},
    )


def _score(measure: Measure, run: Run, seed: int, samples: int) -> Score:
    value, low, high = bootstrap(measure, measure.statistics(run), samples=samples, seed=seed)
    return Score(value, low, high) if len(run) > 1 else Score(value)


def _shown(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _interval(score: Score) -> str:
    return "" if math.isnan(score.low) else f"{score.low:.3f} to {score.high:.3f}"
