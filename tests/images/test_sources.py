import base64
import hashlib
import os
import zipfile

import pytest

from tagkit.images import sources
from tagkit.images.sources import BadPhoto, content_hash, is_here, read


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "images.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a/12.jpg", b"twelve")
        file.writestr("13.jpg", b"twelve")
    return path


def test_bytes_files_data_addresses_and_archives(tmp_path, archive):
    (tmp_path / "photo.jpg").write_bytes(b"content")
    assert read(b"content") == b"content"
    assert read(str(tmp_path / "photo.jpg")) == b"content"
    assert read("data:image/jpeg;base64," + base64.b64encode(b"content").decode()) == b"content"
    assert read(f"zip://{archive}!a/12.jpg") == b"twelve"


def test_relative_path_is_also_searched_in_the_data_folder(tmp_path, archive, monkeypatch):
    monkeypatch.setenv("TAGKIT_DATA", str(tmp_path))
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "1.jpg").write_bytes(b"one")
    assert read("set/1.jpg") == b"one"
    assert read("zip://images.zip!13.jpg") == b"twelve"
    monkeypatch.chdir(tmp_path / "set")
    assert read("1.jpg") == b"one"


def test_changed_archive_is_read_anew(archive):
    assert read(f"zip://{archive}!13.jpg") == b"twelve"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("13.jpg", b"thirteen")
    assert read(f"zip://{archive}!13.jpg") == b"thirteen"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("none.jpg", "none.jpg cannot be read: No such file"),
        ("x" * 10_000, "cannot be read: File name too long"),
        ("a\0b", "cannot be read"),
        ("", "not a path"),
        ("//host/share/1.jpg", "not a path of this machine"),
        ("ftp://host/1.jpg", "not a path of this machine"),
        ("data:image/png,abc", "must be in base64"),
        ("data:image/png;base64,@@", "is damaged"),
        ("data:image/png;base64,", "is empty"),
        ("zip://none.zip!1.jpg", "No such file"),
        ("zip://none.zip", "must be written as"),
        ("https://example.com/1.jpg", "downloads are not allowed"),
        ("/dev", "it is not a file"),
    ],
)
def test_what_cannot_be_read_has_one_reason(source, message):
    with pytest.raises(BadPhoto, match=message) as caught:
        read(source)
    assert len(str(caught.value)) < 400


def test_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(BadPhoto, match="it is not a file"):
        read(str(tmp_path / "pipe.jpg"))


def test_damaged_archives(tmp_path, archive):
    with pytest.raises(BadPhoto, match=r"no 14.jpg"):
        read(f"zip://{archive}!14.jpg")
    with pytest.raises(BadPhoto, match=r"no 14.jpg"):
        content_hash(f"zip://{archive}!14.jpg")
    archive.write_bytes(archive.read_bytes().replace(b"twelve", b"eleven"))
    with pytest.raises(BadPhoto, match="CRC"):
        read(f"zip://{archive}!13.jpg")
    (tmp_path / "no.zip").write_bytes(b"no archive")
    with pytest.raises(BadPhoto, match="not a zip file"):
        read(f"zip://{tmp_path / 'no.zip'}!1.jpg")


def test_large_photo_is_not_read(monkeypatch, archive):
    monkeypatch.setattr(sources, "LARGEST", 5)
    with pytest.raises(BadPhoto, match="larger than"):
        read(f"zip://{archive}!13.jpg")
    with pytest.raises(BadPhoto, match="larger than"):
        read(b"123456")


def test_content_hash_follows_the_content(tmp_path, archive):
    (tmp_path / "photo.jpg").write_bytes(b"content")
    assert (
        content_hash(str(tmp_path / "photo.jpg")) == content_hash(b"content") == hashlib.sha256(b"content").hexdigest()
    )
    before = content_hash(f"zip://{archive}!13.jpg")
    assert before != content_hash(f"zip://{archive}!a/12.jpg")
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("13.jpg", b"thirteen")
    assert content_hash(f"zip://{archive}!13.jpg") != before


def test_web_is_asked_once_and_only_if_allowed(monkeypatch, tmp_path, http_photo):
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))
    address, asked = http_photo
    with pytest.raises(BadPhoto, match="not allowed"):
        read(address)
    assert not asked
    assert read(address, allow_downloads=True) == b"photo"
    assert read(address) == b"photo"
    assert asked == ["/1.jpg"]
    with pytest.raises(BadPhoto, match="404"):
        read(address.replace("1.jpg", "2.jpg"), allow_downloads=True)


def test_where_an_image_is():
    assert all(map(is_here, ["1.jpg", "/a/1.jpg", "data:image/png;base64,AA", "zip://a.zip!1.jpg"]))
    assert not any(map(is_here, ["https://host/1.jpg", "//host/1.jpg", "\\\\host\\1.jpg", "ftp://host/1"]))
