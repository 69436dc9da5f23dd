"""Abstracts of papers on computing, with key phrases that indexers chose (English)."""

from __future__ import annotations

from typing import Any, ClassVar

from tagkit.datasets import _options, store
from tagkit.datasets._keyphrases import documents, one_line, phrases
from tagkit.datasets.base import Reader
from tagkit.errors import BadInput
from tagkit.product import Dataset, Product

ARCHIVE = "keyphrase_liaad/Inspec.zip"
DEV, TEST, REST = 500, 1000, 1500
"""Where dev, test and the rest of train begin among the documents in the order of their names as texts."""
END = "\r\n"
"""What ends the title, the abstract and either list of phrases; a line wrapped inside them ends with "\\n"."""

CARD = """\
# inspec

**What.** 2000 abstracts of journal papers on computing and control (1998 to 2002), each with two lists of key phrases
by professional indexers: *uncontrolled* ones, chosen freely (9.6 a paper), and *controlled* ones, from the Inspec
thesaurus (4.5 a paper). `title` is the paper's title, `description` its abstract, `tags` the uncontrolled phrases
unless `keys` says otherwise.

**Who.** Hulth, *Improved Automatic Keyword Extraction Given More Linguistic Knowledge* (EMNLP 2003); in the
collection of Campos, Mangaravite and others, https://github.com/LIAAD/KeywordExtractor-Datasets.

**Licence.** None is stated. tagkit downloads the file on your request and passes nothing on.

**Parts.** `official`: 1000 / 500 / 500, as Hulth split them. The archive does not say which document belongs where;
in the order of the names as texts, dev is documents 501 to 1000, test 1001 to 1500, train the others (as in
https://github.com/boudinfl/ake-datasets). `all`: all 2000 documents are test *and* train, for figures "over all
documents"; only strategies that learn no tags may be measured so.

**Traps.**
- Both lists of phrases stand in one file; the end of the first shows only in a carriage return.
- 23 % of the uncontrolled phrases and 81 % of the controlled ones do not stand literally in the text.
- Published figures differ in phrases (uncontrolled, or both lists), documents (500, or 2000), stemming and averaging.
- Symbols were written out in words ("sub 2/", "lambda"), so formulas are noise.

**Not good for.** Products, inferred tags, a closed vocabulary (most phrases occur once), other languages.
"""


def _product(name: str, text: str, keys: str, wanted: str) -> Product:
    title, abstract = _two(name, text, "title and abstract")
    free, controlled = _two(name, keys, "uncontrolled and controlled phrases")
    chosen = {"uncontrolled": free, "controlled": controlled, "both": f"{free}\n{controlled}"}[wanted]
    return Product(f"inspec-{name}", one_line(title), one_line(abstract), lang="en", tags=phrases(chosen))


def _two(name: str, text: str, what: str) -> tuple[str, str]:
    pieces = text.split(END)
    if len(pieces) != 3 or pieces[2].strip():
        raise BadInput(f"{ARCHIVE}, document {name}: {what} are not parted and ended by a carriage return")
    return pieces[0], pieces[1]


class Inspec(Reader):
    """Reads the abstracts; options `keys`: "uncontrolled", "controlled" or "both"; `split`: "official" or "all"."""

    name: ClassVar[str] = "inspec"
    licence: ClassVar[str] = "none stated"
    card: ClassVar[str] = CARD
    files: ClassVar[tuple[str, ...]] = (ARCHIVE,)
    promises: ClassVar[dict[str, Any]] = {
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

    def read(self, *, keys: str = "uncontrolled", split: str = "official", **options: Any) -> Dataset:
        """Return the data set.

        Args:
            keys: Which phrases are the gold tags: "uncontrolled", "controlled" or "both".
            split: "official", or "all": every document in test, and in train as well (see the card).
            **options: None are known.

        Raises:
            BadInput: An option or the file is wrong.
            DataMissing: The file is not to be had.
        """
        _options.choose("keys", keys, ("uncontrolled", "controlled", "both"))
        _options.choose("split", split, ("official", "all"))
        _options.no_more(self, options)
        found = documents(store.path(ARCHIVE))
        rows = tuple(_product(name, text, listed, keys) for name, (text, listed) in found.items())
        if split == "all":
            return Dataset(self.name, rows, (), rows, self.card, self.licence)
        parts = (rows[:DEV] + rows[REST:], rows[DEV:TEST], rows[TEST:REST])
        return Dataset(self.name, *parts, self.card, self.licence)
