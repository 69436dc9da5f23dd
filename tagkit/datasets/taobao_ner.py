"""Taobao titles with products, brands, models and other entities marked (Chinese)."""

from __future__ import annotations

from typing import Any, ClassVar

from tagkit.datasets import _bio, _options, store
from tagkit.datasets.base import Reader
from tagkit.product import Dataset

CARD = """\
# taobao_ner

**What.** 7,998 titles from Taobao, each character labelled (BIO): HCCX product, HPPX brand, XH model, MISC other
(amounts, game servers, places …). Tags are the distinct entity texts of a title, in order of appearance.

**Who.** Published by Jie, Xie, Lu, Ding and Li with *Better Modeling of Incomplete Annotations for Named Entity
Recognition* (NAACL 2019), https://github.com/allanj/ner_incomplete_annotation.

**Licence.** None is stated. tagkit downloads the files on your request and passes nothing on.

**Parts.** `official`: 6000 / 998 / 1000 as published. `dedup`: the same 6000 to learn from, and of dev and test only
the titles that do not stand in train: 537 of dev, 537 of test.

**Traps.**
- The official parts leak: 463 of the 1000 test titles and 461 of the 998 dev titles stand word for word in train, which
  itself has only 4610 different titles. A dictionary of the train entities scores far higher on those than on the rest.
  Report both variants.
- dev and test share 69 titles, and 7 products have no entity.
- Some characters are spaces (U+3000). Nearly everything is in lower case.

**Not good for.** Inferred tags (all tags stand in the title), descriptions, categories, a closed vocabulary (most
entity texts are rare).
"""


class TaobaoNER(Reader):
    """Reads the character labels; option `split`: "official" (default) or "dedup"."""

    name: ClassVar[str] = "taobao_ner"
    licence: ClassVar[str] = "none stated"
    card: ClassVar[str] = CARD
    files: ClassVar[tuple[str, ...]] = ("taobao_ner/train.txt", "taobao_ner/dev.txt", "taobao_ner/test.txt")
    promises: ClassVar[dict[str, Any]] = {
        "train products": ("==", 6000),
        "dev products": ("==", 998),
        "test products": ("==", 1000),
        "dev texts in train": ("==", 461),
        "test texts in train": ("==", 463),
        "tags absent from the text %": ("<=", 2),
        "duplicate ids": ("==", 0),
    }

    def read(self, *, split: str = "official", **options: Any) -> Dataset:
        """Return the data set.

        Args:
            split: "official", or "dedup": dev and test without the titles that stand in train.
            **options: None are known.

        Raises:
            BadInput: The option or a file is wrong.
            DataMissing: A file is not to be had.
        """
        _options.choose("split", split, ("official", "dedup"))
        _options.no_more(self, options)
        train, dev, test = (
            _bio.products(store.path(file), " ", f"taobao-{part}")
            for part, file in zip(("train", "dev", "test"), self.files, strict=True)
        )
        data = Dataset(self.name, train, dev, test, self.card, self.licence)
        if split == "dedup":
            data = data.with_parts(dev=data.unseen(dev), test=data.unseen())
        return data
