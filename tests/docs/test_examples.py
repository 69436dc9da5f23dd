"""The Python of README, getting started and how-tos runs, and prints what the page says.

Blocks marked `python` are run, one page in one namespace, in a folder with a small file `my_products.jsonl`; those
marked `py` are shown only, because they take long or need files that are the reader's own.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```python\n(?P<code>.*?)```(?:\s*```text\n(?P<output>.*?)```)?", re.DOTALL)
PAGES = [
    path.relative_to(ROOT).as_posix()
    for path in sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")])
    if "```python\n" in path.read_text(encoding="utf-8")
]


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A working folder with a file of products."""
    rows = [{"title": f"真丝衬衫 {number}", "tags": ["衬衫", "真丝"]} for number in range(20)]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (tmp_path / "my_products.jsonl").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.usefixtures("shop")
def test_python_of_page_runs(name, capsys, monkeypatch):
    page = ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", page)
    blocks = list(BLOCK.finditer((ROOT / name).read_text(encoding="utf-8")))
    assert blocks
    for block in blocks:
        exec(compile(block["code"], name, "exec"), vars(page))
        printed = capsys.readouterr().out
        if block["output"]:
            assert printed == block["output"]


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("docs/zh/")])
def test_both_languages_show_the_same_code(name):
    english = (ROOT / name.replace("docs/zh/", "docs/")).read_text(encoding="utf-8")
    chinese = (ROOT / name).read_text(encoding="utf-8")
    assert [block.groups() for block in BLOCK.finditer(chinese)] == [b.groups() for b in BLOCK.finditer(english)]
