"""Precision, recall and F1: per product (P, R, F1), over all tag occurrences (micro), and per tag (macro)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from tagkit.measures.base import SHARE, Floats, MeanMeasure, Measure, one_of, positive_int, ratio
from tagkit.measures.run import Run, indicator
from tagkit.text.present import is_present
from tagkit.text.stems import stems


def precision(correct: Any, predicted: Any, gold: Any) -> Floats:
    """Return the share of the predictions that are correct, NaN where nothing is predicted."""
    return ratio(correct, predicted)


def recall(correct: Any, predicted: Any, gold: Any) -> Floats:
    """Return the share of what is gold that is predicted, NaN where nothing is gold."""
    return ratio(correct, gold)


def f1(correct: Any, predicted: Any, gold: Any) -> Floats:
    """Return the harmonic mean of precision and recall, NaN where nothing is predicted or gold."""
    return ratio(2 * correct, predicted + gold)


class OverlapMeasure(MeanMeasure):
    """Base of P, R and F1, which count the correct tags of each product.

    Args:
        k: A number; "M" for all tags that the strategy gave; "O" for as many as the product has gold tags.
        tags: "all"; or "present" / "absent" to look only at gold and predicted tags that occur / do not occur
            literally in the product's text.
        match: "exact"; or "stems": tags are the same if the Porter stems of their English words are. Predicted tags
            that become the same count once, at the better rank; gold tags likewise.
        short: What the precision of a list shorter than a number k is divided by: "k" (as trec_eval does), or "own",
            its own length (as in pke's benchmarks).
    """

    bounds = SHARE
    score: ClassVar[Callable[[Any, Any, Any], Floats]]
    """One of `precision`, `recall` and `f1`."""
    k: int | str = positive_int(default="M", letters="MO")
    tags: str = one_of("all", "present", "absent", default="all")
    match: str = one_of("exact", "stems", default="exact")
    short: str = one_of("k", "own", default="k")

    def per_product(self, run: Run) -> Floats:
        """Return the score of each product, shape (n,)."""
        if self.tags != "all":
            run = _restrict(run, self)
        if self.match == "stems":
            run = _map_lists(run, lambda i, row: [stems(tag) for tag in row])
        hits, predicted = run.hits, run.lengths
        if self.k == "O":
            hits, predicted = hits & (np.arange(run.width) < run.gold_sizes[:, None]), run.gold_sizes
        elif isinstance(self.k, int):
            hits = hits[:, : self.k]
            predicted = np.full(len(run), self.k) if self.short == "k" else np.minimum(predicted, self.k)
        score = type(self).score(hits.sum(axis=1), predicted, run.gold_sizes)
        return np.where(run.has_gold, np.nan_to_num(score), np.nan)


class Precision(OverlapMeasure):
    """Precision: the share of the first k tags that are gold, mean over products.

    Protocol: exact match of the tag texts; a list shorter than k is divided by k all the same (as trec_eval does);
    at "M" by its own length, an empty list scores 0; products without gold tags are left out.
    """

    name = "P"
    source = "Manning, Raghavan and Schütze, Introduction to Information Retrieval (2008), chapter 8"
    score = precision


class Recall(OverlapMeasure):
    """Recall: the share of the gold tags that are among the first k, mean over products.

    Protocol: exact match of the tag texts; products without gold tags are left out.
    """

    name = "R"
    source = "Manning, Raghavan and Schütze, Introduction to Information Retrieval (2008), chapter 8"
    score = recall


class F1(OverlapMeasure):
    """F1: the harmonic mean of P@k and R@k per product, mean over products.

    Protocol: F1@M looks at all tags that the strategy gave, F1@O at as many as the product has gold tags; exact match;
    products without gold tags are left out.
    """

    name = "F1"
    source = (
        "Yuan et al., One Size Does Not Fit All: Generating and Evaluating Variable Number of Keyphrases (ACL 2020)"
    )
    score = f1


def _restrict(run: Run, measure: OverlapMeasure) -> Run:
    """Return the run with only those tags, gold and predicted, that occur (or do not occur) in the text."""
    texts, present = [product.text for product in run.require("products", measure)], measure.tags == "present"
    return _map_lists(run, lambda i, row: [tag for tag in row if is_present(tag, texts[i]) == present])


def _map_lists(run: Run, change: Callable[[int, Sequence[str]], list[str]]) -> Run:
    """Return the run with changed predicted and gold lists, given the position and the tags of each."""
    predicted = [change(i, row) for i, row in enumerate(run.texts)]
    gold = [change(i, row) for i, row in enumerate(run.gold_lists)]
    return Run(predicted, gold, products=run.products, train_counts=run.train_counts)


class PooledMeasure(Measure):
    """Base of the measures that count over all products at once.

    `statistics` holds per product the numbers of correct, predicted and gold items, shape (n, 3).
    """

    bounds = SHARE
    score: ClassVar[Callable[[Any, Any, Any], Floats]]
    """One of `precision`, `recall` and `f1`."""

    def summarise(self, totals: Floats) -> Floats:
        """Return the scores of sums over products."""
        return type(self).score(totals[..., 0], totals[..., 1], totals[..., 2])


class MicroMeasure(PooledMeasure):
    """Base of micro-P, micro-R and micro-F1, which count the tag occurrences of all products."""

    source = "Manning, Raghavan and Schütze, Introduction to Information Retrieval (2008), chapter 13"
    k: int | None = positive_int(default=None)

    def statistics(self, run: Run) -> Floats:
        """Return per product the correct, the predicted and the gold tags, shape (n, 3); zeros without gold tags."""
        correct = run.hits[:, : self.k].sum(axis=1)
        predicted = run.lengths if self.k is None else np.minimum(run.lengths, self.k)
        return np.column_stack([correct, predicted * run.has_gold, run.gold_sizes]).astype(float)


class MicroPrecision(MicroMeasure):
    """Micro-averaged precision: the share of all predicted tags that are gold, over all products at once.

    Protocol: exact match; every tag occurrence counts the same; with a cutoff only the first k tags of each list are
    predictions, and a shorter list counts with its own length; products without gold tags are left out; undefined if
    nothing is predicted.
    """

    name = "micro-P"
    score = precision


class MicroRecall(MicroMeasure):
    """Micro-averaged recall: the share of all gold tags that are predicted, over all products at once.

    Protocol: as micro-P; undefined if there are no gold tags.
    """

    name = "micro-R"
    score = recall


class MicroF1(MicroMeasure):
    """Micro-averaged F1: the harmonic mean of micro-P and micro-R, over all products at once.

    Protocol: as micro-P; undefined if there is neither a prediction nor a gold tag.
    """

    name = "micro-F1"
    score = f1


class MacroF1(Measure):
    """Macro-averaged F1: the F1 of each tag over all products, mean over tags; rare tags count like frequent ones.

    Protocol: mean over the tags that are gold or predicted at least once; a tag that is never right scores 0 (as
    scikit-learn's `f1_score(average="macro", zero_division=0)` over the union of the labels); with a cutoff only the
    first k tags of each list are predictions; products without gold tags are left out.
    """

    name = "macro-F1"
    bounds = SHARE
    source = "Opitz and Burst, Macro F1 and Macro F1 (2019), the mean of the F1 of each class"
    k: int | None = positive_int(default=None)

    def statistics(self, run: Run) -> sparse.csr_matrix:
        """Return per product and tag the hits, then the predictions plus gold tags, shape (n, 2 V)."""
        size = len(run.vocabulary)
        predicted = np.where(run.has_gold[:, None], run.codes[:, : self.k], -1)
        hits = np.where(run.hits[:, : self.k], predicted, -1)
        # the columns of predictions and gold tags follow those of the hits
        shifted = [np.where(codes >= 0, codes + size, -1) for codes in (predicted, run.gold_codes)]
        return indicator(np.hstack([hits, *shifted]), 2 * size)

    def summarise(self, totals: Floats) -> Floats:
        """Return the scores of sums over products."""
        half = totals.shape[-1] // 2
        hits, seen = totals[..., :half], totals[..., half:]
        per_tag = np.divide(hits, seen, out=np.zeros_like(hits), where=seen > 0)
        return ratio(2 * per_tag.sum(axis=-1), np.count_nonzero(seen > 0, axis=-1))
