"""What is found by name: files, entry points, and what is said when something is not there."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import tagkit
from tagkit import registry
from tagkit.errors import BadInput, MissingExtra, UnknownName
from tagkit.taggers import Tagger, create
from tagkit.taggers.dictionary import Dictionary

PACKAGE = Path(tagkit.__file__).parent
REGISTRIES = {
    "taggers": registry.taggers,
    "measures": registry.measures,
    "datasets": registry.datasets,
    "refine": registry.steps,
}
ENTRIES = [(folder, name) for folder, found in REGISTRIES.items() for name in found.names()]


class FromElsewhere(Dictionary):
    """A strategy of another package."""

    name = "elsewhere"


class Point:
    """Stands in for an entry point of an installed package."""

    name = "elsewhere"

    def load(self):
        return FromElsewhere


@pytest.fixture
def elsewhere(monkeypatch):
    """Another package that brings one strategy, and nothing else."""

    def entry_points(*, group):
        return [Point()] if group == "tagkit.taggers" else []

    monkeypatch.setattr(metadata, "entry_points", entry_points)


@pytest.fixture
def extras(monkeypatch):
    """Let `tagkit` have given requirements, as its metadata would list them."""

    def put(*lines: str) -> None:
        registry._extra_of.cache_clear()
        monkeypatch.setattr(metadata, "requires", lambda name: list(lines))

    yield put
    registry._extra_of.cache_clear()


@pytest.fixture
def without(monkeypatch):
    """Make a package as if it were not installed, and a strategy's module as if nobody had imported it yet."""

    def hide(package: str, module: str) -> None:
        monkeypatch.delitem(sys.modules, module, raising=False)
        monkeypatch.setitem(sys.modules, package, None)

    return hide


@pytest.mark.parametrize("folder", REGISTRIES)
def test_names_are_those_that_the_classes_state(folder):
    names = REGISTRIES[folder].names()
    assert names == sorted(set(names))
    assert len(names) > 3


def test_one_file_may_hold_several_classes(tmp_path):
    (tmp_path / "two.py").write_text(
        'class One:\n    """The first one."""\n    name = "one"\n\n\n'
        'class Two(One):\n    """The second one."""\n    name: str = "two"\n\n\nclass Helper:\n    name: str\n'
    )
    (tmp_path / "_private.py").write_text('class Three:\n    name = "three"\n')
    found = registry.stated_names(tmp_path)
    assert {name: (entry.file.stem, entry.doc) for name, entry in found.items()} == {
        "one": ("two", "The first one."),
        "two": ("two", "The second one."),
    }


def test_listing_names_and_summaries_imports_none_of_them():
    code = (
        "import json, sys; from tagkit import registry\n"
        "rows = [r.summary(n) for r in (registry.taggers, registry.measures, registry.steps) for n in r.names()]\n"
        "print(json.dumps([len(rows), [m for m in sys.modules if m.startswith('tagkit.')]]))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    count, modules = json.loads(out)
    assert count == len(ENTRIES) - len(registry.datasets.names())
    assert sorted(modules) == ["tagkit.errors", "tagkit.registry"]


@pytest.mark.parametrize(("folder", "name"), ENTRIES)
def test_each_class_says_what_it_is(folder, name):
    found = REGISTRIES[folder]
    cls = found.get(name)
    base_module, _, base = found.base.partition(":")
    assert issubclass(cls, getattr(sys.modules[base_module], base))
    assert cls.name == name and cls.__module__.startswith(f"tagkit.{folder}.")
    assert inspect.getdoc(cls) and cls.__doc__, "it inherits its docstring"
    summary = found.summary(name)
    assert 20 < len(summary) <= 120 and summary.endswith(".")


@pytest.mark.parametrize("folder", REGISTRIES)
def test_an_unknown_name_lists_what_there_is(folder):
    found = REGISTRIES[folder]
    with pytest.raises(UnknownName) as caught:
        found.get("no-such-thing")
    message = str(caught.value)
    assert found.kind in message and "'no-such-thing'" in message
    assert all(name in message for name in found.names())
    assert "\n" not in message


@pytest.mark.parametrize("name", ["base", "_features", "__init__", "../product", ""])
def test_a_helper_is_no_strategy(name):
    with pytest.raises(UnknownName):
        registry.taggers.get(name)


@pytest.mark.parametrize(("package", "name"), [("bm25s", "knn"), ("yake", "yake")])
def test_a_missing_package_is_one_sentence_with_the_extra(package, name, without):
    without(package, f"tagkit.taggers.{name}")
    registry._extra_of.cache_clear()
    with pytest.raises(MissingExtra) as caught:
        create(name)
    assert str(caught.value) == f'strategy `{name}` needs the package {package}: pip install "tagkit[{name}]"'


def test_a_missing_package_does_not_hide_the_name(without):
    without("bm25s", "tagkit.taggers.knn")
    assert "knn" in registry.taggers.names()
    assert "similar training products" in registry.taggers.summary("knn")


def test_the_smallest_extra_is_named(extras):
    extras(
        "numpy>=1.26",
        "bm25s>=0.2; extra == 'all'",
        "Py_Thing>=15; extra == 'all'",
        "yake; extra == 'all'",
        "bm25s>=0.2; extra == 'knn'",
        "Py_Thing>=15; python_version < '4' and extra == \"things\"",
        "yake; extra == 'things'",
    )
    assert registry._extra_of("bm25s") == "knn"
    assert registry._extra_of("py-thing") == "things"
    assert registry._extra_of("numpy") == ""
    assert registry._extra_of("unheard-of") == ""


def test_a_package_of_no_extra_is_named_as_it_is_installed(extras):
    extras("bm25s; extra == 'knn'")
    error = registry.missing_extra(ModuleNotFoundError("gone", name="sklearn.svm"), "it")
    assert str(error) == "it needs the package sklearn: pip install scikit-learn"


def test_tagkit_that_is_not_installed_still_says_what_is_missing(monkeypatch):
    def requires(name):
        raise metadata.PackageNotFoundError(name)

    registry._extra_of.cache_clear()
    monkeypatch.setattr(metadata, "requires", requires)
    error = registry.missing_extra(ModuleNotFoundError("gone", name="bm25s"), "it")
    registry._extra_of.cache_clear()
    assert str(error) == "it needs the package bm25s: pip install bm25s"


def test_an_entry_point_is_a_strategy_like_any_other(elsewhere, products, tmp_path):
    assert "elsewhere" in registry.taggers.names()
    assert "elsewhere" not in registry.measures.names()
    assert "elsewhere" in registry.taggers and "elsewhere" not in registry.measures
    assert registry.taggers.summary("elsewhere") == "A strategy of another package."
    tagger = create("elsewhere", min_chars=3)
    assert type(tagger) is FromElsewhere
    again = Tagger.load(tagger.fit(products).save(tmp_path))
    assert type(again) is FromElsewhere
    assert [tag.text for tag in again.predict(["黑色高跟鞋"])[0]] == ["高跟鞋"]


def test_our_own_names_are_known_without_a_search_of_other_packages(monkeypatch):
    monkeypatch.setattr(metadata, "entry_points", lambda **_: pytest.fail("other packages were searched"))
    assert "lexicon" in registry.taggers and "catalogue" in registry.datasets


def test_an_entry_point_does_not_replace_a_file(elsewhere, monkeypatch):
    monkeypatch.setattr(Point, "name", "dictionary")
    assert registry.taggers.get("dictionary") is Dictionary
    assert registry.taggers.names().count("dictionary") == 1


def test_a_file_without_a_class_is_told(monkeypatch):
    with pytest.raises(UnknownName, match=r"tagkit\.errors holds no Tagger called 'x'"):
        registry.taggers._class_in(sys.modules["tagkit.errors"], "x")


def test_public_names_are_there_and_others_are_not():
    for name in tagkit.__all__:
        assert getattr(tagkit, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = tagkit.nonsense


OWN = '''
from tagkit.product import Tag
from tagkit.tagger import Tagger


class Loud(Tagger):
    """One tag for all."""

    name = "loud"
    tag: str = "好"

    def _fit(self, train, dev, cache):
        pass

    def _tag(self, products):
        return [[Tag(self.tag, 1.0, self.name)] for _ in products]

    def _state(self):
        return {}

    def _restore(self, state):
        pass
'''


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A module of the user's own in the working directory, which nobody has imported."""
    (tmp_path / "own_shop").mkdir()
    (tmp_path / "own_shop" / "loud.py").write_text(OWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield "own_shop.loud:Loud"
    for name in ("own_shop.loud", "own_shop"):
        sys.modules.pop(name, None)


def test_a_class_of_ones_own_is_named_with_its_module(own, products):
    assert own not in registry.taggers
    tagger = create(own, tag="新")
    assert own in registry.taggers and registry.taggers.name_of(type(tagger)) == own
    data = tagkit.Dataset("shop", tuple(products[:12]), test=tuple(products[12:]))
    result = tagkit.compare([own, "lexicon"], data, ["F1@M"], progress=False)
    assert result.rows[own].runs[0].peak_mb, "it ran in a process of its own"
    assert [tag.text for tag in result.tagger(own).predict("红色高跟鞋")] == ["好"]


def test_a_saved_model_does_not_import_what_it_names(own, products, tmp_path):
    create(own).fit(products).save(tmp_path / "model")
    create("ensemble", taggers=[own, "lexicon"]).fit(products).save(tmp_path / "both")
    assert tagkit.load_tagger(tmp_path / "model").predict("鞋")[0].text == "好"
    del sys.modules["own_shop.loud"]
    for folder in ("model", "both"):
        with pytest.raises(UnknownName, match=r"own_shop\.loud:Loud is no part of tagkit"):
            tagkit.load_tagger(tmp_path / folder)
    assert "own_shop.loud" not in sys.modules


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("own_shop.loud:Quiet", "the module own_shop.loud holds no class Quiet"),
        ("own_shop.quiet:Loud", "there is no module own_shop.quiet"),
        ("no_shop.loud:Loud", "there is no module no_shop"),
        ("tagkit.product:Product", "is no strategy: it must be a subclass of Tagger"),
        ("os:system", "holds no class system"),
    ],
)
def test_what_is_no_class_of_ones_own_is_one_sentence(own, name, message):
    with pytest.raises((UnknownName, BadInput), match=message):
        create(name)


def test_a_module_whose_package_is_missing_says_what_to_install(own, tmp_path):
    (tmp_path / "own_shop" / "needy.py").write_text("import no_such_package_at_all", encoding="utf-8")
    with pytest.raises(MissingExtra, match="pip install no_such_package_at_all"):
        create("own_shop.needy:Needy")
