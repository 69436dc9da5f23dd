"""Intervals, tests and corrections, beside scipy, brute force and arithmetic by hand."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from scipy import sparse, stats

from tagkit.experiment import significance
from tagkit.experiment.significance import bootstrap, holm, multi_bootstrap, multi_bootstrap_test, randomisation
from tagkit.measures import Measure, Run, parse
from tagkit.measures.base import MeanMeasure, ratio
from tagkit.product import Tag


class Variety(Measure):
    """How many columns occur at all: grows with the number of different products."""

    name = "variety"

    def summarise(self, totals):
        return np.count_nonzero(totals > 0, axis=-1).astype(float)


class Share(Measure):
    """A ratio of two sums."""

    name = "share"

    def summarise(self, totals):
        return ratio(totals[..., 0], totals[..., 1])


MEAN = MeanMeasure()


def rows(values):
    """Statistics of a mean: the figure of each product, and whether it counts."""
    values = np.asarray(values, dtype=float)
    counts = ~np.isnan(values)
    return np.column_stack([np.where(counts, values, 0.0), counts])


def brute_force(measure, first, second):
    """The exact p-value: all ways to exchange the two answers of any products."""
    total = abs(measure.summarise(second.sum(axis=0)) - measure.summarise(first.sum(axis=0)))
    larger = count = 0
    for swap in itertools.product([0, 1], repeat=len(first)):
        swap = np.array(swap)[:, None]
        one = measure.summarise((first * (1 - swap) + second * swap).sum(axis=0))
        two = measure.summarise((second * (1 - swap) + first * swap).sum(axis=0))
        larger += abs(two - one) >= total - 1e-12
        count += 1
    return larger / count


class TestBootstrap:
    def test_interval_of_a_mean_agrees_with_scipy(self):
        values = np.random.default_rng(3).beta(2, 5, size=150)
        value, low, high = bootstrap(MEAN, rows(values), samples=20_000, seed=1)
        theirs = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=20_000, rng=1).confidence_interval
        assert value == pytest.approx(values.mean())
        assert low == pytest.approx(theirs.low, abs=0.001)
        assert high == pytest.approx(theirs.high, abs=0.001)

    def test_products_that_do_not_count_are_left_out_of_the_mean(self):
        value, low, high = bootstrap(MEAN, rows([0.2, np.nan, 0.4, np.nan]), seed=1)
        assert value == pytest.approx(0.3)
        assert 0.2 - 1e-9 <= low <= high <= 0.4 + 1e-9

    def test_figures_of_one_are_not_pushed_above_one(self):
        assert bootstrap(MEAN, rows([1.0] * 30)) == (1.0, 1.0, 1.0)

    @pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
    def test_undefined_figure_has_no_interval(self, values):
        assert np.isnan(bootstrap(MEAN, rows(values))).all()

    def test_level_narrows_the_interval(self):
        data = rows(np.random.default_rng(0).random(100))
        _, low, high = bootstrap(MEAN, data, level=0.5)
        _, wide_low, wide_high = bootstrap(MEAN, data, level=0.99)
        assert wide_low < low < high < wide_high

    def test_figure_that_grows_with_variety_lies_in_its_interval(self):
        columns = (np.random.default_rng(5).random((80, 400)) < 0.01).astype(float)
        value, low, high = bootstrap(Variety(), columns)
        assert low < value < high

    @pytest.mark.parametrize("name", ["coverage", "distinct", "macro-F1", "Gini", "micro-F1", "ECE"])
    def test_no_interval_goes_beyond_the_bounds_of_the_measure(self, name):
        names = [f"t{n}" for n in range(6)]
        run = Run([[Tag(name, 1.0)] for name in names], [[name] for name in names], train_counts=Counter(names))
        measure = parse(name)
        for low, high in (
            bootstrap(measure, measure.statistics(run))[1:],
            multi_bootstrap(measure, [measure.statistics(run)] * 2)[1:],
        ):
            assert 0 <= low <= high <= 1
        # Of six products a sample holds about four, so the interval of a variety of 6 is shifted above it.
        assert bootstrap(Variety(), parse("coverage").statistics(run))[2] > 6

    def test_sparse_rows_give_the_same_as_dense_ones(self):
        columns = (np.random.default_rng(5).random((60, 90)) < 0.03).astype(float)
        assert bootstrap(Variety(), sparse.csr_matrix(columns)) == pytest.approx(bootstrap(Variety(), columns))

    def test_same_seed_same_interval_whatever_the_chunks(self, monkeypatch):
        data = rows(np.random.default_rng(0).random(50))
        once = bootstrap(MEAN, data, seed=7)
        assert once == bootstrap(MEAN, data, seed=7)
        assert once != bootstrap(MEAN, data, seed=8)
        monkeypatch.setattr(significance, "CHUNK", 50 * 13)
        assert once == pytest.approx(bootstrap(MEAN, data, seed=7))


class TestRandomisation:
    @pytest.mark.parametrize("seed", range(4))
    def test_agrees_with_all_exchanges_for_a_mean(self, seed):
        rng = np.random.default_rng(seed)
        first, second = rows(rng.random(10).round(1)), rows((rng.random(10) + 0.15).round(1))
        exact = brute_force(MEAN, first, second)
        assert randomisation(MEAN, first, second, samples=20_000) == pytest.approx(exact, abs=0.015)

    def test_agrees_with_all_exchanges_for_a_ratio_of_sums(self):
        rng = np.random.default_rng(9)
        first = np.column_stack([rng.integers(0, 4, 10), np.full(10, 5)]).astype(float)
        second = np.column_stack([rng.integers(1, 5, 10), rng.integers(4, 9, 10)]).astype(float)
        exact = brute_force(Share(), first, second)
        assert randomisation(Share(), first, second, samples=20_000) == pytest.approx(exact, abs=0.015)

    def test_agrees_with_all_exchanges_where_products_do_not_count(self):
        first = rows([0.1, np.nan, 0.4, 0.3, np.nan, 0.5, 0.2, 0.9])
        second = rows([0.3, 0.2, 0.5, np.nan, np.nan, 0.9, 0.2, 0.8])
        exact = brute_force(MEAN, first, second)
        assert randomisation(MEAN, first, second, samples=20_000) == pytest.approx(exact, abs=0.015)

    def test_agrees_with_scipy_on_paired_means(self):
        rng = np.random.default_rng(2)
        one, two = rng.random(40), rng.random(40) + 0.1

        def difference(a, b, axis):
            return (b - a).mean(axis=axis)

        theirs = stats.permutation_test((one, two), difference, permutation_type="samples", n_resamples=20_000, rng=1)
        assert randomisation(MEAN, rows(one), rows(two), samples=20_000) == pytest.approx(theirs.pvalue, abs=0.01)

    def test_equal_answers_give_one(self):
        data = rows(np.random.default_rng(0).random(30))
        assert randomisation(MEAN, data, data.copy()) == 1.0

    def test_smallest_p_is_one_in_the_samples_plus_one(self):
        assert randomisation(MEAN, rows([0.0] * 60), rows([1.0] * 60), samples=999) == pytest.approx(0.001)

    def test_direction_does_not_matter(self):
        rng = np.random.default_rng(1)
        one, two = rows(rng.random(50)), rows(rng.random(50) + 0.05)
        assert randomisation(MEAN, one, two) == pytest.approx(randomisation(MEAN, two, one), abs=1e-9)

    def test_undefined_difference_has_no_p(self):
        assert np.isnan(randomisation(MEAN, rows([np.nan, np.nan]), rows([1.0, 0.0])))

    def test_exchanges_that_leave_one_side_undefined_do_not_count(self):
        first, second = rows([np.nan, 0.0]), rows([1.0, np.nan])
        # of the four exchanges only two leave both sides with a product, and both have the difference 1
        assert randomisation(MEAN, first, second) == 1.0

    def test_sparse_rows_give_the_same_as_dense_ones(self):
        rng = np.random.default_rng(6)
        one, two = ((rng.random((40, 70)) < share).astype(float) for share in (0.02, 0.03))
        dense = randomisation(Variety(), one, two)
        assert randomisation(Variety(), sparse.csr_matrix(one), sparse.csr_matrix(two)) == dense

    def test_same_seed_same_p_whatever_the_chunks(self, monkeypatch):
        rng = np.random.default_rng(4)
        one, two = rows(rng.random(60)), rows(rng.random(60) + 0.04)
        once = randomisation(MEAN, one, two, seed=3)
        assert once == randomisation(MEAN, one, two, seed=3)
        monkeypatch.setattr(significance, "CHUNK", 60 * 7)
        assert once == randomisation(MEAN, one, two, seed=3)

    def test_holds_its_level_when_nothing_differs(self):
        rng = np.random.default_rng(11)
        p = [randomisation(MEAN, rows(rng.random(30)), rows(rng.random(30)), samples=200, seed=i) for i in range(300)]
        assert 0.02 <= np.mean(np.array(p) < 0.05) <= 0.085


class TestHolm:
    def test_by_hand(self):
        # in order .005 .01 .03 .04: times 4 3 2 1 = .02 .03 .06 .04, and none may fall below the one before
        assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])

    def test_never_above_one(self):
        assert holm([0.6, 0.9]) == [1.0, 1.0]

    def test_undefined_is_no_test(self):
        corrected = holm([0.01, float("nan"), 0.02])
        assert np.isnan(corrected[1])
        assert [corrected[0], corrected[2]] == pytest.approx([0.02, 0.02])

    @pytest.mark.parametrize("p", [[], [0.03]])
    def test_nothing_to_correct(self, p):
        assert holm(p) == p

    def test_agrees_with_its_definition(self):
        p = np.random.default_rng(0).random(20) ** 3
        by_definition = [min(1.0, max((p >= other).sum() * other for other in p if other <= own)) for own in p]
        assert holm(list(p)) == pytest.approx(by_definition)


def noisy(rng, seeds: int, spread: float, level: float = 0.5, products: int = 200) -> list:
    """Return the statistics of several seeds: a mean measure whose level differs from seed to seed."""
    out = []
    for _ in range(seeds):
        values = rng.normal(level + spread * rng.normal(), 0.1, size=products)
        out.append(np.column_stack([values, np.ones(products)]))
    return out


class TestSeveralRuns:
    """Intervals and tests that count the variation of training as well as that of products."""

    measure = parse("F1@M")

    def test_equal_runs_have_the_interval_of_one(self):
        rows = noisy(np.random.default_rng(0), 1, 0.0)
        one = bootstrap(self.measure, rows[0], samples=500)
        assert multi_bootstrap(self.measure, rows * 3, samples=500) == pytest.approx(one)

    def test_the_interval_grows_with_the_variation_of_training(self):
        rng = np.random.default_rng(0)
        widths = []
        for spread in (0.0, 0.05, 0.2):
            value, low, high = multi_bootstrap(self.measure, noisy(rng, 5, spread), samples=500)
            assert low < value < high
            widths.append(high - low)
        assert widths[0] < widths[1] < widths[2]

    def test_the_interval_of_folds_is_wider_than_that_of_products_alone(self):
        rng = np.random.default_rng(0)
        rows = np.concatenate(noisy(rng, 5, 0.1, products=40))
        folds = [fold for fold in range(5) for _ in range(40)]
        _, low, high = bootstrap(self.measure, rows, samples=500)
        _, wide_low, wide_high = multi_bootstrap(self.measure, [rows], folds, samples=500)
        assert wide_high - wide_low > 1.5 * (high - low)

    def test_no_more_than_the_nominal_share_of_equal_rows_differs(self):
        """Two rows that differ by the luck of their seeds alone: a test over products calls most pairs different."""
        rng = np.random.default_rng(0)
        several, products = [], []
        for _ in range(60):
            one, other = noisy(rng, 10, 0.05), noisy(rng, 10, 0.05)
            several.append(multi_bootstrap_test(self.measure, one, other, samples=200) < 0.05)
            products.append(randomisation(self.measure, one[0], other[0], samples=200) < 0.05)
        assert np.mean(several) < 0.15 < 0.5 < np.mean(products)

    def test_a_difference_beyond_the_variation_of_training_is_found(self):
        rng = np.random.default_rng(0)
        worse, better = noisy(rng, 5, 0.02, 0.4), noisy(rng, 5, 0.02, 0.6)
        assert multi_bootstrap_test(self.measure, worse, better, samples=500) < 0.01
        assert multi_bootstrap_test(self.measure, worse, worse, paired=True, samples=500) == 1.0

    def test_pairing_by_seed_takes_out_what_both_rows_share(self):
        rng = np.random.default_rng(0)
        one = noisy(rng, 5, 0.1)
        other = [rows + np.array([0.02, 0.0]) for rows in one]
        paired = multi_bootstrap_test(self.measure, one, other, paired=True, samples=500)
        assert paired < 0.05 < multi_bootstrap_test(self.measure, one, other, samples=500)

    def test_what_is_undefined(self):
        empty = np.zeros((3, 2))
        value, low, high = multi_bootstrap(self.measure, [empty, empty])
        assert np.isnan([value, low, high]).all() and np.isnan(multi_bootstrap_test(self.measure, [empty], [empty] * 2))
