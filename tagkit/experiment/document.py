"""Read YAML so that every error can name the file and the line."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tagkit.errors import BadInput, did_you_mean


@dataclass(frozen=True)
class Node:
    """A value of a YAML file with its place.

    Attributes:
        file: The file.
        line: The line it begins on, 1 for the first.
        value: A dictionary of nodes by key, a list of nodes, or a scalar.
        raw: A scalar as it is written, so that "82.10" keeps its second digit.
        name: What it is called in messages, "" for the whole document.
    """

    file: Path
    line: int
    value: Any
    raw: str = ""
    name: str = ""

    def fail(self, message: str) -> BadInput:
        """Return the error that names this place."""
        where = f"`{self.name}`: " if self.name else ""
        return BadInput(f"{self.file}, line {self.line}: {where}{message}")

    def mapping(self, required: Collection[str] = (), optional: Collection[str] | None = None) -> dict[str, Node]:
        """Return the values by key.

        Args:
            required: Keys that must be there.
            optional: Further keys that may be there; None: any.

        Raises:
            BadInput: It is no mapping, a key is missing or unknown; the message names file and line.
        """
        if not isinstance(self.value, dict):
            raise self.fail(f"must be keys with values, not {self._shown()}")
        if optional is not None:
            known = [*required, *optional]
            for key, node in self.value.items():
                if key not in known:
                    raise node.fail(
                        f"unknown key {key!r}{did_you_mean(key, known)}; known are: {', '.join(known) or 'none'}"
                    )
        for key in required:
            if key not in self.value:
                raise self.fail(f"the key {key!r} is missing")
        return self.value

    def sequence(self) -> list[Node]:
        """Return the items.

        Raises:
            BadInput: It is no list, or an empty one.
        """
        if not isinstance(self.value, list) or not self.value:
            raise self.fail(f"must be a list of one or more, not {self._shown()}")
        return self.value

    def text(self) -> str:
        """Return a scalar as text, blanks around it and line breaks within cut.

        Raises:
            BadInput: It is none, or empty.
        """
        if isinstance(self.value, (dict, list)) or self.value is None or not self.raw.strip():
            raise self.fail(f"must be a text, not {self._shown()}")
        return " ".join(self.raw.split())

    def number(self) -> float:
        """Return a number.

        Raises:
            BadInput: It is none.
        """
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            raise self.fail(f"must be a number, not {self._shown()}")
        return float(self.value)

    def whole(self) -> int:
        """Return a whole number.

        Raises:
            BadInput: It is none.
        """
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self.fail(f"must be a whole number, not {self._shown()}")
        return self.value

    def flag(self) -> bool:
        """Return true or false.

        Raises:
            BadInput: It is neither.
        """
        if not isinstance(self.value, bool):
            raise self.fail(f"must be true or false, not {self._shown()}")
        return self.value

    def plain(self) -> Any:
        """Return the value without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def _shown(self) -> str:
        kinds = {dict: "keys with values", list: "a list", type(None): "nothing"}
        return kinds.get(type(self.value), repr(self.raw))


def read(path: Path) -> Node:
    """Return a YAML file's document.

    Raises:
        BadInput: It is no readable YAML, holds nothing, or a key stands twice; the message names file and line.
    """
    try:
        loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8: {error}") from error
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise BadInput(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    try:
        root = loader.get_single_node()
        if root is None:
            raise BadInput(f"{path}, line 1: the file holds nothing")
        return _node(path, loader, root, "")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        raise BadInput(f"{path}, line {mark.line + 1 if mark else 1}: {what}") from error
    finally:
        loader.dispose()


def _node(path: Path, loader: yaml.SafeLoader, node: yaml.Node, name: str) -> Node:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise BadInput(f"{path}, line {key.start_mark.line + 1}: a key must be a word")
            if key.value in found:
                raise BadInput(f"{path}, line {key.start_mark.line + 1}: the key {key.value!r} stands twice")
            made = _node(path, loader, value, f"{name}.{key.value}" if name else key.value)
            # An error about a value is best shown where its key stands.
            found[key.value] = Node(path, key.start_mark.line + 1, made.value, made.raw, made.name)
        return Node(path, line, found, name=name)
    if isinstance(node, yaml.SequenceNode):
        items = [_node(path, loader, item, f"{name}[{number}]") for number, item in enumerate(node.value, 1)]
        return Node(path, line, items, name=name)
    return Node(path, line, loader.construct_object(node), str(node.value), name)
