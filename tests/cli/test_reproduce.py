"""`tagkit reproduce`: expected scores, what is not run, resuming, the report, and data from outside."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tagkit.errors import MissingExtra
from tagkit.experiment import run as runner
from tagkit.experiment.worker import measure_apart
from tagkit.taggers.replay import PAST, RUNS

REPOSITORY = Path(__file__).parents[2] / "experiments"


@pytest.fixture
def reproduce(run) -> Callable[..., object]:
    """Run `tagkit reproduce` with some words, by default without MLflow."""

    def reproduce(*words: object, code: int = 0, track: bool = False):
        return run("reproduce", *words, *([] if track else ["--no-track"]), code=code)

    return reproduce


@pytest.fixture
def cells(reproduce) -> Callable[..., dict[tuple[str, str], dict]]:
    """Return the cells of the only experiment, by row and cell."""

    def cells(*words: object, code: int = 0) -> dict[tuple[str, str], dict]:
        (body,) = json.loads(reproduce(*words, "--json", code=code).stdout)
        return {(cell["row"], cell["cell"]): cell for cell in body["cells"]}

    return cells


def test_list_dry_run_and_text(experiments, edit, reproduce):
    assert reproduce("--list").stdout == "small   1 of  2 quick  Dictionary matching on a small shop\n"
    (body,) = json.loads(reproduce("--list", "--json").stdout)
    assert body["name"] == "small" and [row["name"] for row in body["rows"]][2] == "elsewhere"
    lines = reproduce("--dry-run", "--quick").stdout.splitlines()
    assert lines == [
        'small: look-up: run: dictionary {"min_chars": 2}',
        "small: slow look-up: skip (not quick): lexicon",
        "small: elsewhere: skip (cited, computes nothing): Table 3",
    ]
    assert not (experiments.parent / "cache" / "runs").exists(), "a dry run runs nothing"
    edit("99.0", "100.9")
    shown = reproduce("small", code=1).stdout
    assert "FAIL" in shown and "look-up" in shown and "elsewhere" in shown
    assert shown.splitlines()[-1] == "0 OK, 0 OKish, 1 FAIL, 2 SKIPPED, 3 NEW"


def test_missing_data_and_packages_are_not_set_up_and_other_errors_fail(experiments, edit, cells, monkeypatch):
    monkeypatch.delenv("TAGKIT_DATA", raising=False)
    monkeypatch.setenv("TAGKIT_SOURCE", "http://127.0.0.1:9")
    edit("file: shop.jsonl", "name: oa_mine")
    found = cells("small")
    assert found["look-up", "micro-F1"]["verdict"] == "SKIPPED"
    assert found["look-up", "micro-F1"]["reason"].startswith("data missing: extractgpt/oa-mine/train.jsonl")

    edit("name: oa_mine", "file: nothing.jsonl")
    found = cells("small", code=1)
    assert found["look-up", "micro-F1"]["verdict"] == "FAIL" and "there is no file" in found["look-up", "P@2"]["reason"]

    def absent(job, packed=None):
        raise MissingExtra(f"{job.row.strategy} needs the package x")

    edit("file: nothing.jsonl", "file: shop.jsonl")
    monkeypatch.setattr(runner, "measure_apart", absent)
    assert cells("small")["look-up", "P@2"]["reason"] == "package missing: dictionary needs the package x"


def test_a_run_that_ended_is_not_repeated(edit, reproduce, monkeypatch):
    edit("99.0", "100.9")
    made, stop = [], True

    def measure(job, packed=None):
        if len(made) == 1 and stop:
            raise KeyboardInterrupt
        made.append(job.row.name)
        return measure_apart(job)

    monkeypatch.setattr(runner, "measure_apart", measure)
    assert "stopped" in reproduce("small", code=130).stderr and made == ["look-up"]
    stop = False
    (body,) = json.loads(reproduce("small", "--json", code=1).stdout)
    assert made == ["look-up", "slow look-up"], "the first one was taken from the cache"
    assert [row["resumed"] for row in body["rows"].values()] == [True, False]
    reproduce("small", code=1)
    assert made == ["look-up", "slow look-up", "look-up", "slow look-up"], "a command that ended keeps nothing"


def test_equal_rows_of_one_command_run_once(edit, reproduce, monkeypatch):
    edit("99.0", "100.9")
    edit("strategy: lexicon", "strategy: dictionary\n    params: {min_chars: 2}")
    made = []
    monkeypatch.setattr(
        runner, "measure_apart", lambda job, packed: made.append(job.row.name) or measure_apart(job, packed)
    )
    (body,) = json.loads(reproduce("small", "--json", "--fresh", code=1).stdout)
    assert made == ["look-up"] and [row["resumed"] for row in body["rows"].values()] == [False, False]


def test_seeds_give_mean_and_deviation_and_a_baseline_gives_tests(edit, reproduce, cells):
    edit("strategy: lexicon", "strategy: lexicon\n    seeds: [0, 1]")
    edit("tolerance: 1", "tolerance: 1\nbaseline: look-up")
    assert "lexicon has no parameter 'seed'" in reproduce("small", code=2).stderr
    edit("seeds: [0, 1]", "seeds: [0, 1, 2]\n    share: 0.5")
    edit("99.0", "100.9")
    found = cells("small", code=1)
    assert 0 < found["slow look-up", "micro-F1"]["p"] <= 1 and found["slow look-up", "micro-F1"]["sd"] > 0
    assert found["look-up", "micro-F1"]["p"] is None and found["look-up", "micro-F1"]["sd"] is None


def test_overlap_and_close_rows_are_warned_of(experiments, edit, reproduce):
    lines = (experiments / "shop.jsonl").read_text(encoding="utf-8").splitlines()
    first = json.loads(lines[0]) | {"id": "again", "split": "test"}
    (experiments / "shop.jsonl").write_text("\n".join([*lines, json.dumps(first)]) + "\n", encoding="utf-8")
    edit("micro-F1: 99.0, P@2: null", "micro-F1: null, P@2: null, seen/P@2: 100")
    edit("micro-F1: 12.3", "micro-F1: {value: 12.3, sd: 99}")
    edit("quick: false", "quick: false\n    chosen_on: test")
    (body,) = json.loads(reproduce("small", "--json").stdout)
    overlap, chosen, close = body["warnings"][:3]
    assert overlap.startswith("1 of 9 test texts are in train. micro-F1: look-up ")
    assert "without them" in overlap and chosen.startswith("slow look-up: a parameter or threshold was chosen on test")
    assert "less than the standard deviation over their runs (99.00)" in close
    assert body["sizes"] == {"train": 12, "dev": 4, "test": 9, "judged": 9}
    assert [cell["verdict"] for cell in body["cells"] if cell["cell"] == "seen/P@2"] == ["OK"]


def test_overlap_is_counted_in_the_products_of_each_row(experiments, edit, reproduce):
    lines = (experiments / "shop.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    known = next(row["title"] for row in rows if row["split"] == "train")
    body = "".join(f"{json.dumps(row | {'other': known})}\n" for row in rows)
    (experiments / "shop.jsonl").write_text(body, encoding="utf-8")
    edit("strategy: lexicon", "strategy: lexicon\n    options: {title: other}")
    edit("micro-F1: 99.0", "micro-F1: null")
    (body,) = json.loads(reproduce("small", "--json").stdout)
    (said,) = (text for text in body["warnings"] if "are in train" in text)
    assert said == "8 of 8 test texts, title other, are in train."


def test_a_report_keeps_the_rows_of_earlier_commands(experiments, edit, reproduce):
    edit("micro-F1: 99.0", "micro-F1: null")
    reproduce("small", "--only", "look-up", "--report")
    reproduce("small", "--only", "slow look-up", "--report")
    stored = json.loads((experiments / "results" / "small.json").read_text(encoding="utf-8"))
    assert list(stored["rows"]) == ["look-up", "slow look-up"]
    assert all((experiments / f"RESULTS.{kind}").stat().st_size > 500 for kind in ("md", "html"))
    edit("{min_chars: 2}", "{min_chars: 3}")
    reproduce("small", "--only", "slow look-up", "--report")
    stored = json.loads((experiments / "results" / "small.json").read_text(encoding="utf-8"))
    assert list(stored["rows"]) == ["slow look-up"], "the scores of other parameters are not this row's"


def test_the_report_of_one_command(experiments, edit, reproduce, tmp_path):
    edit("99.0", "100.9")
    reproduce("small", "--out", "made", code=1)
    assert {"report.html", "leaderboard-test.md"} <= {path.name for path in Path("made", "small").iterdir()}


def test_each_run_goes_to_mlflow(experiments, edit, reproduce):
    mlflow = pytest.importorskip("mlflow")
    edit("99.0", "100.9")
    reproduce("small", "--quick", code=1, track=True)
    client = mlflow.MlflowClient(f"sqlite:///{experiments.parent / 'mlruns' / 'mlflow.db'}")
    (experiment,) = client.search_experiments(filter_string="name = 'tagkit-reproduce'")
    runs = {found.info.run_name: found for found in client.search_runs([experiment.experiment_id])}
    assert set(runs) == {"small", "look-up"}
    tags, figures = runs["look-up"].data.tags, runs["look-up"].data.metrics
    assert {"git_commit", "constraints_sha256", "machine.processor", "machine.cores"} <= set(tags)
    assert len(tags["data_digest"]) == 64 and tags["verdict.micro-F1"] == "FAIL"
    assert figures["expected/micro-F1"] == 100.9 and "P_at_2" in figures
    mlflow.set_tracking_uri(None)


def test_a_wrong_file_is_one_line(edit, reproduce):
    edit("protocol:", "protocoll:")
    found = reproduce("small", "--dry-run", code=2)
    assert found.stdout == "" and len(found.stderr.splitlines()) == 1
    assert found.stderr.startswith("tagkit: experiments/small.yaml, line 6: ")


def test_names_that_are_not_there(experiments, reproduce):
    assert "no experiment is called 'smal' (did you mean 'small'?)" in reproduce("smal", code=2).stderr
    assert (
        "no row is called 'lookup' (did you mean 'look-up'?)" in reproduce("small", "--only", "lookup", code=2).stderr
    )
    assert "there is no file none.yaml" in reproduce("none.yaml", code=2).stderr
    assert "holds no experiments" in reproduce("--list", "--folder", "nowhere", code=2).stderr


def test_right_near_and_wrong_figures(experiments, edit, cells):
    before = (experiments / "small.yaml").read_text(encoding="utf-8")
    for shift, expected, code in ((0, "OK", 0), (0.4, "OKish", 0), (7, "FAIL", 1)):
        (experiments / "small.yaml").write_text(before.replace("99.0", "100.9"), encoding="utf-8")
        measured = cells("small", code=1)["look-up", "micro-F1"]["measured"]
        edit("100.9", f"{measured + shift:.1f}")
        found = cells("small", code=code)
        assert found["look-up", "micro-F1"]["verdict"] == expected
        assert found["look-up", "micro-F1"]["measured"] == measured
        assert found["look-up", "P@2"]["verdict"] == "NEW"


def test_what_is_not_run_says_why(experiments, edit, cells):
    edit("99.0", "100.9")
    found = cells("small", "--quick", code=1)
    assert (
        found["slow look-up", "P@2"]["verdict"] == "SKIPPED" and found["slow look-up", "P@2"]["reason"] == "not quick"
    )
    assert found["elsewhere", "P@2"]["reason"] == "cited, computes nothing"
    assert found["elsewhere", "P@2"]["expected"] == 45.6
    found = cells("small", "--only", "slow look-up")
    assert (
        found["slow look-up", "P@2"]["verdict"] == "NEW" and found["look-up", "micro-F1"]["reason"] == "not asked for"
    )


def test_a_view_that_the_data_lacks(experiments, edit, cells):
    edit("P@2: null}", "P@2: null, dedup/P@2: 5}")
    edit("99.0", "100.9")
    found = cells("small", code=1)["look-up", "dedup/P@2"]
    assert (found["verdict"], found["reason"][:32]) == ("FAIL", "train and test share no texts, s")


# ---------------------------------------------------------------- data that nobody here has seen


GOLD = [
    ("Acme blue mug 300 ml", {"Brand": {"Acme": 1}, "Color": {"blue": 1, "Blue": 1}, "Material": {"n/a": 1}}),
    ("Acme blue mug 300 ml", {"Brand": {"Acme": 1}, "Color": {"blue": 1}, "Size": {"300 ml": 1}}),
    ("Bell red plate", {"Brand": {"Bell": 1}, "Color": {"red": 1}}),
]
PRED = [
    '{"Brand": "Acme", "Color": "blue", "Material": "clay", "Shape": "round"}',
    {"Brand": "Acme", "Color": None, "Size": ["300 ml"]},
    "Brand: Bell",
]
"""Four right, one needless, three missing; the same title has two answers."""


@pytest.fixture
def unseen(experiments) -> Path:
    rows = [{"input": title, "category": "Things", "target_scores": gold} for title, gold in GOLD]
    Path("new.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return experiments


def stored(name: str, reported: dict | None = None, lines: bool = False) -> str:
    examples = [{"input": title, "pred": pred} for (title, _), pred in zip(GOLD, PRED, strict=True)]
    body: dict = {"model": "m-1", "total_tokens": 12, "examples": examples}
    if reported:
        body["results"] = {"micro": reported}
    text = "".join(f"{json.dumps(row)}\n" for row in examples) if lines else json.dumps(body)
    Path(name).write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return name


@pytest.mark.parametrize(("name", "lines"), [("run.json", False), ("run.gz", False), ("run.jsonl", True)])
def test_an_unseen_data_set_needs_two_files_and_no_code(unseen, name, lines, cells):
    found = cells("--data-file", "new.jsonl", "--runs-file", stored(name, lines=lines))
    assert {cell: round(found[key]["measured"], 2) for key in found for cell in [key[1]]} == {
        "attribute-F1": 66.67,
        "attribute-P": 80.0,
        "attribute-R": 57.14,
    }
    assert {cell["verdict"] for cell in found.values()} == {"NEW"}


@pytest.mark.parametrize(("names_first", "recall"), [("n/a", 100.0), ("Swim Boxer Trunks", 50.0)])
def test_gold_that_allows_no_value_beside_a_value_is_scored_as_published(unseen, cells, names_first, recall):
    allowed = dict.fromkeys(sorted(["n/a", "Swim Boxer Trunks"], key=lambda value: value != names_first), 1)
    row = {"input": "Acme swim boxer trunks", "category": "Swimwear"}
    gold = {"target_scores": {"Brand": {"Acme": 1}, "Description": allowed}}
    Path("one.jsonl").write_text(json.dumps(row | gold), encoding="utf-8")
    Path("run.json").write_text(json.dumps([row | {"pred": {"Brand": "Acme"}}]), encoding="utf-8")
    found = cells("--data-file", "one.jsonl", "--runs-file", "run.json")
    assert {cell: found[key]["measured"] for key in found for cell in [key[1]] if cell[-1] in "PR"} == {
        "attribute-P": 100.0,
        "attribute-R": recall,
    }


@pytest.mark.parametrize(
    ("data", "runs", "message"),
    [
        ('{"input": "a"}\n', '{"input": "a", "pred": {}}', "new.jsonl, line 1 has `input` but no `target_scores`"),
        ('{"input": "a", "target_scores": {}}\n{\n', '{"input": "a", "pred": {}}', "new.jsonl, line 2: "),
        (None, '{"input": "a"}', "run.json, answer 1 is no stored answer"),
        (None, "no answers", "run.json, line 1 is no stored answer"),
        (None, "", "run.json holds no answers"),
        (None, '{"input": "other", "pred": {}}', "none of its 1 answers is about one of the 3 products"),
    ],
)
def test_bad_files_are_named(unseen, data, runs, message, reproduce):
    if data is not None:
        Path("new.jsonl").write_text(data, encoding="utf-8")
    Path("run.json").write_text(runs, encoding="utf-8")
    assert message in reproduce("--data-file", "new.jsonl", "--runs-file", "run.json", code=2).stderr


def test_data_and_answers_belong_together(unseen, reproduce):
    assert "--data-file needs --runs-file" in reproduce("--data-file", "new.jsonl", code=2).stderr
    assert "--runs-file needs products" in reproduce("--runs-file", stored("run.json"), code=2).stderr
    assert (
        "there is no file gone.json" in reproduce("--data-file", "new.jsonl", "--runs-file", "gone.json", code=2).stderr
    )


def test_scores_that_stored_answers_report_are_the_expected_ones(unseen, reproduce):
    right = stored("right.json", {"micro_precision": 80.0, "micro_recall": 57.14, "micro_f1": 66.67})
    wrong = stored("wrong.json", {"micro_precision": 80.0, "micro_recall": 57.14, "micro_f1": 71.0})
    words = ("--data-file", "new.jsonl", "--runs-file", right, "--runs-file", wrong, "--json")
    (body,) = json.loads(reproduce(*words, code=1).stdout)
    assert [cell["verdict"] for cell in body["cells"]] == ["OK", "OK", "OK", "FAIL", "OK", "OK"]
    first, second = body["experiment"]["rows"]
    assert first["tokens"] == 12 and first["note"] == "1 answers are no JSON object"
    assert second["command"].split() == ["tagkit", "reproduce", "--data-file", "new.jsonl", "--runs-file", "wrong.json"]


# ---------------------------------------------------------------- the experiments of the repository


@pytest.mark.data
def test_the_fifteen_figures_of_the_stored_gpt_runs(public_data, experiments, cells):
    if not all((public_data / PAST / f"{file}.gz").is_file() for file in RUNS.values()):
        pytest.skip("the stored runs of ExtractGPT are not in TAGKIT_DATA")
    found = cells("oa_mine_llm", "--folder", REPOSITORY)
    assert len(found) == 15 and {cell["verdict"] for cell in found.values()} == {"OK"}
    assert {(cell["digits"], cell["origin"]["kind"]) for cell in found.values()} == {(2, "published")}


@pytest.mark.data
def test_a_stored_run_reports_the_figures_that_it_gets(public_data, experiments, cells):
    path = public_data / PAST / f"{RUNS['gpt-4-0613']}.gz"
    data = public_data / "extractgpt" / "oa-mine" / "test.jsonl"
    if not (path.is_file() and data.is_file()):
        pytest.skip("the stored runs of ExtractGPT are not in TAGKIT_DATA")
    found = cells("--data-file", data, "--runs-file", path)
    assert len(found) == 3 and {cell["verdict"] for cell in found.values()} == {"OK"}
    assert {cell["expected"] for cell in found.values()} == {82.16, 83.98, 80.42}


@pytest.mark.data
def test_the_quick_rows_of_the_queries_hold(public_data, experiments, cells):
    if not (public_data / "dsner_ec" / "test").is_file():
        pytest.skip("dsner_ec is not in TAGKIT_DATA")
    found = cells("dsner_ec", "--quick", "--folder", REPOSITORY)
    row = found["dictionary of the authors", "entity-F1"]
    assert row["verdict"] in ("OK", "OKish") and abs(row["measured"] - 44.02) <= 1
    assert "FAIL" not in {cell["verdict"] for cell in found.values()}
