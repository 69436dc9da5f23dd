"""Find strategies, measures and data sets by name, importing a module only when it is asked for.

A class is found by the `name` that it states: adding a strategy, a measure, a data set or a refinement means adding one
file to its package.
Other packages add theirs through the entry points `tagkit.taggers`, `tagkit.measures`, `tagkit.datasets` and
`tagkit.refine`, each naming a class; and any class can be named as "package.module:Class". Importing a module runs its
code, so that only what the user names is imported (`Registry.find`), and never what a file names (`Registry.get`).
"""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import re
import sys
from collections import Counter
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar, cast

from tagkit.errors import BadInput, MissingExtra, UnknownName, did_you_mean

T = TypeVar("T")
DISTRIBUTION = {
    "sklearn": "scikit-learn",
    "ahocorasick": "pyahocorasick",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "rapidocr_onnxruntime": "rapidocr-onnxruntime",
}
"""Where a package is imported under another name than it is installed under."""
REFERENCE = re.compile(r"(?!\d)\w+(?:\.(?!\d)\w+)*:(?!\d)\w+")
"""The form of "package.module:Class"."""


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

    def _entries(self) -> dict[str, _Entry]:
        return stated_names(Path(__file__).parent.joinpath(*self.package.split(".")[1:]))

    def _entry_points(self) -> dict[str, metadata.EntryPoint]:
        return {point.name: point for point in metadata.entry_points(group=self.package)}

    def classes(self) -> dict[str, str]:
        """Return the names of our own ones by what their classes are called, without importing anything."""
        return {entry.cls: name for name, entry in self._entries().items()}

    def names(self) -> list[str]:
        """Return all names, without importing anything."""
        return sorted(self._entries() | self._entry_points())

    def names_of_texts(self) -> list[str]:
        """Return the names of the strategies that need nothing but text: without those that state `reads_photos`."""
        return [name for name in self.names() if not ((entry := self._entries().get(name)) and entry.reads_photos)]

    def __contains__(self, name: str) -> bool:
        """Tell whether something has that name; other packages are searched only for a name that we do not have."""
        return name in self._entries() or name in self._entry_points() or _imported(name) is not None

    def summary(self, name: str) -> str:
        """Return the first line of the class's docstring, read without importing its module where it is one of ours."""
        entries = self._entries()
        doc = entries[name].doc if name in entries else inspect.getdoc(self.get(name)) or ""
        return doc.partition("\n")[0]

    def get(self, name: str) -> type[T]:
        """Return the class of that name.

        Args:
            name: A name from `names()`, or "package.module:Class" of a module that is imported already.

        Raises:
            BadInput: The class is of another kind.
            UnknownName: Nothing has that name; the message lists what there is.
            MissingExtra: Its optional package is not installed; the message says what to install.
        """
        try:
            if name in self._entries():
                module = importlib.import_module(f"{self.package}.{self._entries()[name].file.stem}")
                return self._class_in(module, name)
            points = self._entry_points()
            if name in points:
                return points[name].load()
            if (found := _imported(name)) is not None:
                return self._checked(name, found)
        except ModuleNotFoundError as error:
            raise missing_extra(error, f"{self.kind} `{name}`") from error
        if is_reference(name):
            raise UnknownName(f"{name} is no part of tagkit: import its module first, or name it (with --tagger)")
        names = self.names()
        hint = did_you_mean(name, names)
        raise UnknownName(f"no {self.kind} is called {name!r}{hint}; there are: {', '.join(names)}")

    def find(self, name: str) -> type[T]:
        """Return the class that the user names; a module of "package.module:Class" is imported, also from here.

        Raises:
            UnknownName: There is no such name, module or class.
            BadInput: The class is of another kind.
            MissingExtra: A package that it needs is not installed.
        """
        if is_reference(name) and _imported(name) is None:
            module, _, label = name.partition(":")
            if (here := os.getcwd()) not in sys.path:
                sys.path.append(here)
            importlib.invalidate_caches()
            try:
                importlib.import_module(module)
            except ModuleNotFoundError as error:
                if not f"{module}.".startswith(f"{error.name}."):
                    raise missing_extra(error, f"{self.kind} `{name}`") from error
                raise UnknownName(f"{name}: there is no module {error.name} here or among the packages") from error
            if _imported(name) is None:
                raise UnknownName(f"the module {module} holds no class {label}")
        return self.get(name)

    def name_of(self, cls: type[T]) -> str:
        """Return the name by which `get` finds a class: its own, or "package.module:Class"."""
        name: str = vars(cls).get("name", "")
        return name if name in self and self.get(name) is cls else f"{cls.__module__}:{cls.__qualname__}"

    def _checked(self, name: str, found: Any) -> type[T]:
        base_module, _, base_name = self.base.partition(":")
        base: Any = getattr(importlib.import_module(base_module), base_name)
        if not issubclass(found, base):
            raise BadInput(f"{name} is no {self.kind}: it must be a subclass of {base_name} in {base_module}")
        return cast(type[T], found)

    def _class_in(self, module: Any, name: str) -> type[T]:
        base_module, _, base_name = self.base.partition(":")
        base: Any = getattr(importlib.import_module(base_module), base_name)
        for value in vars(module).values():
            if inspect.isclass(value) and issubclass(value, base) and vars(value).get("name") == name:
                return cast(type[T], value)
        raise UnknownName(f"{module.__name__} holds no {base_name} called {name!r}")


class _Entry(NamedTuple):
    """Where a class is defined, its docstring, what it is called, and whether it says that it reads photos."""

    file: Path
    doc: str
    cls: str
    reads_photos: bool


def is_reference(name: Any) -> bool:
    """Say whether a name has the form "package.module:Class"."""
    return isinstance(name, str) and REFERENCE.fullmatch(name) is not None


def _imported(name: Any) -> type | None:
    """Return the class that "package.module:Class" names; None where its module is not imported or lacks it."""
    if not is_reference(name):
        return None
    module, _, label = name.partition(":")
    found = getattr(sys.modules.get(module), label, None)
    return found if inspect.isclass(found) else None


@cache
def stated_names(folder: Path) -> dict[str, _Entry]:
    """Return the classes that state a `name`, from the source of a package's modules, which are not imported."""
    found: dict[str, _Entry] = {}
    for file in sorted(folder.glob("*.py")):
        if not file.stem.startswith("_"):
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and (name := _stated(node, "name")):
                    doc = ast.get_docstring(node) or ""
                    found[str(name)] = _Entry(file, doc, node.name, bool(_stated(node, "reads_photos")))
    return found


def _stated(node: ast.ClassDef, attribute: str) -> Any:
    """Return the constant that a class gives to an attribute, None where it gives none."""
    for line in node.body:
        if isinstance(line, (ast.Assign, ast.AnnAssign)) and isinstance(line.value, ast.Constant):
            target = line.targets[0] if isinstance(line, ast.Assign) else line.target
            if isinstance(target, ast.Name) and target.id == attribute:
                return line.value.value
    return None


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


taggers: Registry[Any] = Registry("tagkit.taggers", "tagkit.tagger:Tagger", "strategy")
measures: Registry[Any] = Registry("tagkit.measures", "tagkit.measures.base:Measure", "measure")
datasets: Registry[Any] = Registry("tagkit.datasets", "tagkit.datasets.base:Reader", "data set")
steps: Registry[Any] = Registry("tagkit.refine", "tagkit.refine.base:Step", "refinement")
