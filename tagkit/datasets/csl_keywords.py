"""The data set `csl_keywords`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from tagkit.datasets import store
from tagkit.datasets.base import Expectation, Reader
from tagkit.datasets.split import hold_out_tenth
from tagkit.product import Dataset, Product

TRAIN, TEST = "csl_kg/kg_dev.tsv", "csl_kg/kg_test.tsv"
TITLES = ("csl_kg/cls_ctg_train.tsv", "csl_kg/cls_ctg_dev.tsv", "csl_kg/cls_ctg_test.tsv")

CARD = """\
# csl_keywords

**What.** 2000 Chinese papers of all disciplines: title, abstract, and the keywords of the authors (4 or 5 per paper,
median 4). `title` is the paper's title, `description` its abstract, `category` its discipline (13).

**Who.** Li and others, *CSL: A Large-scale Chinese Scientific Literature Dataset* (COLING 2022), task "keyword
generation", https://github.com/ydli-ai/CSL.

**Licence.** Apache-2.0.

**Parts.** Only the published dev and test parts (1000 each) are available. Test is test. The published dev part is used
for training; a tenth of it, chosen by the sha256 of the text, is dev (`dev="none"` leaves it whole).

**Fields.** The file has abstract and title in one text, separated by a blank, and titles contain blanks too. Every
title is also in the files of the task "category", which is how title and category are found.

**Traps.**
- Some 3 % of the papers have 20 keywords, which are words of the text and not the authors' choice.
- 15 % of the keywords are not present in the text.
- Published scores (sequence-to-sequence models, 8000 train papers) are not comparable with training on 900.

**Not good for.** Products, a closed vocabulary (most keywords occur once).
"""


def _lines(file: str) -> Iterator[tuple[str, str]]:
    """Yield text and label of each line of a file, "task, text, label" separated by tabs."""
    for line in store.path(file).read_text(encoding="utf-8").rstrip("\n").split("\n"):
        _, text, label = line.split("\t")
        yield text.strip(), label.strip()


def cut(text: str, known: Mapping[str, str]) -> tuple[str, str]:
    """Cut a text into abstract and title: the longest known title at its end, or else what follows the last blank."""
    at = text.find(" ")
    while at >= 0:
        if text[at + 1 :].strip() in known:
            return text[:at].strip(), text[at + 1 :].strip()
        at = text.find(" ", at + 1)
    abstract, _, title = text.rpartition(" ")
    return abstract.strip(), title


class CSLKeywords(Reader):
    """Abstracts of Chinese papers with their authors' keywords.

    Args:
        dev: "tenth" makes a tenth of the published dev part dev and the rest train; "none" leaves dev empty.
    """

    name = "csl_keywords"
    licence = "Apache-2.0"
    card = CARD
    files = (TRAIN, TEST, *TITLES)
    expectations: ClassVar[dict[str, Expectation]] = {
        "products": ("==", 2000),
        "test products": ("==", 1000),
        "test texts in train": ("==", 0),
        "departments": ("==", 13),
        "products without tags": ("==", 0),
        "tags absent from the text %": ("between", (14, 16)),
        "duplicate ids": ("==", 0),
        "tags repeated in a product": ("==", 0),
    }

    dev: Literal["tenth", "none"] = "tenth"

    def read(self) -> Dataset:
        """Read the papers, finding their titles in the files of the task "category"."""
        known = {title: label for file in TITLES for title, label in _lines(file)}
        rows = _products(TRAIN, "csl-dev", known)
        train, dev = hold_out_tenth(rows) if self.dev == "tenth" else (rows, ())
        return Dataset(self.name, train, dev, _products(TEST, "csl-test", known), self.card, self.licence)


def _products(file: str, prefix: str, known: Mapping[str, str]) -> tuple[Product, ...]:
    made = []
    for number, (text, label) in enumerate(_lines(file), 1):
        abstract, title = cut(text, known)
        tags = tuple(dict.fromkeys(word for part in label.split("_") if (word := part.strip())))
        made.append(Product(f"{prefix}-{number:04d}", title, abstract, known.get(title, ""), lang="zh", tags=tags))
    return tuple(made)
