"""The data set `catalogue`, which is part of the package."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

from tagkit.datasets.base import Expectation, Reader
from tagkit.datasets.parents import read_parents
from tagkit.datasets.split import PARTS, by_part, split_of
from tagkit.datasets.tag_table import read_facets
from tagkit.errors import BadInput, DataMissing
from tagkit.product import Dataset, Product

ARTICLE = ("这是一款蓝色的高跟鞋", ("高跟鞋", "蓝色", "时尚", "鞋子", "女性", "优雅"))
"""The example of the article that tagkit began with: a test product with exactly these tags."""


def folder() -> Path:
    """Return the catalogue's folder: inside the installed package, or beside it in the repository.

    Raises:
        DataMissing: It is in neither place.
    """
    package = Path(__file__).parents[1]
    for place in (package / "data" / "catalogue", package.parent / "data" / "catalogue"):
        if place.is_dir():
            return place
    raise DataMissing(f"the embedded catalogue is not in {package / 'data'}: install tagkit again")


def article_product(data: Dataset) -> tuple[str, bool]:
    """Return the part and the number of tags of the article's product, and whether they are as expected."""
    title, tags = ARTICLE
    for part in PARTS:
        for product in getattr(data, part):
            if product.title == title:
                return f"{part}, {len(product.tags)} tags", part == "test" and set(product.tags) == set(tags)
    return "absent", False


def misplaced(data: Dataset) -> tuple[int, bool]:
    """Return how many products are in another part than `split_of` gives, and whether none is."""
    count = sum(split_of(product.id) != part for part in PARTS for product in getattr(data, part))
    return count, count == 0


def without_facet(data: Dataset) -> tuple[int, bool]:
    """Return how many different tags have no facet, and whether each has one."""
    count = len({tag for product in data.products for tag in product.tags} - data.facets.keys())
    return count, count == 0


def implied(data: Dataset) -> tuple[float, bool]:
    """Return in what percentage of cases a train product with a tag has the tag's parent too; 95 and more are right."""
    cases = [up in p.tags for p in data.train for tag in p.tags for up in data.parents.get(tag, ())]
    share = round(100 * sum(cases) / max(len(cases), 1), 1)
    return share, share >= 95


class Catalogue(Reader):
    """The embedded catalogue: original products with merchandisers' tags (Chinese and English).

    Args:
        lang: "zh" or "en" for the products of one language (default: both).
    """

    name = "catalogue"
    licence = "Apache-2.0"
    card = (folder() / "README.md").read_text(encoding="utf-8")
    expectations: ClassVar[dict[str, Expectation]] = {
        "zh products": (">=", 600),
        "en products": (">=", 200),
        "departments": (">=", 12),
        "train share %": ("between", (66, 74)),
        "dev share %": ("between", (6, 14)),
        "test share %": ("between", (16, 24)),
        "products not where split_of puts them": misplaced,
        "tags per product, min": (">=", 6),
        "tags per product, max": ("<=", 12),
        "tags absent from the text %": (">=", 30),
        "tags used 5 times or more %": (">=", 80),
        "sentences per description, min": (">=", 1),
        "sentences per description, max": ("<=", 3),
        "near-duplicates, train and dev": ("==", 0),
        "near-duplicates, train and test": ("==", 0),
        "near-duplicates, dev and test": ("==", 0),
        "duplicate ids": ("==", 0),
        "tags repeated in a product": ("==", 0),
        "synonyms used as tags": ("==", 0),
        "tags without a facet": without_facet,
        "parents beside their tags in train %": implied,
        "这是一款蓝色的高跟鞋": article_product,
    }

    lang: Literal[None, "zh", "en"] = None

    def read(self) -> Dataset:
        """Read the JSON lines, and the synonyms, the facets and the parents of tags.

        Raises:
            BadInput: A line is wrong.
            DataMissing: The catalogue is not installed.
        """
        rows = (row for file in sorted(folder().glob("*.jsonl")) for row in _rows(file))
        parts = by_part((part, product) for part, product in rows if self.lang in (None, product.lang))
        tables = _synonyms(folder() / "synonyms.tsv"), read_facets(folder() / "facets.tsv")
        return Dataset(
            self.name, *parts, self.card, self.licence, *tables, parents=read_parents(folder() / "parents.tsv")
        )


def _rows(file: Path) -> Iterator[tuple[str, Product]]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                part = row.pop("split")
                if part not in PARTS:
                    raise BadInput(f"`split` must be one of {', '.join(PARTS)}, not {part!r}")
                yield part, Product(**row)
            except (KeyError, TypeError, ValueError) as error:  # BadInput and broken JSON are ValueErrors
                raise BadInput(f"{file}, line {number}: {error}") from error


def _synonyms(file: Path) -> dict[str, tuple[str, ...]]:
    """Read lines of a preferred tag and its other forms, separated by tabs."""
    rows = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return {preferred: tuple(other for other in others if other) for preferred, *others in rows}
