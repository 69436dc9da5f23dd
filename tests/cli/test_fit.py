"""`tagkit fit`: a strategy or the best of a few, saved with the thresholds that were chosen on dev."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def table(products, workplace) -> str:
    """A shop's table as Excel writes it in China: GBK, Chinese column names, tags separated by 、."""
    parts = ["train"] * 12 + ["dev"] * 4 + ["test"] * 8
    with open("商品.csv", "w", encoding="gbk", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["货号", "商品名称", "标签", "划分"])
        for product, part in zip(products, parts, strict=True):
            writer.writerow([product.id, product.title, "、".join(product.tags), part])
    return "商品.csv"


def test_what_is_fitted_is_evaluated_and_tagged_with(table, run, texts):
    said = run("fit", table, "--tagger", "lexicon", "--out", "model").stdout
    assert said.startswith("lexicon is fitted on 12 products of 商品.csv (")
    assert "on 4 dev products) and saved in model. Next: tagkit evaluate model 商品.csv\n" in said
    on_dev = json.loads(run("evaluate", "model", table, "--part", "dev", "--measures", "F1@M", "--json").stdout)
    assert f"; F1@M {on_dev['scores']['F1@M']['value']:.3f} on 4 dev products" in said
    shown = json.loads(run("evaluate", "model", table, "--json").stdout)
    assert (shown["strategy"], shown["part"], shown["products"], shown["known"]) == ("lexicon", "test", 8, 0)
    assert shown["scores"]["F1@M"]["low"] <= shown["scores"]["F1@M"]["value"] <= shown["scores"]["F1@M"]["high"]
    assert texts(run("tag", "红色高跟鞋", "--model", "model", "--json").stdout)[:2] == ["高跟鞋", "红色"]


def test_options_of_the_file_go_to_the_next_command(run, write):
    write("own.csv", "a;b", *(f"红色高跟鞋 {i};红色/高跟鞋" for i in range(30)))
    options = ("--title", "a", "--tags", "b", "--separator", "/")
    body = json.loads(
        run(
            "fit",
            "own.csv",
            *options,
            "--out",
            "own model",
            "--set",
            "min_chars=1",
            "--tagger",
            "lexicon",
            "--json",
        ).stdout
    )
    assert body["F1@M on dev"] == 1 and body["params"]["min_chars"] == 1
    assert body["next"] == "tagkit evaluate 'own model' own.csv --title a --tags b --separator /"
    found = json.loads(run("evaluate", "own model", "own.csv", *options, "--json").stdout)
    assert found["scores"]["F1@M"]["value"] == 1


def test_the_best_of_a_comparison_within_its_budget(table, run):
    found = run("fit", table, "--out", "best", "--best", "--taggers", "dictionary,lexicon", "--minutes", "2", "--json")
    assert "comparing dictionary, lexicon on train and dev of 商品, for 2 minutes at most" in found.stderr
    body = json.loads(found.stdout)
    scores = {one["name"]: one["score"] for one in body["tried"]}
    assert body["strategy"] == max(scores, key=scores.__getitem__) and Path("best/state.zip").is_file()
    assert "there was no time left" in run("fit", table, "--out", "x", "--best", "--minutes", "0", code=2).stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--best", "--tagger", "linear"), "--best chooses the strategy"),
        (("--taggers", "linear"), "--taggers goes with --best"),
        (("--tagger", "lexikon"), "did you mean 'lexicon'?"),
        (("--tagger", "lexicon", "--set", "no=1"), "lexicon has no parameter 'no'"),
        (("--tags", "商品名"), "商品名"),
    ],
)
def test_wrong_words_are_one_sentence(table, run, words, message):
    found = run("fit", table, "--out", "none", *words, code=2)
    assert message in found.stderr and not Path("none").exists()


def test_a_file_without_tags_cannot_be_learned_from(run, write):
    write("untagged.csv", "商品名称", *(f"红色高跟鞋 {i}" for i in range(20)))
    found = run("fit", "untagged.csv", "--out", "none", code=2)
    assert "untagged.csv: no product of train has tags to learn from (name their column with --tags)" in found.stderr


def test_broader_tags_are_kept_with_the_model(table, run, write, texts):
    write("above.csv", "tag,parent", "高跟鞋,鞋履", "连衣裙,鞋履")
    options = ("--parents", "above.csv", "--refine", "parents,limit", "--out", "broad", "--json")
    said = json.loads(run("fit", table, "--tagger", "dictionary", *options).stdout)
    assert said["next"] == "tagkit evaluate broad 商品.csv --parents above.csv"
    options = ("--parents", "above.csv", "--measures", "parents-implied", "--json")
    assert json.loads(run("evaluate", "broad", table, *options).stdout)["scores"]["parents-implied"]["value"] == 1
    Path("above.csv").unlink()
    assert texts(run("tag", "红色高跟鞋", "--model", "broad", "--json").stdout) == ["红色", "高跟鞋", "鞋履"]
