"""`tagkit compare`: what it prints, writes, logs and resumes."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import tagkit
from tagkit.experiment import run as runner
from tagkit.experiment.worker import measure_apart

TAGKIT = [sys.executable, "-m", "tagkit"]
COMPARE = ("compare", "--taggers", "dictionary,lexicon", "--samples", 20)


def test_compare_as_json(shop, run):
    measures = "F1@M,R(tags=absent)@10,ILD@10"
    options = ("--seed", 3, "--baseline", "dictionary", "--no-track", "--out", "mine", "--json")
    options += ("--set", "lexicon.min_chars=1")
    found = run(*COMPARE, "--data", shop, "--measures", measures, *options)
    body = json.loads(found.stdout)
    about = body["experiment"]
    assert (about["baseline"], about["samples"], about["seed"], body["mlflow_run"]) == ("dictionary", 20, 3, "")
    assert [body["rows"][name]["params"]["min_chars"] for name in ("lexicon", "dictionary")] == [1, 2]
    scores = body["scores"]["test"]
    assert set(scores) == {"dictionary", "lexicon"}
    assert list(scores["lexicon"]) == measures.split(",") and scores["lexicon"]["F1@M"]["value"] > 0.3
    assert {"report.html", "tags.png", "leaderboard-test.md"} <= {path.name for path in Path("mine").iterdir()}


def test_compare_prints_the_leaderboard_and_logs_it(shop, monkeypatch, run):
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")  # nobody chose a store
    lines = run(*COMPARE, "--data", shop, "--measures", "F1@M").stdout.splitlines()
    assert lines[0].startswith("By F1@M, dictionary is best")
    top = next(at for at, line in enumerate(lines) if line.startswith("shop, test: 8 products;"))
    assert "F1@M" in lines[top + 2]
    assert lines[-3] == "report: runs/shop/report.html" and Path("runs/shop/report.html").is_file()
    assert lines[-2].startswith("MLflow: mlflow ui --backend-store-uri sqlite:////")
    assert lines[-1] == "then open http://127.0.0.1:5000/#/experiments/1/runs"
    assert Path(lines[-2].partition("sqlite:///")[2]) == Path("mlruns/mlflow.db").absolute()
    assert len(list(Path("mlruns/artifacts").rglob("predictions.jsonl"))) == 2
    assert len(list(Path("mlruns/artifacts").rglob("report.html"))) == 1


def test_a_stopped_comparison_says_how_to_resume(shop, monkeypatch, run):
    def stop_at(name):
        def measure(job, packed=None):
            if job.row.name == name:
                raise KeyboardInterrupt
            return measure_apart(job)

        return measure

    options = (*COMPARE, "--data", shop, "--no-track", "--json")
    with monkeypatch.context() as patch:
        patch.setattr(runner, "measure_apart", stop_at("lexicon"))
        found = run(*options, code=130)
    assert found.stderr.splitlines()[-1] == "tagkit: stopped; the same command resumes with the runs left"
    with monkeypatch.context() as patch:
        patch.setattr(runner, "measure_apart", stop_at("dictionary"))
        assert set(json.loads(run(*options).stdout)["rows"]) == {"lexicon", "dictionary"}


def test_a_report_that_cannot_be_written_loses_nothing(shop, run, tmp_path):
    """The table is printed, what can be written is, and the same command repeats only the rest."""
    folder = tmp_path / "report"
    (folder / "scores.png").mkdir(parents=True)
    options = (*COMPARE, "--data", shop, "--measures", "F1@M", "--no-track", "--out", folder)
    found = run(*options, code=1)
    assert "\nshop, test:" in found.stdout and (folder / "report.html").stat().st_size > 10_000
    said = [line for line in found.stderr.splitlines() if line.startswith("tagkit: ")]
    assert said[0] == "tagkit: the report: scores.png not written: Is a directory" and len(said) == 2
    (folder / "scores.png").rmdir()
    again = json.loads(run(*options, "--json").stdout)
    assert all(row["resumed"] for row in again["rows"].values())
    assert not any(row["resumed"] for row in json.loads(run(*options, "--json").stdout)["rows"].values())


def test_values_of_parameters_are_checked_before_work_begins(shop, run):
    found = run(*COMPARE, "--data", shop, "--set", "lexicon.min_chars=-1", code=2)
    assert found.stderr == "tagkit: lexicon: min_chars must be at least 1, not -1\n" and not found.stdout


def test_without_extras_the_leaderboard_is_printed_all_the_same(shop, monkeypatch, run):
    monkeypatch.delitem(sys.modules, "tagkit.report.page", raising=False)
    for package in ("jinja2", "mlflow"):
        monkeypatch.setitem(sys.modules, package, None)
    found = run(*COMPARE, "--data", shop, "--measures", "F1@M", "--out", "absent")
    assert "\nshop, test:" in found.stdout and "report:" not in found.stdout
    assert [line for line in found.stderr.splitlines() if line.startswith("tagkit: ")] == [
        'tagkit: tracking needs the package mlflow: pip install "tagkit[mlflow]"',
        'tagkit: the HTML report needs the package jinja2: pip install "tagkit[report]"',
    ]


def test_seeds_folds_and_share(shop, run):
    options = ("--data", shop, "--measures", "F1@M", "--no-track", "--out", "several", "--json")
    body = json.loads(run(*COMPARE, *options, "--folds", 3).stdout)
    runs = body["rows"]["lexicon"]["runs"]
    assert [run["fold"] for run in runs] == [0, 1, 2] and sum(run["n_products"] for run in runs) == 16
    assert body["scores"]["test"]["lexicon"]["F1@M"]["sd"] is not None
    body = json.loads(run(*COMPARE, *options, "--seeds", "0,1", "--share", 0.5).stdout)
    assert [run["seed"] for run in body["rows"]["lexicon"]["runs"]] == [0, 1]
    assert "--seeds takes whole numbers" in run(*COMPARE, "--seeds", "0,x", code=2).stderr


def test_what_was_compared_can_be_tagged_with(shop, run, tmp_path):
    """The pipeline of a row, saved, gives on the command line the tags and the F1@M that were measured."""
    result = tagkit.compare(["lexicon", "linear"], shop, ["F1@M"], samples=20, progress=False)
    result.tagger("linear").save(tmp_path / "model")
    products = result.products(row="linear")
    write = [json.dumps(product.to_dict(), ensure_ascii=False) for product in products]
    (tmp_path / "test.jsonl").write_text("\n".join(write), encoding="utf-8")
    lines = run("tag", tmp_path / "test.jsonl", "--model", tmp_path / "model").stdout.splitlines()
    found = [[tag["text"] for tag in json.loads(line)["tags"]] for line in lines]
    assert found == [[tag.text for tag in tags] for tags in result.tags("linear")]
    score = tagkit.load_tagger(tmp_path / "model").score(products)
    assert score == pytest.approx(result.scores["test"]["linear"]["F1@M"].value)


def test_the_options_about_a_file(run, write, products):
    rows = [
        f"{p.title}|{'、'.join(p.tags)}|{part}" for p, part in zip(products[:12], ["train", "test"] * 6, strict=True)
    ]
    write("款.txt", "款|卖点|部分", *rows)
    options = ("--title", "款", "--tags", "卖点", "--split", "部分", "--taggers", "dictionary", "--no-track", "--json")
    body = json.loads(run("compare", "--data", "款.txt", *options).stdout)
    assert body["sizes"]["test"] == 6


def test_facets_of_a_table(shop, run, write, products):
    tags = {tag for product in products for tag in product.tags}
    write("facets.csv", "tag,facet", *(f"{tag},{len(tag)}" for tag in sorted(tags)))
    options = ("--taggers", "dictionary", "--measures", "facet-R@10,facet-entropy@10", "--no-track", "--json")
    body = json.loads(run("compare", "--data", shop, "--facets", "facets.csv", *options).stdout)
    scores = {name: cell["value"] for name, cell in body["scores"]["test"]["dictionary"].items()}
    data = replace(tagkit.load_data(shop), facets={tag: str(len(tag)) for tag in tags})
    again = tagkit.compare(["dictionary"], data, ["facet-R@10", "facet-entropy@10"], isolate=False, progress=False)
    assert scores == pytest.approx({name: cell.value for name, cell in again.scores["test"]["dictionary"].items()})
    assert 0 < scores["facet-R@10"] < 1
    write("bad.csv", "tag,facet", "红色")
    assert (
        "bad.csv, line 2: a row needs a tag and a facet"
        in run("compare", "--data", shop, "--facets", "bad.csv", *options, code=2).stderr
    )


def test_broader_tags_of_a_table(shop, run, write):
    write("above.csv", "tag,parent", "连衣裙,服装", "服装,商品")
    options = ("--taggers", "dictionary", "--measures", "hierarchical-F1@M,parents-implied", "--no-track", "--json")
    options += ("--data", shop, "--parents", "above.csv")
    plain, added = (
        json.loads(run("compare", *options, *more).stdout)["scores"]["test"]["dictionary"]
        for more in ((), ("--refine", "parents,limit"))
    )
    assert plain["parents-implied"]["value"] == 0 and added["parents-implied"]["value"] == 1
    assert plain["hierarchical-F1@M"]["value"] == added["hierarchical-F1@M"]["value"] > 0
    assert "did you mean 'parents'" in run("compare", *options, "--refine", "parent", code=2).stderr
    without = ("--taggers", "dictionary", "--measures", "F1@M", "--data", shop, "--refine", "parents")
    assert "shop has no table of broader tags" in run("compare", *without, code=2).stderr
    assert "shop has no parents" in run("compare", *options[:-2], code=2).stderr
