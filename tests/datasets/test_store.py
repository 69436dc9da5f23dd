"""Where the files of public data sets come from: a local folder, the cache, or a download that is checked."""

from __future__ import annotations

import hashlib
import warnings
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tagkit.datasets import store
from tagkit.errors import BadInput, DataMissing


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def upstream(tmp_path, monkeypatch):
    """A server on this machine, two known files on it, an empty cache, and no local data."""
    content = "好 O\n".encode()
    root = tmp_path / "www"
    place = root / "who/what/c0ffee/a folder/x.txt"
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    sha = hashlib.sha256(content).hexdigest()
    known = {
        f"{name}/x.txt": store.Source(name, "x.txt", licence, sha, 6, "who/what", "c0ffee", "a folder/x.txt")
        for name, licence in (("free", "MIT"), ("silent", ""))
    }
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root)))
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(store, "sources", lambda: known)
    monkeypatch.setenv("TAGKIT_SOURCE", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("TAGKIT_DATA", raising=False)
    yield place
    server.shutdown()
    server.server_close()


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_download_goes_to_the_cache_and_is_used_again(upstream, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        place = store.path("free/x.txt")
    assert place == tmp_path / "cache/data/free/x.txt"
    assert place.read_text(encoding="utf-8") == "好 O\n"
    upstream.unlink()
    assert store.path("free/x.txt") == place


def test_download_without_licence_says_so_once_and_only_then(upstream):
    with pytest.warns(UserWarning, match="silent is downloaded from github.com/who/what, which states no licence"):
        store.path("silent/x.txt")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        store.path("silent/x.txt")


def test_corrupted_download_is_refused_and_leaves_nothing(upstream, tmp_path):
    upstream.write_bytes(b"something else")
    with pytest.raises(DataMissing, match="wrong checksum"):
        store.path("free/x.txt")
    assert files_in(tmp_path / "cache/data") == []


def test_failed_download_names_address_and_place(upstream, tmp_path):
    upstream.unlink()
    with pytest.raises(DataMissing) as caught:
        store.path("free/x.txt")
    message = str(caught.value)
    assert "/who/what/c0ffee/a%20folder/x.txt" in message
    assert str(tmp_path / "cache/data/free/x.txt") in message
    assert "TAGKIT_DATA" in message
    assert files_in(tmp_path / "cache/data") == []


def test_local_folder_comes_before_the_cache(upstream, tmp_path, monkeypatch):
    store.path("free/x.txt")
    local = tmp_path / "local/free/x.txt"
    local.parent.mkdir(parents=True)
    local.write_bytes(upstream.read_bytes())
    monkeypatch.setenv("TAGKIT_DATA", str(tmp_path / "local"))
    assert store.path("free/x.txt") == local


def test_wrong_local_file_is_one_clear_error(upstream, tmp_path, monkeypatch):
    local = tmp_path / "wrong/free/x.txt"
    local.parent.mkdir(parents=True)
    local.write_text("edited")
    monkeypatch.setenv("TAGKIT_DATA", str(tmp_path / "wrong"))
    with pytest.raises(BadInput, match="is not the expected file"):
        store.path("free/x.txt")


def test_unknown_file():
    with pytest.raises(BadInput, match="no data file is called 'taobao_ner/nothing'"):
        store.path("taobao_ner/nothing")


def test_fetch_gives_all_files_of_a_reader(public_data):
    places = store.fetch("dsner_ec")
    assert len(places) == 11 and all(place.is_file() for place in places)


def test_address_of_a_file(monkeypatch):
    monkeypatch.delenv("TAGKIT_SOURCE", raising=False)
    assert store.sources()["dsner_ec/dict/Brand"].url == (
        "https://raw.githubusercontent.com/rainarch/DSNER/8bef29a52558da04f0a9212ec3325ef00793a3aa/"
        "data/supplementary%20documents/EC.dict/Brand"
    )
