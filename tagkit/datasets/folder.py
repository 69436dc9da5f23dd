"""Products from a folder that holds a file for each part of a data set."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from tagkit.datasets.columns import FileOptions
from tagkit.datasets.files import understand
from tagkit.datasets.products import part_of
from tagkit.datasets.rejects import SUFFIX
from tagkit.datasets.rows import FileReading, is_readable
from tagkit.datasets.split import PARTS
from tagkit.errors import BadInput, warn
from tagkit.product import Dataset


def read_folder(path: Path, **options: Unpack[FileOptions]) -> Dataset:
    """Read a folder with a file for each part: train, dev (or valid …) and test, of any kind that `read_file` reads.

    The case of the names doesn't matter. Where an id occurs in several files, as the numbers of lines do, the part is
    put before all ids.

    Args:
        path: The folder.
        **options: As in `read_file`, for all files.

    Raises:
        BadInput: There is no file called train, or there are two files of one part; or as in `read_file`.
    """
    data, readings = understand_folder(path, **options)
    for file, reading in readings.values():
        for note in reading.notes:
            warn(f"{file}: {note}")
    return data


def understand_folder(
    path: Path, **options: Unpack[FileOptions]
) -> tuple[Dataset, dict[str, tuple[Path, FileReading]]]:
    """Read a folder as `read_folder` does, and return with the data set the file of each part and what it was read as.

    The parts are in the order train, dev, test.
    """
    files: dict[str, Path] = {}
    for file in sorted(path.iterdir()):
        part = part_of(file.name.lower().removesuffix(".gz").partition(".")[0])
        if file.is_file() and is_readable(file) and part and not file.name.endswith(SUFFIX):
            if part in files:
                raise BadInput(f"{path} has two files of {part}: {files[part].name} and {file.name}")
            files[part] = file
    if "train" not in files:
        raise BadInput(f"the folder {path} has no file called train, such as train.jsonl, with products to learn from")
    read = {part: understand(files[part], **options) for part in PARTS if part in files}
    parts = {part: data for part, (data, _) in read.items()}
    ids = Counter(product.id for data in parts.values() for product in data.products)
    unique = max(ids.values()) == 1
    rows = {
        part: tuple(one if unique else replace(one, id=f"{part}-{one.id}") for one in data.products)
        for part, data in parts.items()
    }
    card = f"# {path.name}\n\n" + "\n".join(data.card.partition("\n\n")[2] for data in parts.values())
    train, dev, test = (rows.get(part, ()) for part in PARTS)
    data = Dataset(path.name, train, dev, test, card, "the user's own")
    return data, {part: (files[part], reading) for part, (_, reading) in read.items()}
