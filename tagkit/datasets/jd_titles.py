"""The data set `jd_titles`."""

from __future__ import annotations

import io
import zipfile
from typing import ClassVar, Literal

from tagkit.datasets import bio, store
from tagkit.datasets.base import Expectation, Reader
from tagkit.datasets.split import bucket, by_part
from tagkit.product import Dataset, Product

LABELLED, UNLABELLED = "jd_titles/dev_split.txt", "jd_titles/pseudo.zip"

CARD = """\
# jd_titles

**What.** 4,000 product titles from JD.com with one BIO label per character. Entity types are numbers, 50 of them
occur: 4 is the product, 1 the brand, and what the others mean is not published. Tags are the distinct entity texts of
a title, in order of appearance. 20,000 more titles come without tags.

**Who.** The titles and labels of a contest, GAIIC 2022 (Global AI Innovation Contest), track 2; the files are those of
https://github.com/lylcst/GAIIC_project_NER.

**Licence.** None is stated. tagkit downloads the files on your request and does not redistribute them.

**Parts.** Upstream publishes no test labels. The 4,000 titles are split 80/10/10 by the sha256 of the title, so that
equal titles stay together. With `train="unlabelled"` train is the 20,000 other titles, for strategies and experiments
that learn from texts without tags. Upstream's labels of these are a model's, and are not read.

**Traps.**
- A blank is a character of its own and may be inside an entity; a line of the file then begins with two blanks.
- Some entities are single letters or digits, and nearly nine of ten characters are inside an entity.
- Types are unequal: 4 has 16,647 entities, and ten types have fewer than five.
- One title occurs twice.

**Not good for.** Inferred tags (all tags are present in the title), the meaning of types (they are numbers),
descriptions, categories.
"""


class JDTitles(Reader):
    """JD.com titles with entities of 50 numbered types, and 20,000 titles without tags (Chinese).

    Args:
        train: "labelled", or "unlabelled" for the 20,000 titles without tags.
    """

    name = "jd_titles"
    licence = "none stated"
    card = CARD
    files = (LABELLED, UNLABELLED)
    expectations: ClassVar[dict[str, Expectation]] = {
        "train products": ("==", 3214),
        "dev products": ("==", 399),
        "test products": ("==", 387),
        "dev texts in train": ("==", 0),
        "test texts in train": ("==", 0),
        "tags absent from the text %": ("<=", 1),
        "duplicate ids": ("==", 0),
    }

    train: Literal["labelled", "unlabelled"] = "labelled"

    def read(self) -> Dataset:
        """Read the character labels, and the titles without tags where they are asked for."""
        products = bio.products(store.path(LABELLED), "jd")
        train, dev, test = by_part((_part_of(product.title), product) for product in products)
        if self.train == "unlabelled":
            train = _unlabelled()
        return Dataset(self.name, train, dev, test, self.card, self.licence)


def _part_of(title: str) -> str:
    value = bucket(title, 10)
    return "train" if value < 8 else "dev" if value == 8 else "test"


def _unlabelled() -> tuple[Product, ...]:
    """Read the titles of the archive without their labels, which a model made."""
    with zipfile.ZipFile(store.path(UNLABELLED)) as archive, archive.open(archive.namelist()[0]) as content:
        titles = [title for title, _ in bio.titles_of(io.TextIOWrapper(content, encoding="utf-8"))]
    return tuple(Product(f"jd-more-{number:05d}", title, lang="zh") for number, title in enumerate(titles, 1))
