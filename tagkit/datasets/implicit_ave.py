"""The data set `implicit_ave`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import ClassVar, Literal

from tagkit.datasets import store
from tagkit.datasets.base import Expectation, Reader
from tagkit.product import Dataset, Product, Tag

DOMAINS = {
    "clothing": "Clothing",
    "food": "Food",
    "footwear": "Footwear",
    "home": "Home",
    "jewelry": "Jewlery_and_General_Apparel",  # as the folder is spelt
}
PARTS = ("train", "val", "test")

CARD = """\
# implicit_ave

**What.** 70,214 product titles from Amazon in five domains. Each is asked for one attribute (23, for example Neckline
or Toe Style), whose value was *removed from the title* or never in it. `tags` is that one value (155 pairs of
attribute and value), `annotations` has the attribute as its type, `attributes` maps it to an empty value,
`category` is DOMAIN/CATEGORY.

**Who.** Zou, Samuel, Zhou, Zhang, Fang, Song, Yu and Caragea, *ImplicitAVE: An Open-Source Dataset and Multimodal
LLMs Benchmark for Implicit Attribute Value Extraction* (Findings of ACL 2024),
https://github.com/HenryPengZou/ImplicitAVE.

**Licence.** None is stated. tagkit downloads the files on your request and does not redistribute them.

**Parts.** 54,881 train, 13,723 dev ("val") and 1,610 test; test was checked by people, train and dev were not.
`domain` takes one of: clothing, food, footwear, home, jewelry.

**Fields.** Which attribute is asked is part of the question, not of the answer; `ask=True` writes it into
`description`, where strategies that read only text see it. `images` of the test rows holds the path of the photo
below the folder of data (`TAGKIT_DATA`): 1,609 of 1,610 are in `eval_images` of the authors' repository, which tagkit
does not download; train and dev have none. `photos=True` reads the test rows only, as train, so that folds can be
made of them.

**Traps.**
- 857 dev texts and 12 test texts occur in train (851 and 4 without stripping blanks at the ends);
  after cleaning, 903 and 60; no id does.
- "Mint" and "Mints" are two values.
- A value is right for 1 to 1926 train titles and for 3 to 31 test titles: report macro scores as well.
- Several attributes have values with the same name.

**Not good for.** Extraction (no tag was in the title by design), more than one tag per product.
"""


class ImplicitAVE(Reader):
    """Amazon titles with one attribute value that is not present in the title (English).

    Args:
        domain: One of the five domains (default: all).
        ask: Whether the description holds the attribute that is asked for.
        photos: Whether only the rows with photos are read, those of test, to be tested in folds: all are in train.
    """

    name = "implicit_ave"
    licence = "none stated"
    card = CARD
    files = tuple(f"implicit_ave/texts/{folder}/{part}.tsv" for folder in DOMAINS.values() for part in PARTS)
    expectations: ClassVar[dict[str, Expectation]] = {
        "train products": ("==", 54881),
        "dev products": ("==", 13723),
        "test products": ("==", 1610),
        "departments": ("==", 5),
        "test texts in train": ("<=", 60),
        "dev texts in train": ("<=", 903),
        "tags per product, min": ("==", 1),
        "tags per product, max": ("==", 1),
        "tags absent from the text %": (">=", 95),
        "duplicate ids": ("==", 0),
    }

    domain: Literal[None, "clothing", "food", "footwear", "home", "jewelry"] = None
    ask: bool = False
    photos: bool = False

    def read(self) -> Dataset:
        """Read the files of the chosen domains."""
        chosen = [self.domain] if self.domain else list(DOMAINS)
        if self.photos:
            rows = tuple(row for name in chosen for row in _rows(name, "test", self.ask))
            return Dataset(self.name, rows, (), (), self.card, self.licence)
        train, dev, test = (tuple(row for name in chosen for row in _rows(name, part, self.ask)) for part in PARTS)
        return Dataset(self.name, train, dev, test, self.card, self.licence)


def _rows(domain: str, part: str, ask: bool) -> Iterator[Product]:
    """Yield the products of one file, which is separated by tabs and quoted as CSV is."""
    with store.path(f"implicit_ave/texts/{DOMAINS[domain]}/{part}.tsv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            attribute, value = row["attribute_names"], row["attribute_values"]
            yield Product(
                row["id"],
                row["texts"].removeprefix("[Title] ").strip(),
                attribute if ask else "",
                f"{domain}/{row['category'].replace('/', '、')}",
                {attribute: ""},
                (f"implicit_ave/eval_images/{row['images']}",) if part == "test" else (),
                "en",
                (value,),
                (Tag(value, 1.0, "gold", (), attribute),),
            )
