"""`tagkit learn`: a saved model learns from a file, with and without the products that it was fitted on."""

from __future__ import annotations

import json


def test_a_model_learns_from_a_file_and_is_saved_again(shop, run, write, texts):
    run("fit", shop, "--tagger", "lexicon", "--out", "model")
    write("reviewed.jsonl", {"id": "new", "title": "驼色大衣", "tags": ["大衣", "驼色"]})
    said = run("learn", "model", "reviewed.jsonl", "--out", "more").stdout
    assert "lexicon learned from 1 product." in said and "2 tags were new to it: 大衣, 驼色" in said
    assert "no change can be measured" in said and said.endswith("The model is saved in more.\n")
    assert set(texts(run("tag", "驼色大衣", "--model", "more", "--json").stdout)) == {"大衣", "驼色"}
    assert texts(run("tag", "驼色大衣", "--model", "model", "--json").stdout) == []


def test_with_the_old_products_the_change_on_dev_is_told(shop, run, write):
    run("fit", shop, "--tagger", "linear", "--out", "linear")
    write("reviewed.jsonl", {"id": "new", "title": "驼色大衣", "tags": ["大衣", "驼色"]})
    body = json.loads(run("learn", "linear", "reviewed.jsonl", "--old", shop, "--out", "more", "--json").stdout)
    assert (body["name"], body["products"], body["replaced"], body["dev"]) == ("linear", 1, 0, 4)
    assert 0 <= body["f1_before"] <= 1 and body["model"] == "more"


def test_a_file_without_tags_is_refused(shop, run, write):
    run("fit", shop, "--tagger", "lexicon", "--out", "model")
    write("bare.jsonl", {"title": "驼色大衣"})
    found = run("learn", "model", "bare.jsonl", "--out", "none", code=2)
    assert "no product has tags to learn from" in found.stderr
