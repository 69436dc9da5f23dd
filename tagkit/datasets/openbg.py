"""Chinese shop titles with attribute values as tags, from OpenBG through EcomGPT's test files."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, ClassVar

from tagkit.datasets import _ecomgpt, _options, store
from tagkit.datasets.base import Reader
from tagkit.datasets.split import PARTS, Parts, by_part, split_of
from tagkit.product import Dataset, Product

MIN_ITEMS = 6
OFFER = re.compile(
    "地区|省份|地市|区县|城市|产地|采购地|同城|出租车|保修|售后|图来源|拍摄|销售渠道|安装说明|包装|规格类型|套餐|成色|鉴定"
    "|生产企业|编号|文号|货号|型号|是否|有无"
)
"""Attributes of the offer (delivery, origin, warranty, papers, numbers) and yes/no questions: no tags."""
NO_ANSWER = re.compile("其他|其它|other|描述|详情|不详|默认|不支持", re.IGNORECASE)

CARD = """\
# openbg

**What.** 2413 different Chinese shop titles, each with attributes as sellers fill them in (`key#:#value`). Tags are
attribute values, so most of them do not stand in the title.

**Who.** OpenBG (Deng and others, *Construction and Applications of Billion-Scale Pre-trained Multimodal Business
Knowledge Graph*, ICDE 2023), as it stands in the test files of EcomGPT (Li and others, AAAI 2024),
https://github.com/Alibaba-NLP/EcomGPT. Five task files of 500 rows overlap; pairs marked "not match" are left out,
because their attributes belong to another title. Attributes of a title that occurs more than once are united.

**Licence.** None is stated. tagkit downloads the files on your request and passes nothing on.

**Which values become tags.** A value is a candidate when it has 2 to 10 characters and no digit (so no dates, sizes or
codes), is not a non-answer (其他, 见描述, 不支持 …), and its attribute is neither about the offer (delivery, origin,
warranty, packaging, papers, numbers) nor a yes/no question. The vocabulary is the candidates of enough
*train* titles (6 unless `min_items` says otherwise). Dev and test keep only tags of that vocabulary, so the task is
closed: every gold tag can be learnt, and recall says nothing about the rarer values.

**Parts.** 70 / 10 / 20 by the sha256 of the title. Titles left without a tag are dropped.

**Fields.** `category` is coarse/fine where a classification task gives one (about 40 % of the titles); `attributes`
stays empty, because it would hold the gold.

**Traps.** Gold is incomplete: a seller fills in some attributes and leaves others, so a right tag may count as wrong.
Some fine categories are plainly wrong upstream (blood sugar test strips under KTV loudspeakers). The alignment task
pairs offers of one product, so a few near-copies stand in different parts; `tagkit data audit openbg` counts them.

**Not good for.** Absolute figures of quality, brands (rare ones are outside the vocabulary), values with numbers.
"""

FIGURES = """
**Figures of this reading** (values of at least {min_items} train titles). Tags: {tags}. Titles, train / dev / test:
{before}; with a tag: {after}; dropped: {dropped}. Share of the candidate occurrences that the vocabulary covers:
{covered}.
"""


def candidates(pairs: _ecomgpt.Pairs) -> tuple[str, ...]:
    """Return the values that may become tags: each once, in order (the rule is on the card)."""
    values = (value for key, value in pairs if not OFFER.search(key))
    fit = (v for v in values if 2 <= len(v) <= 10 and not any(c.isdigit() for c in v) and not NO_ANSWER.search(v))
    return tuple(dict.fromkeys(fit))


class OpenBG(Reader):
    """Reads EcomGPT's five task files on OpenBG items."""

    name: ClassVar[str] = "openbg"
    licence: ClassVar[str] = "none stated"
    card: ClassVar[str] = CARD
    files: ClassVar[tuple[str, ...]] = tuple(_ecomgpt.FILE.format(task) for task in _ecomgpt.TASKS)
    promises: ClassVar[dict[str, Any]] = {
        "products": ("==", 2079),
        "distinct tags": ("==", 470),
        "train share %": ("between", (66, 74)),
        "test tags unseen in train %": ("==", 0),
        "dev texts in train": ("==", 0),
        "test texts in train": ("==", 0),
        "duplicate ids": ("==", 0),
        "tags repeated in a product": ("==", 0),
    }

    def read(self, *, min_items: int = MIN_ITEMS, **options: Any) -> Dataset:
        """Return the data set.

        Args:
            min_items: How many train titles must have a value for it to be a tag.
            **options: None are known.

        Raises:
            BadInput: An option or a file is wrong.
            DataMissing: A file is not to be had.
        """
        _options.no_more(self, options)
        attributes, categories = _ecomgpt.collect()
        found = {title: candidates(pairs) for title, pairs in attributes.items()}
        counts = Counter(tag for title, tags in found.items() if split_of(title) == "train" for tag in tags)
        vocabulary = {tag for tag, count in counts.items() if count >= min_items}
        rows = [
            Product(f"openbg-{n:04d}", title, category=categories.get(title, ""), lang="zh", tags=kept)
            for n, (title, tags) in enumerate(found.items(), 1)
            if (kept := tuple(tag for tag in tags if tag in vocabulary))
        ]
        parts = by_part((split_of(p.title), p) for p in rows)
        card = self.card + _figures(found, parts, min_items, len(vocabulary))
        return Dataset(self.name, *parts, card, self.licence)

    def describe(self) -> str:
        """Return the card, with the figures of the default reading where the files are on this machine."""
        return self.read().card if store.is_here(self.files) else self.card


def _figures(found: dict[str, tuple[str, ...]], parts: Parts, min_items: int, tags: int) -> str:
    before = Counter(split_of(title) for title in found)
    occurrences = Counter(split_of(title) for title, values in found.items() for _ in values)
    kept = [sum(len(p.tags) for p in products) for products in parts]
    return FIGURES.format(
        min_items=min_items,
        tags=tags,
        before=" / ".join(str(before[part]) for part in PARTS),
        after=" / ".join(str(len(products)) for products in parts),
        dropped=len(found) - sum(map(len, parts)),
        covered=" / ".join(f"{n / max(1, occurrences[part]):.0%}" for n, part in zip(kept, PARTS, strict=True)),
    )
