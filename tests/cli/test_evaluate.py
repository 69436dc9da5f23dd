"""`tagkit evaluate`, and that what a comparison measures is what is handed out, saved, loaded and tagged with."""

from __future__ import annotations

import json

import pytest

import tagkit
from tagkit.measures import parse


def test_what_is_measured_is_what_one_gets(run, write):
    """The tags and F1@M of `hybrid` are the same in the table, in Python, saved and loaded, and on the command line."""
    data = tagkit.load_data("catalogue")
    data = data.with_parts(train=data.train[:150], dev=data.dev[:40], test=data.test[:40])
    result = tagkit.compare(["lexicon", "hybrid"], data, ["F1@M"], isolate=False, progress=False)
    expected = result.scores["test"]["hybrid"]["F1@M"]
    pipeline = result.tagger("hybrid")
    folder = pipeline.save("hybrid")
    write("new.jsonl", *(product.to_dict() for product in data.test))
    write("test.jsonl", *(product.to_dict() | {"split": "test"} for product in data.test))
    tagged = [json.loads(line) for line in run("tag", "new.jsonl", "--model", folder).stdout.splitlines()]
    lists = [result.tags("hybrid"), pipeline.predict(data.test), tagkit.load_tagger(folder).predict(data.test)]
    plain = [[[(tag.text, round(tag.score, 6)) for tag in row] for row in tags] for tags in lists]
    plain.append([[(tag["text"], tag["score"]) for tag in row["tags"]] for row in tagged])
    assert plain[0] == plain[1] == plain[2] == plain[3]
    gold = [product.tags for product in data.test]
    assert parse("F1@M")([[text for text, _ in row] for row in plain[3]], gold) == pytest.approx(expected.value)
    shown = json.loads(run("evaluate", folder, "test.jsonl", "--json").stdout)
    assert shown["scores"]["F1@M"] == pytest.approx({k: getattr(expected, k) for k in ("value", "low", "high")})


def test_the_table_has_intervals_and_says_what_is_known(shop, run):
    run("fit", shop, "--tagger", "dictionary", "--out", "known")
    shown = run("evaluate", "known", shop, "--part", "all", "--measures", "F1@M,P@5").stdout.splitlines()
    assert shown[0] == "dictionary on shop, all: 24 products" and shown[2].split() == [
        *("measure", "score", "95%", "interval", "new", "texts", "95%", "interval")
    ]
    assert [line.split()[0] for line in shown[3:5]] == ["F1@M", "P@5"] and " to " in shown[3]
    assert shown[-1].startswith("16 of 24 texts are among those that the model was fitted on")


def test_what_is_no_model_and_no_part_is_one_sentence(shop, run):
    assert "holds no saved tagger" in run("evaluate", "nothing", shop, code=2).stderr
    run("fit", shop, "--tagger", "dictionary", "--out", "known")
    assert "the part is one of" in run("evaluate", "known", shop, "--part", "tset", code=2).stderr
