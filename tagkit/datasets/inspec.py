"""The data set `inspec`."""

from __future__ import annotations

from typing import ClassVar, Literal

from tagkit.datasets import store
from tagkit.datasets.base import Expectation, Reader
from tagkit.datasets.keyphrases import documents, one_line, phrases
from tagkit.errors import BadInput
from tagkit.product import Dataset, Product

ARCHIVE = "keyphrase_liaad/Inspec.zip"
DEV, TEST, REST = 500, 1000, 1500
"""Where dev, test and the rest of train begin among the documents, sorted by their names as texts."""
END = "\r\n"
"""The end of the title, the abstract and each list of phrases; a wrapped line inside them ends with "\\n"."""

CARD = """\
# inspec

**What.** 2000 abstracts of journal papers on computing and control (1998 to 2002), each with two lists of keyphrases
by professional indexers: *uncontrolled* ones, chosen freely (9.6 per paper), and *controlled* ones, from the Inspec
thesaurus (4.5 per paper). `title` is the paper's title, `description` its abstract, `tags` the uncontrolled phrases
unless `keys` says otherwise.

**Who.** Hulth, *Improved Automatic Keyword Extraction Given More Linguistic Knowledge* (EMNLP 2003); in the
collection of Campos, Mangaravite and others, https://github.com/LIAAD/KeywordExtractor-Datasets.

**Licence.** None is stated. tagkit downloads the file on your request and does not redistribute it.

**Parts.** `official`: 1000 / 500 / 500, as Hulth split them. The archive does not say which document belongs where;
with the names sorted as texts, dev is documents 501 to 1000, test 1001 to 1500, train the others (as in
https://github.com/boudinfl/ake-datasets). `all`: all 2000 documents are test *and* train, for scores "over all
documents"; only strategies that learn no tags may be scored on it.

**Traps.**
- Both lists of phrases are in one file; only a carriage return marks the end of the first.
- 23 % of the uncontrolled phrases and 81 % of the controlled ones are not literally present in the text.
- Published scores differ in phrases (uncontrolled, or both lists), documents (500, or 2000), stemming and averaging.
- Symbols are written out in words ("sub 2/", "lambda"), so formulas are noise.

**Not good for.** Products, inferred tags, a closed vocabulary (most phrases occur once), other languages.
"""


def _product(name: str, text: str, keys: str, wanted: str) -> Product:
    title, abstract = _two(name, text, "title and abstract")
    uncontrolled, controlled = _two(name, keys, "uncontrolled and controlled phrases")
    listed = {"uncontrolled": uncontrolled, "controlled": controlled, "both": f"{uncontrolled}\n{controlled}"}
    return Product(f"inspec-{name}", one_line(title), one_line(abstract), lang="en", tags=phrases(listed[wanted]))


def _two(name: str, text: str, what: str) -> tuple[str, str]:
    pieces = text.split(END)
    if len(pieces) != 3 or pieces[2].strip():
        raise BadInput(f"{ARCHIVE}, document {name}: {what} do not each end with a carriage return")
    return pieces[0], pieces[1]


class Inspec(Reader):
    """Abstracts of papers on computing with keyphrases that indexers chose (English).

    Args:
        keys: Which phrases are the gold tags: "uncontrolled", "controlled" or "both".
        split: "official", or "all" for every document in test and in train as well (see the card).
    """

    name: ClassVar[str] = "inspec"
    licence: ClassVar[str] = "none stated"
    card: ClassVar[str] = CARD
    files: ClassVar[tuple[str, ...]] = (ARCHIVE,)
    expectations: ClassVar[dict[str, Expectation]] = {
        "train products": ("==", 1000),
        "dev products": ("==", 500),
        "test products": ("==", 500),
        "test texts in train": ("==", 0),
        "dev texts in train": ("==", 0),
        "products without tags": ("==", 0),
        "tags absent from the text %": ("between", (20, 26)),
        "tags per product, mean": ("between", (9, 10)),
        "duplicate ids": ("==", 0),
        "tags repeated in a product": ("==", 0),
    }

    keys: Literal["uncontrolled", "controlled", "both"] = "uncontrolled"
    split: Literal["official", "all"] = "official"

    def read(self) -> Dataset:
        """Read the archive."""
        found = documents(store.path(ARCHIVE))
        rows = tuple(_product(name, text, listed, self.keys) for name, (text, listed) in found.items())
        if self.split == "all":
            return Dataset(self.name, rows, (), rows, self.card, self.licence)
        train, dev, test = rows[:DEV] + rows[REST:], rows[DEV:TEST], rows[TEST:REST]
        return Dataset(self.name, train, dev, test, self.card, self.licence)
