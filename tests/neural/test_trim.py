"""Trimming a tokenizer: which pieces are kept, and which tokenizers cannot be trimmed."""

from __future__ import annotations

import pytest

tokenizers = pytest.importorskip("tokenizers", reason="pre-trained models need tagkit[models]")

from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: E402

from tagkit.neural.trim import kept_ids, trimmed  # noqa: E402


def unigram() -> Tokenizer:
    pieces = [("<unk>", 0.0), ("▁", -2.0), ("a", -3.0), ("b", -3.0), ("▁ab", -1.0), ("ab", -1.5), ("ba", -1.5)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return tokenizer


def test_a_unigram_tokenizer_reads_the_corpus_as_before():
    whole = unigram()
    read = whole.encode("ab abba")
    small = trimmed(whole, kept_ids(whole, read.ids) or [])
    assert small.get_vocab_size() < whole.get_vocab_size()
    assert small.encode("ab abba").tokens == read.tokens
    assert {"a", "b", "<unk>"} <= set(small.get_vocab())


def test_pieces_in_the_wanted_characters_are_kept():
    tokenizer = unigram()
    kept = kept_ids(tokenizer, [], frozenset("ab")) or []
    assert sorted(kept) == list(range(tokenizer.get_vocab_size()))


def test_byte_pair_merges_cannot_be_trimmed():
    assert kept_ids(Tokenizer(models.BPE({"a": 0, "b": 1, "ab": 2}, [("a", "b")])), [0]) is None
