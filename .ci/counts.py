"""Count what the architecture page states, for this checkout or another: `python .ci/counts.py [FOLDER]`.

It prints the lines and files of the package, cycles of imports, imports of another package's private names, and public
class names that two modules share. Imports under `TYPE_CHECKING` do not count.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path


def imports(tree: ast.Module) -> Iterator[str]:
    """Yield the full names that a module imports from tagkit."""
    typed = [n for n in ast.walk(tree) if isinstance(n, ast.If) and ast.unparse(n.test).endswith("TYPE_CHECKING")]
    left_out = {id(inner) for node in typed for line in node.body for inner in ast.walk(line)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tagkit") and id(node) not in left_out:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def private_owner(name: str, modules: dict[str, Path]) -> str:
    """Return the package that owns the first private part of a full name; "" where no part is private."""
    parts = name.split(".")
    at = next((i for i, part in enumerate(parts) if part.startswith("_") and not part.startswith("__")), 0)
    owner = ".".join(parts[:at])
    in_module = owner in modules and modules[owner].name != "__init__.py"
    return owner.rpartition(".")[0] if in_module else owner


def main() -> None:
    """Print the counts."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1])
    modules = {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted((root / "tagkit").rglob("*.py"))
    }
    needs: dict[str, set[str]] = {}
    private: set[tuple[str, str]] = set()
    classes: dict[str, list[str]] = defaultdict(list)
    for module, path in modules.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found = set(imports(tree))
        needs[module] = {name if name in modules else name.rpartition(".")[0] for name in found} - {module}
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        for name in found:
            owner = private_owner(name, modules)
            if owner and not f"{package}.".startswith(f"{owner}."):
                private.add((module, name))
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                classes[node.name].append(module)
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in modules.values())
    cycles = []
    while True:
        try:
            list(TopologicalSorter(needs).static_order())
            break
        except CycleError as error:
            cycle = error.args[1]
            cycles.append(" -> ".join(cycle))
            needs[cycle[1]].discard(cycle[0])
    shared = {name: where for name, where in classes.items() if len(where) > 1}
    print(f"{lines:,} lines in {len(modules)} files")
    print(f"{len(cycles)} cycles of imports {cycles or ''}")
    print(f"{len(private)} imports of private names across packages")
    print(f"{len(shared)} class names in two modules: {', '.join(sorted(shared)) or 'none'}")


if __name__ == "__main__":
    main()
