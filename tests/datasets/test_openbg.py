"""The reader of `openbg`."""

from __future__ import annotations

import json
from itertools import count

import pytest

from tagkit.datasets import load, openbg, store
from tagkit.datasets.split import split_of


def test_openbg_vocabulary_comes_from_train_alone(public_data):
    data = load("openbg")
    assert [len(part) for part in (data.train, data.dev, data.test)] == [1431, 208, 440]
    counts: dict[str, int] = {}
    for product in data.train:
        for tag in product.tags:
            counts[tag] = counts.get(tag, 0) + 1
    assert len(counts) == 470 and min(counts.values()) == 6
    assert {tag for p in data.dev + data.test for tag in p.tags} <= set(counts)
    for part in ("train", "dev", "test"):
        assert all(split_of(p.title) == part for p in getattr(data, part))
    assert len({p.title for p in data.products}) == len(data.products)
    assert not any(p.attributes or p.annotations for p in data.products)
    assert not any(char.isdigit() for tag in counts for char in tag)
    assert "Tags: 470" in data.card and "dropped: 334" in data.card
    assert set(data.facets) == set(counts) and len(set(data.facets.values())) == 174
    assert [data.facets[tag] for tag in ("韩版", "春季")] == ["通勤", "适用季节"]


def test_openbg_other_threshold(public_data):
    data = load("openbg", min_items=20)
    assert 0 < len(data.vocabulary) < 470
    assert "at least 20 train titles" in data.card


@pytest.fixture
def task_files(tmp_path, monkeypatch):
    """Write the five task files, each with no rows unless some are given."""

    def write(**rows: list[dict]) -> None:
        for task in openbg.TASKS:
            lines = [json.dumps(row, ensure_ascii=False) for row in rows.get(task.partition("-")[2], [])]
            (tmp_path / openbg.FILE.format(task)).write_text("\n".join(lines), encoding="utf-8")

    (tmp_path / openbg.FILE).parent.mkdir()
    monkeypatch.setattr(store, "path", lambda name: tmp_path / name)
    return write


def titles_of_train():
    return (title for number in count() if split_of(title := f"杯{number}, 大") == "train")


def test_rows_of_the_tasks(task_files):
    first, second, third, fourth, fifth = (title for title, _ in zip(titles_of_train(), range(5), strict=False))
    labels = {"coarse": ["家居"], "fine": ["杯/壶"]}
    task_files(
        item_align=[{"sentences": f"Item 1: {first}, 颜色#:#红色#;#容量#:#5L,\nItem 2: {second}, 颜色#:#蓝色"}],
        title_attribute_matching=[
            {"sentences": f"Title: {third}, Attritute: 颜色#:#绿色", "labels": {"en": ["match"]}},
            {"sentences": f"Title: {fourth}, Attritute: 颜色#:#黑色", "labels": {"en": ["not match"]}},
        ],
        title_generate=[{"sentences": "图案#:#纯色", "spans": [{"term": first}]}],
        item_fine_classify=[{"sentences": f"{title}\t材质#:#纯棉\u2028", "labels": labels} for title in (fifth, third)],
    )
    found = {p.title: (p.tags, p.category) for p in load("openbg", min_items=1).train}
    assert found == {
        fifth: (("纯棉",), "家居/杯、壶"),
        third: (("纯棉", "绿色"), "家居/杯、壶"),
        first: (("红色", "纯色"), ""),
        second: (("蓝色",), ""),
    }


def test_which_values_may_be_tags():
    text = "颜色:红色 色系:红色 产地:广东 是否防水:可以 年份:2021年 材质:棉 风格:其他/other 图案:纯色"
    pairs = {tuple(pair.split(":")): None for pair in text.split()}
    assert openbg.candidates(pairs) == ("红色", "纯色")
