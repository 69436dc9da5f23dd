"""What is printed can do nothing to a terminal, and never fails on its encoding."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys

import pytest

from tagkit.console import echo_lines, one_line, printable, to_json, width

HOSTILE = "鞋\x1b]0;title\x07\x9b31m\u202egnp\u2069\r\x00\x7f"


def test_controls_are_shown_not_done():
    assert printable(HOSTILE) == r"鞋\u001b]0;title\u0007\u009b31m\u202egnp\u2069\u000d\u0000\u007f"
    assert printable("a\tb\n红👨\u200d👩") == "a\tb\n红👨\u200d👩" and one_line("a\nb") == "a b"


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "gbk", "ascii"])
def test_json_keeps_its_meaning(encoding):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    values = {"title": HOSTILE, "emoji": "❤️", "half": "\ud83d"}
    stream.write(to_json(values, stream))
    stream.flush()
    raw = stream.buffer.getvalue()
    assert json.loads(raw.decode(encoding)) == values
    assert (b"\\u978b" in raw) == (encoding in ("gbk", "ascii")) and b"\x1b" not in raw


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "latin-1"])
def test_no_console_encoding_fails(encoding):
    code = (
        "import logging, warnings; from tagkit.console import echo, echo_json, set_up; set_up()\n"
        "title = '鞋❤\\x1b[2J'\n"
        "echo(title); echo(title, err=True); echo_json([title])\n"
        "logging.getLogger('tagkit.x').warning('cannot %s', title + '\\nmore'); warnings.warn(title)"
    )
    run = {"env": {"PYTHONIOENCODING": encoding, "PYTHONPATH": ":".join(sys.path)}, "capture_output": True}
    done = subprocess.run([sys.executable, "-c", code], check=True, **run)
    assert b"\x1b" not in done.stdout + done.stderr
    assert json.loads(done.stdout.decode(encoding).partition("\n")[2]) == ["鞋❤\x1b[2J"]
    shown = "鞋❤".encode(encoding, "backslashreplace").decode(encoding)
    lines = [f"{shown}\\u001b[2J", f"cannot {shown}\\u001b[2J more", f"warning: {shown}\\u001b[2J"]
    assert done.stderr.decode(encoding).splitlines() == lines


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.mark.parametrize("colour", [True, False])
def test_lines_have_styles_on_a_terminal_that_wants_them(colour, monkeypatch, capsys):
    lines = [[("红裙" * 12, "bold"), (" ", ""), (f"best {HOSTILE}", "green")]]
    echo_lines(lines)
    assert capsys.readouterr().out == f"{'红裙' * 12} best {printable(HOSTILE)}\n"
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "" if colour else "1")
    monkeypatch.setattr("sys.stdout", stream := Terminal())
    echo_lines(lines)
    assert width() == 60 and ("\x1b[32m" in stream.getvalue()) == colour
    plain = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    assert "\x1b" not in plain and len(plain.splitlines()) == 3, "wrapped between words, never in colours of a product"
