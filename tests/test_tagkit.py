"""The names of the package itself."""

import pytest

import tagkit
from tagkit.errors import UnknownName


def test_dir_shows_what_there_is_and_each_name_works():
    assert set(tagkit.__all__) <= set(dir(tagkit))
    assert {name for name in dir(tagkit) if not name.startswith("_")} == set(tagkit._HOMES) | set(tagkit._PACKAGES)
    assert all(getattr(tagkit, name) is not None for name in dir(tagkit))
    assert tagkit.report.to_frame


def test_a_wrong_name_says_what_was_meant():
    with pytest.raises(AttributeError, match=r"no attribute 'comparee' \(did you mean 'compare'\?\)"):
        tagkit.comparee  # noqa: B018
    with pytest.raises(UnknownName, match="did you mean 'hybrid'"):
        tagkit.create("hybrd")


def test_the_classes_of_strategies_are_found_behind_the_tabulator_key():
    assert {"Hybrid", "Neighbours", "Tagger", "create"} <= set(dir(tagkit.taggers))
    assert tagkit.create(tagkit.taggers.Lexicon).name == "lexicon"
    assert tagkit.taggers.Neighbours is type(tagkit.create("knn"))
    with pytest.raises(AttributeError, match="did you mean 'Hybrid'"):
        tagkit.taggers.Hybird  # noqa: B018
