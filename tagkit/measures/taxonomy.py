"""Measures of a taxonomy: precision, recall and F1 that count broader tags, and how many of these a list gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np

from tagkit.measures.base import SHARE, Floats, MeanMeasure, positive_int
from tagkit.measures.overlap import F1, OverlapMeasure, Precision, Recall
from tagkit.measures.run import Run


class HierarchicalMeasure(MeanMeasure):
    """Base of hierarchical-P, hierarchical-R and hierarchical-F1.

    Args:
        k: A number; "M" for all tags that the strategy gave; "O" for as many as the product has gold tags.
    """

    bounds = SHARE
    source = (
        "Kiritchenko, Matwin and Famili, Functional Annotation of Genes Using Hierarchical Text Categorization "
        "(BioLINK 2005); Silla and Freitas, A Survey of Hierarchical Classification across Different Application "
        "Domains (Data Mining and Knowledge Discovery 2011)"
    )
    needs = "parents"
    flat: ClassVar[type[OverlapMeasure]]
    """The measure of the extended lists."""
    k: int | str = positive_int(default="M", letters="MO")

    def per_product(self, run: Run) -> Floats:
        """Return the score of each product, shape (n,).

        Raises:
            BadInput: The run lacks `parents`, or a tag there is broader than itself.
        """
        run.require("parents", self)
        above = run.ancestors

        def extended(tags: Iterable[str]) -> list[str]:
            return list(dict.fromkeys(one for tag in tags for one in (tag, *above.get(tag, ()))))

        predicted = [extended(row[: self._cut(gold)]) for row, gold in zip(run.texts, run.gold, strict=True)]
        return self.flat().per_product(Run(predicted, [extended(gold) for gold in run.gold_lists]))

    def _cut(self, gold: frozenset[str]) -> int | None:
        if isinstance(self.k, int):
            return self.k
        return len(gold) if self.k == "O" else None


class HierarchicalPrecision(HierarchicalMeasure):
    """Hierarchical precision: the share of the first k tags and their broader tags that gold has, mean over products.

    Protocol: the first k tags and the gold tags are both extended by all tags above them in the table of parents, in
    however many steps, each once; then as P@M: exact match, divided by the length of the extended list; an empty list
    scores 0; products without gold tags are left out. Mean over products, where the authors sum over all of them.
    """

    name = "hierarchical-P"
    flat = Precision


class HierarchicalRecall(HierarchicalMeasure):
    """Hierarchical recall: the share of the gold tags and their broader tags that are predicted, mean over products.

    Protocol: lists extended as for hierarchical-P; then as R@M.
    """

    name = "hierarchical-R"
    flat = Recall


class HierarchicalF1(HierarchicalMeasure):
    """Hierarchical F1: the harmonic mean of hierarchical-P and hierarchical-R per product, mean over products.

    Protocol: lists extended as for hierarchical-P; then as F1@M.
    """

    name = "hierarchical-F1"
    flat = F1


class ParentsImplied(MeanMeasure):
    """Implied parents: the share of the broader tags of the first k tags that are among them, mean over products.

    Protocol: the broader tags are all tags above the first k tags in the table of parents, in however many steps, each
    once; whether a tag is gold does not matter; lists whose tags have no broader tags are left out.
    """

    name = "parents-implied"
    bounds = SHARE
    source = "defined here"
    needs = "parents"
    k: int | None = positive_int(default=None)

    def per_product(self, run: Run) -> Floats:
        """Return the share of each list, shape (n,).

        Raises:
            BadInput: The run lacks `parents`, or a tag there is broader than itself.
        """
        run.require("parents", self)
        above = run.ancestors

        def share(tags: Sequence[str]) -> float:
            implied = {up for tag in tags for up in above.get(tag, ())}
            return len(implied.intersection(tags)) / len(implied) if implied else np.nan

        return np.array([share(row[: self.k]) for row in run.texts], dtype=float)
