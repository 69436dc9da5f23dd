"""The data set `oa_mine`, and files in its layout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar, Literal

from tagkit.datasets import store
from tagkit.datasets.attribute_rows import product_fields
from tagkit.datasets.base import Expectation, Reader, load
from tagkit.datasets.rows import kind_of, parse_json, read_text
from tagkit.datasets.split import hold_out_tenth
from tagkit.errors import BadInput
from tagkit.product import Dataset, Product

TRAIN = {"full": "extractgpt/oa-mine/train.jsonl", "0.2": "extractgpt/oa-mine/train_0.2.jsonl"}
TEST = "extractgpt/oa-mine/test.jsonl"

CARD = """\
# oa_mine

**What.** 1943 product titles from Amazon in ten categories, with the values of up to 51 attributes (Brand, Item form,
Net content …). Every value is present in its title. Tags are the distinct values; annotations name the attribute.

**Who.** Titles and annotations: Zhang and others, *OA-Mine: Open-World Attribute Mining for E-Commerce Products with
Weak Supervision* (WWW 2022). This selection and split: Brinkmann, Shraga and Bizer, *ExtractGPT*,
https://github.com/wbsg-uni-mannheim/ExtractGPT.

**Licence.** Apache-2.0.

**Parts.** Upstream: 1452 train (a 20 % selection: 286), 491 test, no dev. `dev="tenth"` makes a tenth of the train
titles dev, chosen by the sha256 of the title.

**Fields.** `attributes` names the attributes that the gold asks for, all with an empty value; published scores look at
these only. They reveal which attributes have a value, so no strategy may use them as a hint. A value's span is its
first occurrence as a whole word, or else its first occurrence. Blanks around 16 values are stripped, as the published
scoring does.

**Traps.** 3 test titles occur in train. Two train titles occur twice. Values are as the seller wrote them, so one
meaning has many forms.

**Not good for.** Inferred tags, a closed vocabulary (most values occur once), other languages.
"""


class OAMine(Reader):
    """Amazon titles of ten categories with attribute values (English).

    Args:
        train: "full", or "0.2" for the published selection of 20 %.
        dev: "none" leaves train whole and dev empty; "tenth" makes a tenth of train dev, by the hash of the title.
    """

    name = "oa_mine"
    licence = "Apache-2.0"
    card = CARD
    files = (*TRAIN.values(), TEST, "extractgpt/LICENSE")
    expectations: ClassVar[dict[str, Expectation]] = {
        "train products": ("==", 1452),
        "dev products": ("==", 0),
        "test products": ("==", 491),
        "departments": ("==", 10),
        "dev texts in train": ("==", 0),
        "test texts in train": ("<=", 3),
        "tags absent from the text %": ("<=", 1),
        "duplicate ids": ("==", 0),
    }

    train: Literal["full", "0.2"] = "full"
    dev: Literal["tenth", "none"] = "none"

    def __post_init__(self) -> None:
        """Accept the number 0.2 as well, which YAML makes of the text."""
        self.train = str(self.train)  # type: ignore[assignment]  # checked by the base class
        super().__post_init__()

    def read(self) -> Dataset:
        """Read the files of ExtractGPT."""
        rows = _products(store.path(TRAIN[self.train]), f"oa-train-{self.train}")
        test = _products(store.path(TEST), "oa-test")
        train, dev = hold_out_tenth(rows) if self.dev == "tenth" else (rows, ())
        return Dataset(self.name, train, dev, test, self.card, self.licence)


def read_products(path: Path, **options: Any) -> Dataset:
    """Read a file in the layout of OA-Mine as test products, or any other file that `load` reads.

    The layout of OA-Mine has one JSON object per line: `input` (the title), `category`, and `target_scores` (the
    allowed values by attribute, "n/a" where it has none; beside values it says that none is right as well).

    Args:
        path: The file, plain or gzipped.
        **options: Options of `read_file`; the layout of OA-Mine has none.

    Raises:
        BadInput: There is no such file, or a line is wrong; the message names it.
    """
    text = read_text(path) if kind_of(path) in ("json", "jsonl") else ""
    first = parse_json(text.lstrip().partition("\n")[0])
    if not (isinstance(first, dict) and "target_scores" in first):
        if isinstance(first, dict) and "input" in first:
            raise BadInput(f"{path}, line 1 has `input` but no `target_scores`")
        return load(path, **options)
    if options:
        raise BadInput(f"{path} is in the layout of oa-mine, which has no options, but {', '.join(options)} is given")
    card = f"# {path.stem}\n\nRead from `{path}`.\n"
    return Dataset(path.stem, (), (), _products(path, path.stem), card, "the user's own")


def _products(path: Path, prefix: str) -> tuple[Product, ...]:
    """Read the lines of a file; an id is the prefix and the number of the line."""
    products = []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = {"category": ""} | json.loads(line)
            fields = product_fields(row) | {"category": row["category"], "lang": "en"}
            products.append(Product(f"{prefix}-{number:04d}", **fields))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise BadInput(f"{path}, line {number}: {error!r}") from error
    return tuple(products)
