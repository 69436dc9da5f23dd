"""`tagkit tag`: what it prints, writes and resumes."""

from __future__ import annotations

import csv
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tagkit.cli import unfinished
from tagkit.contract import photographed
from tagkit.taggers import create

TAGKIT = [sys.executable, "-m", "tagkit"]


def test_the_default_tagger_on_the_example_of_the_article(run):
    row = json.loads(run("tag", "这是一款蓝色的高跟鞋", "--json").stdout)
    assert row["title"] == "这是一款蓝色的高跟鞋"
    found = [tag["text"] for tag in row["tags"]]
    assert {"高跟鞋", "蓝色", "鞋子", "女性"} <= set(found) and len(found) <= 8
    scores = [tag["score"] for tag in row["tags"]]
    assert scores == sorted(scores, reverse=True) and 0 <= scores[-1] <= scores[0] <= 1
    assert row["tags"][0]["spans"] == [[7, 10]] and row["tags"][0]["source"].startswith("hybrid")


def test_a_text_for_people(shop, run):
    assert run("tag", "红色高跟鞋", "--tagger", "dictionary", "--data", shop).stdout == "红色 1.00, 高跟鞋 1.00\n"
    assert run("tag", "没有", "--tagger", "dictionary", "--data", shop).stdout == "\n"


def test_limit_score_and_saved_strategy(shop, products, run, texts):
    create("lexicon").fit(products).save("model")
    options = ("tag", "红色高跟鞋女夏季", "--model", "model", "--json")
    row = run(*options).stdout
    assert set(texts(row)) == {"红色", "高跟鞋", "夏季"}
    assert texts(run(*options, "--limit", 1).stdout) == texts(row)[:1]
    top = json.loads(row)["tags"][0]["score"]
    kept = json.loads(run(*options, "--min-score", top).stdout)["tags"]
    assert kept == [tag for tag in json.loads(row)["tags"] if tag["score"] >= top]


def test_a_long_text_is_no_file_name(shop, run, texts):
    text = "红色高跟鞋" * 1000
    row = run("tag", text, "--tagger", "dictionary", "--data", shop, "--json").stdout
    assert json.loads(row)["title"] == text and texts(row) == ["红色", "高跟鞋"]


def test_a_file_with_bad_rows(shop, run, write, texts):
    write("new.jsonl", {"id": "a", "title": "红色高跟鞋"}, "{broken", {"id": "b"}, {"title": "无糖茶", "split": "?"})
    found = run("tag", "new.jsonl", "--tagger", "dictionary", "--data", shop)
    lines = found.stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["a", "4"]
    assert [texts(line) for line in lines] == [["红色", "高跟鞋"], ["无糖"]]
    assert "2 of 4 rows were left out, the first for this reason: line 2: not JSON" in found.stderr
    rejected = [json.loads(line) for line in Path("new.jsonl.rejects.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["line"] for row in rejected] == [2, 3] and all(row["reason"] for row in rejected)


def test_other_files_and_standard_input(shop, run, write, texts):
    options = ("--tagger", "dictionary", "--data", shop)
    write("new.csv", "id,title", "x,红色高跟鞋", "y,白色运动鞋")
    write("new.txt", "红色高跟鞋", "", "白色运动鞋")
    of_csv, of_text = (run("tag", name, *options).stdout.splitlines() for name in ("new.csv", "new.txt"))
    assert [json.loads(line)["id"] for line in of_csv] == ["x", "y"]
    assert [texts(line) for line in of_csv] == [texts(line) for line in of_text]
    assert run("tag", "-", *options, input="红色高跟鞋\n\n白色运动鞋\n").stdout.splitlines() == of_text
    of_json = run("tag", "-", *options, input='{"id": "x", "title": "红色高跟鞋"}\n{\n')
    assert of_json.stdout.splitlines() == of_csv[:1] and "1 of 2 rows were left out" in of_json.stderr


MANY = 2500


@pytest.fixture(scope="module")
def many(shop, write) -> list[str]:
    """A file of many titles, and the command that tags it."""
    write("many.txt", *(f"红色高跟鞋 {number}" for number in range(MANY)))
    return ["tag", "many.txt", "--tagger", "dictionary", "--data", shop]


def killed(words: list[str], out: str, lines: int) -> None:
    """Run the command and kill it when the unfinished output has some lines."""
    part = Path(f"{out}.part")
    with subprocess.Popen([*TAGKIT, *words, "--out", out], stderr=subprocess.DEVNULL) as process:
        while not (part.exists() and part.stat().st_size and part.read_bytes().count(b"\n") >= lines):
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.001)
        process.kill()


@pytest.mark.parametrize("ending", ["jsonl", "csv", "xlsx", "parquet"])
def test_what_a_kill_left_is_continued(many, run, ending):
    whole, out = Path(f"whole.{ending}"), Path(f"tags.{ending}")
    run(*many, "--out", whole)
    assert not list(Path().glob(f"whole.{ending}.*"))
    killed(many, str(out), 1000)
    assert not out.exists()
    part = Path(f"tags.{ending}.part")
    part.write_bytes(part.read_bytes()[:-20])  # a half-written line
    run(*many, "--out", out, "--resume")
    if ending == "xlsx":  # which holds the time
        assert sheet(out) == sheet(whole)
    else:
        assert out.read_bytes() == whole.read_bytes()
    assert not list(Path().glob(f"tags.{ending}.*"))
    found = run(*many, "--out", out, "--resume")
    assert found.stderr == f"{out} is finished; nothing is left to do\n"


def sheet(path: Path) -> list[tuple]:
    """Return the rows of an Excel file."""
    openpyxl = pytest.importorskip("openpyxl")
    return list(openpyxl.load_workbook(path).active.values)


def test_only_the_same_run_is_continued(many, run, shop, write):
    killed([*many, "--limit", "1"], "other.jsonl", 1)
    part = Path("other.jsonl.part").read_bytes()
    found = run(*many, "--out", "other.jsonl", "--resume", "--limit", 2, code=2)
    assert "tagkit: other.jsonl was begun with another limit (1, now 2): without --resume" in found.stderr
    found = run(*many[:2], "--data", shop, "--tagger", "lexicon", "--limit", 1, "--min-score", 0.5, "--resume",
                "--out", "other.jsonl", code=2)  # fmt: skip
    assert "another tagger (" in found.stderr and "another min-score (0.0, now 0.5)" in found.stderr
    lines = Path("many.txt").read_text(encoding="utf-8")
    write("many.txt", *lines.splitlines(), "多一行")
    assert "another input (" in run(*many, "--limit", 1, "--out", "other.jsonl", "--resume", code=2).stderr
    write("many.txt", *lines.splitlines())
    assert Path("other.jsonl.part").read_bytes() == part and not Path("other.jsonl").exists()
    run(*many, "--out", "other.jsonl")
    assert not Path("other.jsonl.part").exists()
    assert "another limit" in run(*many, "--limit", 1, "--out", "other.jsonl", "--resume", code=2).stderr


def test_a_second_process_is_refused(many, run):
    with subprocess.Popen([*TAGKIT, *many, "--out", "shared.jsonl"], stderr=subprocess.DEVNULL) as process:
        while not Path("shared.jsonl.part").exists():
            time.sleep(0.001)
        process.send_signal(signal.SIGSTOP)
        found = run(*many, "--out", "shared.jsonl", code=2)
        assert found.stderr == "tagkit: another process is writing shared.jsonl\n"
        process.send_signal(signal.SIGCONT)
    assert process.returncode == 0 and Path("shared.jsonl").read_bytes().count(b"\n") == MANY


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_where_open_files_cannot_be_renamed_it_is_closed_first(many, run, ending, monkeypatch):
    monkeypatch.setattr(unfinished, "WINDOWS", True)
    run(*many, "--out", f"windows.{ending}")
    assert Path(f"windows.{ending}").read_bytes().count(b"\n") == MANY + (ending == "csv")
    assert not Path(f"windows.{ending}.part").exists()


@pytest.mark.parametrize("kind", ["itself", "hard link", "symbolic link", "standard input", "training data"])
def test_what_is_read_is_not_written(shop, run, write, kind):
    write("own.jsonl", {"id": "a", "title": "红色高跟鞋"})
    before = Path("own.jsonl").read_bytes()
    out = {"itself": "./own.jsonl", "training data": shop}.get(kind, "own.jsonl")
    Path("link").unlink(missing_ok=True)
    if kind == "hard link":
        os.link("own.jsonl", "link")
        out = "link"
    elif kind == "symbolic link":
        Path("link").symlink_to("own.jsonl")
        out = "link"
    words = [*TAGKIT, "tag", "-" if kind == "standard input" else "own.jsonl", "--data", shop, "--out", out]
    with open("own.jsonl", "rb") as file:
        done = subprocess.run(words, stdin=file, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith(f"tagkit: --out {out.removeprefix('./')} is a file that is")
    assert Path("own.jsonl").read_bytes() == before


def test_the_file_of_rejected_rows_is_no_output(shop, run, write):
    write("own.jsonl", {"id": "a", "title": "红色高跟鞋"}, "{broken")
    found = run("tag", "own.jsonl", "--data", shop, "--out", "own.jsonl.rejects.jsonl", code=2)
    assert "is a file that is read, or takes rejected rows" in found.stderr
    assert not Path("own.jsonl.rejects.jsonl").exists()


def test_tags_for_people_do_nothing_to_the_terminal(run, write):
    write("escapes.jsonl", *[{"title": "red\x1b[2J\x07鞋", "tags": ["red\x1b[2J\x07鞋"]}] * 3)
    found = run("tag", "red\x1b[2J\x07鞋", "--tagger", "dictionary", "--data", "escapes.jsonl")
    assert found.stdout == "red\\u001b[2J\\u0007鞋 1.00\n"


def test_a_file_of_somebody_else_is_not_touched(shop, run, write):
    write("own.txt", "红色高跟鞋")
    options = ("tag", "own.txt", "--tagger", "dictionary", "--data", shop, "--out", "foreign.jsonl")
    Path("foreign.jsonl").write_text("mine", encoding="utf-8")
    assert "foreign.jsonl is there, but no unfinished run of it" in run(*options, "--resume", code=2).stderr
    Path("foreign.jsonl.part").write_text("mine", encoding="utf-8")
    assert "foreign.jsonl.part is in the way: tagkit did not write it" in run(*options, code=2).stderr
    assert Path("foreign.jsonl").read_text() == Path("foreign.jsonl.part").read_text() == "mine"


def test_pipes_and_open_files(shop, write):
    write("own.txt", "红色高跟鞋")
    words = [*TAGKIT, "tag", "own.txt", "--tagger", "dictionary", "--data", shop]
    plain = subprocess.run(words, capture_output=True, check=True).stdout
    assert subprocess.run([*words, "--out", "/dev/stdout"], capture_output=True, check=True).stdout == plain
    shell = f"{shlex.join(words[:3])} tag <(cat own.txt) {shlex.join(words[5:])} --out >(cat)"
    done = subprocess.run(["bash", "-c", f"{shell} | cat"], capture_output=True, check=True)
    assert json.loads(done.stdout)["title"] == "红色高跟鞋"


def test_tables_keep_their_columns(shop, run, write):
    write("new.csv", "货号,商品名称,标签,备注", "=1+1,红色高跟鞋,红、鞋,-5", '2,"白色,运动鞋",鞋、白,"@x"')
    options = ("tag", "new.csv", "--tagger", "dictionary", "--data", shop)
    run(*options, "--out", "new-tagged.csv")
    raw = Path("new-tagged.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    assert list(rows[0]) == ["货号", "商品名称", "标签", "备注", "predicted_tags", "predicted_scores"]
    assert list(rows[0].values()) == ["'=1+1", "红色高跟鞋", "红、鞋", "-5", "红色、高跟鞋", "1.0000、1.0000"]
    assert rows[1]["商品名称"] == "白色,运动鞋" and rows[1]["备注"] == "'@x"
    run(*options, "--out", "new-tagged.xlsx")
    assert sheet(Path("new-tagged.xlsx"))[1][0] == "=1+1"
    run(*options, "--out", "new-tagged.jsonl")
    row = json.loads(Path("new-tagged.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert row["title"] == row["商品名称"] == "红色高跟鞋" and row["标签"] == "红、鞋" and row["备注"] == "-5"
    found = run(*options, "--out", "new-tagged.ods", code=2)
    assert "new-tagged.ods: tags are written as .jsonl, .csv, .xlsx, .parquet" in found.stderr


@pytest.mark.parametrize(
    "source",
    ["nofile.xlsx", "titels.txt", "missing.json", "a/b", "男/女", "Photo.PNG", r"C:\\x", "no.jsonl.gz"],
)
def test_the_name_of_a_file_is_no_title(shop, run, source):
    found = run("tag", source, "--tagger", "dictionary", "--data", shop, code=2)
    assert found.stderr == f"tagkit: there is no file {source}; if it is a text to tag, add --text\n"
    run("tag", source, "--text", "--tagger", "dictionary", "--data", shop)


@pytest.mark.parametrize("source", ["红色高跟鞋1.5L", "Dr. Martens 1460", "红色", "a.b c", "红色。鞋", "3.5"])
def test_a_title_is_no_name_of_a_file(shop, run, source):
    run("tag", source, "--tagger", "dictionary", "--data", shop)


def test_other_files_are_refused(shop, run, write):
    write("photo.pdf", "%PDF")
    found = run("tag", "photo.pdf", "--data", shop, code=2)
    assert found.stderr.startswith("tagkit: photo.pdf: the ending must be one of .jsonl, ")
    Path("folder").mkdir(exist_ok=True)
    assert "folder is a folder, not a file" in run("tag", "folder", "--data", shop, code=2).stderr


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize("is_file", [True, False])
def test_any_console_and_any_input(shop, encoding, is_file):
    titles = "纯棉❤️T恤\n红色高跟鞋\n"
    Path("console.txt").write_text(titles, encoding="utf-8")
    words = [*TAGKIT, "tag", "console.txt" if is_file else "-", "--tagger", "lexicon", "--data", shop]
    env = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run(words, input=b"" if is_file else titles.encode(), env=env, capture_output=True)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.decode(encoding).splitlines()]
    assert [row["title"] for row in rows] == titles.splitlines()


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "big5hkscs"])
def test_standard_input_is_decoded_like_a_file(shop, encoding):
    titles = "女童毛帽\n紅色高跟鞋\n純棉圓領上衣" if encoding == "big5hkscs" else "女童毛帽\n红色高跟鞋\n纯棉短袖"
    words = [*TAGKIT, "tag", "-", "--tagger", "dictionary", "--data", shop]
    done = subprocess.run(words, input=titles.encode(encoding), capture_output=True, check=True)
    assert [json.loads(line)["title"] for line in done.stdout.splitlines()] == titles.splitlines()


def test_nothing_harms_the_terminal(shop, write):
    write("hostile.jsonl", {"id": "\x1b[2J", "title": "红色\x1b]0;x\x07\x9b\u202e鞋"}, '{"id": "\x1b[31m"')
    for words in (["hostile.jsonl"], ["红色\x1b[2J", "--text"], ["\x1b[2J.csv"]):
        command = [*TAGKIT, "tag", *words, "--tagger", "dictionary", "--data", shop]
        done = subprocess.run(command, capture_output=True)
        shown = (done.stdout + done.stderr).decode()
        assert not set("\x1b\x07\x9b\u202e") & set(shown)


def test_a_closed_pipe_is_no_error(shop, write, texts):
    write("long.txt", *(f"红色高跟鞋 {number}" for number in range(3000)))
    command = [*TAGKIT, "tag", "long.txt", "--tagger", "dictionary", "--data", shop]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        assert texts(process.stdout.readline()) == ["红色", "高跟鞋"]
        process.stdout.close()
        assert b"Error" not in process.stderr.read()
        assert process.wait(timeout=60) == 0


@pytest.mark.parametrize(("name", "content"), [("nothing.csv", ""), ("head.csv", "title,tags\n"), ("none.json", "[]")])
def test_a_file_without_products_is_one_sentence(shop, run, name, content):
    Path(name).write_text(content, encoding="utf-8")
    found = run("tag", name, "--tagger", "dictionary", "--data", shop, code=2)
    assert found.stderr == f"tagkit: {name} holds no products: there is nothing to tag\n" and not found.stdout


def test_an_excel_file_without_products_is_one_sentence(shop, run):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["标题"])
    book.save("head.xlsx")
    found = run("tag", "head.xlsx", "--tagger", "dictionary", "--data", shop, code=2)
    assert found.stderr == "tagkit: head.xlsx holds no products: there is nothing to tag\n"


@pytest.mark.parametrize(("ending", "package"), [("xlsx", "openpyxl"), ("parquet", "pyarrow")])
def test_a_missing_package_is_said_before_work_begins(run, monkeypatch, ending, package):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr("tagkit.default.default_tagger", lambda *_: pytest.fail("work has begun"))
    found = run("tag", "红色高跟鞋", "--out", f"new.{ending}", code=2)
    assert f"needs the package {package}" in found.stderr and not Path(f"new.{ending}").exists()


def test_numbers_of_a_spreadsheet_stay_numbers(shop, run):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["编号", "标题", "价格", "库存", "条码"], [7, "红色高跟鞋", 29.9, 0, "007"], [8, 1984, None, 3, "8"]):
        book.active.append(row)
    book.save("numbers.xlsx")
    run("tag", "numbers.xlsx", "--tagger", "dictionary", "--data", shop, "--out", "numbers-tagged.xlsx")
    rows = [row[:5] for row in sheet(Path("numbers-tagged.xlsx"))]
    assert rows[1:] == [(7, "红色高跟鞋", 29.9, 0, "007"), (8, "1984", None, 3, "8")]


def test_photos_that_cannot_be_read_are_counted_and_why_stands_with_the_product(
    products, tiny_photo_model, run, tmp_path
):
    create("image", model=str(tiny_photo_model), epochs=1).fit(photographed(products)).save(tmp_path / "model")
    rows = [
        {"title": "鞋", "images": ["none.jpg"]},
        {"title": "裙"},
        {"title": "靴", "images": [products[0].id + ".png"]},
    ]
    (tmp_path / "new.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    done = run("tag", str(tmp_path / "new.jsonl"), "--model", str(tmp_path / "model"))
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert "none.jpg" in found[0]["unread_photo"] and "unread_photo" not in found[1]
    assert "no photo of 2 of 3 products could be read; unread_photo says why" in done.stderr
