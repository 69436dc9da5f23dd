"""Rows of Parquet files, sound and damaged."""

from __future__ import annotations

import sys

import pytest

from tagkit.datasets.parquet import parquet_rows
from tagkit.errors import BadInput, MissingExtra

pandas = pytest.importorskip("pandas", reason="Parquet needs tagkit[parquet]")
parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs tagkit[parquet]")


def test_rows_are_numbered_through_all_groups(tmp_path):
    rows = [{"title": f"红裙{n}", "tags": ["裙", str(n)], "price": None if n == 1 else n} for n in range(5)]
    pandas.DataFrame(rows).to_parquet(tmp_path / "x.parquet", row_group_size=2)
    found = list(parquet_rows(tmp_path / "x.parquet"))
    assert [row.line for row in found] == [1, 2, 3, 4, 5] and not any(row.reason for row in found)
    assert found[4].values == {"title": "红裙4", "tags": ["裙", "4"], "price": 4.0}


def test_a_damaged_page_costs_its_group_of_rows(tmp_path):
    file = tmp_path / "x.parquet"
    pandas.DataFrame({"title": [f"纯棉短袖{n}" for n in range(40)]}).to_parquet(file, row_group_size=10)
    content = bytearray(file.read_bytes())
    group = parquet.ParquetFile(file).metadata.row_group(1).column(0)
    start = group.dictionary_page_offset or group.data_page_offset
    content[start : start + group.total_compressed_size] = b"\xff" * group.total_compressed_size
    file.write_bytes(content)
    rows = list(parquet_rows(file))
    (damaged,) = [row for row in rows if row.reason]
    assert len(rows) == 31 and rows[11].values == {"title": "纯棉短袖20"} and rows[11].line == 21
    assert damaged.line == 11 and damaged.reason.startswith("rows 11 to 20 are damaged: ")
    file.write_bytes(content[:-10])
    with pytest.raises(BadInput, match=r"x\.parquet is not a readable Parquet file"):
        list(parquet_rows(file))


def test_without_the_package_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(
        MissingExtra, match=r'reading Parquet needs the package pyarrow: pip install "tagkit\[parquet\]"'
    ):
        list(parquet_rows(tmp_path / "x.parquet"))
