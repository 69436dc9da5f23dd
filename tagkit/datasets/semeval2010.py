"""The data set `semeval2010`."""

from __future__ import annotations

from typing import ClassVar, Literal

from tagkit.datasets import store
from tagkit.datasets.base import Expectation, Reader
from tagkit.datasets.keyphrases import documents, one_line, phrases
from tagkit.errors import BadInput
from tagkit.product import Dataset, Product

ARCHIVE = "keyphrase_liaad/SemEval2010.zip"
TOPICS = {
    "C": "Distributed Systems",
    "H": "Information Search and Retrieval",
    "I": "Distributed Artificial Intelligence",
    "J": "Social and Behavioral Sciences",
}
LAST_TEST = {"C": 40, "H": 32, "I": 35, "J": 32}
"""The highest number of a test paper in each topic; the numbers up to it are test, the higher ones train. C-86 was a
test paper as well, but is not in the archive."""

CARD = """\
# semeval2010

**What.** 243 full papers of four fields of computing (ACM, 6 to 8 pages, 8,000 words), each with the keyphrases that
its authors and readers gave (15.5 per paper). `title` is the first line of the file, `description` the rest,
`category` the field.

**Who.** Kim, Medelyan, Kan and Baldwin, *SemEval-2010 Task 5: Automatic Keyphrase Extraction from Scientific
Articles* (SemEval 2010); in the collection of Campos, Mangaravite and others,
https://github.com/LIAAD/KeywordExtractor-Datasets.

**Licence.** None is stated. tagkit downloads the file on your request and does not redistribute it.

**Parts.** `official`: 144 / 0 / 99 as in the task, less the test paper C-86, which the archive lacks. `all`: all 243
papers are test *and* train, for scores "over all documents"; only strategies that learn no tags may be scored on it.

**Traps.**
- Gold phrases are in lower case and lemmatised word by word ("location dependent datum"), so many are not
  literally present in the text: compare stems (`F1(match=stems)@10`).
- A phrase and its reversal ("quality of service", "service quality") both count as gold.
- The text comes from PDF: titles span several lines; footnotes, tables, formulas and references interrupt the
  text. Line ends were replaced by blanks, and headings run into their text.

**Not good for.** Products, short texts, titles (only the first line of one), other languages.
"""


def _product(name: str, text: str, keys: str) -> Product:
    title, _, rest = text.strip().partition("\n")
    field = TOPICS.get(name[0])
    if field is None or not name[2:].isdecimal():
        raise BadInput(f"{ARCHIVE}: {name} is not the name of a paper, such as C-41")
    return Product(
        f"semeval-{name}", one_line(title), one_line(rest), category=field, lang="en", tags=phrases(keys.lower())
    )


def in_test(name: str) -> bool:
    """Say whether a paper, with a name such as C-41, is in the task's test part."""
    return int(name[2:]) <= LAST_TEST[name[0]]


class SemEval2010(Reader):
    """Full papers on computing with keyphrases of authors and readers (English).

    Args:
        split: "official", or "all" for every paper in test and in train as well (see the card).
    """

    name: ClassVar[str] = "semeval2010"
    licence: ClassVar[str] = "none stated"
    card: ClassVar[str] = CARD
    files: ClassVar[tuple[str, ...]] = (ARCHIVE,)
    expectations: ClassVar[dict[str, Expectation]] = {
        "train products": ("==", 144),
        "dev products": ("==", 0),
        "test products": ("==", 99),
        "test texts in train": ("==", 0),
        "departments": ("==", 4),
        "products without tags": ("==", 0),
        "tags per product, mean": ("between", (15, 16)),
        "duplicate ids": ("==", 0),
        "tags repeated in a product": ("==", 0),
    }

    split: Literal["official", "all"] = "official"

    def read(self) -> Dataset:
        """Read the archive."""
        rows = {name: _product(name, *both) for name, both in documents(store.path(ARCHIVE)).items()}
        train = test = tuple(rows.values())
        if self.split == "official":
            train = tuple(product for name, product in rows.items() if not in_test(name))
            test = tuple(product for name, product in rows.items() if in_test(name))
        return Dataset(self.name, train, (), test, self.card, self.licence)
