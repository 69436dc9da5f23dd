"""Find strategies, measures and data sets by name, importing a module only when it is asked for.

A name is the name of a file: `tagkit/taggers/knn.py` holds the strategy `knn`. So adding one means adding one file.
Other packages add theirs through the entry points `tagkit.taggers`, `tagkit.measures`, `tagkit.datasets` and
`tagkit.refine`, each naming a class.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections import Counter
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from tagkit.errors import MissingExtra, UnknownName

T = TypeVar("T")
DISTRIBUTION = {"sklearn": "scikit-learn", "ahocorasick": "pyahocorasick"}
"""Where a package is imported under another name than it is installed under."""


class Registry(Generic[T]):
    """All classes of one kind, by name.

    Args:
        package: The package whose modules hold one class each, for example "tagkit.taggers".
        base: The name of the base class, as "module:Class".
        kind: What one of them is called in messages.
    """

    def __init__(self, package: str, base: str, kind: str) -> None:
        self.package = package
        self.base = base
        self.kind = kind

    def _folder(self) -> Path:
        return Path(__file__).parent.joinpath(*self.package.split(".")[1:])

    def _files(self) -> dict[str, Path]:
        helpers = {"__init__", "base", "run"}
        files = sorted(self._folder().glob("*.py"))
        return {f.stem: f for f in files if f.stem not in helpers and not f.stem.startswith("_")}

    def _entry_points(self) -> dict[str, metadata.EntryPoint]:
        return {point.name: point for point in metadata.entry_points(group=self.package)}

    def names(self) -> list[str]:
        """Return all names, without importing anything."""
        return sorted(self._files() | self._entry_points())

    def __contains__(self, name: str) -> bool:
        """Tell whether something has that name; other packages are searched only for a name that we do not have."""
        return name in self._files() or name in self._entry_points()

    def summary(self, name: str) -> str:
        """Return the first line of the module's docstring, read without importing it."""
        files = self._files()
        if name in files:
            doc = ast.get_docstring(ast.parse(files[name].read_text(encoding="utf-8"))) or ""
        else:
            doc = inspect.getdoc(self.get(name)) or ""
        return doc.partition("\n")[0]

    def get(self, name: str) -> type[T]:
        """Return the class of that name.

        Args:
            name: A name from `names()`.

        Raises:
            UnknownName: Nothing has that name; the message lists what there is.
            MissingExtra: Its optional package is not installed; the message says what to install.
        """
        try:
            if name in self._files():
                return self._class_in(importlib.import_module(f"{self.package}.{name}"))
            points = self._entry_points()
            if name in points:
                return points[name].load()
        except ModuleNotFoundError as error:
            raise missing_extra(error, f"{self.kind} `{name}`") from error
        raise UnknownName(f"no {self.kind} is called {name!r}; there are: {', '.join(self.names())}")

    def _class_in(self, module: Any) -> type[T]:
        base_module, _, base_name = self.base.partition(":")
        base: Any = getattr(importlib.import_module(base_module), base_name)
        for value in vars(module).values():
            if inspect.isclass(value) and issubclass(value, base) and value.__module__ == module.__name__:
                return cast(type[T], value)
        raise UnknownName(f"{module.__name__} holds no {base_name}")


def missing_extra(error: ModuleNotFoundError, wanted_by: str) -> MissingExtra:
    """Turn a failed import into one sentence that says which extra of tagkit to install."""
    module = (error.name or "").partition(".")[0]
    extra = _extra_of(DISTRIBUTION.get(module, module))
    command = f'pip install "tagkit[{extra}]"' if extra else f"pip install {DISTRIBUTION.get(module, module)}"
    return MissingExtra(f"{wanted_by} needs the package {module}: {command}")


@cache
def _extra_of(distribution: str) -> str:
    """Find the smallest extra of tagkit that brings a distribution (not `all`), "" if none does."""
    try:
        requirements = metadata.requires("tagkit") or []
    except metadata.PackageNotFoundError:
        return ""
    plain = re.sub(r"[-_.]+", "-", distribution).lower()
    sizes: Counter[str] = Counter()
    holders: list[str] = []
    for line in requirements:
        if match := re.match(r"([A-Za-z0-9._-]+).*extra\s*==\s*['\"]([^'\"]+)", line):
            sizes[match[2]] += 1
            if re.sub(r"[-_.]+", "-", match[1]).lower() == plain:
                holders.append(match[2])
    return min(holders, key=sizes.__getitem__, default="")


taggers: Registry[Any] = Registry("tagkit.taggers", "tagkit.taggers.base:Tagger", "strategy")
measures: Registry[Any] = Registry("tagkit.measures", "tagkit.measures.base:Measure", "measure")
datasets: Registry[Any] = Registry("tagkit.datasets", "tagkit.datasets.base:Reader", "data set")
steps: Registry[Any] = Registry("tagkit.refine", "tagkit.refine.base:Step", "refinement")
