import json

import pytest
from typer.testing import CliRunner

from tagkit.cli import app
from tagkit.product import Product, Tag
from tagkit.reviewing.store import ReviewStore


@pytest.fixture
def review(tmp_path):
    pytest.importorskip("krippendorff")
    path = tmp_path / "review.db"
    for name, tags in (("ana", ("红色", "鞋")), ("bob", ("红色",))):
        with ReviewStore(path, [Product("a", "红色鞋"), Product("b", "蓝")], reviewer=name, overlap=2) as store:
            store.suggest({0: [Tag("红色", 0.9, "linear"), Tag("男", 0.2, "linear")]})
            for tag in tags:
                store.add(0, tag)
            store.mark(0, "done")
    return path


def run(*words: object, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["review", *map(str, words)])
    assert done.exit_code == code, done.output
    return done.output


def test_status(review):
    said = run("status", review)
    assert "2 products, 1 left for a new reviewer" in said and "ana" in said
    assert json.loads(run("status", review, "--json"))["reviewers"]["bob"] == {
        "done": 1,
        "skip": 0,
        "flag": 0,
        "decisions": 1,
    }


def test_agreement(review):
    said = run("agreement", review)
    assert "ana, bob: 1 products, 3 judged tags" in said and "Krippendorff's alpha: 0.444" in said
    assert "1 disagreements to settle" in said and "yes: ana; no: bob" in said
    found = json.loads(run("agreement", review, "--json"))
    assert round(found["alpha"], 3) == 0.444
    assert found["disagreements"] == [{"id": "a", "tag": "鞋", "yes": ["ana"], "no": ["bob"]}]


def test_export_and_import(review, tmp_path):
    said = run("export", review, tmp_path / "tasks.json", "--format", "label-studio")
    assert "tasks.json: 2 products" in said and "Label Studio has no rejected tags" in said
    (tmp_path / "in.csv").write_text("id,tags\nb,蓝\nz,红\n", encoding="utf-8")
    said = run("import", review, tmp_path / "in.csv", "--reviewer", "eve")
    assert "2 decisions about 1 products saved" in said and "1 records are of other products, for instance 'z'" in said
    assert "1 records were known already" in run("import", review, tmp_path / "in.csv", "--reviewer", "eve")
    assert "there is no format 'xml' of reviews" in run("export", review, tmp_path / "out.xml", code=2)
    assert "there is no file" in run("status", tmp_path / "none.db", code=2)
