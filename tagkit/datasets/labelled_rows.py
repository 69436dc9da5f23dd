"""Rows of files with one token and its BIO label per line, as in CoNLL, or with one Chinese character per line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tagkit.datasets.bio import entities
from tagkit.datasets.rejects import FileRow

_LABEL = re.compile(r"O|[BIOMEISLU]-\S.*")
_AS_BIO = {"M": "I", "E": "I", "L": "I", "S": "B", "U": "B"}
"""What the letters of other schemes (BMES, BIOES, BILOU) are in BIO."""
_CHINESE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")


def is_labelled(lines: Sequence[str]) -> bool:
    """Say whether all lines of the beginning of a file, but for blank ones and comments, are tokens with labels."""
    labels = [_token(line)[1] for line in lines if line.strip() and not _is_comment(line)]
    return bool(labels) and all(labels)


def labelled_rows(lines: Iterable[str]) -> Iterator[FileRow]:
    """Yield one row for each text, with its entities as tags and annotations; a blank line ends a text.

    The label is the last column; columns are separated by a tab or a blank, and the token is the first one, which may
    itself be a blank. Tokens are joined as they are where all of a text have one character, else with a blank between
    them, but for Chinese. Lines that begin with "#" and have no label, and "-DOCSTART-", are ignored.

    Args:
        lines: The lines of the file.
    """
    tokens: list[tuple[str, str]] = []
    start, reason = 1, ""
    number = 0
    for number, line in enumerate(lines, 1):
        row = line.rstrip("\r\n")
        if row.strip(" \t") and not _is_comment(row):
            start = start if tokens or reason else number
            token, label = _token(row)
            if label:
                tokens.append((token, label))
            else:
                reason = reason or f"line {number} does not end with a label such as O or B-Brand: {row!r}"[:200]
        elif not row.strip(" \t"):
            if tokens or reason:
                yield _row(start, tokens, reason)
            tokens, reason = [], ""
    if tokens or reason:
        yield _row(start, tokens, reason)


def _is_comment(line: str) -> bool:
    return line.startswith("-DOCSTART-") or (line.startswith("#") and not _token(line)[1])


def _token(line: str) -> tuple[str, str]:
    """Return the token and the label of a line; the label is "" if the line has none."""
    row = line.rstrip("\r\n")
    separator = "\t" if "\t" in row[1:] else " "
    columns = row[1:].split(separator)  # the token may itself be a blank
    label = columns[-1].strip()
    if len(columns) < 2 or not _LABEL.fullmatch(label):
        return row, ""
    return row[:1] + columns[0], label


def _row(line: int, tokens: Sequence[tuple[str, str]], reason: str) -> FileRow:
    if reason:
        return FileRow(line, {"text": " ".join(token for token, _ in tokens)}, reason)
    text, places = _joined([token for token, _ in tokens])
    labels = [label if label == "O" else _AS_BIO.get(label[0], label[0]) + label[1:] for _, label in tokens]
    spans: dict[tuple[str, str], list[list[int]]] = {}
    for first, end, kind in entities(labels):
        at = [places[first], places[end - 1] + len(tokens[end - 1][0])]
        spans.setdefault((text[slice(*at)], kind), []).append(at)
    annotations: list[dict[str, Any]] = [
        {"text": value, "source": "gold", "spans": at, "type": kind} for (value, kind), at in spans.items()
    ]
    tags = list(dict.fromkeys(value for value, _ in spans))
    return FileRow(line, {"title": text, "tags": tags, "annotations": annotations})


def _joined(tokens: Sequence[str]) -> tuple[str, list[int]]:
    """Return a text and where each of its tokens begins."""
    by_characters = all(len(token) == 1 for token in tokens)
    text, places = "", []
    for token in tokens:
        together = by_characters or not text or (_CHINESE.match(text[-1]) and _CHINESE.match(token[0]))
        text += "" if together else " "
        places.append(len(text))
        text += token
    return text, places
