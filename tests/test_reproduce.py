"""Reported figures as files: reading them, judging them, and the command that reruns them."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tagkit.cli import app
from tagkit.errors import BadInput
from tagkit.experiment import load, loading, verdict
from tagkit.experiment import run as running
from tagkit.experiment._old_spec import Expected, Origin, System
from tagkit.experiment._old_warnings import cautions
from tagkit.experiment.outcome import Outcome
from tagkit.product import Dataset
from tagkit.taggers.replay import PAST, RUNS
from tagkit.text.clean import clean

RUNNER = CliRunner()
REPOSITORY = Path(__file__).parents[1] / "experiments"
FORM = """\
title: Look-up on a small shop
source: {paper: nobody's}
quick: true
data:
  file: shop.jsonl
protocol: Exact match.
measures: [micro-F1, P@2]
tolerance: 1
systems:
  - name: look-up
    strategy: dictionary
    params: {min_chars: 2}
    origin: published
    expected: {micro-F1: 99.0, P@2: null}
  - name: slow look-up
    strategy: lexicon
    quick: false
    expected: null
  - name: elsewhere
    cites: Table 3
    origin: {date: 2026-11-25, machine: two cores, seconds: 3}
    expected: {micro-F1: 12.3, P@2: 45.6}
"""


@pytest.fixture
def workplace(tmp_path, monkeypatch, products) -> Path:
    """A folder with an experiment, its products and an empty cache."""
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    parts = ["train"] * 12 + ["dev"] * 4 + ["test"] * 8
    rows = [product.to_dict() | {"split": part} for product, part in zip(products, parts, strict=True)]
    folder = tmp_path / "experiments"
    folder.mkdir()
    (folder / "shop.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    (folder / "small.yaml").write_text(FORM, encoding="utf-8")
    return folder


def run(*words: object, code: int = 0, track: bool = False):
    found = RUNNER.invoke(app, ["reproduce", *map(str, words), *([] if track else ["--no-track"])])
    assert found.exit_code == code, (found.stdout, found.stderr, found.exception)
    return found


def cells(*words: object, code: int = 0) -> dict[tuple[str, str], dict]:
    """Return the cells of the only experiment, by system and name."""
    (body,) = json.loads(run(*words, "--json", code=code).stdout)
    return {(system["name"], cell["cell"]): cell for system in body["systems"] for cell in system["cells"]}


def edit(folder: Path, old: str, new: str, name: str = "small") -> Path:
    path = folder / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("protocol:", "protocoll:", 6, r"unknown key 'protocoll' \(did you mean 'protocol'\?\)"),
        ("tolerance: 1\n", "", 1, "the key 'tolerance' is missing"),
        ("measures: [micro-F1, P@2]\n", "", 1, "the key 'measures' is missing"),
        ("[micro-F1, P@2]", "[micro-F9, P@2]", 7, "no measure is called 'micro_f9'"),
        ("{micro-F1: 99.0, P@2: null}", "{micro-F1: 99.0}", 14, "there is no figure for the measure P@2"),
        (
            "{micro-F1: 99.0, P@2: null}",
            "{micro-F1: 99.0, P@3: 1}",
            14,
            "no measure of this experiment is called 'P@3'",
        ),
        ("strategy: dictionary", "strategy: dictionery", 11, "no strategy is called 'dictionery'; there are: "),
        ("file: shop.jsonl", "name: shop", 5, "no data set is called 'shop'; there are: "),
        (
            "file: shop.jsonl",
            "name: catalogue\n  options: {language: zh}",
            6,
            "unknown key 'language'.*known are: lang",
        ),
        ("data:\n  file: shop.jsonl\n", "data: {}\n", 4, "give either `name`"),
        ("quick: false", "quick: no way", 17, "must be true or false, not 'no way'"),
        ("    origin: published\n", "", 13, "nothing says where the figure is from"),
        ("origin: published", "origin: {date: today, machine: x, seconds: 1}", 13, "must be YYYY-MM-DD, not 'today'"),
        ("origin: published", "origin: hearsay", 13, "must be `published`"),
        ("cites: Table 3", "cites: Table 3\n    seeds: [1]", 21, "a row that cites computes nothing"),
        ("cites: Table 3", "note: nothing", 19, "a system has either `strategy`"),
        ("name: slow look-up", "name: look-up", 15, "two systems are called 'look-up'"),
        ("micro-F1: 99.0", "micro-F1: many", 14, "must be a number, not 'many'"),
        ("micro-F1: 99.0", "micro-F1: 9.9e+1", 14, "write the figure with digits and a point"),
        ("tolerance: 1", "tolerance: -1", 8, "must not be below 0"),
        ("tolerance: 1", "tolerance: 1\nbaseline: elsewhere", 9, "no system that runs is called 'elsewhere'"),
        ("title: Look-up on a small shop", "title: [", 3, "expected"),
        ("quick: true\n", "quick: true\nquick: true\n", 4, "the key 'quick' stands twice"),
        ("{min_chars: 2}", "{min_char: 2}", 12, "dictionary has no parameter 'min_char'"),
    ],
)
def test_an_error_names_file_and_line(workplace, old, new, line, message):
    path = edit(workplace, old, new)
    with pytest.raises(BadInput, match=rf"small\.yaml, line {line}: .*{message}"):
        load.check_parameters(load.experiment(path))
    found = run("small", "--dry-run", code=2)
    assert found.stdout == "" and len(found.stderr.splitlines()) == 1
    assert found.stderr.startswith(f"tagkit: experiments/small.yaml, line {line}: ")


def test_what_a_form_says(workplace):
    found = load.experiment(workplace / "small.yaml")
    lookup, slow, elsewhere = found.systems
    assert (found.name, found.measures, found.unit, found.quick) == ("small", ("micro-F1", "P@2"), "percent", True)
    assert found.data.file == workplace / "shop.jsonl"
    assert lookup.expected == {"micro-F1": Expected(99.0, 1, 1.0, Origin("published")), "P@2": None}
    assert (lookup.quick, slow.quick, elsewhere.quick) == (True, False, False)
    assert slow.expected == {"micro-F1": None, "P@2": None}
    assert elsewhere.expected["P@2"].origin == Origin("ours", "2026-11-25", "two cores", 3.0)
    assert found.command(lookup) == "tagkit reproduce small --only look-up" and found.command(elsewhere) == ""


def test_names_that_are_not_there(workplace):
    assert "no experiment is called 'smal' (did you mean 'small'?)" in run("smal", code=2).stderr
    assert "no system is called 'lookup' (did you mean 'look-up'?)" in run("small", "--only", "lookup", code=2).stderr
    assert "there is no file none.yaml" in run("none.yaml", code=2).stderr
    assert "holds no experiments" in run("--list", "--folder", "nowhere", code=2).stderr


# ---------------------------------------------------------------- judging


@pytest.mark.parametrize(
    ("value", "digits", "measured", "expected"),
    [
        (82.1, 1, 82.149, verdict.OK),
        (82.1, 2, 82.149, verdict.OKISH),
        (82.1, 2, 82.6, verdict.OKISH),
        (82.1, 2, 82.61, verdict.FAIL),
        (0.0, 1, -0.01, verdict.OK),
    ],
)
def test_a_verdict_goes_by_the_printed_digits_and_the_tolerance(value, digits, measured, expected):
    assert verdict.judge(Expected(value, digits, 0.5, Origin("published")), measured) == expected
    assert verdict.judge(None, measured) == verdict.NEW


def test_right_near_and_wrong_figures(workplace):
    before = (workplace / "small.yaml").read_text(encoding="utf-8")
    for shift, expected, code in ((0, "OK", 0), (0.4, "OKish", 0), (7, "FAIL", 1)):
        (workplace / "small.yaml").write_text(before.replace("99.0", "100.9"), encoding="utf-8")
        measured = cells("small", code=1)["look-up", "micro-F1"]["measured"]
        edit(workplace, "100.9", f"{measured + shift:.1f}")
        found = cells("small", code=code)
        assert found["look-up", "micro-F1"]["verdict"] == expected
        assert found["look-up", "micro-F1"]["measured"] == measured
        assert found["look-up", "P@2"]["verdict"] == "NEW"


def test_what_is_not_run_says_why(workplace):
    edit(workplace, "99.0", "100.9")
    found = cells("small", "--quick", code=1)
    assert found["slow look-up", "P@2"]["verdict"] == "SKIPPED" and found["slow look-up", "P@2"]["why"] == "not quick"
    assert found["elsewhere", "P@2"]["why"] == "cited, computes nothing"
    assert found["elsewhere", "P@2"]["expected"] == 45.6
    found = cells("small", "--only", "slow look-up")
    assert found["slow look-up", "P@2"]["verdict"] == "NEW" and found["look-up", "micro-F1"]["why"] == "not asked for"


def test_missing_data_and_packages_skip_and_other_errors_fail(workplace, monkeypatch):
    monkeypatch.delenv("TAGKIT_DATA", raising=False)
    monkeypatch.setenv("TAGKIT_SOURCE", "http://127.0.0.1:9")
    edit(workplace, "file: shop.jsonl", "name: oa_mine")
    found = cells("small")
    assert found["look-up", "micro-F1"]["verdict"] == "SKIPPED"
    assert found["look-up", "micro-F1"]["why"].startswith("data missing: extractgpt/oa-mine/train.jsonl is not here")

    edit(workplace, "name: oa_mine", "file: nothing.jsonl")
    found = cells("small", code=1)
    assert found["look-up", "micro-F1"]["verdict"] == "FAIL" and "there is no file" in found["look-up", "P@2"]["why"]

    from tagkit.errors import MissingExtra

    def absent(name: str, **params: object) -> object:
        raise MissingExtra(f"{name} needs the package x")

    edit(workplace, "file: nothing.jsonl", "file: shop.jsonl")
    monkeypatch.setattr(running, "create", absent)
    assert cells("small")["look-up", "P@2"]["why"] == "package missing: dictionary needs the package x"


def test_a_view_that_the_data_lacks(workplace):
    edit(workplace, "P@2: null}", "P@2: null, dedup/P@2: 5}")
    edit(workplace, "99.0", "100.9")
    found = cells("small", code=1)["look-up", "dedup/P@2"]
    assert (found["verdict"], found["why"][:32]) == ("FAIL", "train and test share no texts, s")


# ---------------------------------------------------------------- the command


def test_list_dry_run_and_text(workplace):
    assert run("--list").stdout == "small   1 of  2 quick  Look-up on a small shop\n"
    (body,) = json.loads(run("--list", "--json").stdout)
    assert body["name"] == "small" and [system["name"] for system in body["systems"]][2] == "elsewhere"
    lines = run("--dry-run", "--quick").stdout.splitlines()
    assert lines == [
        'small: look-up: run: dictionary {"min_chars": 2}',
        "small: slow look-up: skip (not quick): lexicon",
        "small: elsewhere: skip (cited, computes nothing): Table 3",
    ]
    assert not (workplace.parent / "cache" / "reproductions").exists(), "a dry run runs nothing"
    edit(workplace, "99.0", "100.9")
    shown = run("small", code=1).stdout.splitlines()
    assert shown[0] == "small: Look-up on a small shop (percent)"
    assert any(line.split()[:3] == ["FAIL", "look-up", "micro-F1"] for line in shown)
    assert shown[-1] == "0 OK, 0 OKish, 1 FAIL, 2 SKIPPED, 3 NEW"


def test_a_stopped_run_goes_on(workplace, monkeypatch):
    edit(workplace, "99.0", "100.9")
    made = []
    real = running.run_strategy

    def counted(name, *others):
        if len(made) == 1 and not resumed:
            raise KeyboardInterrupt
        made.append(name)
        return real(name, *others)

    monkeypatch.setattr(running, "run_strategy", counted)
    resumed = False
    assert "stopped" in run("small", code=130).stderr and made == ["look-up"]
    resumed = True
    (body,) = json.loads(run("small", "--json", code=1).stdout)
    assert made == ["look-up", "slow look-up"], "the first one was taken from the cache"
    assert [system.get("kept") for system in body["systems"]] == [True, False, None]
    run("small", code=1)
    assert made == ["look-up", "slow look-up", "look-up", "slow look-up"], "a command that ended keeps nothing"


def test_seeds_give_mean_and_spread_and_a_baseline_gives_tests(workplace):
    edit(workplace, "strategy: lexicon", "strategy: lexicon\n    seeds: [0, 1]")
    edit(workplace, "tolerance: 1", "tolerance: 1\nbaseline: look-up")
    assert "lexicon has no parameter 'seed'" in run("small", code=2).stderr
    edit(workplace, "strategy: lexicon\n    seeds: [0, 1]", "strategy: linear\n    refine: []")
    edit(workplace, "99.0", "100.9")
    found = cells("small", code=1)
    assert found["slow look-up", "micro-F1"]["p"] is not None and 0 < found["slow look-up", "micro-F1"]["p"] <= 1
    assert found["look-up", "micro-F1"]["p"] is None


def test_mean_and_spread_over_seeds(workplace):
    from tagkit.experiment import measuring
    from tagkit.experiment.result import StrategyResult
    from tagkit.product import Tag

    experiment = load.experiment(workplace / "small.yaml")
    data = loading.products(experiment.data)
    gold = [[Tag(text) for text in product.tags] for product in data.test]
    runs = [StrategyResult(str(n), {}, tags, 0.0, 0.0) for n, tags in enumerate((gold, [[] for _ in gold]))]
    found = measuring.cells(experiment, experiment.systems[0], data, runs, samples=20)
    assert found["micro-F1"].value == 50.0 and found["micro-F1"].spread == 50.0
    alone = measuring.cells(experiment, experiment.systems[0], data, runs[:1], samples=20)["micro-F1"]
    assert (alone.value, alone.spread, alone.low) == (100.0, None, 100.0)


def test_shared_texts_and_close_systems_are_warned_of(workplace):
    lines = (workplace / "shop.jsonl").read_text(encoding="utf-8").splitlines()
    first = json.loads(lines[0]) | {"id": "again", "split": "test"}
    (workplace / "shop.jsonl").write_text("\n".join([*lines, json.dumps(first)]) + "\n", encoding="utf-8")
    edit(workplace, "micro-F1: 99.0, P@2: null", "micro-F1: null, P@2: null, seen/P@2: 100")
    edit(workplace, "micro-F1: 12.3", "micro-F1: {value: 12.3, spread: 99}")
    edit(workplace, "quick: false", "quick: false\n    chosen_on: test")
    (body,) = json.loads(run("small", "--json").stdout)
    shared, chosen, close = body["warnings"][:3]
    assert shared.startswith("1 of 9 test texts stand word for word in train. micro-F1: look-up ")
    assert "without them" in shared and chosen.startswith("slow look-up: a parameter or threshold was chosen on test")
    assert "less than the spread over seeds (99.00)" in close
    assert body["facts"] == {"train": 12, "dev": 4, "test": 9}
    assert body["systems"][0]["cells"][2]["verdict"] == "OK"


def test_shared_texts_are_counted_in_the_products_of_each_row(workplace):
    lines = (workplace / "shop.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    known = next(row["title"] for row in rows if row["split"] == "train")
    body = "".join(f"{json.dumps(row | {'other': known})}\n" for row in rows)
    (workplace / "shop.jsonl").write_text(body, encoding="utf-8")
    edit(workplace, "strategy: lexicon", "strategy: lexicon\n    options: {title: other}")
    edit(workplace, "micro-F1: 99.0", "micro-F1: null")
    (body,) = json.loads(run("small", "--json").stdout)
    (said,) = (text for text in body["warnings"] if "word for word" in text)
    assert said == "8 of 8 test texts, title other, stand word for word in train."


def test_a_report_keeps_the_rows_of_earlier_commands(workplace):
    edit(workplace, "micro-F1: 99.0", "micro-F1: null")
    run("small", "--only", "look-up", "--report")
    run("small", "--only", "slow look-up", "--report")
    text = (workplace / "RESULTS.md").read_text(encoding="utf-8")
    (row,) = [line for line in text.splitlines() if line.startswith("| look-up |")]
    assert "NEW" in row and "`tagkit reproduce small --only look-up`" in row and row.count("[") == 2
    assert "| elsewhere | 12.3 | – SKIPPED | 45.6 | – SKIPPED | (3.0 s) | ours, 2026-11-25 | – |" in text
    page = (workplace / "RESULTS.html").read_text(encoding="utf-8")
    assert page.count('<th scope="row">') == 3 and "tagkit reproduce small --only &#x27;slow look-up&#x27;" in page
    edit(workplace, "{min_chars: 2}", "{min_chars: 3}")
    run("small", "--only", "slow look-up", "--report")
    (row,) = [
        line
        for line in (workplace / "RESULTS.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| look-up |")
    ]
    assert "[" not in row, "the figures of other parameters are not this row's"


def test_each_run_goes_to_mlflow(workplace):
    mlflow = pytest.importorskip("mlflow")
    edit(workplace, "99.0", "100.9")
    run("small", "--quick", code=1, track=True)
    client = mlflow.MlflowClient(f"sqlite:///{workplace.parent / 'mlruns' / 'mlflow.db'}")
    (experiment,) = client.search_experiments(filter_string="name = 'tagkit-reproduce'")
    runs = {found.info.run_name: found for found in client.search_runs([experiment.experiment_id])}
    assert set(runs) == {"small", "look-up"}
    tags, figures = runs["look-up"].data.tags, runs["look-up"].data.metrics
    assert {"git_commit", "constraints_sha256", "machine.processor", "machine.cores"} <= set(tags)
    assert len(tags["data_digest"]) == 64 and tags["verdict.micro-F1"] == "FAIL"
    assert figures["micro-F1.expected"] == 100.9 and "P_at_2" in figures
    mlflow.set_tracking_uri(None)


# ---------------------------------------------------------------- what a row can vary


@pytest.mark.parametrize(
    ("new", "line", "message"),
    [
        ("share: 0", 13, "must be above 0 and up to 1, not 0"),
        ("share: 0.5", 13, "a share is drawn at random: add `seeds`"),
        ("share: some", 13, "must be a number, not 'some'"),
        ("refine: [limits]", 13, "no refinement is called 'limits'; there are: "),
        ("refine: [{limits: {k: 1}}]", 13, "no refinement is called 'limits'; there are: "),
        ("refine: [{limit: {k: -1}}]", 13, "the k of limit must be a whole number of at least 0, not -1"),
        ("refine: [{limit: {most: 1}}]", 13, "unexpected keyword argument 'most'"),
        ("refine: [{limit: {k: 1}, thresholds: {}}]", 13, "must be a name, or one name with its parameters"),
        ("leave_out: [cases]", 13, r"no cleaning step is called 'cases' \(did you mean 'case'\?\)"),
    ],
)
def test_an_error_in_what_a_row_varies(workplace, new, line, message):
    path = edit(workplace, "params: {min_chars: 2}", f"params: {{min_chars: 2}}\n    {new}")
    with pytest.raises(BadInput, match=rf"small\.yaml, line {line}: .*{message}"):
        load.experiment(path)


def row(folder: Path, new: str, strategy: str = "lexicon") -> System:
    """Return the slow row of the form with another strategy and further keys."""
    return load.experiment(edit(folder, "strategy: lexicon", f"strategy: {strategy}\n    {new}")).systems[1]


def test_a_share_of_train_is_drawn_by_the_seed(workplace, products):
    data = Dataset("shop", tuple(products[:12]), tuple(products[12:14]), tuple(products[14:]))
    fifth, half = running.sample(data, 0.2, 1), running.sample(data, 0.5, 1)
    assert (len(fifth.train), len(half.train), len(fifth.dev), len(half.dev)) == (2, 6, 1, 1)
    assert all(product in half.train for product in fifth.train), "a larger share holds a smaller one"
    assert list(half.train) == [product for product in data.train if product in half.train], "in their order"
    assert half.test == data.test and running.sample(data, 0.5, 1) == half
    assert any(running.sample(data, 0.5, seed).train != half.train for seed in range(5))
    assert running.sample(data, 1, 1) is data and running.sample(data.with_parts(dev=()), 0.5, 1).dev == ()


def test_seeds_of_a_share_give_mean_and_spread(workplace):
    edit(workplace, "strategy: lexicon", "strategy: lexicon\n    seeds: [0, 1, 2]\n    share: 0.5")
    (body,) = json.loads(run("small", "--only", "slow look-up", "--json").stdout)
    found = body["systems"][1]
    assert found["share"] == 0.5 and found["cells"][0]["spread"] > 0 and found["cells"][0]["measured"] < 100
    edit(workplace, "lexicon", "linear\n    params: {seed: 1}")
    assert "linear has no parameter 'seed'" in run("small", code=2).stderr


def test_a_seed_goes_to_the_strategy_that_takes_it(workplace):
    system = row(workplace, "seeds: [3]\n    share: 0.5", "knn")
    assert "seed" not in running.tagger_of(system, 3).get_params()
    pytest.importorskip("torch")
    system = replace(system, strategy="sequence")
    assert running.tagger_of(system, 3).get_params()["seed"] == 3


def test_refinements_with_parameters(workplace):
    system = row(workplace, "refine: [{stop_tags: {tags: [牛奶]}}, {limit: {k: 1}}]")
    assert system.refine == ({"stop_tags": {"tags": ["牛奶"]}}, {"limit": {"k": 1}})
    data = loading.products(load.experiment(workplace / "small.yaml").data)
    found = running.Kept().run(system, data, None)
    assert found.refine == ("StopTags(tags=['牛奶'])", "Limit(k=1)")
    usual = running.Kept().run(replace(system, refine=None), data, None)
    assert any(tag.text == "牛奶" for tags in usual.tags for tag in tags)
    assert all(len(tags) < 2 and all(tag.text != "牛奶" for tag in tags) for tags in found.tags)


def test_cleaning_that_is_left_out(workplace):
    data = loading.products(load.experiment(workplace / "small.yaml").data)
    system = row(workplace, "leave_out: [case]")
    kept = running.Kept()
    without, usual = kept.run(system, data, None), kept.run(replace(system, leave_out=()), data, None)
    found = [{tag.text for tags in result.tags for tag in tags} for result in (without, usual)]
    assert "blue" in found[1] - found[0], "Blue is the tag blue only where case does not count"
    assert clean("Blue").text == "blue", "it is left out for that row alone"
    fingerprints = {
        system.fingerprint,
        replace(system, leave_out=()).fingerprint,
        replace(system, share=0.5).fingerprint,
    }
    assert len(fingerprints) == 3


def test_equal_rows_of_one_command_run_once(workplace, monkeypatch):
    edit(workplace, "99.0", "100.9")
    edit(workplace, "strategy: lexicon", "strategy: dictionary\n    params: {min_chars: 2}")
    made = []
    real = running.run_strategy
    monkeypatch.setattr(running, "run_strategy", lambda *args: made.append(args[0]) or real(*args))
    (body,) = json.loads(run("small", "--json", "--fresh", code=1).stdout)
    assert made == ["look-up"] and [system.get("kept") for system in body["systems"]] == [False, False, None]


def test_names_with_an_asterisk(workplace):
    (workplace / "small_too.yaml").write_text(FORM, encoding="utf-8")
    (workplace / "other.yaml").write_text(FORM, encoding="utf-8")
    assert [found.name for found in loading.find(["small*"], workplace)] == ["small", "small_too"]
    assert "no experiment is called 'large*'" in run("large*", code=2).stderr


def test_only_rows_that_learn_from_the_same_products_are_compared(workplace):
    edit(workplace, "micro-F1: 12.3", "micro-F1: {value: 99.0, spread: 99}")
    edit(
        workplace,
        "expected: null",
        "share: 0.5\n    seeds: [0]\n    expected: {micro-F1: 99.0, P@2: 1}\n    origin: published",
    )
    experiment = load.experiment(workplace / "small.yaml")
    (said,) = cautions(Outcome(experiment))
    assert said.startswith("look-up and elsewhere differ by 0.00")


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
def unseen(workplace) -> Path:
    rows = [{"input": title, "category": "Things", "target_scores": gold} for title, gold in GOLD]
    Path("new.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return workplace


def answers(name: str, reported: dict | None = None, lines: bool = False) -> str:
    examples = [{"input": title, "pred": pred} for (title, _), pred in zip(GOLD, PRED, strict=True)]
    body: dict = {"model": "m-1", "total_tokens": 12, "examples": examples}
    if reported:
        body["results"] = {"micro": reported}
    text = "".join(f"{json.dumps(row)}\n" for row in examples) if lines else json.dumps(body)
    Path(name).write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return name


@pytest.mark.parametrize(("name", "lines"), [("run.json", False), ("run.gz", False), ("run.jsonl", True)])
def test_an_unseen_data_set_needs_two_files_and_no_code(unseen, name, lines):
    found = cells("--data-file", "new.jsonl", "--runs-file", answers(name, lines=lines))
    assert {cell: round(found[key]["measured"], 2) for key in found for cell in [key[1]]} == {
        "attribute-F1": 66.67,
        "attribute-P": 80.0,
        "attribute-R": 57.14,
    }
    assert {cell["verdict"] for cell in found.values()} == {"NEW"}


def test_figures_that_stored_answers_report_are_what_is_expected(unseen):
    right = answers("right.json", {"micro_precision": 80.0, "micro_recall": 57.14, "micro_f1": 66.67})
    wrong = answers("wrong.json", {"micro_precision": 80.0, "micro_recall": 57.14, "micro_f1": 71.0})
    (body,) = json.loads(
        run("--data-file", "new.jsonl", "--runs-file", right, "--runs-file", wrong, "--json", code=1).stdout
    )
    assert [[cell["verdict"] for cell in system["cells"]] for system in body["systems"]] == [
        ["OK", "OK", "OK"],
        ["FAIL", "OK", "OK"],
    ]
    assert body["systems"][0]["tokens"] == 12 and body["systems"][0]["note"] == "1 answers are no JSON object"
    command = body["systems"][1]["command"].split()
    assert command == ["tagkit", "reproduce", "--data-file", "new.jsonl", "--runs-file", "wrong.json"]


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
def test_bad_files_are_named(unseen, data, runs, message):
    if data is not None:
        Path("new.jsonl").write_text(data, encoding="utf-8")
    Path("run.json").write_text(runs, encoding="utf-8")
    assert message in run("--data-file", "new.jsonl", "--runs-file", "run.json", code=2).stderr


def test_data_and_answers_belong_together(unseen):
    assert "--data-file needs --runs-file" in run("--data-file", "new.jsonl", code=2).stderr
    assert "--runs-file needs products" in run("--runs-file", answers("run.json"), code=2).stderr
    assert "there is no file gone.json" in run("--data-file", "new.jsonl", "--runs-file", "gone.json", code=2).stderr


# ---------------------------------------------------------------- the experiments of the repository


def test_all_experiments_of_the_repository_are_well_formed():
    found = loading.find([], REPOSITORY)
    wanted = {"oa_mine_llm", "taobao", "dsner_ec", "openbg", "oa_mine", "the_article", "catalogue"}
    assert wanted <= {experiment.name for experiment in found}
    assert all(experiment.quick for experiment in found if experiment.name in wanted)


@pytest.mark.data
def test_the_fifteen_figures_of_the_stored_gpt_runs(public_data, workplace):
    if not all((public_data / PAST / f"{file}.gz").is_file() for file in RUNS.values()):
        pytest.skip("the stored runs of ExtractGPT are not in TAGKIT_DATA")
    found = cells("oa_mine_llm", "--folder", REPOSITORY)
    assert len(found) == 15 and {cell["verdict"] for cell in found.values()} == {"OK"}
    assert {(cell["digits"], cell["origin"]["kind"]) for cell in found.values()} == {(2, "published")}


@pytest.mark.data
def test_a_stored_run_reports_the_figures_that_it_gets(public_data, workplace):
    path = public_data / PAST / f"{RUNS['gpt-4-0613']}.gz"
    data = public_data / "extractgpt" / "oa-mine" / "test.jsonl"
    if not (path.is_file() and data.is_file()):
        pytest.skip("the stored runs of ExtractGPT are not in TAGKIT_DATA")
    found = cells("--data-file", data, "--runs-file", path)
    assert len(found) == 3 and {cell["verdict"] for cell in found.values()} == {"OK"}
    assert {cell["expected"] for cell in found.values()} == {82.16, 83.98, 80.42}


@pytest.mark.data
def test_the_quick_rows_of_the_queries_hold(public_data, workplace):
    if not (public_data / "dsner_ec" / "test").is_file():
        pytest.skip("dsner_ec is not in TAGKIT_DATA")
    found = cells("dsner_ec", "--quick", "--folder", REPOSITORY)
    row = found["dictionary of the authors", "entity-F1"]
    assert row["verdict"] in ("OK", "OKish") and abs(row["measured"] - 44.02) <= 1
    assert "FAIL" not in {cell["verdict"] for cell in found.values()}
