"""The Hugging Face hub as a source of weights, replaced by a small server on this machine."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tagkit import weights
from tagkit.errors import WeightsMissing
from tagkit.weights import hub as hub_module

pytest.importorskip("huggingface_hub")

SHA = "a" * 40
TEXTS = {"config.json": b"{}", "tokenizer.json": b"{}", "README.md": b"no", "onnx/model.safetensors": b"no"}
REPOSITORIES = {
    "org/safe": {**TEXTS, "model.safetensors": b"\x02" + bytes(7) + b"{}", "pytorch_model.bin": b"pickle"},
    "org/pickle": {**TEXTS, "pytorch_model.bin": b"pickle"},
    "org/empty": TEXTS,
}


class Hub(BaseHTTPRequestHandler):
    """Answers what `snapshot_download` asks."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        parts = self.path.partition("?")[0].strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            repository = "/".join(parts[2:4])
            if not repository:
                self.answer(200, b"[]")
            elif repository not in REPOSITORIES:
                self.answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            elif parts[4:5] == ["tree"]:
                rows = [("file", name, len(content)) for name, content in REPOSITORIES[repository].items()]
                tree = [{"type": kind, "path": name, "size": size, "oid": name} for kind, name, size in rows]
                self.answer(200, json.dumps(tree).encode())
            else:
                files = [{"rfilename": name} for name in REPOSITORIES[repository]]
                self.answer(200, json.dumps({"id": repository, "sha": SHA, "siblings": files}).encode())
        else:
            content = REPOSITORIES["/".join(parts[:2])]["/".join(parts[4:])]
            etag = hashlib.sha1(content).hexdigest()
            self.answer(200, content, {"X-Repo-Commit": SHA, "ETag": f'"{etag}"'})

    do_HEAD = do_GET  # noqa: N815 (the name that the library wants)

    def answer(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def hub(tmp_path, monkeypatch) -> Iterator[type[Hub]]:
    Hub.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
    monkeypatch.setattr(
        "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TAGKIT_MODELS", raising=False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.chdir(tmp_path)
    yield Hub
    server.shutdown()
    server.server_close()


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_what_is_needed_is_downloaded_once(hub):
    folder = weights.path("org/safe")
    assert names(folder) == {"config.json", "tokenizer.json", "model.safetensors"}
    asked = len(hub.asked)
    assert weights.path("org/safe") == weights.where("org/safe") == folder
    assert len(hub.asked) == asked


def test_a_repository_without_weights_or_none_at_all(hub):
    with pytest.raises(WeightsMissing, match=r"org/pickle has no model\.safetensors"):
        weights.path("org/pickle")
    with pytest.raises(WeightsMissing, match=r"org/empty has no model\.safetensors"):
        weights.path("org/empty")
    assert weights.where("org/empty") is None
    with pytest.raises(WeightsMissing, match="org/absent: 404"):
        weights.path("org/absent")


def test_a_hub_that_does_not_answer_costs_seconds_and_only_once(known_model, monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setattr(hub_module, "SECONDS", 1)
        for most in (2, 0.5):
            start = time.monotonic()
            with pytest.raises(WeightsMissing, match=r"the hub \(http://127"):
                weights.path("some-org/other")
            assert time.monotonic() - start < most
        assert weights.path("tiny") == known_model.folder
