"""Archives of documents with keyphrases."""

from __future__ import annotations

import pytest

from tagkit.datasets.keyphrases import documents, one_line, phrases
from tagkit.errors import BadInput


def test_documents_of_an_archive(archive):
    path = archive({"docsutf8/2.txt": "b", "keys/2.key": "y\n", "docsutf8/10.txt": "a", "keys/10.key": "x"})
    assert documents(path) == {"10": ("a", "x"), "2": ("b", "y\n")}
    assert one_line(" a\r\n\tb  c ") == "a b c"
    assert phrases("fading \tchannels\n\n nulls\nnulls\r\n") == ("fading channels", "nulls")


def test_archives_that_are_wrong(archive, tmp_path):
    with pytest.raises(BadInput, match="the document 2 has no keys"):
        documents(archive({"docsutf8/2.txt": "b"}))
    with pytest.raises(BadInput, match="the document 3 has no text"):
        documents(archive({"keys/3.key": "b"}))
    other = tmp_path / "other.zip"
    other.write_text("no zip")
    with pytest.raises(BadInput, match=r"other\.zip is not an archive"):
        documents(other)
