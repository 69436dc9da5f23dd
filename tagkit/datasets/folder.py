"""Products from a folder that holds a file for each part of a data set."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from tagkit.datasets.columns import FileOptions
from tagkit.datasets.files import read_file
from tagkit.datasets.products import part_of
from tagkit.datasets.rejects import SUFFIX
from tagkit.datasets.rows import is_readable
from tagkit.datasets.split import PARTS
from tagkit.errors import BadInput
from tagkit.product import Dataset


def read_folder(path: Path, **options: Unpack[FileOptions]) -> Dataset:
    """Read a folder with a file for each part: train, dev (or valid …) and test, of any kind that `read_file` reads.

    Where an id occurs in several files, as the numbers of lines do, the part is put before all ids.

    Args:
        path: The folder.
        **options: As in `read_file`, for all files.

    Raises:
        BadInput: There is no file called train, or there are two files of one part; or as in `read_file`.
    """
    files: dict[str, Path] = {}
    for file in sorted(path.iterdir()):
        part = part_of(file.name.removesuffix(".gz").partition(".")[0])
        if file.is_file() and is_readable(file) and part and not file.name.endswith(SUFFIX):
            if part in files:
                raise BadInput(f"{path} has two files of {part}: {files[part].name} and {file.name}")
            files[part] = file
    if "train" not in files:
        raise BadInput(f"the folder {path} has no file called train, such as train.jsonl, with products to learn from")
    parts = {part: read_file(file, **options) for part, file in files.items()}
    ids = Counter(product.id for data in parts.values() for product in data.products)
    unique = max(ids.values()) == 1
    rows = {
        part: tuple(one if unique else replace(one, id=f"{part}-{one.id}") for one in data.products)
        for part, data in parts.items()
    }
    card = f"# {path.name}\n\n" + "\n".join(data.card.partition("\n\n")[2] for data in parts.values())
    train, dev, test = (rows.get(part, ()) for part in PARTS)
    return Dataset(path.name, train, dev, test, card, "the user's own")
