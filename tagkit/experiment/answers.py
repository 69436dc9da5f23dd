"""Stored answers of other systems, in the layout of ExtractGPT's runs.

A file of stored answers, plain or gzipped, is one JSON object with the list `examples`, or such a list alone, or one
JSON object a line. Each answer has `input` and `pred`, an object of values by attribute or the JSON text of one, or the
fields that the strategy `replay` reads. Scores that the file's `results` report about itself are the expected ones.

Source: Brinkmann, Shraga and Bizer, ExtractGPT (2023), https://github.com/wbsg-uni-mannheim/ExtractGPT.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tagkit.cache import cache_folder
from tagkit.datasets.rows import parse_json, read_text
from tagkit.errors import BadInput
from tagkit.experiment.expected import Expected, Origin
from tagkit.experiment.spec import PERCENT, Data, Experiment, Row
from tagkit.files import write_text
from tagkit.measures import parse_all
from tagkit.product import Product

log = logging.getLogger(__name__)
REPORTED = {"attribute-F1": "micro_f1", "attribute-P": "micro_precision", "attribute-R": "micro_recall"}
"""Where a run's own `results`, under `micro`, have our measures, in percent."""

PROTOCOL = (
    "For each product and each attribute that its gold names: a value is right if it equals an allowed one, blanks "
    "around it removed; attributes that the gold does not name are ignored. Micro-averaged over products. Where the "
    "gold allows no value (n/a) beside some values, only what it names first counts, as in the published scorer."
)
TOLERANCE = 0.01


@dataclass(frozen=True)
class Answers:
    """Stored answers made ready for `replay`.

    Attributes:
        path: A file that `replay` reads, in the cache.
        model: The model that the run names, "" where it names none.
        tokens: Tokens that it spent, where it says so.
        reported: Scores that the run reports about itself, by our measure, in percent.
        n_malformed: Answers whose `pred` is no JSON object: they count as no values, as in the published scoring.
        n_unknown: Answers to titles that are not among the products.
    """

    path: Path
    model: str
    tokens: int | None
    reported: dict[str, float]
    n_malformed: int
    n_unknown: int


def experiment(data_file: Path | None, runs_files: Sequence[Path], base: Experiment | None = None) -> Experiment:
    """Make an experiment of a data file and stored answers, no matter who wrote them.

    Args:
        data_file: Products; None: those of `base`.
        runs_files: Stored answers about them; each is one row.
        base: An experiment whose measures, protocol and unit are taken; None: those of OA-Mine where the products have
            attributes, else micro-averaged scores of tags.

    Raises:
        BadInput: A file is missing or wrong; the message names it.
    """
    data = Data("", data_file) if data_file else base.data if base else None
    if data is None:
        raise BadInput("--runs-file needs products: give --data-file, or the name of an experiment")
    products = data.load()
    has_attributes = any(product.attributes and product.annotations for product in products.test)
    names = REPORTED if has_attributes else ("micro-P", "micro-R", "micro-F1")
    measures = base.measures if base else tuple(parse_all(list(names)))
    rows: list[Row] = []
    for path in runs_files:
        stored = read_answers(path, products.test)
        origin = Origin("published")
        scale = 1.0 if base is None or base.unit == PERCENT else 0.01
        scores = {name: Expected(scale * v, 2, TOLERANCE, origin) for name, v in stored.reported.items()}
        notes = [f"{stored.n_malformed} answers are no JSON object" if stored.n_malformed else ""]
        notes += [f"{stored.n_unknown} answers are about no product of the data" if stored.n_unknown else ""]
        name = f"{path.name}{f' ({stored.model})' if stored.model else ''}"
        rows.append(
            Row(
                name=name if all(name != other.name for other in rows) else str(path),
                strategy="replay",
                params={"answers": str(stored.path)},
                quick=True,
                expected={str(measure): scores.get(str(measure)) for measure in measures},
                tokens=stored.tokens,
                note="; ".join(note for note in notes if note),
                file=path,
            )
        )
    default = PROTOCOL if has_attributes else "Exact match of tags, micro-averaged."
    return Experiment(
        name=base.name if base else data.label,
        title=f"{', '.join(path.name for path in runs_files)} on {data.label}",
        source=base.source if base else {"paper": "the scores that a file of answers reports about itself, if any"},
        data=data,
        protocol=base.protocol if base else default,
        measures=measures,
        rows=tuple(rows),
        unit=base.unit if base else PERCENT,
        file=base.file if base else None,
        data_file=data_file,
    )


def read_answers(path: Path, products: Sequence[Product]) -> Answers:
    """Make stored answers ready for `replay`.

    An answer belongs to the product of the same title. Where a title occurs more than once, it belongs to the product
    at the same place if the file answers the products in their order, else to all of that title.

    Args:
        path: The file.
        products: The products that were asked about.

    Raises:
        BadInput: It is no file of answers, or holds none about these products; the message names what is wrong.
    """
    text = read_text(path)
    whole = parse_json(text)
    head = whole if isinstance(whole, dict) and "examples" in whole else {}
    rows = head.get("examples", whole) if whole is not None else None
    where = "answer"
    if isinstance(rows, dict):
        rows = [rows]
    if rows is None:
        rows, where = [parse_json(line) for line in text.split("\n") if line.strip()], "line"
    if not isinstance(rows, list) or not rows:
        raise BadInput(f"{path} holds no answers: neither a list `examples` nor JSON objects, one a line")
    made, malformed = [], 0
    in_order = len(rows) == len(products)
    titles = {product.text.strip() for product in products}
    ids = {product.id for product in products}
    unknown = 0
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or not ("tags" in row or ("pred" in row and isinstance(row.get("input"), str))):
            raise BadInput(f"{path}, {where} {number} is no stored answer: it needs `input` and `pred`, or `tags`")
        if "tags" in row:
            answer = row
        else:
            values = _values(row["pred"])
            malformed += values is None
            answer = {"title": row["input"].strip(), "tags": values or {}}
            if in_order and products[number - 1].text.strip() == answer["title"]:
                answer["id"] = products[number - 1].id
            if not (answer["title"] or "id" in answer):
                continue
        unknown += str(answer.get("title", "")).strip() not in titles and str(answer.get("id", "")) not in ids
        made.append(json.dumps(answer, ensure_ascii=False))
    if unknown == len(rows):
        raise BadInput(f"{path}: none of its {len(rows)} answers is about one of the {len(products)} products")
    tokens = head.get("total_tokens")
    return Answers(
        path=_keep("".join(f"{line}\n" for line in made)),
        model=str(head.get("model", "")),
        tokens=tokens if isinstance(tokens, int) else None,
        reported=_reported(head),
        n_malformed=malformed,
        n_unknown=unknown,
    )


def _values(pred: Any) -> dict[str, list[str]] | None:
    """Return the values by attribute of one answer; None where it is no object of values."""
    found = parse_json(pred) if isinstance(pred, str) else pred
    if not isinstance(found, dict):
        return None
    lists = {str(name): value if isinstance(value, list) else [value] for name, value in found.items()}
    plain = (str, int, float)
    return {name: [str(value) for value in row if isinstance(value, plain)] for name, row in lists.items()}


def _reported(head: dict[str, Any]) -> dict[str, float]:
    results = head.get("results")
    micro = results.get("micro") if isinstance(results, dict) else None
    if not isinstance(micro, dict):
        return {}
    found = {measure: micro.get(name) for measure, name in REPORTED.items()}
    return {measure: float(value) for measure, value in found.items() if isinstance(value, (int, float))}


def _keep(text: str) -> Path:
    """Write answers into the cache, under the name of their content."""
    path = cache_folder("answers") / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.jsonl"
    if not path.is_file():
        write_text(path, text)
    return path
