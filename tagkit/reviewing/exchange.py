"""Write reviews for other tools, and read what was decided there."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tagkit.datasets.rows import FileReading, file_rows, kind_of
from tagkit.datasets.table import FORMULA, WRITERS
from tagkit.errors import BadInput, UnknownName, did_you_mean
from tagkit.files import replacing
from tagkit.reviewing import records
from tagkit.reviewing.agreement import check_reviewer, final_tags
from tagkit.reviewing.decisions import Decision, Reviewed, State, key_of, located
from tagkit.reviewing.records import ProductReviews, ReviewRecord
from tagkit.reviewing.store import ReviewStore

COLUMNS = ["id", "title", "description", "category", "tags", "rejected", "suggested", "state", "reviewer"]


@dataclass(frozen=True)
class Format:
    """How reviews are written for one tool and read back.

    Attributes:
        to_record: Makes a record of what is known about a product.
        from_record: Tells what a record says.
        lacks: What the format cannot express, as a sentence; "" if nothing.
    """

    to_record: Callable[[ProductReviews], dict[str, Any]]
    from_record: Callable[[Mapping[str, Any]], list[ReviewRecord]]
    lacks: str = ""


_ROWS = (
    "A table holds one list of tags for each product, that of `reviewer` or the one that follows from all: not who of "
    "several decided what, nor types, places in the text, scores, edits and times."
)
FORMATS: dict[str, Format] = {
    "jsonl": Format(records.to_line, records.from_line, "Decisions that were undone are left out."),
    "csv": Format(records.to_row, records.from_row, _ROWS),
    "xlsx": Format(records.to_row, records.from_row, _ROWS),
    "label-studio": Format(
        records.to_label_studio,
        records.from_label_studio,
        "Label Studio has no rejected tags apart from the suggested ones not chosen, one score for all suggested tags, "
        "no edits, no flags, no types without a place, and reviewers by e-mail address.",
    ),
    "argilla": Format(
        records.to_argilla,
        records.from_argilla,
        "Argilla's question of several labels has no rejected tags apart from the suggested ones not chosen, no types, "
        "places, edits, skips and flags, and reviewers by the UUID of a user.",
    ),
    "doccano": Format(
        records.to_doccano,
        records.from_doccano,
        "doccano holds one list of tags for each product: no suggestions, scores, rejected tags, types, places, edits, "
        "skips and flags, and not who of several reviewers decided what.",
    ),
}


def export_reviews(
    store: ReviewStore, path: str | Path, format: str = "", *, reviewer: str | None = None, done: bool = False
) -> int:
    """Write all products with their suggested tags and reviews, and return how many there are.

    Args:
        store: The review.
        path: The file; what is there is replaced.
        format: A key of `FORMATS` (default: by the ending .jsonl, .csv or .xlsx).
        reviewer: Only what this reviewer decided (default: what follows from all of them).
        done: Only products that somebody finished.

    Raises:
        UnknownName: There is no such format.
        BadInput: This reviewer decided nothing.
        OSError: The file cannot be written; what was there is still there.
    """
    name = format or Path(path).suffix.lower().removeprefix(".")
    kind = _format(name)
    if reviewer is not None:
        check_reviewer(store, reviewer)
    made = [kind.to_record(item) for item in _items(store, reviewer) if not done or item.final is not None]
    with replacing(path) as file:
        if name in ("csv", "xlsx"):
            lists = [row[column] for row in made for column in ("tags", "rejected", "suggested")]
            plain = not any(";" in tag or "；" in tag or tag.startswith("[") for tags in lists for tag in tags)
            rows = [{k: ";".join(v) if plain and isinstance(v, list) else v for k, v in row.items()} for row in made]
            WRITERS[f".{name}"](rows, COLUMNS, file)
        elif name in ("jsonl", "doccano"):
            file.writelines(f"{json.dumps(row, ensure_ascii=False, default=float)}\n".encode() for row in made)
        else:
            file.write(json.dumps(made, ensure_ascii=False, indent=1, default=float).encode())
    return len(made)


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes:
        products: How many products got decisions.
        decisions: How many decisions were saved.
        unchanged: How many records say what was known already.
        unknown: The ids or texts of records whose products the review does not hold.
    """

    products: int
    decisions: int
    unchanged: int
    unknown: tuple[str, ...]


def import_reviews(store: ReviewStore, path: str | Path, format: str = "", *, reviewer: str = "") -> Imported:
    """Save what a file says that reviewers decided, as one step, which `undo` takes back for the store's reviewer.

    A product is found by its id, else by its text. Suggested tags that a finished product lacks count as rejected.

    Args:
        store: The review.
        path: A file that `export_reviews` wrote, or an export of Label Studio, Argilla or doccano.
        format: A key of `FORMATS` (default: found out).
        reviewer: Who decided where the file does not say it (default: the reviewer of the store).

    Raises:
        BadInput: The file cannot be read, a record is malformed, or the review holds none of its products; nothing is
            saved then.
        NotSaved: It cannot be saved.
    """
    if not Path(path).is_file():
        raise BadInput(f"there is no file {path}")
    products = store.products()
    by_id = {product.id: n for n, product in enumerate(products)}
    same_text = Counter(product.text for product in products)
    by_text = {product.text: n for n, product in enumerate(products) if same_text[product.text] == 1}
    known = {(one.position, one.reviewer, *_same(one)) for one in store.decisions()}
    decisions: list[Decision] = []
    unknown: list[str] = []
    entries = unchanged = 0
    for where, record in _records(Path(path)):
        for entry in _read(record, format or _guess(record), f"{path}, {where}"):
            entries += 1
            position = by_id.get(entry.id, by_text.get(entry.text))
            if position is None:
                unknown.append(entry.id or entry.text)
                continue
            made = [replace(one, position=position) for one in entry.decisions]
            with at(f"{path}, {where}"):
                made = [store.valid(one) for one in made]
            made = [one for one in made if (position, one.reviewer, *_same(one)) not in known]
            if not entry.decisions:
                who = entry.reviewer or reviewer or store.reviewer
                with at(f"{path}, {where}"):
                    made = [store.valid(one) for one in _changes(store, position, replace(entry, reviewer=who))]
            unchanged += not made
            decisions += made
    if unknown and len(unknown) == entries:
        raise BadInput(f"{path}: {store.path.name} holds none of its {entries:,} products, for instance {unknown[0]!r}")
    store.record(decisions)
    return Imported(len({one.position for one in decisions}), len(decisions), unchanged, tuple(unknown))


def _read(record: Mapping[str, Any], name: str, where: str) -> list[ReviewRecord]:
    """Return what a record in a format says.

    Raises:
        BadInput: It is malformed, or tells no product.
    """
    kind = _format(name)
    with at(where):
        try:
            found = kind.from_record(record)
        except BadInput:
            raise
        except KeyError as error:
            raise BadInput(f"this is no record of {name}: there is no {error}") from error
        except (AttributeError, IndexError, TypeError, ValueError) as error:
            raise BadInput(f"this is no record of {name}: a value in it is not as it should be ({error})") from error
        for entry in found:
            if not entry.id and not entry.text:
                raise BadInput("there is neither an id nor a text to find the product by")
    return found


@contextmanager
def at(where: str) -> Iterator[None]:
    """Say in errors where in a file they are."""
    try:
        yield
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error


def _changes(store: ReviewStore, position: int, entry: ReviewRecord) -> list[Decision]:
    """Return the decisions that make a review what an entry says."""
    before, suggested = store.review(position, entry.reviewer), store.suggestions(position) or []
    product = store.product(position)
    tags = [located(tag if tag.type else tag.text, product, suggested) for tag in entry.tags]
    kept, had, refused = ({key_of(tag) for tag in listed} for listed in (tags, before.tags, before.rejected))
    offered = set(map(key_of, suggested))
    out = [("accept" if key_of(tag) in offered else "add", tag) for tag in tags if key_of(tag) not in had]
    no = [located(tag.text, product, suggested) for tag in entry.rejected]
    no += [*before.tags, *(suggested if entry.state == "done" else ())]
    rejected = {key_of(tag): tag for tag in no if key_of(tag) not in kept}
    out += [("reject", tag) for key, tag in rejected.items() if key not in refused]
    made = [Decision(position, kind, tag, reviewer=entry.reviewer) for kind, tag in out]
    state: State = entry.state
    return made + ([Decision(position, state, reviewer=entry.reviewer)] if state != before.state else [])


def _same(one: Decision) -> tuple[Any, ...]:
    return one.kind, one.tag and key_of(one.tag), one.new and key_of(one.new), one.at


def _items(store: ReviewStore, reviewer: str | None) -> Iterator[ProductReviews]:
    reviews: dict[int, list[Reviewed]] = defaultdict(list)
    decisions: dict[int, list[Decision]] = defaultdict(list)
    for found in store.reviews(reviewer):
        reviews[found.position].append(found)
    for one in store.decisions(reviewer):
        decisions[one.position].append(one)
    final: Mapping[int, Any] = final_tags(store)
    if reviewer is not None:
        final = {n: found[0].tags for n, found in reviews.items() if found[0].state == "done"}
    suggested = store.all_suggestions()
    for n, product in enumerate(store.products()):
        yield ProductReviews(product, suggested.get(n, []), reviews[n], decisions[n], final.get(n))


def _format(name: str) -> Format:
    if name not in FORMATS:
        hint = did_you_mean(name, FORMATS)
        raise UnknownName(f"there is no format {name!r} of reviews{hint}; there are: {', '.join(FORMATS)}")
    return FORMATS[name]


def _records(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the records of a file, each with where it is."""
    if kind_of(path) in ("csv", "tsv", "spreadsheet"):
        for row in file_rows(path, FileReading(kind_of(path))):
            values = {k: _unescaped(v) for k, v in row.values.items()} if not row.reason else {}
            if row.reason:
                raise BadInput(f"{path}, line {row.line}: {row.reason}")
            yield f"line {row.line}", values
        return
    try:
        text = path.read_text(encoding="utf-8-sig")
        if text.lstrip().startswith("["):
            found = [(f"record {n}", one) for n, one in enumerate(json.loads(text), 1)]
        else:
            lines = enumerate(text.split("\n"), 1)
            found = [(f"line {n}", json.loads(line)) for n, line in lines if line.strip()]
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path} is neither a table nor JSON: {error}") from error
    for where, record in found:
        if not isinstance(record, dict):
            raise BadInput(f"{path}, {where}: a record is a JSON object, not {record!r}"[:200])
        yield where, record


def _unescaped(value: Any) -> Any:
    """Return a cell without the apostrophe that `safe_cell` put before what would be a formula."""
    is_safe = isinstance(value, str) and value.startswith("'") and value[1:].lstrip(" ").startswith(FORMULA)
    return value[1:] if is_safe else value


def _guess(record: Mapping[str, Any]) -> str:
    if isinstance(record.get("data"), dict):
        return "label-studio"
    if isinstance(record.get("fields"), dict):
        return "argilla"
    if isinstance(record.get("decisions"), list):
        return "jsonl"
    return "doccano" if "text" in record and "title" not in record else "csv"
