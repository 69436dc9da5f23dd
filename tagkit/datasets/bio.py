"""Read titles whose characters have BIO labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tagkit.product import Product, Span, Tag


def read_bio(path: Path) -> Iterator[tuple[str, list[str]]]:
    r"""Yield titles with one label per character.

    Each line holds one character, a separator of one character and the label; an empty line ends a title. The character
    may itself be a space of any kind, so a line is cut by position and not by `split`.

    Args:
        path: The file, UTF-8, with "\n" or "\r\n".
    """
    with path.open(encoding="utf-8") as lines:
        yield from titles_of(lines)


def titles_of(lines: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the titles of lines that `read_bio` reads, wherever these come from."""
    characters: list[str] = []
    labels: list[str] = []
    for line in lines:
        if row := line.rstrip("\n"):
            characters.append(row[0])
            labels.append(row[2:])
        elif characters:
            yield "".join(characters), labels
            characters, labels = [], []
    if characters:
        yield "".join(characters), labels


def entities(labels: Sequence[str]) -> list[tuple[int, int, str]]:
    """Turn BIO labels into (start, end, type), end exclusive.

    An I- label that doesn't continue an entity of its type begins one, as in the CoNLL evaluation script. Every label
    other than B-… and I-… is outside of entities.
    """
    found: list[tuple[int, int, str]] = []
    for position, label in enumerate(labels):
        prefix, _, kind = label.partition("-")
        if prefix == "I" and found and found[-1][1] == position and found[-1][2] == kind:
            found[-1] = (found[-1][0], position + 1, kind)
        elif prefix in ("B", "I") and kind:
            found.append((position, position + 1, kind))
    return found


def products(path: Path, prefix: str, types: Mapping[str, str] | None = None) -> tuple[Product, ...]:
    """Read a file of labelled Chinese titles into products.

    Args:
        path: The file.
        prefix: The beginning of the ids; a running number follows.
        types: The names of the types, by their names in the file (default: as in the file).

    Returns:
        Products whose tags are the distinct entity texts in order of appearance, and whose annotations are one `Tag`
        for each distinct (text, type) with all its spans.
    """
    out = []
    for number, (title, labels) in enumerate(read_bio(path), 1):
        spans: dict[tuple[str, str], list[Span]] = {}
        for start, end, kind in entities(labels):
            spans.setdefault((title[start:end], types[kind] if types else kind), []).append(Span(start, end))
        annotations = tuple(Tag(text, 1.0, "gold", tuple(at), kind) for (text, kind), at in spans.items())
        tags = tuple(dict.fromkeys(tag.text for tag in annotations))
        out.append(Product(f"{prefix}-{number:05d}", title, lang="zh", tags=tags, annotations=annotations))
    return tuple(out)
