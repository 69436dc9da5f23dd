"""The data sets `inspec` and `semeval2010`: papers with keyphrases, in the zip archives that LIAAD collected."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import ClassVar, Literal

from tagkit.datasets import store
from tagkit.datasets.base import Expectation, Reader
from tagkit.product import Dataset, Product

INSPEC = "keyphrase_liaad/Inspec.zip"
END = "\r\n"
"""The end of the title, the abstract and each list of phrases in Inspec; a wrapped line inside them ends with "\\n"."""
SEMEVAL = "keyphrase_liaad/SemEval2010.zip"
TOPICS = {
    "C": "Distributed Systems",
    "H": "Information Search and Retrieval",
    "I": "Distributed Artificial Intelligence",
    "J": "Social and Behavioral Sciences",
}
LAST_TEST = {"C": 40, "H": 32, "I": 35, "J": 32}
"""The highest number of a test paper in each topic; the numbers up to it are test, the higher ones train. C-86 was a
test paper as well, but is not in the archive."""

INSPEC_CARD = """\
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

SEMEVAL_CARD = """\
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


def documents(archive: Path) -> dict[str, tuple[str, str]]:
    """Return the unparsed text and keyphrases of each document, by its name, sorted by name.

    Args:
        archive: The file NAME.zip with NAME/docsutf8/ID.txt and NAME/keys/ID.key, UTF-8.
    """
    with zipfile.ZipFile(archive) as files:
        names = sorted(Path(name).stem for name in files.namelist() if name.endswith(".key"))
        texts = [files.read(f"{archive.stem}/docsutf8/{name}.txt").decode() for name in names]
        keys = [files.read(f"{archive.stem}/keys/{name}.key").decode() for name in names]
    return dict(zip(names, zip(texts, keys, strict=True), strict=True))


def one_line(text: str) -> str:
    """Join the lines of a wrapped text; every run of white space becomes one blank."""
    return " ".join(text.split())


def phrases(text: str) -> tuple[str, ...]:
    """Return the distinct phrases of a text of one phrase per line, in order."""
    return tuple(dict.fromkeys(phrase for line in text.split("\n") if (phrase := one_line(line))))


class Inspec(Reader):
    """Abstracts of papers on computing with keyphrases that indexers chose (English).

    Args:
        keys: Which phrases are the gold tags: "uncontrolled", "controlled" or "both".
        split: "official", or "all" for every document in test and in train as well (see the card).
    """

    name = "inspec"
    licence = "none stated"
    card = INSPEC_CARD
    files = (INSPEC,)
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
        rows = tuple(self._product(name, *both) for name, both in documents(store.path(INSPEC)).items())
        if self.split == "all":
            return Dataset(self.name, rows, (), rows, self.card, self.licence)
        train, dev, test = rows[:500] + rows[1500:], rows[500:1000], rows[1000:1500]
        return Dataset(self.name, train, dev, test, self.card, self.licence)

    def _product(self, name: str, text: str, keys: str) -> Product:
        title, abstract, _ = text.split(END)
        uncontrolled, controlled, _ = keys.split(END)
        listed = {"uncontrolled": uncontrolled, "controlled": controlled, "both": f"{uncontrolled}\n{controlled}"}
        tags = phrases(listed[self.keys])
        return Product(f"inspec-{name}", one_line(title), one_line(abstract), lang="en", tags=tags)


class SemEval2010(Reader):
    """Full papers on computing with keyphrases of authors and readers (English).

    Args:
        split: "official", or "all" for every paper in test and in train as well (see the card).
    """

    name = "semeval2010"
    licence = "none stated"
    card = SEMEVAL_CARD
    files = (SEMEVAL,)
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
        rows = {name: _paper(name, *both) for name, both in documents(store.path(SEMEVAL)).items()}
        train = test = tuple(rows.values())
        if self.split == "official":
            train = tuple(product for name, product in rows.items() if not in_test(name))
            test = tuple(product for name, product in rows.items() if in_test(name))
        return Dataset(self.name, train, (), test, self.card, self.licence)


def _paper(name: str, text: str, keys: str) -> Product:
    title, _, rest = map(one_line, text.strip().partition("\n"))
    return Product(f"semeval-{name}", title, rest, TOPICS[name[0]], lang="en", tags=phrases(keys.lower()))


def in_test(name: str) -> bool:
    """Say whether a paper, with a name such as C-41, is in the task's test part."""
    return int(name[2:]) <= LAST_TEST[name[0]]
