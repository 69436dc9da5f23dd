"""Report code that nothing uses, as `make lint` does: functions, classes, attributes, variables and arguments.

Vulture reads the package with its tests, scripts and notebooks. The registry finds a class by the `name` it states, so
such a class counts as used; attributes count where they are set on `self`, since others belong to other libraries.
What else only other libraries read is listed under `[tool.vulture]` in pyproject.toml.
"""

import ast
import json
import sys
import tomllib
from pathlib import Path

from vulture import Vulture
from vulture.core import Item

ROOT = Path(__file__).parents[1]


def registered_classes(tree: ast.Module) -> set[str]:
    """Return the names of the classes of a module that state a `name`."""
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        for line in node.body
        if isinstance(line, ast.Assign | ast.AnnAssign) and ast.unparse(line).startswith(("name = ", "name: "))
    }


def notebook_code(path: Path) -> str:
    """Return the code cells of a notebook, without IPython's commands."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    lines = [line for cell in cells if cell["cell_type"] == "code" for line in [*cell["source"], "\n"]]
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines if not line.startswith(("%", "!")))


def is_ours(item: Item) -> bool:
    """Tell whether an unused name is in the package, and is not an attribute of another library's object."""
    line = item.filename.read_text(encoding="utf-8").splitlines()[item.first_lineno - 1]
    return item.filename.is_relative_to(ROOT / "tagkit") and (item.typ != "attribute" or f"self.{item.name}" in line)


def main() -> int:
    """Print a line for each unused name and return 1 if there is one, else 0."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["vulture"]
    vulture = Vulture(**settings)
    vulture.scavenge([str(ROOT / folder) for folder in ("tagkit", "tests", "experiments", "benchmarks", "docs")])
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        vulture.scan(notebook_code(path), str(path))
    for path in sorted((ROOT / "tagkit").rglob("*.py")):
        vulture.used_names |= registered_classes(ast.parse(path.read_text(encoding="utf-8")))
    unused = [item for item in vulture.get_unused_code(min_confidence=60) if is_ours(item)]
    for item in unused:
        print(f"{item.filename.relative_to(ROOT)}:{item.first_lineno}: unused {item.typ} '{item.name}'")
    return 1 if unused else 0


if __name__ == "__main__":
    sys.exit(main())
