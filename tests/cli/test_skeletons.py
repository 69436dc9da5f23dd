"""What `tagkit new` writes is Python and YAML that holds no placeholder; `test_new` runs it."""

from __future__ import annotations

import ast
import re

import pytest

from tagkit.cli.new import KINDS
from tagkit.cli.skeletons import SKELETONS
from tagkit.experiment.load import load_experiment

FILLED = {"NAME": "my_own", "LABEL": "MyOwn", "MODULE": "my_own"}


def filled(text: str) -> str:
    for placeholder, value in FILLED.items():
        text = text.replace(placeholder, value)
    return text


def test_there_is_one_for_each_kind():
    assert SKELETONS.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", ["tagger", "measure", "dataset"])
def test_a_class_states_its_name_and_its_test_uses_it(kind):
    body, check, _ = map(filled, SKELETONS[kind])
    (made,) = [node for node in ast.parse(body).body if isinstance(node, ast.ClassDef)]
    assert made.name == "MyOwn" and 'name = "my_own"' in ast.unparse(made).replace("'", '"')
    assert ast.get_docstring(made) and "from my_own import MyOwn" in check
    assert any(isinstance(node, ast.FunctionDef) for node in ast.parse(check).body)


def test_an_experiment_is_a_right_one(tmp_path):
    body, check, _ = map(filled, SKELETONS["experiment"])
    (tmp_path / "my_own.yaml").write_text(body, encoding="utf-8")
    rows = load_experiment(tmp_path / "my_own.yaml").rows
    assert [row.strategy for row in rows] == ["lexicon", "dictionary"] and ast.parse(check)


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_steps_are_commands_and_a_page_that_there_is(kind, request):
    *_, further = SKELETONS[kind]
    page = re.search(r"docs/\S+\.md", further)
    assert page and (request.config.rootpath / page[0]).is_file() and "tagkit " in further
