"""Log a reproduction to MLflow: one run for each system."""

from __future__ import annotations

import json
from typing import Any

from tagkit import tracking
from tagkit.experiment.outcome import Outcome

EXPERIMENT = "tagkit-reproduce"


def log(outcome: Outcome, uri: str) -> str:
    """Log what ran: a parent run for the experiment, a child for each system.

    All carry as tags the git commit, the digest of constraints.txt, the digest of the products and the hardware.
    Metrics are the measured figures in the experiment's unit, expected ones behind `.expected`; tags behind `verdict.`
    say how they compare.

    Args:
        outcome: What to log.
        uri: The tracking store.

    Returns:
        The id of the parent run; "" where nothing ran.

    Raises:
        MissingExtra: MLflow is not installed.
    """
    if not outcome.measured:
        return ""
    experiment = outcome.experiment
    mlflow = tracking._mlflow()
    with tracking.live(experiment.data.label, experiment=EXPERIMENT, uri=uri) as parent:
        first = next(iter(outcome.measured.values()))
        mlflow.set_tags({"mlflow.runName": experiment.name} | _tags(first.around, first.digest))
        mlflow.log_params({"data": experiment.data.label, "options": json.dumps(experiment.data.options)})
        for system in experiment.systems:
            if system.name not in outcome.measured:
                continue
            found = outcome.measured[system.name]
            with mlflow.start_run(run_name=system.name, nested=True):
                mlflow.set_tags(_tags(found.around, found.digest) | {"command": experiment.command(system)})
                params = {"strategy": system.strategy, "seeds": json.dumps(system.seeds), "share": system.share}
                params |= system.params
                mlflow.log_params({key: str(value)[:500] for key, value in params.items()})
                figures = {"seconds": found.seconds}
                for name in outcome.names(system):
                    expected, figure, verdict, _ = outcome.cell(system, name)
                    view, _, measure = name.rpartition("/")
                    metric = tracking.metric_name(measure, view or "test")
                    mlflow.set_tag(f"verdict.{metric}", verdict)
                    if figure:
                        figures[metric] = figure.value
                    if expected:
                        figures[f"{metric}.expected"] = expected.value
                mlflow.log_metrics(figures)
        return parent.info.run_id


def _tags(around: Any, digest: str) -> dict[str, str]:
    machine = {f"machine.{key}": str(value) for key, value in around["machine"].items()}
    lock = {"git_commit": around["commit"], "constraints_sha256": around["constraints"], "data_digest": digest}
    return {"kind": "reproduction"} | lock | machine
