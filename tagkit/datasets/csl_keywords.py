"""Abstracts of Chinese papers with their authors' key words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from tagkit.datasets import _options, store
from tagkit.datasets.base import Reader
from tagkit.datasets.split import bucket
from tagkit.errors import BadInput
from tagkit.product import Dataset, Product

TRAIN, TEST = "csl_kg/kg_dev.tsv", "csl_kg/kg_test.tsv"
TITLES = ("csl_kg/cls_ctg_train.tsv", "csl_kg/cls_ctg_dev.tsv", "csl_kg/cls_ctg_test.tsv")

CARD = """\
# csl_keywords

**What.** 2000 Chinese papers of all disciplines: title, abstract, and the key words of the authors (4 or 5 a paper,
in the median 4). `title` is the paper's title, `description` its abstract, `category` its discipline (13).

**Who.** Li and others, *CSL: A Large-scale Chinese Scientific Literature Dataset* (COLING 2022), task "keyword
generation", https://github.com/ydli-ai/CSL.

**Licence.** Apache-2.0.

**Parts.** Only the published dev and test parts (1000 each) are at hand. Test is test. The published dev part is what
strategies learn from here; a tenth of it, chosen by the sha256 of the text, is dev (`dev="none"` leaves it whole).

**Fields.** The file has abstract and title in one text, parted by a blank, and titles hold blanks too. Every title
also stands in the files of the task "category", which is how title and category are found.

**Traps.**
- Some 3 % of the papers have 20 key words, which are words of the text and no authors' choice.
- 15 % of the key words do not stand in the text.
- Published figures (sequence-to-sequence models with 8000 train papers) are no measure for what learns from 900.

**Not good for.** Products, a closed vocabulary (most key words occur once).
"""


def _lines(path: Path, task: str) -> list[tuple[int, str, str]]:
    """Return (line number, text, label) of a file of lines "task, text, label"."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line:
            continue
        fields = line.split("\t")
        if len(fields) != 3 or fields[0] != task:
            raise BadInput(f"{path}, line {number}: expected {task!r}, a text and a label, parted by tabs")
        found.append((number, fields[1].strip(), fields[2].strip()))
    return found


def cut(text: str, known: Mapping[str, str]) -> tuple[str, str]:
    """Part a text into abstract and title: the longest known title at its end, or what is behind the last blank."""
    at = text.find(" ")
    while at >= 0:
        if text[at + 1 :].strip() in known:
            return text[:at].strip(), text[at + 1 :].strip()
        at = text.find(" ", at + 1)
    abstract, _, title = text.rpartition(" ")
    return abstract.strip(), title


class CSLKeywords(Reader):
    """Reads the papers; option `dev`: "tenth" (default) or "none"."""

    name: ClassVar[str] = "csl_keywords"
    licence: ClassVar[str] = "Apache-2.0"
    card: ClassVar[str] = CARD
    files: ClassVar[tuple[str, ...]] = (TRAIN, TEST, *TITLES)
    promises: ClassVar[dict[str, Any]] = {
        "products": ("==", 2000),
        "test products": ("==", 1000),
        "test texts in train": ("==", 0),
        "departments": ("==", 13),
        "products without tags": ("==", 0),
        "tags absent from the text %": ("between", (14, 16)),
        "duplicate ids": ("==", 0),
        "tags repeated in a product": ("==", 0),
    }

    def read(self, *, dev: str = "tenth", **options: Any) -> Dataset:
        """Return the data set.

        Args:
            dev: "tenth" carves dev out of the papers to learn from, "none" leaves them whole and dev empty.
            **options: None are known.

        Raises:
            BadInput: An option or a file is wrong.
            DataMissing: A file is not to be had.
        """
        _options.choose("dev", dev, ("tenth", "none"))
        _options.no_more(self, options)
        known = {title: label for file in TITLES for _, title, label in _lines(store.path(file), "to category")}
        rows = self._products(TRAIN, "csl-dev", known)
        held_out = tuple(p for p in rows if dev == "tenth" and bucket(p.text, 10) == 0)
        train = tuple(p for p in rows if dev == "none" or bucket(p.text, 10) != 0)
        return Dataset(self.name, train, held_out, self._products(TEST, "csl-test", known), self.card, self.licence)

    def _products(self, file: str, prefix: str, known: Mapping[str, str]) -> tuple[Product, ...]:
        made = []
        for number, text, label in _lines(store.path(file), "to keywords"):
            abstract, title = cut(text, known)
            tags = tuple(dict.fromkeys(word for part in label.split("_") if (word := part.strip())))
            row = Product(f"{prefix}-{number:04d}", title, abstract, known.get(title, ""), lang="zh", tags=tags)
            made.append(row)
        return tuple(made)
