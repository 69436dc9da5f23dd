"""Read YAML so that every error can name the file and the line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tagkit.errors import BadInput

MAX_BYTES, MAX_VALUES, MAX_DEPTH = 2**20, 100_000, 40
"""A larger file, one with more values (what an alias stands for counts each time) or a deeper one is no experiment."""
Place = tuple[str | int, ...]
"""Where a value is in a document: keys of mappings, and positions in lists from 0."""


class Written(float):
    """A number that remembers how it was written, so that "82.10" keeps its second digit."""

    text: str

    def __new__(cls, value: float, text: str) -> Written:
        """Make a number of a value and its text."""
        made = super().__new__(cls, value)
        made.text = text
        return made


class _Loader(yaml.SafeLoader):
    """Reads dates as texts."""


_Loader.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for key, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class YamlDocument:
    """A YAML file.

    Attributes:
        file: The file.
        content: Its content; numbers below a key `expected` are `Written`.
        lines: The line of each value, 1 for the first; that of its key where it has one.
    """

    file: Path
    content: Any
    lines: dict[Place, int]

    def error(self, place: Place, message: str) -> BadInput:
        """Return the error that names a place."""
        while place and place not in self.lines:
            place = place[:-1]
        name = ""
        for part in place:
            name += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if name else part
        return BadInput(f"{self.file}, line {self.lines[place]}: {f'`{name}`: ' if name else ''}{message}")


def read(path: Path) -> YamlDocument:
    """Read a YAML file.

    Raises:
        BadInput: It is no readable YAML, holds nothing or too much, or has a key twice; the message names the line.
    """
    if path.stat().st_size > MAX_BYTES:
        raise BadInput(f"{path}, line 1: an experiment has at most {MAX_BYTES:,} bytes, not {path.stat().st_size:,}")
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8: {error}") from error
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise BadInput(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    try:
        root = loader.get_single_node()
        if root is None:
            raise BadInput(f"{path}, line 1: the file holds nothing")
        lines: dict[Place, int] = {(): root.start_mark.line + 1}
        return YamlDocument(path, _value(path, loader, root, (), lines), lines)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        raise BadInput(f"{path}, line {mark.line + 1 if mark else 1}: {what}") from error
    except RecursionError:
        raise BadInput(f"{path}, line {loader.line + 1}: values are nested too deeply") from None
    finally:
        loader.dispose()


def _value(path: Path, loader: Any, node: yaml.Node, place: Place, lines: dict[Place, int]) -> Any:
    if len(place) > MAX_DEPTH or len(lines) > MAX_VALUES:
        problem = "nested too deeply" if len(place) > MAX_DEPTH else f"more than {MAX_VALUES:,}"
        raise BadInput(f"{path}, line {node.start_mark.line + 1}: values are {problem}, or an alias repeats itself")
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise BadInput(f"{path}, line {line}: a key must be a word")
            if key.value in found:
                raise BadInput(f"{path}, line {line}: the key {key.value!r} occurs twice")
            lines[(*place, key.value)] = line
            found[key.value] = _value(path, loader, value, (*place, key.value), lines)
        return found
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            lines[(*place, number)] = item.start_mark.line + 1
        return [_value(path, loader, item, (*place, number), lines) for number, item in enumerate(node.value)]
    try:
        value = loader.construct_object(node)
        str(value).encode()
    except yaml.YAMLError:
        raise
    except Exception as error:  # of whatever reads the type that the file states: "!!timestamp 2026-99-99", "!!int x"
        shown = repr(node.value[:80])
        raise BadInput(f"{path}, line {node.start_mark.line + 1}: {shown} cannot be read ({error!r})") from error
    if "expected" in place and isinstance(value, (int, float)) and not isinstance(value, bool):
        return Written(value, str(node.value))
    return value
