"""Rows of a Parquet file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tagkit.datasets.rejects import FileRow
from tagkit.errors import BadInput
from tagkit.registry import missing_extra


def parquet_rows(path: Path) -> Iterator[FileRow]:
    """Yield the rows batch by batch; the line is the row's position, counted from 1.

    What is damaged in one group of rows is one row with a reason; the other groups are read.

    Raises:
        BadInput: It is not a Parquet file, or its end is missing.
        MissingExtra: The package for Parquet is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise missing_extra(error, "reading Parquet") from error
    errors = (pyarrow.ArrowException, OSError, UnicodeDecodeError)
    try:
        file = parquet.ParquetFile(path)
    except errors as error:
        raise BadInput(f"{path} is not a readable Parquet file: {error}") from error
    with file:
        end = 0
        for group in range(file.num_row_groups):
            number, end = end, end + file.metadata.row_group(group).num_rows
            try:
                for batch in file.iter_batches(row_groups=[group]):
                    for values in batch.to_pylist():
                        number += 1
                        yield FileRow(number, values)
            except errors as error:
                yield FileRow(number + 1, None, f"rows {number + 1} to {end} are damaged: {error}")
