"""Amazon titles of ten categories with attribute values (English)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from tagkit.datasets import _options, store
from tagkit.datasets.base import Reader, load
from tagkit.datasets.files import parse_json, read_text
from tagkit.datasets.split import bucket
from tagkit.errors import BadInput
from tagkit.product import Dataset, Product, Span, Tag

TRAIN = {"full": "extractgpt/oa-mine/train.jsonl", "0.2": "extractgpt/oa-mine/train_0.2.jsonl"}
TEST = "extractgpt/oa-mine/test.jsonl"
NO_VALUE = "n/a"

CARD = """\
# oa_mine

**What.** 1943 product titles from Amazon in ten categories, with the values of up to 51 attributes (Brand, Item form,
Net content …). Every value stands in its title. Tags are the distinct values; annotations name the attribute.

**Who.** Titles and annotations: Zhang and others, *OA-Mine: Open-World Attribute Mining for E-Commerce Products with
Weak Supervision* (WWW 2022). This selection and split: Brinkmann, Shraga and Bizer, *ExtractGPT*,
https://github.com/wbsg-uni-mannheim/ExtractGPT.

**Licence.** Apache-2.0.

**Parts.** Upstream: 1452 train (a 20 % selection: 286), 491 test, no dev. `dev="tenth"`
carves a tenth of the train titles out as dev, chosen by the sha256 of the title.

**Fields.** `attributes` names what the gold asks for each title, all with the empty value; the measure of published
figures looks at these only. They tell which attributes have a value, so no strategy may take them as a hint. A value's
span is the first place where it stands as a whole word, or else the first place. Blanks around 16 values are cut off,
as the published scoring does.

**Traps.** 3 test titles occur in train. Two train titles occur twice. Values are as the seller wrote them, so one
meaning has many forms.

**Not good for.** Inferred tags, a closed vocabulary (most values occur once), other languages.
"""


def _place(value: str, title: str) -> tuple[Span, ...]:
    """Return the first place of a value as a whole word, else the first place, none where it does not stand there."""
    literal = re.escape(value)
    match = re.search(rf"(?<!\w){literal}(?!\w)", title) or re.search(literal, title)
    return (Span(*match.span()),) if match else ()


def _product(row: dict[str, Any], id: str) -> Product:
    title = row["input"]
    values = [(name, value.strip()) for name, scored in row["target_scores"].items() for value in scored]
    annotations = tuple(
        Tag(value, 1.0, "gold", _place(value, title), name) for name, value in values if value not in ("", NO_VALUE)
    )
    return Product(
        id,
        title,
        category=row["category"],
        attributes=dict.fromkeys(row["target_scores"], ""),
        lang="en",
        tags=tuple(dict.fromkeys(tag.text for tag in annotations)),
        annotations=annotations,
    )


def _products(path: Path, lines: Iterable[str], prefix: str) -> tuple[Product, ...]:
    """Parse the lines of a file; an id is the prefix and the number of the line."""
    products = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            products.append(_product({"category": ""} | json.loads(line), f"{prefix}-{number:04d}"))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise BadInput(f"{path}, line {number}: {error!r}") from error
    return tuple(products)


def read_products(path: Path, **options: Any) -> Dataset:
    """Read a file in the layout of OA-Mine as test products, or any other file that `load` reads.

    The layout of OA-Mine has one JSON object per line: `input` (the title), `category`, and `target_scores` (the
    allowed values by attribute, "n/a" where the attribute has none).

    Args:
        path: The file, plain or gzipped.
        **options: Options of `read_file`; the layout of OA-Mine has none.

    Raises:
        BadInput: There is no such file, or a line is wrong; the message names it.
    """
    lines = read_text(path).split("\n") if path.suffix not in (".parquet", ".csv", ".tsv") else []
    first = parse_json(next((line for line in lines if line.strip()), ""))
    if not (isinstance(first, dict) and "target_scores" in first):
        if isinstance(first, dict) and "input" in first:
            raise BadInput(f"{path}, line 1 has `input` but no `target_scores`")
        return load(path, **options)
    if options:
        raise BadInput(f"{path} is in the layout of oa-mine, which has no options, but {', '.join(options)} is given")
    card = f"# {path.stem}\n\nRead from `{path}`.\n"
    return Dataset(path.stem, (), (), _products(path, lines, path.stem), card, "the user's own")


def _published(name: str, prefix: str) -> tuple[Product, ...]:
    path = store.path(name)
    return _products(path, read_text(path).split("\n"), prefix)


def in_dev(title: str) -> bool:
    """Say whether a train title is carved out as dev: one in ten, by hash, copies of a title together."""
    return bucket(title, 10) == 0


class OAMine(Reader):
    """Reads the ExtractGPT files; options `train`: "full" (default) or "0.2", `dev`: "none" (default) or "tenth"."""

    name: ClassVar[str] = "oa_mine"
    licence: ClassVar[str] = "Apache-2.0"
    card: ClassVar[str] = CARD
    files: ClassVar[tuple[str, ...]] = (*TRAIN.values(), TEST, "extractgpt/LICENSE")
    promises: ClassVar[dict[str, Any]] = {
        "train products": ("==", 1452),
        "dev products": ("==", 0),
        "test products": ("==", 491),
        "departments": ("==", 10),
        "dev texts in train": ("==", 0),
        "test texts in train": ("<=", 3),
        "tags absent from the text %": ("<=", 1),
        "duplicate ids": ("==", 0),
    }

    def read(self, *, train: str = "full", dev: str = "none", **options: Any) -> Dataset:
        """Return the data set.

        Args:
            train: "full", or "0.2" for the published selection of 20 %.
            dev: "none" leaves train whole and dev empty, "tenth" carves dev out of train (see `in_dev`).
            **options: None are known.

        Raises:
            BadInput: An option or a file is wrong.
            DataMissing: A file is not to be had.
        """
        train = str(train)
        _options.choose("train", train, tuple(TRAIN))
        _options.choose("dev", dev, ("tenth", "none"))
        _options.no_more(self, options)
        rows = _published(TRAIN[train], f"oa-train-{train}")
        held_out = tuple(p for p in rows if dev == "tenth" and in_dev(p.title))
        rest = tuple(p for p in rows if dev == "none" or not in_dev(p.title))
        return Dataset(self.name, rest, held_out, _published(TEST, "oa-test"), self.card, self.licence)
