"""Strategies are made by name or class, and take the synonyms of a data set."""

from __future__ import annotations

import pytest

from tagkit.creation import create, take_synonyms
from tagkit.errors import BadInput, UnknownName
from tagkit.taggers import Tagger

Lexicon: type[Tagger] = type(create("lexicon"))


def test_a_class_is_made_like_a_name():
    made = create(Lexicon, min_chars=3)
    assert isinstance(made, Lexicon) and made.get_params()["min_chars"] == 3
    with pytest.raises(BadInput, match="no parameter"):
        create(Lexicon, k=1)
    with pytest.raises(UnknownName, match="did you mean 'lexicon'"):
        create("lexicn")


def test_synonyms_of_a_data_set_are_taken_unless_the_user_gave_some():
    tagger, own = create("lexicon"), create("lexicon", synonyms={"鞋子": ["鞋"]})
    for one in (tagger, own):
        take_synonyms(one, {"女性": ("女士",)})
    assert tagger.get_params()["synonyms"] == {"女性": ["女士"]}
    assert own.get_params()["synonyms"] == {"鞋子": ["鞋"]}
