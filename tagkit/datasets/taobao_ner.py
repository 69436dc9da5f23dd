"""The data set `taobao_ner`."""

from __future__ import annotations

from typing import ClassVar, Literal

from tagkit.datasets import bio, store
from tagkit.datasets.base import Expectation, Reader
from tagkit.product import Dataset

CARD = """\
# taobao_ner

**What.** 7,998 titles from Taobao with one BIO label per character: HCCX product, HPPX brand, XH model, MISC other
(amounts, game servers, places …). Tags are the distinct entity texts of a title, in order of appearance.

**Who.** Published by Jie, Xie, Lu, Ding and Li with *Better Modeling of Incomplete Annotations for Named Entity
Recognition* (NAACL 2019), https://github.com/allanj/ner_incomplete_annotation.

**Licence.** None is stated. tagkit downloads the files on your request and does not redistribute them.

**Parts.** `official`: 6000 / 998 / 1000 as published. `dedup`: the same 6000 for training, and of dev and test only
the titles that are not in train: 537 of dev, 537 of test.

**Traps.**
- The official parts leak: 463 of the 1000 test titles and 461 of the 998 dev titles are word for word in train, which
  itself has only 4610 different titles; another test title has the words of one in train in another order. A dictionary
  of the train entities scores far higher on those than on the rest. Report both variants.
- dev and test share 69 titles, and 7 products have no entity.
- Some characters are spaces (U+3000). Nearly everything is in lower case.

**Not good for.** Inferred tags (all tags are present in the title), descriptions, categories, a closed vocabulary (most
entity texts are rare).
"""


class TaobaoNER(Reader):
    """Taobao titles with products, brands, models and other entities marked (Chinese).

    Args:
        split: "official", or "dedup" for dev and test without the titles that are in train.
    """

    name = "taobao_ner"
    licence = "none stated"
    card = CARD
    files = ("taobao_ner/train.txt", "taobao_ner/dev.txt", "taobao_ner/test.txt")
    expectations: ClassVar[dict[str, Expectation]] = {
        "train products": ("==", 6000),
        "dev products": ("==", 998),
        "test products": ("==", 1000),
        "dev texts in train": ("==", 461),
        "test texts in train": ("==", 464),
        "tags absent from the text %": ("<=", 2),
        "duplicate ids": ("==", 0),
    }

    split: Literal["official", "dedup"] = "official"

    def read(self) -> Dataset:
        """Read the character labels."""
        train, dev, test = (
            bio.products(store.path(file), f"taobao-{part}")
            for part, file in zip(("train", "dev", "test"), self.files, strict=True)
        )
        data = Dataset(self.name, train, dev, test, self.card, self.licence)
        if self.split == "dedup":
            seen = {product.text.strip() for product in train}
            data = data.with_parts(
                dev=(product for product in dev if product.text.strip() not in seen),
                test=(product for product in test if product.text.strip() not in seen),
            )
        return data
