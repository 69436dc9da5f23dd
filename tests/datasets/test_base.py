"""What all readers have in common: names, cards, licences, checked options, and values as expected."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pytest

from tagkit import registry
from tagkit.datasets import audit, auditing, card, load, store
from tagkit.errors import BadInput, UnknownName

READERS = registry.datasets.names()
PUBLIC = [name for name in READERS if name != "catalogue"]


@pytest.mark.parametrize("name", READERS)
def test_names_and_cards(name):
    reader = registry.datasets.get(name)
    assert reader.name == name and reader.licence
    assert 20 < len(registry.datasets.summary(name)) <= 120
    assert reader.card.startswith("#")
    if name in PUBLIC:
        assert all(word in reader.card for word in ("**Who.**", "**Licence.**", "**Not good for.**"))


@pytest.mark.parametrize("name", PUBLIC)
def test_files_are_known_under_the_licence_of_the_reader(name):
    reader = registry.datasets.get(name)
    assert reader.files
    for file in reader.files:
        source = store.sources()[file]
        assert (source.licence or "none stated") == reader.licence
        assert re.fullmatch("[0-9a-f]{64}", source.sha256)
        assert re.fullmatch("[0-9a-f]{40}", source.commit)


@pytest.mark.parametrize("name", READERS)
def test_audit_finds_what_is_expected(name, request, monkeypatch):
    if name in PUBLIC:
        request.getfixturevalue("public_data")
    if name in (
        "implicit_ave",
        "fashion_small",
    ):  # comparing 55,000 texts with 14,000 takes half a minute: only exact copies here
        monkeypatch.setattr(auditing, "nearest_jaccard", lambda texts, among, n: np.zeros(len(texts)))
    found = audit(load(name), registry.datasets.get(name).expectations)
    assert found.ok, str(found)


@pytest.mark.parametrize("name", READERS)
def test_options_have_defaults_and_are_documented(name):
    reader = registry.datasets.get(name)
    for option, parameter in inspect.signature(reader).parameters.items():
        assert parameter.kind is parameter.KEYWORD_ONLY and parameter.default is not parameter.empty
        assert f"    {option}: " in inspect.getdoc(reader)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("taobao_ner", {"split": "deduped"}),
        ("dsner_ec", {"distant": "ds"}),
        ("dsner_ec", {"train": "all"}),
        ("oa_mine", {"train": "0.5"}),
        ("oa_mine", {"dev": "all"}),
        ("catalogue", {"lang": "fr"}),
        ("inspec", {"keys": "all"}),
        ("inspec", {"split": "dedup"}),
        ("csl_keywords", {"dev": "half"}),
        ("implicit_ave", {"domain": "jewlery"}),
        ("implicit_ave", {"ask": "yes"}),
    ],
)
def test_values_of_options_are_checked(name, options):
    (option,) = options
    kind = "true or false" if option == "ask" else "one of "
    with pytest.raises(BadInput, match=f"^{name}: {option} must be {kind}.*, not '{options[option]}'"):
        load(name, **options)


@pytest.mark.parametrize(
    ("name", "option", "known"),
    [("taobao_ner", "lang", "split"), ("semeval2010", "keys", "split"), ("dsner_ec", "min", "distant, train")],
)
def test_unknown_options_are_errors_that_list_the_known_ones(name, option, known):
    with pytest.raises(BadInput, match=f"{name} has no option {option}; it has: {known}$"):
        load(name, **{option: 3})


def test_neither_a_name_nor_a_file():
    for function in (load, card):
        with pytest.raises(UnknownName, match="nothing_of_that_name"):
            function("nothing_of_that_name")
    with pytest.raises(BadInput, match="there is no file"):
        load("absent.csv")
