"""`tagkit explain`: why a text gets a tag, or why not."""

from __future__ import annotations

import json


def test_a_tag_that_is_given_is_explained_by_its_words(shop, run):
    run("fit", shop, "--tagger", "lexicon", "--out", "model")
    best = json.loads(run("tag", "红色连衣裙", "--model", "model", "--json").stdout)["tags"][0]["text"]
    found = json.loads(run("explain", "红色连衣裙", "--model", "model", "--json").stdout)
    assert found["tag"] == best and found["given"] and found["strategy"] == "lexicon"
    assert any(word["weight"] > 0 and word["text"] in "红色连衣裙" for word in found["words"])
    assert best in run("explain", "红色连衣裙", "--model", "model").stdout


def test_a_tag_that_is_not_given_is_explained_too(shop, run):
    run("fit", shop, "--tagger", "linear", "--out", "model")
    found = json.loads(run("explain", "红色连衣裙", "--tag", "没有的标签", "--model", "model", "--json").stdout)
    assert not found["given"] and "did not learn it" in found["facts"]["why not"]


def test_wrong_arguments_are_one_sentence(shop, run):
    run("fit", shop, "--tagger", "lexicon", "--out", "model")
    assert "cleaning leaves no letter or digit" in run("explain", "！！！", "--model", "model", code=2).stderr
    said = run("explain", "红色连衣裙", "--method", "oclusion", "--model", "model", code=2).stderr
    assert "did you mean 'occlusion'" in said
