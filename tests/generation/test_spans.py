"""Spans of a text as token sequences."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="decoding needs tagkit[models]")
from tokenizers import Tokenizer, decoders, models, pre_tokenizers  # noqa: E402

from tagkit.generation.spans import text_spans  # noqa: E402


@pytest.fixture(scope="module")
def bytes_tokenizer():
    tokenizer = Tokenizer(
        models.BPE({char: n for n, char in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}, [])
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def test_spans_start_and_end_at_word_borders_and_whole_characters(bytes_tokenizer):
    text = "Red\t蓝色 500ml; x"
    stops = bytes_tokenizer.encode(";").ids
    (found,) = text_spans(bytes_tokenizer, [text], stops, longest=100)
    texts = {text[start:end] for start, end in found.places}
    assert {"Red", "Red\t蓝", "Red\t蓝色 500ml", "蓝", "色", "蓝色", "500", "ml", "500ml", "x"} <= texts
    assert not {"ed", "00", "Re", "5"} & texts and not any(";" in span for span in texts)
    for tokens, (start, end) in zip(found.sequences, found.places, strict=True):
        assert bytes_tokenizer.decode(tokens) == f" {text[start:end]}".replace("\t", " ")
        assert tokens == bytes_tokenizer.encode(f" {text[start:end]}".replace("\t", " ")).ids
    short = text_spans(bytes_tokenizer, [text, "", "👠"], stops, longest=4)
    assert max(map(len, short[0].sequences)) <= 4 and short[1].sequences == []
