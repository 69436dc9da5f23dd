"""The strategy `llm` with a real local server: `transformers serve` with SmolLM2-135M."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")
pytest.importorskip("openai", reason="hosted models need tagkit[llm]")
pytest.importorskip("fastapi", reason="transformers serve needs fastapi")
pytest.importorskip("uvicorn", reason="transformers serve needs uvicorn")

from tagkit import load_data, weights
from tagkit.errors import TagkitError
from tagkit.taggers import create

PATIENCE = 120
"""Seconds that the server may take to load the model."""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The base URL of a server in a process of its own, the model's name there, and its log file."""
    program = shutil.which("transformers", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("the command `transformers` is not installed")
    try:
        model = str(weights.path("smollm2-135m"))
    except TagkitError as error:
        pytest.skip(f"the model is unavailable: {error}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("serve") / "log"
    command = [program, "serve", model, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    offline = os.environ | {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    with log.open("w") as out:
        server = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=offline)
    try:
        until = time.monotonic() + PATIENCE
        while not healthy(f"http://127.0.0.1:{port}/health"):
            if server.poll() is not None or time.monotonic() > until:
                pytest.fail(f"transformers serve did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/v1", model, log
    finally:
        server.terminate()
        server.wait(20)


def healthy(url: str) -> bool:
    """Return whether a server answers."""
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def test_a_small_model_is_asked_and_the_second_run_asks_nothing(served, tmp_path, monkeypatch):
    """Whatever it says, each answer is accounted for, no tag is outside train, and answers are stored."""
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))
    url, model, log = served
    data = load_data("catalogue", lang="en")
    made = create(
        "llm", endpoint=url, model=model, vocabulary="closed", shots=2, max_tokens=24, concurrency=1, timeout=120.0
    )
    tagger = made.fit(data.train[:20])
    asked = data.test[:2]
    bound = tagger.estimate(asked)
    found = tagger.predict(asked)
    assert len(found) == 2 and [outcome.product for outcome in tagger.outcomes_] == [p.id for p in asked]
    assert {outcome.kind for outcome in tagger.outcomes_} <= {"ok", "empty", "malformed", "truncated"}
    known = {tag for product in data.train[:20] for tag in product.tags}
    assert {tag.text for row in found for tag in row} <= known
    spend = tagger.spend_
    assert (spend.requests, spend.uncounted, spend.lost) == (2, 0, 0)
    assert 0 < spend.prompt_tokens <= bound.prompt_tokens and 0 < spend.completion_tokens <= bound.completion_tokens
    requests = log.read_text().count("POST /v1/chat/completions")
    again = create("llm", endpoint=url, model=model, vocabulary="closed", shots=2, max_tokens=24, concurrency=1).fit(
        data.train[:20]
    )
    assert again.predict(asked) == found
    assert again.spend_.requests == 0 and log.read_text().count("POST /v1/chat/completions") == requests
