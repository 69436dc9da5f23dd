"""The command line: what it prints, writes and takes up again, and how it fails."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import tagkit
from tagkit import registry
from tagkit.cli import app
from tagkit.taggers import create

RUNNER = CliRunner()
TAGKIT = [sys.executable, "-m", "tagkit"]
COMPARE = ("compare", "--taggers", "dictionary,lexicon", "--samples", 20)


@pytest.fixture(scope="module", autouse=True)
def workplace(tmp_path_factory):
    """A folder to work in and a cache for this file, so that a strategy is fitted once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAGKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("PYTHONPATH", str(Path(tagkit.__file__).parents[1]))
        patch.chdir(tmp_path_factory.mktemp("work"))
        yield


@pytest.fixture(scope="module")
def shop(products, workplace) -> str:
    """A user's own file."""
    parts = ["train"] * 12 + ["dev"] * 4 + ["test"] * 8
    rows = [product.to_dict() | {"split": part} for product, part in zip(products, parts, strict=True)]
    write("shop.jsonl", *rows)
    return "shop.jsonl"


def write(name: str, *rows: dict | str) -> None:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    Path(name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def run(*args: object, code: int = 0, input: str | None = None):
    found = RUNNER.invoke(app, [str(arg) for arg in args], input=input)
    assert found.exit_code == code, (found.stdout, found.stderr, found.exception)
    return found


def texts(line: str) -> list[str]:
    return [tag["text"] for tag in json.loads(line)["tags"]]


# ---------------------------------------------------------------- tag


def test_the_default_tagger_on_the_example_of_the_article():
    row = json.loads(run("tag", "这是一款蓝色的高跟鞋", "--json").stdout)
    assert row["title"] == "这是一款蓝色的高跟鞋"
    found = [tag["text"] for tag in row["tags"]]
    assert {"高跟鞋", "蓝色", "鞋子", "女性"} <= set(found) and len(found) <= 8
    scores = [tag["score"] for tag in row["tags"]]
    assert scores == sorted(scores, reverse=True) and 0 <= scores[-1] <= scores[0] <= 1
    assert row["tags"][0]["spans"] == [[7, 10]] and row["tags"][0]["source"].startswith("hybrid")


def test_a_text_for_people(shop):
    assert run("tag", "红色高跟鞋", "--tagger", "dictionary", "--data", shop).stdout == "红色 1.00, 高跟鞋 1.00\n"
    assert run("tag", "没有", "--tagger", "dictionary", "--data", shop).stdout == "\n"


def test_limit_score_and_saved_strategy(shop, products):
    create("lexicon").fit(products).save("model")
    options = ("tag", "红色高跟鞋女夏季", "--model", "model", "--json")
    row = run(*options).stdout
    assert set(texts(row)) == {"红色", "高跟鞋", "夏季"}
    assert texts(run(*options, "--limit", 1).stdout) == texts(row)[:1]
    top = json.loads(row)["tags"][0]["score"]
    kept = json.loads(run(*options, "--min-score", top).stdout)["tags"]
    assert kept == [tag for tag in json.loads(row)["tags"] if tag["score"] >= top]


def test_a_long_text_is_no_file_name(shop):
    text = "红色高跟鞋" * 1000
    row = run("tag", text, "--tagger", "dictionary", "--data", shop, "--json").stdout
    assert json.loads(row)["title"] == text and texts(row) == ["红色", "高跟鞋"]


def test_a_file_with_bad_rows(shop):
    write("new.jsonl", {"id": "a", "title": "红色高跟鞋"}, "{broken", {"id": "b"}, {"title": "无糖茶", "split": "?"})
    found = run("tag", "new.jsonl", "--tagger", "dictionary", "--data", shop)
    lines = found.stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["a", "4"]
    assert [texts(line) for line in lines] == [["红色", "高跟鞋"], ["无糖"]]
    assert "2 of 4 rows were left out, the first for this reason: line 2: no JSON" in found.stderr
    rejected = [json.loads(line) for line in Path("new.jsonl.rejects.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["line"] for row in rejected] == [2, 3] and all(row["reason"] for row in rejected)


def test_other_files_and_standard_input(shop):
    options = ("--tagger", "dictionary", "--data", shop)
    write("new.csv", "id,title", "x,红色高跟鞋", "y,白色运动鞋")
    write("new.txt", "红色高跟鞋", "", "白色运动鞋")
    of_csv, of_text = (run("tag", name, *options).stdout.splitlines() for name in ("new.csv", "new.txt"))
    assert [json.loads(line)["id"] for line in of_csv] == ["x", "y"]
    assert [texts(line) for line in of_csv] == [texts(line) for line in of_text]
    assert run("tag", "-", *options, input="红色高跟鞋\n\n白色运动鞋\n").stdout.splitlines() == of_text
    of_json = run("tag", "-", *options, input='{"id": "x", "title": "红色高跟鞋"}\n{\n')
    assert of_json.stdout.splitlines() == of_csv[:1] and "1 of 2 rows were left out" in of_json.stderr


def test_out_and_resume(shop):
    write("many.txt", *(f"红色高跟鞋 {number}" for number in range(1200)))
    options = ("tag", "many.txt", "--tagger", "dictionary", "--data", shop, "--out", "tags.jsonl")
    assert run(*options).stdout == ""
    out = Path("tags.jsonl")
    whole = out.read_bytes()
    assert whole.count(b"\n") == 1200 and json.loads(whole.splitlines()[-1])["title"] == "红色高跟鞋 1199"
    out.write_bytes(b"".join(whole.splitlines(True)[:1100]) + whole.splitlines()[1100][:30])  # a half-written line
    run(*options, "--resume")
    assert out.read_bytes() == whole
    run(*options, "--resume")
    assert out.read_bytes() == whole, "nothing is left to do"
    out.unlink()
    run(*options, "--resume")
    assert out.read_bytes() == whole, "nothing was done before"


def test_a_closed_pipe_is_no_error(shop):
    write("long.txt", *(f"红色高跟鞋 {number}" for number in range(3000)))
    command = [*TAGKIT, "tag", "long.txt", "--tagger", "dictionary", "--data", shop]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        assert texts(process.stdout.readline()) == ["红色", "高跟鞋"]
        process.stdout.close()
        assert b"Error" not in process.stderr.read()
        assert process.wait(timeout=60) == 0


# ---------------------------------------------------------------- compare


def test_compare_as_json(shop):
    measures = "F1@M,R(tags=absent)@10,ILD@10"
    options = ("--seed", 3, "--baseline", "dictionary", "--no-track", "--out", "mine", "--json")
    options += ("--set", "lexicon.min_chars=1")
    found = run(*COMPARE, "--data", shop, "--measures", measures, *options)
    body = json.loads(found.stdout)
    assert (*(body["experiment"][key] for key in ("baseline", "samples", "seed")), body["mlflow_run"]) == (
        "dictionary",
        20,
        3,
        "",
    )
    assert [body["rows"][name]["params"]["min_chars"] for name in ("lexicon", "dictionary")] == [1, 2]
    figures = body["scores"]["test"]
    assert set(figures) == {"dictionary", "lexicon"}
    assert list(figures["lexicon"]) == measures.split(",") and figures["lexicon"]["F1@M"]["value"] > 0.3
    assert {"report.html", "tags.png", "leaderboard-test.md"} <= {path.name for path in Path("mine").iterdir()}
    assert "comparing on shop" in found.stderr, "progress is shown"


def test_compare_prints_the_leaderboard_and_logs_it(shop, monkeypatch):
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")  # nobody chose a store
    write("README.md", "<!-- leaderboard -->", "<!-- /leaderboard -->")
    lines = run(*COMPARE, "--data", shop, "--measures", "F1@M", "--readme", "README.md").stdout.splitlines()
    assert lines[0].startswith("shop, test: 8 products;") and "F1@M" in lines[2]
    assert lines[-2] == "report: runs/shop/report.html" and Path("runs/shop/report.html").is_file()
    assert lines[-1].startswith("MLflow: mlflow ui --backend-store-uri sqlite:////")
    assert Path(lines[-1].partition("sqlite:///")[2]) == Path("mlruns/mlflow.db").absolute()
    assert len(list(Path("mlruns/artifacts").rglob("predictions.jsonl"))) == 2
    assert len(list(Path("mlruns/artifacts").rglob("report.html"))) == 1
    assert "| lexicon (baseline) |" in Path("README.md").read_text(encoding="utf-8")


def test_a_stopped_comparison_says_how_to_go_on(shop, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    options = (*COMPARE, "--data", shop, "--no-track", "--json")
    with monkeypatch.context() as patch:
        patch.setattr(registry.taggers.get("lexicon"), "_fit", stop)
        found = run(*options, code=130)
    assert found.stderr.splitlines()[-1].startswith("tagkit: stopped; `compare` goes on")
    with monkeypatch.context() as patch:
        patch.setattr(registry.taggers.get("dictionary"), "_fit", stop)
        assert set(json.loads(run(*options).stdout)["rows"]) == {"lexicon", "dictionary"}


def test_without_extras_the_leaderboard_is_printed_all_the_same(shop, monkeypatch):
    monkeypatch.delitem(sys.modules, "tagkit.report.page", raising=False)
    for package in ("jinja2", "mlflow"):
        monkeypatch.setitem(sys.modules, package, None)
    found = run(*COMPARE, "--data", shop, "--measures", "F1@M", "--out", "absent")
    assert found.stdout.splitlines()[0].startswith("shop, test:") and "report:" not in found.stdout
    assert [line for line in found.stderr.splitlines() if line.startswith("tagkit: ")] == [
        'tagkit: tracking needs the package mlflow: pip install "tagkit[mlflow]"',
        'tagkit: the HTML report needs the package jinja2: pip install "tagkit[report]"',
    ]


# ---------------------------------------------------------------- data, taggers, measures


def test_data_list_and_card():
    rows = {row["name"]: row for row in json.loads(run("data", "list", "--json").stdout)}
    assert set(rows) == set(registry.datasets.names()) >= {"catalogue", "taobao_ner", "oa_mine", "openbg", "dsner_ec"}
    assert rows["catalogue"]["licence"] == "Apache-2.0" and all(row["summary"] for row in rows.values())
    lines = run("data", "list").stdout.splitlines()
    assert len(lines) == len(rows) and lines[0].startswith("catalogue ") and "Licence: Apache-2.0." in lines[0]
    card = run("data", "card", "catalogue").stdout
    assert card.startswith("#") and "not good for" in card.lower()


def test_data_audit(shop, monkeypatch):
    kept = json.loads(run("data", "audit", "catalogue", "--json").stdout)
    assert kept["ok"] is True and len(kept["rows"]) > 30
    monkeypatch.setitem(registry.datasets.get("catalogue").expectations, "zh products", (">=", 10_000))
    lines = run("data", "audit", "catalogue", code=1).stdout.splitlines()
    assert [line.split()[0] for line in lines if line.endswith("FAILED")] == ["zh"]
    own = json.loads(run("data", "audit", shop, "--json").stdout)
    assert {row["name"]: row["value"] for row in own["rows"]}["train products"] == 12


def test_data_fetch_says_where_the_files_are(public_data):
    paths = run("data", "fetch", "oa_mine").stdout.splitlines()
    assert len(paths) == len(registry.datasets.get("oa_mine").files) and all(Path(path).is_file() for path in paths)


def test_taggers(monkeypatch):
    monkeypatch.delitem(sys.modules, "tagkit.taggers.knn", raising=False)
    monkeypatch.setitem(sys.modules, "bm25s", None)
    rows = {row["name"]: row for row in json.loads(run("taggers", "--json").stdout)}
    assert set(rows) == set(registry.taggers.names())
    assert all(row["summary"].endswith(".") for row in rows.values())
    assert rows["dictionary"]["params"] == {"min_chars": 2} and not rows["dictionary"]["missing"]
    assert 'pip install "tagkit[knn]"' in rows["knn"]["missing"] and not rows["knn"]["params"]
    lines = run("taggers").stdout.splitlines()
    assert [line.split()[0] for line in lines] == registry.taggers.names()


def test_measures():
    rows = {row["name"]: row for row in json.loads(run("measures", "--json").stdout)}
    assert len(rows) == len(registry.measures.names())
    assert all(row["better"] in ("higher", "lower") and row["summary"] and row["source"] for row in rows.values())
    assert "k" in rows["P"]["params"] and rows["redundancy"]["better"] == "lower"
    assert len(run("measures").stdout.splitlines()) == len(rows)


# ---------------------------------------------------------------- how it fails, and how fast it starts


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("tag 鞋 --tagger nonesuch", "no strategy is called 'nonesuch'; there are: "),
        ("tag 鞋 --data nonesuch", "no data set is called 'nonesuch'; there are: "),
        ("compare --taggers nonesuch", "no strategy is called 'nonesuch'; there are: "),
        ("compare --taggers dictionary --measures nonesuch@5", "no measure is called 'nonesuch'; there are: "),
        ("compare --data nonesuch", "no data set is called 'nonesuch'; there are: "),
        ("compare --taggers dictionary --baseline knn", "the baseline 'knn' takes no part; there are: dictionary"),
        ("compare --set lexicon=1", "--set takes NAME.PARAMETER=VALUE, not 'lexicon=1'"),
        ("compare --taggers dictionary --set knn.k=3", "--set names knn, which takes no part"),
        ("data card nonesuch", "no data set is called 'nonesuch'; there are: "),
        ("data audit nonesuch", "no data set is called 'nonesuch'; there are: "),
        ("data fetch nonesuch", "no data set is called 'nonesuch'; there are: "),
        (f"data card {'长' * 300}", "no data set is called '长长"),
        ("data audit nonesuch.csv", "there is no file nonesuch.csv"),
        ("tag nonesuch.jsonl", "there is no file nonesuch.jsonl"),
        ("tag 鞋 --model nonesuch", "nonesuch holds no saved strategy"),
        ("tag 鞋 --resume", "--resume needs --out"),
        ("tag 鞋 --tagger dictionary --out none/such", "none/such: No such file or directory"),
    ],
)
def test_what_is_not_there_is_one_line(command, message):
    found = run(*command.split(), code=2)
    assert found.stdout == ""
    (line,) = found.stderr.splitlines()
    assert line.startswith(f"tagkit: {message}")


def test_version_and_help():
    assert run("--version").stdout == f"{tagkit.__version__}\n"
    assert {"tag", "compare", "data", "taggers", "measures"} <= set(run("--help").stdout.split())


def test_help_is_fast_and_imports_nothing_heavy():
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([*TAGKIT[:1], "-X", "importtime", *TAGKIT[1:], "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert b"Tag products" in done.stdout and min(seconds) < 0.5, seconds
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.decode().splitlines()}
    assert "tagkit.cli.main" in imported
    assert not imported & {"torch", "transformers", "mlflow", "sklearn", "numpy", "pandas", "matplotlib", "jieba"}


def test_import_is_light():
    code = "import sys, tagkit; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "tagkit" in modules and not {"torch", "transformers", "mlflow", "numpy"} & set(modules)
