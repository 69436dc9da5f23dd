"""Measures of rare and unseen tags: propensity-scored precision, and the tags that train does not contain."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from tagkit.measures.base import SHARE, Floats, RatioMeasure, number, positive_int
from tagkit.measures.overlap import PooledMeasure, precision, recall
from tagkit.measures.run import Run


class PSP(RatioMeasure):
    """Propensity-scored precision: each hit weighs 1 / propensity of its tag, relative to the best possible list.

    Protocol: propensity p = 1 / (1 + C (n + B)^-A) with C = (ln N - 1) (B + 1)^A, n the number of training products
    that have the tag (0 for an unseen one) and N the number of training products; C is at least 0 (it would be negative
    for N < 3). The weights of the hits among the first k are summed over all products and divided by the same sum for
    the best possible lists (as in the Extreme Classification Repository); products without gold tags add nothing.

    Args:
        A: How strongly propensity depends on frequency; 0.55 is the authors' value for data other than Wikipedia and
            Amazon.
        B: Shift of the frequency; the authors' value is 1.5.
    """

    name = "PSP"
    bounds = SHARE
    source = (
        "Jain, Prabhu and Varma, Extreme Multi-label Loss Functions for Recommendation, Tagging, Ranking and Other "
        "Missing Label Applications (KDD 2016)"
    )
    needs = "train_counts"
    k: int = positive_int(default=5)
    A: float = number(0, default=0.55)
    B: float = number(0.01, default=1.5)

    def statistics(self, run: Run) -> Floats:
        """Return per product the weight found and the best possible one, shape (n, 2).

        Raises:
            BadInput: The run lacks `train_counts` or `train_size`.
        """
        counts, train_size = run.require("train_counts", self), run.require("train_size", self)
        scale = max(0.0, math.log(max(train_size, 1)) - 1) * (self.B + 1) ** self.A
        weights = run.table(lambda tag: 1 + scale * (counts.get(tag, 0) + self.B) ** -self.A, 0)
        found = weights[run.codes] * run.hits
        best = -np.sort(-weights[run.gold_codes], axis=1)
        return np.column_stack([found[:, : self.k].sum(axis=1), best[:, : self.k].sum(axis=1)])


class OOVRate(RatioMeasure):
    """Out-of-vocabulary rate: the share of the predicted tags that no training product has.

    Protocol: over all predicted tags of all products at once. Declared as "lower is better" because a shop usually
    wants tags of its vocabulary; a high rate is no fault in itself, the new tags may be the good ones:
    `vocabulary_gaps` lists them.
    """

    name = "OOV-rate"
    bounds = SHARE
    better = "lower"
    source = "defined here"
    needs = "train_counts"
    k: int | None = positive_int(default=None)

    def statistics(self, run: Run) -> Floats:
        """Return per product the tags unknown to train and all predicted tags, shape (n, 2).

        Raises:
            BadInput: The run lacks `train_counts`.
        """
        codes = run.codes[:, : self.k]
        return np.column_stack([_is_new(run, self)[codes].sum(axis=1), np.count_nonzero(codes >= 0, axis=1)])


class NewTagsMeasure(PooledMeasure):
    """Base of new-P and new-R, which look only at gold and predicted tags that no training product has."""

    source = "defined here"
    needs = "train_counts"
    k: int | None = positive_int(default=None)

    def statistics(self, run: Run) -> Floats:
        """Return per product the correct, the predicted and the gold tags unknown to train, shape (n, 3).

        Raises:
            BadInput: The run lacks `train_counts`.
        """
        is_new = _is_new(run, self)
        predicted = is_new[run.codes[:, : self.k]] * run.has_gold[:, None]
        correct = predicted * run.hits[:, : self.k]
        return np.column_stack([rows.sum(axis=1) for rows in (correct, predicted, is_new[run.gold_codes])])


class NewPrecision(NewTagsMeasure):
    """New tags that are right: the share of the predicted tags unknown to train that are gold, over all products.

    Protocol: a tag is unknown to train if no training product has it; exact match; over all products at once; products
    without gold tags are left out; undefined if no such tag is predicted.
    """

    name = "new-P"
    score = precision


class NewRecall(NewTagsMeasure):
    """New tags that are found: the share of the gold tags unknown to train that are predicted, over all products.

    Protocol: as new-P; undefined if train has all gold tags.
    """

    name = "new-R"
    score = recall


def _is_new(run: Run, measure: object) -> Floats:
    """Return by code whether no training product has the tag, 1 or 0."""
    known = run.require("train_counts", measure)
    return run.table(lambda tag: known.get(tag, 0) == 0, 0)


def vocabulary_gaps(run: Run) -> list[tuple[str, int]]:
    """Return the predicted tags that train does not contain with their numbers of products, the most frequent first.

    Raises:
        BadInput: The run lacks `train_counts`.
    """
    known = run.require("train_counts", "vocabulary_gaps")
    counts = Counter(tag for row in run.texts for tag in row if known.get(tag, 0) == 0)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
