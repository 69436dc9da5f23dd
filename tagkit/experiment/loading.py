"""Find experiments, and load the products that they name."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import filter as matching
from pathlib import Path
from typing import Any

import tagkit
from tagkit.datasets import load, oa_mine
from tagkit.errors import BadInput, did_you_mean
from tagkit.experiment import load as yaml
from tagkit.experiment._old_spec import Data, Experiment
from tagkit.product import Dataset

FOLDER = "experiments"


def root() -> Path:
    """Return the folder that holds the package: in a checkout, the repository."""
    return Path(tagkit.__file__).parents[1]


def default_folder() -> Path:
    """Return `experiments` below the working directory where that holds experiments, else the repository's."""
    here = Path(FOLDER)
    return here if any(here.glob("*.yaml")) else root() / FOLDER


def find(names: Sequence[str], folder: Path) -> list[Experiment]:
    """Read experiments, all of a folder where none is named.

    Args:
        names: Names of experiments, also with `*` for any letters, or paths of YAML files.
        folder: Where the named ones are.

    Raises:
        BadInput: There is none of that name, or a file is wrong.
    """
    known = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    if not known and not names:
        raise BadInput(f"{folder} holds no experiments (NAME.yaml); give another folder with --folder")
    paths = []
    for name in names or known:
        if name in known:
            paths.append(known[name])
        elif found := matching(known, name):
            paths += [known[other] for other in found]
        elif Path(name).suffix in (".yaml", ".yml"):
            if not Path(name).is_file():
                raise BadInput(f"there is no file {name}")
            paths.append(Path(name))
        else:
            there = ", ".join(known) or "none"
            raise BadInput(
                f"no experiment is called {name!r}{did_you_mean(name, known)}; in {folder} there are: {there}"
            )
    return [yaml.experiment(path) for path in dict.fromkeys(paths)]


def products(data: Data, options: dict[str, Any] | None = None) -> Dataset:
    """Return the products of an experiment.

    Args:
        data: Which.
        options: Options of the reader that replace those of `data`.

    Raises:
        DataMissing: The files are not to be had.
        BadInput: A file or an option is wrong, or a title of `data.titles` is not in test.
    """
    wanted = data.options | (options or {})
    found = oa_mine.read_products(data.file, **wanted) if data.file else load(data.name, **wanted)
    if not data.titles:
        return found
    kept = [product for product in found.test if product.title in data.titles]
    if lost := set(data.titles) - {product.title for product in kept}:
        raise BadInput(f"{found.name} has no test product with the title {min(lost)!r}")
    return found.with_parts(test=kept)
