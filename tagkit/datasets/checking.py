"""Say in plain words what was understood of a user's file, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Unpack

from tagkit.datasets.auditing import values_of
from tagkit.datasets.columns import FileOptions
from tagkit.datasets.encoding import NAMES
from tagkit.datasets.files import understand
from tagkit.datasets.rows import FileReading
from tagkit.datasets.split import PARTS
from tagkit.datasets.tag_table import read_facets
from tagkit.product import Dataset
from tagkit.text.columns import aligned
from tagkit.text.duplicates import text_key
from tagkit.text.spelling import fold

MANY = 50
"""With fewer products to learn from, or to test on, scores say little."""
_DELIMITERS = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}


@dataclass(frozen=True)
class Check:
    """What was understood of a file.

    Attributes:
        file: Its path.
        found: What was found, by name.
        problems: What is wrong or must be known, and what to do about it, a sentence each.
    """

    file: str
    found: dict[str, str]
    problems: list[str]

    def to_dict(self) -> dict[str, Any]:
        """Return the check as plain JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        """Return aligned lines, and the problems below."""
        names = aligned(list(self.found), left=True)
        lines = [f"{name}  {value}" for name, value in zip(names, self.found.values(), strict=True)]
        return "\n".join([self.file, *lines, "", *(f"- {problem}" for problem in self.problems or ["No problem."])])


def check(path: str | Path, *, facets: str | Path | None = None, **options: Unpack[FileOptions]) -> Check:
    """Read a file and say what was understood: columns, separators, parts, counts, duplicates and problems.

    Args:
        path: The file.
        facets: A table of the tags' facets; see `tagkit.load_data`.
        **options: As for `tagkit.load_data`.

    Raises:
        BadInput: The file cannot be read at all.
        MissingExtra: The package for its format is not installed.
    """
    data, reading = understand(path, **options)
    measured = dict(values_of(data, near=False))
    found = _found(data, reading, measured)
    if facets:
        found["facets"] = _facets(data, read_facets(facets))
    problems = [f"{note[0].upper()}{note[1:]}." for note in [*reading.notes, *_advice(data, reading, measured)]]
    return Check(str(path), found, problems)


def _found(data: Dataset, reading: FileReading, measured: dict[str, Any]) -> dict[str, str]:
    """Return what was found, in words."""
    out = {"format": reading.kind + (f", sheet {reading.sheet}" if reading.sheet else "")}
    if reading.encoding:
        out["encoding"] = NAMES.get(reading.encoding, reading.encoding)
    if reading.delimiter:
        out["delimiter"] = _DELIMITERS.get(reading.delimiter, reading.delimiter)
    out["columns"] = ", ".join(name if name == field else f"{field} = {name}" for field, name in reading.found.items())
    out["rows"] = f"{reading.total:,}, of which {len(data.products):,} are products"
    if "tags" in reading.found:
        out["tags"] = (
            f"{measured['distinct tags']:,} different, {measured['tags per product, mean']:.1f} per product "
            f"({measured['products without tags']:,} products have none); "
            f"{measured['tags absent from the text %']:.0f}% are not in the text"
        )
    how = (
        f"by the column {reading.found['split']}" if reading.named_parts else "70/10/20 by a hash of the id or the text"
    )
    if 0 < reading.named_parts < len(data.products):
        how += f" ({reading.named_parts:,} rows), the others 70/10/20 by a hash"
    out["parts"] = ", ".join(f"{part} {len(getattr(data, part)):,}" for part in PARTS) + f", cut {how}"
    return out


def _facets(data: Dataset, facets: Mapping[str, str]) -> str:
    """Return how many tags have a facet, and some that have none."""
    known = {fold(tag) for tag in facets}
    tags = {tag for product in data.products for tag in product.tags}
    missing = sorted(tag for tag in tags if fold(tag) not in known)
    some = f" (not {', '.join(missing[:5])}{', …' if len(missing) > 5 else ''})" if missing else ""
    return f"{len(tags) - len(missing):,} of {len(tags):,} tags have one of {len({*facets.values()}):,} facets{some}"


def _advice(data: Dataset, reading: FileReading, measured: dict[str, Any]) -> Iterator[str]:
    """Yield what a user should do, a sentence each."""
    if advice := reading.separators.advice:
        yield advice
    tagged = len(data.products) - measured["products without tags"]
    if not tagged:
        yield "no product has tags: the file can be tagged, but nothing learnt from it (name their column as `tags`)"
    elif tagged < len(data.products):
        yield f"{measured['products without tags']:,} products have no tags; they count as products without any"
    if "id" not in reading.found:
        yield "there is no column of ids: the numbers of lines serve as ids"
    texts = Counter(text_key(product.text) for product in data.products)
    if copies := sum(count - 1 for count in texts.values()):
        yield f"{copies:,} products have the text of another one, but for how it is written"
    for first, second in (("train", "dev"), ("train", "test")):
        if leaks := measured[f"{second} texts in {first}"]:
            yield f"{leaks:,} texts of {second} are in {first}: leave them out of {second}, or scores are too good"
    if spellings := measured.get("spellings of one tag, which are taken for one"):
        yield f"these are spellings of one tag, and taken for one: {spellings}"
    few = {part: len(getattr(data, part)) for part in ("train", "test") if len(getattr(data, part)) < MANY}
    if tagged and few:
        said = ", ".join(f"{part} has {count}" for part, count in few.items())
        yield f"there are few products ({said}): scores are rough below some {MANY}"
