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


def test_data_list_and_card():
    rows = {row["name"]: row for row in json.loads(run("list", "--json"))}
    assert set(rows) == set(registry.datasets.names()) >= {"catalogue", "taobao_ner", "oa_mine", "openbg", "dsner_ec"}
    assert rows["catalogue"]["licence"] == "Apache-2.0" and all(row["summary"] for row in rows.values())
    lines = run("list").splitlines()
    assert len(lines) == len(rows) and lines[0].startswith("catalogue ") and "Licence: Apache-2.0." in lines[0]
    card = run("card", "catalogue")
    assert card.startswith("#") and "limitations" in card.lower()


def test_data_audit(shop, monkeypatch):
    kept = json.loads(run("audit", "catalogue", "--json"))
    assert kept["ok"] is True and len(kept["rows"]) > 30
    monkeypatch.setitem(registry.datasets.get("catalogue").expectations, "zh products", (">=", 10_000))
    lines = run("audit", "catalogue", code=1).splitlines()
    assert [line.split()[0] for line in lines if line.endswith("FAILED")] == ["zh"]
    own = json.loads(run("audit", shop, "--json"))
    assert {row["name"]: row["value"] for row in own["rows"]}["train products"] == 12


def test_data_fetch_says_where_the_files_are(public_data):
    paths = run("fetch", "oa_mine").splitlines()
    assert len(paths) == len(registry.datasets.get("oa_mine").files) and all(Path(path).is_file() for path in paths)


def test_data_explore(shop, tmp_path):
    found = json.loads(run("explore", shop, "--json"))
    assert sum(found["parts"].values()) == sum(found["tags_per_product"].values())
    assert "long tail: tags of" in run("explore", shop)
    page = tmp_path / "new" / "page.html"
    assert run("explore", shop, "--out", str(page)) == "" and "Long tail" in page.read_text(encoding="utf-8")


def test_data_audit_of_label_errors(shop):
    found = json.loads(run("audit", shop, "--label-errors", "--json"))
    assert set(found) == {"name", "products", "tags", "issues", "per_tag"}
    assert all(issue["reason"].startswith("held-out score") for issue in found["issues"])
    assert "probably missing" in run("audit", shop, "--label-errors").splitlines()[0]


def test_data_audit_of_photos(tmp_path):
    pytest.importorskip("imagehash", reason="photos need tagkit[images]")
    from tagkit.contract import PRODUCTS, photographed

    path = tmp_path / "photos.jsonl"
    rows = [product.to_dict() for product in photographed(PRODUCTS[:4])]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    found = json.loads(run("audit", str(path), "--photos", "--json"))
    assert found["photos"] == 4 and [len(group) for group in found["groups"]] == [2]
    assert "4 photos were compared" in run("audit", str(path), "--photos").splitlines()[0]
