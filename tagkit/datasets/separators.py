"""Find what separates the tags within a cell, from all cells of the column."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

BLANKS = " \u3000"
FAMILIES = (";；", "、", "|｜", "\n", "，,", "/／", "#＃", BLANKS)
"""Separators that are looked for, each with its other forms; those after the fourth occur within tags as well."""
_WEAK = FAMILIES[4:]
_LONGEST = 40
"""Characters of a piece; longer ones are sentences and not tags."""
_CHINESE = re.compile("[\u3400-\u9fff]")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_LIST = re.compile(r"\s*[\[({].*[\])}]\s*", re.DOTALL)


@dataclass(frozen=True)
class Separators:
    """What separates the tags of a column.

    Attributes:
        chars: All of the characters; "" if each cell is one tag.
        counts: In how many cells each family of separators was found, the first character standing for it.
        unused: In how many cells other characters stand that may separate tags, but were not taken for it.
        cells: How many cells there are.
        lists: How many of them are lists in the notation of JSON or Python.
    """

    chars: str = ";；"
    counts: Mapping[str, int] = field(default_factory=dict)
    unused: Mapping[str, int] = field(default_factory=dict)
    cells: int = 0
    lists: int = 0

    @property
    def remark(self) -> str:
        """What a user must know, "" where tags are separated by ";" or stand alone."""
        said = [f"{_name(c)} in {n} of {self.cells} cells" for c, n in self.counts.items() if c != ";"]
        if self.lists:
            said.append(f"lists in {self.lists} of {self.cells} cells")
        return f"the tags are separated: {', '.join(said)}; `separator` names another character" if said else ""

    @property
    def advice(self) -> str:
        """What a user should check: characters that may separate tags, but are too rare to tell."""
        said = [f"{_name(c)} (in {n} of {self.cells} cells)" for c, n in self.unused.items()]
        return f"not taken for separators of tags: {', '.join(said)}; name one as `separator` if it is" if said else ""


def given(separator: str) -> Separators:
    """Return the separator that a user named, with its full-width form."""
    return Separators(next((family for family in FAMILIES if separator in family), separator))


def find(cells: Iterable[tuple[str, str]]) -> Separators:
    """Find the separators of tags.

    A character separates tags if it is in most cells, or if what it separates are tags elsewhere: pieces that are in
    other combinations too, or that are in the product's text where the whole cell is not. A character of a whole cell
    that is in the product's text (T恤/polo衫) speaks against it. "," "/" and "#" need more evidence than 、 and |.
    Blanks are considered between Chinese words, where nothing else separates tags.

    Args:
        cells: Each cell of the column, and the text of its product.
    """
    pairs = [(cell, text) for cell, text in cells if cell.strip()]
    lists = [cell for cell, _ in pairs if as_list(cell) is not None]
    rest = [(cell, text) for cell, text in pairs if as_list(cell) is None]
    chars = ""
    counts: dict[str, int] = {}
    unused: dict[str, int] = {}
    for family in FAMILIES:
        cut = sum(any(char in cell for char in family) for cell, _ in rest)
        if not cut or (family == BLANKS and (chars or not _are_chinese(rest))):
            continue
        pieces = [(piece, text) for cell, text in rest for piece in split(cell, chars)]
        found = [(piece, text) for piece, text in pieces if len(split(piece, family)) > 1 or piece[0] in family]
        if found and (family == ";；" or _separates(family, found, pieces, bool(chars))):
            chars += family
            counts[family[0]] = cut
        elif found:
            unused[family[0]] = cut
    return Separators(chars or ";；", counts, unused, len(pairs), len(lists))


def _are_chinese(pairs: Sequence[tuple[str, str]]) -> bool:
    """Say whether what stands between blanks is nearly always Chinese, in which no word has any."""
    parts = [part for cell, _ in pairs for part in split(cell, BLANKS)]
    return sum(bool(_CHINESE.search(part)) for part in parts) > 0.9 * len(parts)


def _separates(family: str, found: Sequence[tuple[str, str]], pieces: Sequence[tuple[str, str]], others: bool) -> bool:
    """Judge the pieces that contain a character of a family, among all; `others` says whether one was chosen before."""
    share = len(found) / len(pieces)
    parts = [split(piece, family) for piece, _ in found]
    if 2 * sum(len(part) > _LONGEST for row in parts for part in row) > sum(map(len, parts)):
        return False
    weak = family in _WEAK and not all("，" in piece for piece, _ in found)
    whole = sum(piece.strip().lower() in text.lower() for piece, text in found)
    if 2 * whole >= len(found):
        return False
    inside = sum(
        piece.lower() not in text.lower() and all(part.lower() in text.lower() for part in row)
        for (piece, text), row in zip(found, parts, strict=True)
    )
    distinct = {tuple(row) for row in parts}
    if weak and len(distinct) == 1 < len(found):
        return False
    if 2 * inside > len(found) and (not weak or len(found) > 1 or share > 0.5):
        return True
    where: Counter[str] = Counter()
    for row in {tuple(split(piece, family)) for piece, _ in pieces}:
        where.update(set(row))
    shared = sum(where[part] > 1 for row in parts for part in row)
    needed = 1.0 if weak and others else 0.5
    recurs = shared >= needed * sum(map(len, parts)) and len(distinct) > 1
    return recurs or share > (0.5 if weak else 0.2)


def split(cell: str, chars: str) -> list[str]:
    """Return the distinct tags of a cell in order, cut at each of some characters; a list in a cell gives its items."""
    listed = as_list(cell)
    if listed is None:
        listed = re.split(f"[{re.escape(chars)}]", cell) if chars else [cell]
    return list(dict.fromkeys(tag for item in listed if (tag := str(item).strip())))


def as_list(cell: str) -> list[Any] | None:
    """Return the items of a list in the notation of JSON, Python or numpy, None for another cell."""
    if len(cell) > 1 << 16 or not _LIST.fullmatch(cell):
        return None
    if re.search(r"['\"]\s+['\"]", cell):  # numpy has no commas; Python would join the texts
        return [single or double for single, double in _QUOTED.findall(cell)]
    for parse in (json.loads, ast.literal_eval):
        try:
            found = parse(cell.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(found, list | tuple | set):
            items = sorted(found, key=str) if isinstance(found, set) else list(found)
            return items if all(isinstance(item, str | int | float) for item in items) else None
    return None


def _name(char: str) -> str:
    return {"\n": "line breaks", " ": "blanks", ",": '","', "，": '"," or "，"'}.get(char, char)
