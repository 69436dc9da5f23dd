"""Say in plain words what was understood of a user's file or folder, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Unpack

from tagkit.datasets.auditing import values_of
from tagkit.datasets.columns import FileOptions
from tagkit.datasets.encoding import NAMES
from tagkit.datasets.files import understand
from tagkit.datasets.folder import understand_folder
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
    """What was understood of a file, or of a folder with a file for each part.

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
        path: The file, or a folder with a file for each part.
        facets: A table of the tags' facets; see `tagkit.load_data`.
        **options: As for `tagkit.load_data`.

    Raises:
        BadInput: A file cannot be read at all, or the folder has no file called train.
        MissingExtra: The package for its format is not installed.
    """
    if Path(path).is_dir():
        data, readings = understand_folder(Path(path), **options)
        found = _of_files([_of_file(reading) for _, reading in readings.values()], list(readings))
        parts = ", ".join(f"{part} {len(getattr(data, part)):,} ({file.name})" for part, (file, _) in readings.items())
        said = [
            f"{file.name}: {note}." for file, reading in readings.values() for note in _notes(reading, is_part=True)
        ]
        has_tags = any("tags" in reading.found for _, reading in readings.values())
    else:
        data, reading = understand(path, **options)
        found, parts = _of_file(reading), _cut(data, reading)
        said = [_sentence(note) for note in _notes(reading)]
        has_tags = "tags" in reading.found
    measured = dict(values_of(data, near=False))
    found |= {"tags": _tags(measured)} if has_tags else {}
    found |= {"parts": parts}
    if facets:
        found["facets"] = _facets(data, read_facets(facets))
    return Check(str(path), found, [*said, *map(_sentence, _advice(data, measured))])


def _sentence(note: str) -> str:
    return f"{note[0].upper()}{note[1:]}."


def _of_files(found: Sequence[dict[str, str]], parts: Sequence[str]) -> dict[str, str]:
    """Return what was found in the file of each part: once where it is the same in all files, else part by part."""
    out = {}
    for name in dict.fromkeys(name for one in found for name in one):
        values = [one.get(name, "") for one in found]
        if len(set(values)) == 1:
            out[name] = values[0]
        else:
            out |= {f"{name} of {part}": value for part, value in zip(parts, values, strict=True) if value}
    return out


def _of_file(reading: FileReading) -> dict[str, str]:
    """Return what was found in a file, in words."""
    out = {"format": reading.kind + (f", sheet {reading.sheet}" if reading.sheet else "")}
    if reading.encoding:
        out["encoding"] = NAMES.get(reading.encoding, reading.encoding)
    if reading.delimiter:
        out["delimiter"] = _DELIMITERS.get(reading.delimiter, reading.delimiter)
    out["columns"] = ", ".join(name if name == field else f"{field} = {name}" for field, name in reading.found.items())
    out["rows"] = f"{reading.total:,}, of which {reading.total - reading.rejected:,} are products"
    return out


def _tags(measured: Mapping[str, Any]) -> str:
    """Return how many tags there are, in words."""
    return (
        f"{measured['distinct tags']:,} different, {measured['tags per product, mean']:.1f} per product "
        f"({measured['products without tags']:,} products have none); "
        f"{measured['tags absent from the text %']:.0f}% are not in the text"
    )


def _cut(data: Dataset, reading: FileReading) -> str:
    """Return the parts of a file, and how it was cut into them."""
    how = (
        f"by the column {reading.found['split']}" if reading.named_parts else "70/10/20 by a hash of the id or the text"
    )
    if 0 < reading.named_parts < len(data.products):
        how += f" ({reading.named_parts:,} rows), the others 70/10/20 by a hash"
    return ", ".join(f"{part} {len(getattr(data, part)):,}" for part in PARTS) + f", cut {how}"


def _facets(data: Dataset, facets: Mapping[str, str]) -> str:
    """Return how many tags have a facet, and some that have none."""
    known = {fold(tag) for tag in facets}
    tags = {tag for product in data.products for tag in product.tags}
    missing = sorted(tag for tag in tags if fold(tag) not in known)
    some = f" (not {', '.join(missing[:5])}{', …' if len(missing) > 5 else ''})" if missing else ""
    return f"{len(tags) - len(missing):,} of {len(tags):,} tags have one of {len({*facets.values()}):,} facets{some}"


def _notes(reading: FileReading, is_part: bool = False) -> Iterator[str]:
    """Yield what a user must know of a file, which may be one part of a folder, a sentence each."""
    yield from reading.notes
    if is_part and reading.named_parts:
        yield f"the column {reading.found['split']} is not used: the file's name says the part"
    if advice := reading.separators.advice:
        yield advice
    if "id" not in reading.found:
        yield "there is no column of ids: the numbers of lines serve as ids"


def _advice(data: Dataset, measured: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a user should do, a sentence each."""
    tagged = len(data.products) - measured["products without tags"]
    if not tagged:
        yield "no product has tags: the file can be tagged, but nothing learnt from it (name their column as `tags`)"
    elif tagged < len(data.products):
        yield f"{measured['products without tags']:,} products have no tags; they count as products without any"
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
