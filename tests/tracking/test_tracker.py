"""A result logged to MLflow, and read back through its client."""

from __future__ import annotations

import json
import math
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

import tagkit
from tagkit.errors import MissingExtra, TrackingFailed
from tagkit.experiment.result import DEDUP, TEST
from tagkit.product import Dataset, Tag
from tagkit.taggers import create
from tagkit.tracking import Tracker, default_store, log_result, metric_name

mlflow = pytest.importorskip("mlflow")
STRATEGIES = {"lexicon": create("lexicon"), "long tags": create("dictionary", min_chars=3)}


@pytest.fixture(scope="module")
def comparison(products):
    """Two strategies on few products, of which the first two stand in train."""
    data = Dataset("small", tuple(products[:12]), tuple(products[12:16]), tuple(products[:2] + products[16:]))
    measures = ["F1@M", "R(tags=absent)@10", "micro-F1"]
    return tagkit.compare(STRATEGIES, data, measures, samples=20, resume=False, progress=False, isolate=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder in which the comparison is logged; it gets the store."""
    return tmp_path_factory.mktemp("project")


@pytest.fixture(scope="module")
def client(comparison, folder):
    """The store, after the comparison was logged into it with one file of a report."""
    report = folder / "report.html"
    report.write_text("<p>高跟鞋</p>", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setenv("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "1")
        patch.chdir(folder)
        log_result(comparison, artifacts=[report])
        yield mlflow.MlflowClient(default_store())
        assert mlflow.active_run() is None
    mlflow.set_tracking_uri(None)


@pytest.fixture(scope="module")
def runs(client):
    """All runs of the store by name."""
    (experiment,) = client.search_experiments(filter_string="name = 'tagkit-small'")
    found = client.search_runs([experiment.experiment_id])
    assert len(found) == 3
    return {run.info.run_name: run for run in found}


def downloaded(client, run, name: str, folder: Path) -> str:
    return Path(client.download_artifacts(run.info.run_id, name, str(folder))).read_text(encoding="utf-8")


def test_the_store_is_a_file_below_mlruns(client, runs, folder):
    assert default_store() == f"sqlite:///{folder.as_posix()}/mlruns/mlflow.db"
    assert (folder / "mlruns/mlflow.db").read_bytes().startswith(b"SQLite format 3")
    assert sorted(path.name for path in (folder / "mlruns").iterdir()) == ["artifacts", "mlflow.db"]
    for run in runs.values():
        assert run.info.artifact_uri.startswith((folder / "mlruns/artifacts").as_uri())
        assert run.info.status == "FINISHED"


def test_one_parent_and_one_child_for_each_strategy(runs):
    assert set(runs) == {"compare on small", *STRATEGIES}
    parent = runs["compare on small"]
    assert "mlflow.parentRunId" not in parent.data.tags
    for name in STRATEGIES:
        assert runs[name].data.tags["mlflow.parentRunId"] == parent.info.run_id


def test_the_parent_holds_the_set_up_and_the_report(client, runs, comparison, tmp_path):
    parent = runs["compare on small"]
    assert parent.data.params == {
        "data": "small",
        "data_digest": comparison.data.digest,
        "options": "{}",
        "rows": "lexicon,long tags",
        "baseline": "lexicon",
        "seed": "0",
        "samples": "20",
    }
    assert downloaded(client, parent, "report.html", tmp_path) == "<p>高跟鞋</p>"


def test_the_parent_shows_the_scores_of_the_best_row(runs, comparison):
    parent, best = runs["compare on small"], comparison.order()[0]
    assert parent.data.tags["best"] == best
    scores = {metric_name(name): score.value for name, score in comparison.scores[TEST][best].items()}
    assert parent.data.metrics == pytest.approx(scores)


def test_the_data_set_is_a_logged_input_with_its_digest(runs, comparison):
    data = comparison.data
    for run in runs.values():
        (found,) = run.inputs.dataset_inputs
        assert (found.dataset.name, found.dataset.digest) == ("small", data.digest[:32])
        assert json.loads(found.dataset.profile)["num_rows"] == len(data.products)
        columns = json.loads(found.dataset.schema)["mlflow_colspec"]
        assert [column["name"] for column in columns] == ["id", "title", "tags", "split"]


def test_children_hold_the_parameters(runs):
    row = {"seeds": "[]", "folds": "0", "share": "1.0", "refine": "none"}
    assert runs["long tags"].data.params.items() >= (row | {"strategy": "dictionary", "min_chars": "3"}).items()
    assert runs["lexicon"].data.params.items() >= (row | {"strategy": "lexicon", "synonyms": "null"}).items()


def test_children_hold_every_score_with_its_interval_and_the_costs(runs, comparison):
    assert comparison.views == [TEST, DEDUP]
    for name in STRATEGIES:
        metrics = dict(runs[name].data.metrics)
        for view, cells in comparison.scores.items():
            for measure, figure in cells[name].items():
                stem = metric_name(measure, view)
                ends = (f"interval/{stem}.low", f"interval/{stem}.high")
                found = [metrics.pop(stem), *(metrics.pop(end) for end in ends)]
                assert found == pytest.approx([figure.value, figure.low, figure.high])
                assert metrics.pop(f"p/{stem}", None) == (None if figure.p is None else pytest.approx(figure.p))
        row = comparison.rows[name]
        assert math.isnan(row.peak_mb), "the runs have no process of their own here, so their memory is not known"
        assert metrics == pytest.approx(
            {
                "fit_seconds": row.fit_seconds,
                "predict_seconds": row.runs[0].predict_seconds,
                "seconds": row.seconds,
                "items_per_second": row.items_per_second,
                "n_truncated_chars": 0,
            }
        )


def test_children_hold_the_predictions(client, runs, comparison, tmp_path):
    for name in STRATEGIES:
        lines = downloaded(client, runs[name], "predictions.jsonl", tmp_path / name.replace(" ", "-")).splitlines()
        rows = [json.loads(line) for line in lines]
        assert [row["id"] for row in rows] == [product.id for product in comparison.data.test]
        assert [tuple(row["gold"]) for row in rows] == [product.tags for product in comparison.data.test]
        tags = [[Tag.from_dict(tag) for tag in row["tags"]] for row in rows]
        assert tags == comparison.tags(name) and any(tags)
        assert "高跟鞋" in lines[0], "Chinese is readable as it is"


def test_a_second_comparison_goes_to_the_same_store(client, comparison, runs, folder, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", default_store())
    parent = client.get_run(log_result(comparison, experiment="another"))
    assert client.get_experiment(parent.info.experiment_id).name == "another"
    assert parent.info.experiment_id != runs["compare on small"].info.experiment_id
    children = client.search_runs([parent.info.experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert {child.info.run_name for child in children} == set(STRATEGIES)


def test_rows_have_runs_of_their_own_while_they_run(comparison, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", default_store())
    rows = comparison.experiment.rows
    with Tracker("small", experiment="tagkit-own") as tracker:
        with tracker.row(rows[0]):
            assert mlflow.active_run().info.run_id == tracker.rows["lexicon"]
            mlflow.log_metric("lexicon/loss", 0.5, step=1)
        with suppress(ValueError), tracker.row(rows[1]):
            raise ValueError
        board = "\n".join(f"| row {at} |" for at in range(1000))
        tracker.log(comparison, description=board, save_models=True)
    assert mlflow.active_run() is None
    found = {run.info.run_name: run for run in tracker.client.search_runs([tracker.experiment_id])}
    assert {name: run.info.status for name, run in found.items()} == {
        "compare on small": "FINISHED",
        "lexicon": "FINISHED",
        "long tags": "FAILED",
    }
    assert found["lexicon"].data.metrics.keys() >= {"lexicon/loss", "F1_at_M", "interval/F1_at_M.low", "fit_seconds"}
    note = found["compare on small"].data.tags["mlflow.note.content"]
    assert board.startswith(note) and 4900 < len(note) <= 5000 and note.endswith(" |")
    folder = tracker.client.download_artifacts(tracker.rows["lexicon"], "model", str(tmp_path))
    assert tagkit.load_tagger(folder).predict(comparison.data.test) == comparison.tags("lexicon")


def test_runs_of_killed_processes_are_marked(comparison, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", default_store())
    script = (
        "import os; from tagkit.tracking import Tracker; Tracker('small', experiment='tagkit-killed').__enter__(); "
    )
    assert subprocess.run([sys.executable, "-c", script + "os.kill(os.getpid(), 9)"], check=False).returncode == -9
    with Tracker("small", experiment="tagkit-killed") as tracker:
        runs = tracker.client.search_runs([tracker.experiment_id])
        assert sorted(run.info.status for run in runs) == ["KILLED", "RUNNING"]


def test_a_server_that_does_not_answer_is_given_up(comparison, monkeypatch):
    """One that takes the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        for name, value in {"TIMEOUT": "1", "MAX_RETRIES": "0"}.items():
            monkeypatch.setenv(f"MLFLOW_HTTP_REQUEST_{name}", value)
        start = time.monotonic()
        with pytest.raises(TrackingFailed, match=f"nothing more is logged: MLflow at {address} failed: timed out"):
            log_result(comparison, uri=address)
        assert time.monotonic() - start < 4
    mlflow.set_tracking_uri(None)


def test_names_are_those_that_mlflow_allows():
    assert metric_name("F1@M") == "F1_at_M"
    assert metric_name("nDCG@10", DEDUP) == "dedup/nDCG_at_10"
    assert metric_name("R(tags=absent)@10") == "R_tags_absent_at_10"
    assert metric_name("F1", "../男/女\x1b") == ".._男_女_/F1" and metric_name("F1", "..") == "_/F1"


def test_without_mlflow_the_extra_is_named(comparison, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingExtra, match=r'tracking needs the package mlflow: pip install "tagkit\[mlflow\]"'):
        log_result(comparison)
