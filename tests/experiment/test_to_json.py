"""Experiments as plain JSON values and back."""

from __future__ import annotations

import json
import math
from pathlib import Path

from tagkit.experiment.load import load_experiment
from tagkit.experiment.to_json import experiment_from_json, experiment_to_json, to_plain

REPOSITORY = Path(__file__).parents[2] / "experiments"


def test_every_experiment_of_the_repository_comes_back_the_same():
    for path in sorted(REPOSITORY.glob("*.yaml")):
        experiment = load_experiment(path)
        again = experiment_from_json(json.loads(json.dumps(experiment_to_json(experiment))))
        assert again.rows == experiment.rows, path
        assert experiment_to_json(again) == experiment_to_json(experiment), path
        assert [*map(again.fingerprint, again.rows)] == [*map(experiment.fingerprint, experiment.rows)]


def test_what_json_lacks_becomes_plain():
    value = {1: math.nan, "a": (math.inf, 0.5), "b": Path("x/y"), "c": {"d": None, "e": frozenset()}}
    assert to_plain(value) == {"1": None, "a": [None, 0.5], "b": "x/y", "c": {"d": None, "e": "frozenset()"}}
