"""The unfinished output of a command: what is continued, what is refused, and what is left behind."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import IO

import pytest

from tagkit.cli.unfinished import Unfinished
from tagkit.errors import BadInput, TagkitError

HOW = {"tagkit": "1", "limit": 3}


@pytest.fixture
def out(tmp_path, monkeypatch) -> Path:
    """The file to write; the cache is empty."""
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "work").mkdir()
    return tmp_path / "work" / "tags.jsonl"


def stopped(out: Path, content: bytes, **how: object) -> None:
    """Leave what a process leaves that was killed."""
    output = Unfinished(out)
    output.begin(HOW | how, resume=False)
    output.file.write(content)
    output.file.close()


def names(out: Path) -> list[str]:
    return sorted(path.name for path in out.parent.iterdir())


def test_a_whole_output_is_in_its_place_alone(out):
    with Unfinished(out) as output:
        output.begin(HOW, resume=False)
        assert names(out) == ["tags.jsonl.part", "tags.jsonl.part.json"]
        with output.writing():
            output.file.write(b"1\n2\n")
        output.finish()
    assert out.read_bytes() == b"1\n2\n" and names(out) == ["tags.jsonl"]


def test_a_half_written_line_is_cut_off_and_the_rest_is_continued(out):
    stopped(out, b"1\n2\n3")
    with Unfinished(out) as output:
        output.begin(HOW, resume=True)
        assert output.done == 2 and not output.is_finished
        output.file.write(b"3\n")
        output.finish()
    assert out.read_bytes() == b"1\n2\n3\n"
    with Unfinished(out) as output:
        output.begin(HOW, resume=True)
        assert output.is_finished and output.done == 0
    assert names(out) == ["tags.jsonl"]


def test_without_resume_it_begins_anew(out):
    stopped(out, b"1\n2\n")
    with Unfinished(out) as output:
        output.begin(HOW, resume=False)
        output.file.write(b"0\n")
        output.finish()
    assert out.read_bytes() == b"0\n"


def test_what_depends_on_something_else_is_not_continued(out):
    stopped(out, b"1\n", limit=4, model="m" * 80)
    with Unfinished(out) as output, pytest.raises(BadInput) as caught:
        output.begin(HOW, resume=True)
    changed = f'another limit (4, now 3), another model ("{"m" * 56}..., now null)'
    assert str(caught.value) == f"{out} was begun with {changed}: without --resume it is made anew"
    assert Path(f"{out}.part").read_bytes() == b"1\n"


def test_a_finished_file_that_somebody_changed_is_not_continued(out):
    with Unfinished(out) as output:
        output.begin(HOW, resume=False)
        output.file.write(b"1\n")
        output.finish()
    out.write_bytes(b"mine\n")
    with Unfinished(out) as output, pytest.raises(BadInput, match="is there, but no unfinished run of it"):
        output.begin(HOW, resume=True)
    assert out.read_bytes() == b"mine\n" and names(out) == ["tags.jsonl"]


@pytest.mark.parametrize("name", ["tags.jsonl.part", "tags.jsonl.part.json"])
def test_a_file_of_somebody_else_is_in_the_way(out, name):
    (out.parent / name).write_text('{"mine": 1}', encoding="utf-8")
    with Unfinished(out) as output, pytest.raises(BadInput, match=rf"{name} is in the way: tagkit did not write it"):
        output.begin(HOW, resume=False)
    assert (out.parent / name).read_text(encoding="utf-8") == '{"mine": 1}'


def test_nothing_stays_of_a_run_without_a_line(out):
    with Unfinished(out) as output:
        output.begin(HOW, resume=False)
    assert names(out) == []


def test_only_one_process_writes(out):
    with Unfinished(out), pytest.raises(BadInput, match=f"another process is writing {out}"):
        Unfinished(out)
    Unfinished(out).file.close()


def test_a_folder_is_no_file_and_a_missing_one_is_named(out):
    with pytest.raises(BadInput, match="work is a folder, not a file"):
        Unfinished(out.parent)
    with pytest.raises(FileNotFoundError) as caught:
        Unfinished(out.parent / "absent" / "tags.csv")
    assert str(caught.value.filename).endswith("absent/tags.csv")


def test_a_link_is_followed(out):
    link = out.with_name("link.jsonl")
    link.symlink_to(out)
    assert Unfinished.paths_of(link)[1] == Path(os.path.realpath(out)).with_name("tags.jsonl.part")
    with Unfinished(link) as output:
        output.begin(HOW, resume=False)
        output.file.write(b"1\n")
        output.finish()
    assert out.read_bytes() == b"1\n" and link.is_symlink()


def test_a_table_is_made_of_the_lines(out):
    def convert(lines: Path, file: IO[bytes]) -> None:
        file.write(b"a\n%d\n" % json.loads(lines.read_bytes())["a"])

    table = out.with_suffix(".csv")
    with Unfinished(table) as output:
        output.begin(HOW, resume=False)
        with output.writing():
            output.file.write(b'{"a": 1}\n')
        output.finish(convert)
    assert table.read_bytes() == b"a\n1\n" and names(out) == ["tags.csv"]


def test_a_stream_is_written_directly_and_cannot_be_continued():
    with Unfinished(Path("/dev/null")) as output:
        output.begin(HOW, resume=False)
        output.file.write(b"1\n")
        output.finish()
    with Unfinished(Path("/dev/null")) as output, pytest.raises(BadInput, match="--resume needs a file to continue"):
        output.begin(HOW, resume=True)
    full = Unfinished(Path("/dev/full"))
    with pytest.raises(TagkitError, match=r"^/dev/full: No space left on device$"), full, full.writing():
        full.file.write(b"1\n")
