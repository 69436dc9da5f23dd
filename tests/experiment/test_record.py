"""What was measured of one row, and back from a file."""

from __future__ import annotations

import json
import math

import pytest

from tagkit.experiment.record import RowResult, RowRun, Score
from tagkit.experiment.to_json import to_plain


def test_a_score_in_percent_and_from_json():
    score = Score(0.5, 0.4, 0.62, sd=0.05, p=0.01, wins=3, ties=1, losses=0, runs=(0.45, 0.55))
    scaled = score.scaled(100)
    assert [scaled.value, scaled.low, scaled.sd, *scaled.runs] == pytest.approx([50, 40, 5, 45, 55])
    assert scaled.half_width == pytest.approx(11) and scaled.p == 0.01 and scaled.significant
    assert not Score(0.5, p=0.05).significant and not Score(0.5).significant
    assert Score.from_json(json.loads(json.dumps(to_plain(vars(score))))) == score
    undefined = Score.from_json(to_plain(vars(Score(math.nan, runs=(math.nan, 0.5)))))
    assert math.isnan(undefined.value) and math.isnan(undefined.runs[0]) and math.isnan(undefined.half_width)


def test_costs_are_means_over_runs_and_survive_a_file():
    runs = (
        RowRun(0, 0, fit_seconds=1.0, predict_seconds=2.0, n_products=10, peak_mb=100.0, n_truncated_chars=3),
        RowRun(1, 0, fit_seconds=3.0, predict_seconds=3.0, n_products=10, peak_mb=300.0, n_truncated_chars=4),
    )
    row = RowResult(runs, params={"k": 3}, n_products={"test": 10}, overlap=(1, 10), notes=("said",))
    assert (row.fit_seconds, row.items_per_second) == (2.0, 4.0)
    again = RowResult.from_json(json.loads(json.dumps(row.to_json())))
    assert again.notes == ("said",) and again.overlap == (1, 10) and again.runs[1].peak_mb == 300.0
    assert again.fit_seconds == 2.0 and again.n_truncated_chars == row.n_truncated_chars
    assert math.isnan(RowResult((RowRun(n_products=3),)).items_per_second)
