"""Build the table that the tokenizers library's `Precompiled` normaliser reads from a plain map of characters.

The table is that of SentencePiece: the length of a double-array trie in bytes, the trie, then the replacements, each
closed by a zero byte. The trie's keys are the characters in UTF-8, its values where the replacement begins.
One unit of the trie is 32 bits: bits 0-7 the byte that leads here, bit 8 whether a key ends here, bits 10-30 how far
(by exclusive or) the children are; the unit of a value has bit 31 set, and the value in the others.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

VALUE = 1 << 31
KEY_ENDS = 1 << 8


@dataclass
class _Node:
    children: dict[int, _Node] = field(default_factory=dict)
    value: int | None = None


def charsmap(mapping: Mapping[str, str]) -> bytes:
    """Return the table of a normaliser that replaces each key by its value.

    Args:
        mapping: Texts (usually single characters) and what each becomes, "" to drop it.
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
    """Give each node its own base, such that its children, at base XOR byte, fall on free units."""
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
