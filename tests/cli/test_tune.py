"""`tagkit tune`: what it prints and leaves for MLflow and for a comparison."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tagkit.cli import app
from tagkit.cli.tune import compare_command
from tagkit.experiment.tuned import Trial, Tuned

pytest.importorskip("optuna")
pytest.importorskip("bm25s")


@pytest.fixture(scope="module")
def work(products, tmp_path_factory):
    """A folder to work in, with a user's own file."""
    parts = ["train"] * 12 + ["dev"] * 6 + ["test"] * 6
    rows = [product.to_dict() | {"split": part} for product, part in zip(products, parts, strict=True)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAGKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setenv("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "1")
        patch.chdir(tmp_path_factory.mktemp("work"))
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        Path("shop.jsonl").write_text(text, encoding="utf-8")
        yield


def run(*args: object, code: int = 0):
    done = CliRunner().invoke(app, [str(arg) for arg in args])
    assert done.exit_code == code, (done.stdout, done.stderr, done.exception)
    return done


@pytest.fixture(scope="module")
def body(work) -> dict:
    """What the command says as JSON."""
    options = ("--trials", 4, "--space", "k=2..8", "--space", "index=char,both", "--set", "power=2", "--json")
    return json.loads(run("tune", "knn", "--data", "shop.jsonl", *options, "--no-track").stdout)


def test_the_command(body):
    assert [trial["number"] for trial in body["trials"]] == [0, 1, 2, 3]
    assert body["space"] == {"k": "2..8", "index": '["char", "both"]'} and body["fixed"] == {"power": 2}
    assert set(body["params"]) == {"k", "index", "power"} and body["params"]["power"] == 2
    assert body["mlflow_run"] == "" and Path(body["file"]).parent.parent == Path("runs/tune")
    assert Tuned.read(body["file"]).params == body["params"]
    lines = run(
        *("tune", "knn", "--data", "shop.jsonl", "--trials", 4, "--space", "k=2..8", "--space", "index=char,both"),
        *("--set", "power=2", "--no-track"),
    ).stdout.splitlines()
    assert lines[0].startswith("knn: parameters chosen on the dev part of shop, by F1@M in 4 trials (")
    assert lines[2].split() == ["trial", "F1@M", "s", "k", "index"]
    assert body["compare"] in lines and body["compare_tuned"] in lines


def test_the_comparison_takes_the_parameters_and_tells_the_budget(body):
    words = body["compare_tuned"].split()[1:]
    assert words[3:5] == ["--taggers", "lexicon,knn"]
    compared = json.loads(run(*words, "--samples", 20, "--no-track", "--json", "--out", "report").stdout)
    params = compared["rows"]["knn"]["params"]
    assert {name: params[name] for name in body["params"]} == body["params"]
    budget = body["remark"]
    assert budget in compared["warnings"] and "All other strategies: no such search." in compared["warnings"]
    assert budget in Path("report/report.html").read_text(encoding="utf-8").replace("&#39;", "'")
    assert budget in Path("report/leaderboard-test.md").read_text(encoding="utf-8")
    again = json.loads(
        run("compare", "--data", "catalogue", *words[3:], "--samples", 20, "--no-track", "--json").stdout
    )
    assert any("shop, which had other products" in note for note in again["warnings"])


def test_the_runs_in_mlflow(work):
    mlflow = pytest.importorskip("mlflow")
    from tagkit.tracking import default_store

    options = ("--data", "shop.jsonl", "--trials", 3, "--json")
    body = json.loads(run("tune", "lexicon", *options).stdout)
    client = mlflow.MlflowClient(default_store())
    parent = client.get_run(body["mlflow_run"])
    assert parent.info.run_name == "tune lexicon on shop" and parent.info.status == "FINISHED"
    assert {"trials": "3", "measure": "F1@M", "part": "dev part", "products": "6"}.items() <= parent.data.params.items()
    assert parent.data.params["best.min_chars"] == str(body["params"]["min_chars"])
    assert parent.data.metrics["F1_at_M.best"] == pytest.approx(body["best"]["value"])
    children = client.search_runs(
        [parent.info.experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["start_time"]
    )
    assert [child.data.params["min_chars"] for child in children] == [
        str(trial["params"]["min_chars"]) for trial in body["trials"]
    ]
    assert [child.data.metrics["F1_at_M"] for child in children] == [trial["value"] for trial in body["trials"]]
    mlflow.set_tracking_uri(None)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("tune nonesuch", "no strategy is called 'nonesuch'; there are: "),
        ("tune lexicon --data nonesuch", "no data set is called 'nonesuch'; there are: "),
        ("tune lexicon --measure nonesuch", "no measure is called 'nonesuch'; there are: "),
        ("tune lexicon --trials 0", "`trials` must be 1 or more, not 0"),
        ("tune lexicon --space k=1..2", "lexicon has no parameter 'k'; it has: skip_cleaning, synonyms, min_chars"),
        ("tune lexicon --space min_chars=3..1", "the range of min_chars must run upwards, not from 3 to 1"),
        ("tune lexicon --space min_chars", "a space is written as "),
        ("tune lexicon --set min_chars", "--set takes PARAMETER=VALUE, not 'min_chars'"),
        ("tune lexicon --set min_chars=1", "lexicon has nothing to tune beside what is set; give a space"),
        ("compare --tuned nonesuch.json", "there is no file nonesuch.json"),
        ("compare --tuned shop.jsonl", "shop.jsonl is not what `tagkit tune` writes"),
        ("compare --taggers lexicon --tuned FILE", "--tuned names knn, which does not take part"),
        ("compare --taggers knn --tuned FILE --set knn.k=3", "--set knn.k: --tuned has a value for it"),
        ("compare --taggers knn --tuned FILE --tuned FILE", "--tuned names two files of one strategy"),
    ],
)
def test_what_is_wrong_is_one_line(body, command, message):
    done = run(*command.replace("FILE", body["file"]).split(), "--no-track", code=2)
    (line,) = done.stderr.splitlines()
    assert done.stdout == "" and line.startswith(f"tagkit: {message}")


def test_the_command_line_of_the_best_parameters_can_be_pasted():
    trials = (Trial(0, {"note": "5"}, 0.5), Trial(1, {"note": "a b"}, 0.7))
    tuned = Tuned("knn", "shop", "", "F1@M", "higher", 0, {"note": "5,a b"}, {"power": 2}, "dev part", 3, trials)
    assert compare_command(tuned, "my shop.csv", {"sheet": "A"}) == (
        "tagkit compare --data 'my shop.csv' --taggers lexicon,knn --sheet A --set knn.power=2 --set 'knn.note=a b'"
    )
