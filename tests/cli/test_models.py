"""`tagkit models`: list, fetch and path."""

from __future__ import annotations

import json
import subprocess
import sys

from typer.testing import CliRunner

from tagkit.cli import app


def test_the_command(known_model):
    run = CliRunner().invoke
    assert run(app, ["models", "path", "tiny"]).exit_code == 2
    fetched = run(app, ["models", "fetch", "tiny"])
    assert fetched.stdout.strip() == str(known_model.folder)
    assert run(app, ["models", "path", "tiny"]).stdout.strip() == str(known_model.folder)
    rows = {row["name"]: row for row in json.loads(run(app, ["models", "list", "--json"]).stdout)}
    assert rows["tiny"]["path"] == str(known_model.folder) and rows["e5-small"]["path"] is None
    assert rows["e5-small"]["hub"] == "intfloat/multilingual-e5-small" and rows["e5-small"]["licence"] == "MIT"
    text = run(app, ["models", "list"]).stdout
    assert str(known_model.folder) in text and "tagkit models fetch minilm-l6" in text


def test_the_command_says_an_error_in_one_line_and_imports_no_torch(known_model, tmp_path):
    code = (
        "import sys; from tagkit.cli import app\n"
        "try: app(sys.argv[1:])\n"
        "finally: assert not {'torch', 'transformers'} & set(sys.modules), 'heavy'"
    )
    for words, status in ((["--help"], 0), (["models", "list"], 0), (["models", "path", str(tmp_path)], 2)):
        done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
        assert done.returncode == status, done.stderr
    assert done.stderr.strip() == f"tagkit: {tmp_path} is not a model directory: it has no config.json"
