"""The data set `openbg`: OpenBG's items, taken from EcomGPT's task files."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar

from tagkit.datasets import store
from tagkit.datasets.base import Expectation, Reader
from tagkit.datasets.split import PARTS, Parts, by_part, split_of
from tagkit.product import Dataset, Product
from tagkit.tags import most_frequent_types

FILE = "ecomgpt_zh/ZH-OpenBG_Align-{}.test.json"
TASKS = (
    "CLS-item_coarse_classify",
    "CLS-item_fine_classify",
    "CLS-item_align",
    "CLS-title_attribute_matching",
    "Generate-title_generate",
)
OFFER = re.compile(
    "地区|省份|地市|区县|城市|产地|采购地|同城|出租车|保修|售后|图来源|拍摄|销售渠道|安装说明|包装|规格类型|套餐|成色|鉴定"
    "|生产企业|编号|文号|货号|型号|是否|有无"
)
"""Attributes of the offer (delivery, origin, warranty, papers, numbers) and yes/no questions, which are not tags."""
NO_ANSWER = re.compile("其他|其它|other|描述|详情|不详|默认|不支持", re.IGNORECASE)

CARD = """\
# openbg

**What.** 2413 different Chinese shop titles, each with attributes as sellers fill them in (`key#:#value`). Tags are
attribute values, so most of them are not present in the title.

**Who.** OpenBG (Deng and others, *Construction and Applications of Billion-Scale Pre-trained Multimodal Business
Knowledge Graph*, ICDE 2023), as included in the test files of EcomGPT (Li and others, AAAI 2024),
https://github.com/Alibaba-NLP/EcomGPT. Five task files of 500 rows overlap; pairs marked "not match" are left out,
because their attributes belong to another title. Attributes of a title that occurs more than once are merged.

**Licence.** None is stated. tagkit downloads the files on your request and does not redistribute them.

**Which values become tags.** A value is a candidate when it has 2 to 10 characters and no digit (so no dates, sizes or
codes), is not a non-answer (其他, 见描述, 不支持 …), and its attribute is neither about the offer (delivery, origin,
warranty, packaging, papers, numbers) nor a yes/no question. The vocabulary is the candidates of enough
*train* titles (6 unless `min_items` says otherwise). Dev and test keep only tags of that vocabulary, so the task is
closed: every gold tag can be learned, and recall says nothing about the rarer values.

**Parts.** 70 / 10 / 20 by the sha256 of the title. Titles left without a tag are dropped.

**Facets.** The facet of a tag is the attribute that most titles give it under: 174 attributes for 470 tags, so nearly
every tag of a title has a facet of its own.

**Fields.** `category` is coarse/fine where a classification task gives one (about 40 % of the titles); `attributes`
stays empty, because it would hold the gold.

**Traps.** Gold is incomplete: a seller fills in some attributes and leaves others, so a right tag may count as wrong.
Some fine categories are plainly wrong upstream (blood sugar test strips under KTV loudspeakers). The alignment task
pairs offers of one product, so a few near-duplicates are in different parts (after
cleaning, one dev and two test titles have the words of a train title); `tagkit data audit openbg` counts them.

**Not good for.** Absolute scores of quality, brands (rare ones are outside the vocabulary), values with numbers.
"""

STATISTICS = """
**Statistics of this reading** (values of at least {min_items} train titles). Tags: {tags}. Titles, train / dev / test:
{before}; with a tag: {after}; dropped: {dropped}. Share of the candidate occurrences that the vocabulary covers:
{covered}.
"""
Pairs = dict[tuple[str, str], None]
"""Distinct (attribute, value) pairs, in order."""


class OpenBG(Reader):
    """Chinese shop titles with attribute values as tags, from OpenBG through EcomGPT's test files.

    Args:
        min_items: How many train titles must have a value for it to be a tag.
    """

    name = "openbg"
    licence = "none stated"
    card = CARD
    files = tuple(FILE.format(task) for task in TASKS)
    expectations: ClassVar[dict[str, Expectation]] = {
        "products": ("==", 2079),
        "distinct tags": ("==", 470),
        "train share %": ("between", (66, 74)),
        "test tags unseen in train %": ("==", 0),
        "dev texts in train": ("==", 1),
        "test texts in train": ("==", 2),
        "duplicate ids": ("==", 0),
        "tags repeated in a product": ("==", 0),
    }

    min_items: int = 6

    def read(self) -> Dataset:
        """Read the five task files, and choose the tags by the rule on the card."""
        attributes, categories = _collect()
        found = {title: candidates(pairs) for title, pairs in attributes.items()}
        counts = Counter(tag for title, tags in found.items() if split_of(title) == "train" for tag in tags)
        vocabulary = {tag for tag, count in counts.items() if count >= self.min_items}
        rows = [
            Product(f"openbg-{n:04d}", title, category=categories.get(title, ""), lang="zh", tags=known)
            for n, (title, tags) in enumerate(found.items(), 1)
            if (known := tuple(tag for tag in tags if tag in vocabulary))
        ]
        parts = by_part((split_of(p.title), p) for p in rows)
        card = self.card + _statistics(found, parts, self.min_items, len(vocabulary))
        keys = ((value, key) for pairs in attributes.values() for key, value in pairs if value in vocabulary)
        facets = most_frequent_types((value, key) for value, key in keys if not OFFER.search(key))
        return Dataset(self.name, *parts, card, self.licence, facets=facets)

    def describe(self) -> str:
        """Return the card, with the statistics of the default reading if the files are on this machine."""
        return self.read().card if store.is_here(self.files) else self.card


def candidates(pairs: Pairs) -> tuple[str, ...]:
    """Return the distinct values that may become tags, in order (the rule is on the card)."""
    values = (value for key, value in pairs if not OFFER.search(key))
    fit = (v for v in values if 2 <= len(v) <= 10 and not any(c.isdigit() for c in v) and not NO_ANSWER.search(v))
    return tuple(dict.fromkeys(fit))


def _collect() -> tuple[dict[str, Pairs], dict[str, str]]:
    """Return the attributes and the category of each distinct title, in the order of the files.

    Attributes of a title that occurs more than once are merged; its first category counts.
    """
    attributes: dict[str, Pairs] = {}
    categories: dict[str, str] = {}
    for task in TASKS:
        # splitlines() would also cut at separators inside of JSON strings
        lines = store.path(FILE.format(task)).read_text(encoding="utf-8").split("\n")
        for row in map(json.loads, filter(None, lines)):
            for title, pairs in _items(task, row):
                if (title := title.strip()) and "#:#" in pairs:
                    attributes.setdefault(title, {}).update(_pairs(pairs))
                    if "classify" in task:
                        levels = (row["labels"]["coarse"][0], row["labels"]["fine"][0].replace("/", "、"))
                        categories.setdefault(title, "/".join(levels))
    return attributes, categories


def _items(task: str, row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the (title, attributes) of one row of a task."""
    text = row["sentences"]
    if task == "Generate-title_generate":
        yield row["spans"][0]["term"], text
    elif task == "CLS-title_attribute_matching":
        title, found, attributes = text.removeprefix("Title: ").partition(", Attritute: ")
        if found and row["labels"]["en"] == ["match"]:
            yield title, attributes
    elif task == "CLS-item_align":
        for item in text.removeprefix("Item 1: ").split(",\nItem 2: "):
            yield _title_first(item)
    else:
        title, _, attributes = text.partition("\t")
        yield title, attributes


def _title_first(text: str) -> tuple[str, str]:
    """Cut "title, key#:#value#;#…" before the first key; the title may contain commas, a key does not."""
    head, mark, tail = text.partition("#:#")
    title, _, key = head.rpartition(", ")
    return title, key + mark + tail


def _pairs(text: str) -> Pairs:
    cut = (part.partition("#:#") for part in text.split("#;#"))
    return {(key.strip(), value.strip()): None for key, _, value in cut}


def _statistics(found: dict[str, tuple[str, ...]], parts: Parts, min_items: int, tags: int) -> str:
    before = Counter(split_of(title) for title in found)
    occurrences = Counter(split_of(title) for title, values in found.items() for _ in values)
    covered = [sum(len(p.tags) for p in products) for products in parts]
    return STATISTICS.format(
        min_items=min_items,
        tags=tags,
        before=" / ".join(str(before[part]) for part in PARTS),
        after=" / ".join(str(len(products)) for products in parts),
        dropped=len(found) - sum(map(len, parts)),
        covered=" / ".join(f"{n / max(1, occurrences[part]):.0%}" for n, part in zip(covered, PARTS, strict=True)),
    )
