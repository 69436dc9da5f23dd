"""The data set `wdc_pave`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, ClassVar, Literal

from tagkit.datasets import store
from tagkit.datasets.attribute_rows import gold_source, values_of
from tagkit.datasets.base import Expectation, Reader
from tagkit.product import Dataset, Product, Span, Tag

FILES = {variant: f"wdc_pave/{variant}/train_large.jsonl" for variant in ("extraction", "normalized")}
TEST = "wdc_pave/{variant}/test.jsonl"
"""Where upstream's test files are read from if they are there."""

CARD = """\
# wdc_pave

**What.** 1,066 offers of 66 web shops in five categories (computers, home and garden, office, jewellery, grocery) with
title and description, and the values of up to 20 attributes for each, 51 in all. In the variant `extraction` values are
as written in the offer; in `normalized` they are brought into one form: lengths in centimetres, capacities in one unit,
full names of makers, product types and colours of closed lists. Tags are the distinct values; annotations name the
attribute.

**Who.** Brinkmann, Baumann and Bizer, *Using LLMs for the Extraction and Normalization of Product Attribute Values*
(ADBIS 2024), https://github.com/wbsg-uni-mannheim/wdc-pave.

**Licence.** None is stated. tagkit downloads the files on your request and does not redistribute them.

**Parts.** Upstream's large train part is train. Use five folds of it (`folds: 5` of an experiment, `--folds 5` of
`tagkit compare`), which are cut by the hash of the id. Upstream's test file of a variant is read as test where you
saved it as `wdc_pave/VARIANT/test.jsonl` in `TAGKIT_DATA`; it is not pinned here, and is otherwise not needed.

**Fields.** `attributes` names the attributes that are asked for, all with an empty value; most have none in the offer.
Each value says whether it stands in the title, the description or both: its spans are the first occurrence in each of
them, as a whole word if it has one. In `normalized` a value has spans only where it is as written.

**Traps.**
- An attribute may allow several values, and no value beside them (the source of these annotations says "gold or none").
- 47 places of 10,588 in `extraction` hold the value in other case or spacing: these have no span.
- 74 titles occur more than once, in offers with different descriptions.
- Some product types are not in the text but from a list, and some identifiers are cut: 42976 for 042976574666.

**Not good for.** Other languages, long documents, attributes outside of the five categories.
"""


class WDCPave(Reader):
    """Offers with title and description, attribute values as written or normalised (English).

    Args:
        variant: "extraction" for values as written, "normalized" for values in one form.
    """

    name = "wdc_pave"
    licence = "none stated"
    card = CARD
    files = tuple(FILES.values())
    expectations: ClassVar[dict[str, Expectation]] = {
        "train products": ("==", 1066),
        "departments": ("==", 5),
        "tags absent from the text %": ("<=", 5),
        "duplicate ids": ("==", 0),
    }

    variant: Literal["extraction", "normalized"] = "extraction"

    def read(self) -> Dataset:
        """Read the offers, and upstream's test file where it is on this machine."""
        train = self._products(store.path(FILES[self.variant]))
        test = store.local(TEST.format(variant=self.variant))
        return Dataset(self.name, train, (), self._products(test) if test else (), self.card, self.licence)

    def _products(self, path: Path) -> tuple[Product, ...]:
        lines = path.read_text(encoding="utf-8").split("\n")
        return tuple(_product(json.loads(line), self.variant == "extraction") for line in lines if line.strip())


def _product(row: dict[str, Any], as_written: bool) -> Product:
    title, description = row["input_title"], row["input_description"]
    annotations = tuple(
        Tag(value, 1.0, gold_source(values), _spans(value, title, description, values[value], as_written), name)
        for name, values in row["target_scores"].items()
        for value in values_of(values)
    )
    return Product(
        str(row["id"]),
        title,
        description,
        row["category"],
        dict.fromkeys(row["target_scores"], ""),
        lang="en",
        tags=tuple(dict.fromkeys(tag.text for tag in annotations)),
        annotations=annotations,
    )


def _spans(value: str, title: str, description: str, where: Any, as_written: bool) -> tuple[Span, ...]:
    """Return the first occurrence of a value in each of the parts (0 title, 1 description) that are said to hold it."""
    literal, found = re.escape(value), []
    for part in sorted(where["pid"]):
        text, first = (description, len(title) + 1) if part else (title, 0)
        match = re.search(rf"(?<!\w){literal}(?!\w)", text) or (re.search(literal, text) if as_written else None)
        if match:
            found.append(Span(first + match.start(), first + match.end()))
    return tuple(found)
