"""`tagkit data`: what its commands print, and that a card can be read before the data are on this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tagkit import registry
from tagkit.cli import app
from tagkit.datasets import store

PUBLIC = ("taobao_ner", "oa_mine", "openbg", "dsner_ec")


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """No data on this machine, an empty cache, and every download counted and refused."""
    asked = []

    def refuse(url, *args, **options):
        asked.append(url)
        raise OSError("refused")

    monkeypatch.delenv("TAGKIT_DATA", raising=False)
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))
    monkeypatch.setattr("pooch.retrieve", refuse)
    return asked


def run(*args: str, code: int = 0) -> str:
    found = CliRunner().invoke(app, ["data", *args])
    assert found.exit_code == code, (found.stdout, found.stderr, found.exception)
    return found.stdout


@pytest.mark.parametrize("name", PUBLIC)
def test_a_card_can_be_read_before_the_data_are_downloaded(name, offline):
    assert run("card", name) == f"{registry.datasets.get(name).card}\n"
    assert json.loads(run("card", name, "--json")) == {"name": name, "card": registry.datasets.get(name).card}
    assert not offline, "nothing was downloaded"


def test_the_card_has_the_statistics_of_a_reading_where_the_data_are(public_data):
    card = run("card", "openbg")
    assert card.startswith(registry.datasets.get("openbg").card) and "Tags: 470" in card
    assert json.loads(run("card", "openbg", "--json"))["card"] == card[:-1]


def test_some_files_are_not_all(offline, tmp_path):
    files = registry.datasets.get("openbg").files
    for file in files[:-1]:
        place = tmp_path / "data" / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("[]")
    assert not store.is_here(files) and store.is_here(files[:-1])
    assert "Statistics of this reading" not in run("card", "openbg") and not offline


def test_the_card_of_the_users_own_file(tmp_path):
    file = tmp_path / "mine.jsonl"
    file.write_text('{"id": "1", "title": "鞋", "tags": ["鞋子"]}\n{broken\n', encoding="utf-8")
    with pytest.warns(UserWarning, match="1 of 2 rows"):
        row = json.loads(run("card", str(file), "--json"))
    assert row["name"] == str(file) and "1 of 2 rows were left out" in row["card"]


def test_fetch_as_json(public_data):
    rows = json.loads(run("fetch", "oa_mine", "--json"))
    assert [row["file"] for row in rows] == list(registry.datasets.get("oa_mine").files)
    assert [row["path"] for row in rows] == run("fetch", "oa_mine").splitlines()
    assert all(Path(row["path"]).is_file() for row in rows)


def test_nothing_to_fetch_and_nothing_available(offline):
    assert json.loads(run("fetch", "catalogue", "--json")) == [] and run("fetch", "catalogue") == ""
    assert run("fetch", "oa_mine", "--json", code=2) == "" and len(offline) == 1
