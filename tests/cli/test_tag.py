"""`tagkit tag`: what it prints, writes and resumes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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


def test_out_and_resume(shop, run, write):
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


def test_a_closed_pipe_is_no_error(shop, write, texts):
    write("long.txt", *(f"红色高跟鞋 {number}" for number in range(3000)))
    command = [*TAGKIT, "tag", "long.txt", "--tagger", "dictionary", "--data", shop]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        assert texts(process.stdout.readline()) == ["红色", "高跟鞋"]
        process.stdout.close()
        assert b"Error" not in process.stderr.read()
        assert process.wait(timeout=60) == 0
