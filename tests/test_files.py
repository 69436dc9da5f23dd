"""Files are written whole or not at all, and known by their content."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from tagkit.files import is_stream, named_files, replacing, write_text
from tagkit.taggers import create


def test_a_file_is_whole_or_what_it_was(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    path.chmod(0o640)
    with pytest.raises(RuntimeError), replacing(path) as part:
        part.write(b"half")
        raise RuntimeError
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    write_text(path, "红\r\n")
    assert path.read_bytes() == "红\r\n".encode() and path.stat().st_mode & 0o777 == 0o640


def test_links_stay_and_lead_to_the_new_file(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    (tmp_path / "link").symlink_to("a.txt")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "a.txt").read_text() == "new"


def test_an_error_names_the_file(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        write_text(tmp_path / "none" / "such", "")
    assert error.value.filename == str(tmp_path / "none" / "such")


def test_pipes_and_open_files_are_written_directly(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    got = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_text()))
    reader.start()
    write_text(tmp_path / "pipe", "through")
    reader.join(10)
    assert got == ["through"] and is_stream(tmp_path / "pipe")
    code = "from tagkit.files import write_text; write_text('/dev/stdout', 'new')"
    with (tmp_path / "log").open("w") as log:
        subprocess.run([sys.executable, "-c", code], stdout=log, check=True)
    assert (tmp_path / "log").read_text() == "new"
    assert not is_stream(tmp_path) and not is_stream(tmp_path / "log") and not is_stream(tmp_path / "absent")


def test_a_kill_while_writing_changes_nothing(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    code = (
        "import sys, time; from tagkit.files import replacing\n"
        "with replacing(sys.argv[1]) as part:\n"
        "    part.write(b'half'); part.flush(); print('written', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    assert path.read_text() == "old"


def test_files_that_parameters_name(tmp_path):
    answers, model = tmp_path / "answers.jsonl", tmp_path / "model"
    answers.write_text("{}")
    model.mkdir()
    (model / "config.json").write_text("{}")
    (model / "model.safetensors").write_bytes(b"1")
    params = {"k": 3, "text": "鞋" * 5000, "empty": "", "deep": [create("replay", answers=str(answers))], "base": model}
    before = named_files(params)
    assert set(before) == {str(answers), str(model / "config.json"), str(model / "model.safetensors")}
    time.sleep(0.01)
    (model / "model.safetensors").write_bytes(b"2")
    after = named_files(params)
    assert {name for name in before if before[name] != after[name]} == {str(model / "model.safetensors")}


def test_classes_of_ones_own_count_with_the_files_that_define_them(tmp_path, monkeypatch):
    base, module = tmp_path / "own_base.py", tmp_path / "own_taggers.py"
    base.write_text("class Base:\n    pass\n")
    module.write_text(
        "from own_base import Base\nfrom tagkit.taggers.lexicon import Lexicon\n"
        "class Own(Lexicon, Base):\n    name = 'own'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    own = create("own_taggers:Own")
    for params in (own, type(own), {"taggers": ["own_taggers:Own", "lexicon"]}):
        assert set(named_files(params)) == {str(base), str(module)}
    before = named_files(own)
    base.write_text("class Base:\n    x = 1\n")
    assert {name for name in before if named_files(own)[name] != before[name]} == {str(base)}
    assert named_files([create("lexicon"), "no_such:Class", "a:b"]) == {}


def test_a_class_without_a_file_counts_with_its_methods():
    def define(value):
        names = {"__name__": "cell"}
        exec(compile(f"class Own:\n    def tag(self):\n        return {value}", f"cell {value}", "exec"), names)
        return names["Own"]

    assert named_files(define(1)) == named_files(define(1)) != named_files(define(2))
