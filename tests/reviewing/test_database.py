"""The file itself: other files, newer ones, and disks that take nothing."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import textwrap

import pytest

from tagkit.errors import BadInput, NotSaved
from tagkit.reviewing import database
from tagkit.reviewing.database import FORMAT, Database


def test_each_change_is_on_the_disk_before_it_ends(tmp_path):
    file = Database(tmp_path / "a.db")
    assert (file.read("PRAGMA journal_mode"), file.read("PRAGMA synchronous")) == ([("wal",)], [(2,)])


def test_an_error_leaves_nothing_of_a_change(tmp_path):
    file = Database(tmp_path / "a.db")
    with pytest.raises(ZeroDivisionError), file.writing() as connection:
        connection.execute("INSERT INTO about VALUES ('a', '1')")
        raise ZeroDivisionError
    assert file.read("SELECT * FROM about") == []
    with file.writing() as connection:
        connection.execute("INSERT INTO about VALUES ('a', '2')")
    assert Database(tmp_path / "a.db").read("SELECT value FROM about") == [("2",)]


def test_a_file_of_a_newer_version_is_refused(tmp_path):
    Database(tmp_path / "a.db").close()
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute(f"PRAGMA user_version={FORMAT + 1}")
    said = f"it has format {FORMAT + 1}, and this version reads up to {FORMAT}"
    with pytest.raises(BadInput, match=rf"a\.db was written by a newer version of tagkit \({said}\): update tagkit"):
        Database(tmp_path / "a.db")


def test_other_files_are_refused_and_stay_as_they_are(tmp_path):
    (tmp_path / "text.db").write_text("id,title\n" * 200)
    connection = sqlite3.connect(tmp_path / "other.db")
    connection.execute("CREATE TABLE mine (a)")
    connection.close()
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for name in ("text.db", "other.db"):
        with pytest.raises(BadInput, match=f"{name} is not a file of tagkit's reviews"):
            Database(tmp_path / name)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    with pytest.raises(BadInput, match="is a folder, not a file"):
        Database(tmp_path)
    with pytest.raises(BadInput, match="there is no folder"):
        Database(tmp_path / "none" / "a.db")


def test_a_damaged_file_is_said(tmp_path):
    file = Database(tmp_path / "a.db")
    file.close()
    content = bytearray((tmp_path / "a.db").read_bytes())
    content[1000:] = b"\xff" * (len(content) - 1000)
    (tmp_path / "a.db").write_bytes(content)
    with pytest.raises(BadInput, match=r"a\.db is damaged"):
        Database(tmp_path / "a.db").read("SELECT * FROM about")


def test_a_file_that_another_process_keeps(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "PATIENCE", 0.1)
    first, second = Database(tmp_path / "a.db"), Database(tmp_path / "a.db")
    with (
        first.writing(),
        pytest.raises(NotSaved, match=r"^the decision is not saved: .*a\.db: another process kept it locked"),
        second.writing(),
    ):
        pass
    with second.writing() as connection:
        connection.execute("INSERT INTO about VALUES ('a', '1')")


def test_a_file_that_was_removed_takes_no_decision(tmp_path):
    file = Database(tmp_path / "a.db")
    (tmp_path / "a.db").rename(tmp_path / "b.db")
    with pytest.raises(NotSaved, match=r"^the decision is not saved: .*a\.db was removed or replaced"), file.writing():
        pass


SCRIPT = """
    import subprocess, sys
    from tagkit.errors import NotSaved
    from tagkit.product import Product
    from tagkit.reviewing.store import ReviewStore
    from pathlib import Path

    with ReviewStore("disk/review.db", [Product(str(n), "红色高跟鞋") for n in range(50)]) as store:
        if "fill" in sys.argv:
            with open("disk/rest", "wb", buffering=0) as rest:
                try:
                    while rest.write(b"0" * 512): pass
                except OSError:
                    pass
        shown = 0
        try:
            for number in range(20_000):
                store.add(number % 50, f"标签{number}")
                shown += 1
        except NotSaved as error:
            print(error)
        print(shown, len(store.decisions()))
        Path("disk/rest").unlink(missing_ok=True)
        if "fill" not in sys.argv:
            subprocess.run("mount -o remount,size=2m disk", shell=True, check=True)
        store.mark(0, "done")
    with ReviewStore("disk/review.db") as store:
        print(len(store.decisions()), store.review(0).state)
"""


def in_mount(folder, *lines: str) -> subprocess.CompletedProcess[str]:
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    (folder / "script.py").write_text(textwrap.dedent(SCRIPT), encoding="utf-8")
    command = ["unshare", "-m", "bash", "-c", "mkdir -p disk\n" + "\n".join(lines)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize("way", ["", "fill"], ids=["filled by decisions", "filled by others"])
def test_a_full_disk_loses_no_decision_that_was_saved(tmp_path, way):
    done = in_mount(tmp_path, "mount -t tmpfs -o size=600k none disk", f"{sys.executable} script.py {way}")
    said, counts, at_end = done.stdout.splitlines()
    assert said == "the decision is not saved: disk/review.db: the disk is full"
    shown, saved = map(int, counts.split())
    assert shown == saved and (saved > 0 or way)
    assert at_end == f"{saved + 1} done"


def test_a_file_that_cannot_be_written_is_said(tmp_path):
    make = "from tagkit.reviewing.store import ReviewStore as R; R('disk/review.db', ['红']).close()"
    (tmp_path / "make.py").write_text(make, encoding="utf-8")
    mount = "mount --bind disk disk; mount -o remount,bind,ro disk"
    found = in_mount(tmp_path, f"{sys.executable} make.py", mount, f"{sys.executable} script.py")
    said = found.stderr.splitlines()[-1].removeprefix("tagkit.errors.NotSaved: ")
    assert said == "the review cannot begin: disk/review.db: it cannot be opened, or its folder cannot be written"
