"""The data set `wdc_pave`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
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
`tagkit compare`), which are cut by the hash of the id. Upstream's test files are read as test where you saved
them as `wdc_pave/VARIANT/test.jsonl` in `TAGKIT_DATA`; they are not pinned here, and are otherwise not needed.

**Fields.** `attributes` names the attributes that are asked for, all with an empty value; most have none in the offer.
Each value says whether it stands in the title, the description or both: its spans are the first occurrence in each of
them, as a whole word if it has one. In `normalized` the spans are those of the values as written (108.0 at 42-1/2"): a
strategy that finds values in the text learns where they stand, and the refinement `normalise_values` what becomes of
them.

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
        """Read the offers, and upstream's test files where these are on this machine."""
        test = [store.local(TEST.format(variant=variant)) for variant in self._variants]
        products = self._products([place for place in test if place]) if all(test) else ()
        train = self._products([store.path(FILES[variant]) for variant in self._variants])
        return Dataset(self.name, train, (), products, self.card, self.licence)

    @property
    def _variants(self) -> list[str]:
        """The variants that are read: where values stand is in the first."""
        return list(dict.fromkeys(("extraction", self.variant)))

    def _products(self, files: Sequence[Path]) -> tuple[Product, ...]:
        written, wanted = _rows(files[0]), _rows(files[-1])
        return tuple(_product(written[id], row) for id, row in wanted.items())


def _rows(path: Path) -> dict[str, dict[str, Any]]:
    lines = path.read_text(encoding="utf-8").split("\n")
    return {str(row["id"]): row for row in (json.loads(line) for line in lines if line.strip())}


def _product(written: dict[str, Any], row: dict[str, Any]) -> Product:
    """Return an offer with the values of `row`, whose spans are those of the values in `written`."""
    title, description = row["input_title"], row["input_description"]
    annotations = tuple(
        Tag(value, 1.0, gold_source(values), tuple(sorted(spans, key=lambda span: span.start)), name)
        for name, values in row["target_scores"].items()
        for value, spans in _places(written["target_scores"].get(name, {}), values, title, description).items()
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


def _places(written: dict[str, Any], wanted: dict[str, Any], title: str, description: str) -> dict[str, list[Span]]:
    """Return the spans of each wanted value of one attribute: those of the values as written that it comes from.

    Both variants list the values of an attribute in one order; where one wanted value comes from several as written it
    has the spans of all, and where the numbers differ otherwise only equal values have spans.
    """
    raw, values = values_of(written), values_of(wanted)
    if len(values) == 1:
        pairs = [(one, values[0]) for one in raw]
    elif len(values) == len(raw):
        pairs = list(zip(raw, values, strict=True))
    else:
        pairs = [(one, value) for one in raw for value in values if one.casefold() == value.casefold()]
    found: dict[str, list[Span]] = {value: [] for value in values}
    for one, value in pairs:
        found[value] += _spans(one, title, description, written[one])
    return found


def _spans(value: str, title: str, description: str, where: Any) -> list[Span]:
    """Return the first occurrence of a value in each of the parts (0 title, 1 description) that are said to hold it."""
    literal, found = re.escape(value), []
    for part in sorted(where["pid"]):
        text, first = (description, len(title) + 1) if part else (title, 0)
        if match := re.search(rf"(?<!\w){literal}(?!\w)", text) or re.search(literal, text):
            found.append(Span(first + match.start(), first + match.end()))
    return found
