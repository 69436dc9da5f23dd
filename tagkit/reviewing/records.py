"""Reviews as records: lines of tagkit, rows of a table, and the records of Label Studio, Argilla and doccano."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tagkit.errors import BadInput
from tagkit.product import Product, Span, Tag
from tagkit.reviewing.agreement import with_final_tags
from tagkit.reviewing.decisions import STATES, Decision, Reviewed, State, key_of

TAGS, TEXT = "tags", "text"
"""What the question and the field are called in Label Studio and Argilla."""
ARGILLA_STATES: dict[Any, State] = {"draft": "open", "discarded": "skip"}
"""Where a reviewer stands whose response has such a status; any other response is finished."""
USER = "tagkit:"
"""Stands before the name of a reviewer of which the id of an Argilla user is made."""


@dataclass(frozen=True)
class ProductReviews:
    """All that a file knows about one product.

    Attributes:
        product: The product.
        suggested: The suggested tags.
        reviews: What each reviewer decided.
        decisions: All decisions.
        final: The tags that follow; None where nobody finished the product.
    """

    product: Product
    suggested: Sequence[Tag]
    reviews: Sequence[Reviewed]
    decisions: Sequence[Decision]
    final: Sequence[Tag] | None


@dataclass(frozen=True)
class ReviewRecord:
    """What a record says that one reviewer decided about one product.

    Attributes:
        id: The id of the product, "" where the record has none.
        text: Its text.
        reviewer: Who decided, "" where the record does not say.
        state: Where they stand with it.
        tags: The tags that it has.
        rejected: Tags that it has not, beside the suggested ones that are not among `tags`.
        decisions: The decisions one by one, where the record has them.
    """

    id: str
    text: str
    reviewer: str = ""
    state: State = "done"
    tags: Sequence[Tag] = ()
    rejected: Sequence[Tag] = ()
    decisions: Sequence[Decision] = ()


def to_line(item: ProductReviews) -> dict[str, Any]:
    """Return a line of tagkit: the product with its final tags, what was suggested, and each decision."""
    bare = replace(item.product, tags=(), annotations=())
    record = (bare if item.final is None else with_final_tags(bare, item.final)).to_dict()
    record["given"] = list(item.product.tags)
    record["suggested"] = [tag.to_dict() for tag in item.suggested]
    record["decisions"] = [
        {"kind": one.kind, "tag": one.tag and one.tag.to_dict(), "new": one.new and one.new.to_dict()}
        | {"reviewer": one.reviewer, "at": one.at}
        for one in item.decisions
    ]
    return record


def from_line(record: Mapping[str, Any]) -> list[ReviewRecord]:
    """Return what a line of tagkit says."""
    made = [
        Decision(0, one["kind"], _tag(one.get("tag")), _tag(one.get("new")), one["reviewer"], one.get("at", ""))
        for one in record["decisions"]
    ]
    text = _text(record["title"]) + (f"\n{record['description']}" if record.get("description") else "")
    names = dict.fromkeys(one.reviewer for one in made)
    return [
        ReviewRecord(_text(record["id"]), text, who, decisions=[one for one in made if one.reviewer == who])
        for who in names
    ]


def to_row(item: ProductReviews) -> dict[str, Any]:
    """Return a row of a table, with lists of tags."""
    product, done = item.product, [one for one in item.reviews if one.state == "done"]
    state = "done" if done else next((one.state for one in item.reviews if one.state != "open"), "open")
    who = done or [one for one in item.reviews if one.state == state]
    kept = set(map(key_of, item.final or ()))
    rejected = {key_of(tag): tag for one in done for tag in one.rejected if key_of(tag) not in kept}
    row: dict[str, Any] = {"id": product.id, "title": product.title, "description": product.description}
    row |= {"category": product.category, "tags": [tag.text for tag in item.final or ()]}
    row |= {"rejected": [tag.text for tag in rejected.values()], "suggested": [tag.text for tag in item.suggested]}
    return row | {"state": state, "reviewer": " + ".join(one.reviewer for one in who)}


def from_row(record: Mapping[str, Any]) -> list[ReviewRecord]:
    """Return what a row of a table says."""
    title, description = _text(record.get("title")), _text(record.get("description"))
    text = f"{title}\n{description}" if description else title
    tags, rejected = (_listed(record.get(name)) for name in ("tags", "rejected"))
    state = _state(record.get("state"), tags)
    return [ReviewRecord(_text(record.get("id")), text, _text(record.get("reviewer")), state, tags, rejected)]


def to_label_studio(item: ProductReviews) -> dict[str, Any]:
    """Return a task of Label Studio, with predictions and annotations."""
    told = [one for one in item.reviews if one.state in ("done", "skip")]
    data: dict[str, Any] = {"id": item.product.id, TEXT: item.product.text, "category": item.product.category}
    data["reviewers"] = [one.reviewer for one in told]
    task: dict[str, Any] = {"data": data, "annotations": [], "predictions": []}
    for one in told:
        made: dict[str, Any] = {"result": _results(item.product, one.tags), "was_cancelled": one.state == "skip"}
        task["annotations"].append(made | ({"completed_by": {"email": one.reviewer}} if "@" in one.reviewer else {}))
    if item.suggested:
        score = sum(float(tag.score) for tag in item.suggested) / len(item.suggested)
        found = {"model_version": item.suggested[0].source, "score": score}
        task["predictions"].append(found | {"result": _results(item.product, item.suggested)})
    return task


def from_label_studio(record: Mapping[str, Any]) -> list[ReviewRecord]:
    """Return what the annotations of a task say."""
    data = record["data"]
    text = next((data[name] for name in (TEXT, "title") if name in data), "")
    names = data.get("reviewers") or []
    out = []
    for number, one in enumerate(record.get("annotations") or ()):
        who = one.get("completed_by")
        name = who.get("email", "") if isinstance(who, Mapping) else "" if who is None else f"user {who}"
        name = name or (names[number] if number < len(names) else "")
        tags: list[Tag] = []
        for mark in one["result"]:
            value = mark.get("value")
            if mark["type"] == "labels":
                span = Span(value["start"], value["end"])
                tags.append(Tag(text[span.start : span.end], 1.0, "reviewer", (span,), value["labels"][0]))
            elif mark["type"] == "taxonomy":
                tags += [_made(levels if isinstance(levels, str) else "/".join(levels)) for levels in value["taxonomy"]]
            elif mark["type"] == "choices":
                tags += map(_made, value["choices"])
        state: State = "skip" if one.get("was_cancelled") else "done"
        out.append(ReviewRecord(_text(data.get("id")), text, name, state, _merged(tags)))
    return out


def to_argilla(item: ProductReviews) -> dict[str, Any]:
    """Return a record of Argilla 2, with suggestions and responses to the question `tags`."""
    done = [one for one in item.reviews if one.state == "done"]
    names = [one.reviewer for one in done]
    record: dict[str, Any] = {"id": item.product.id, "fields": {TEXT: item.product.text}}
    category: dict[str, Any] = {"category": item.product.category} if item.product.category else {}
    record["metadata"] = {**category, "reviewers": names}
    values = [tag.text for tag in item.suggested]
    scores = [float(tag.score) for tag in item.suggested]
    agent = item.suggested[0].source if item.suggested else ""
    record["suggestions"] = {TAGS: {"value": values, "score": scores, "agent": agent}} if values else {}
    answers = [{"value": [tag.text for tag in one.tags], "user_id": user_id(one.reviewer)} for one in done]
    record["responses"] = {TAGS: answers} if answers else {}
    return record | {"vectors": {}, "status": "completed" if done else "pending"}


def from_argilla(record: Mapping[str, Any]) -> list[ReviewRecord]:
    """Return what the responses of a record say: labels, and spans with their labels."""
    text = next((value for value in record["fields"].values() if isinstance(value, str)), "")
    names = {user_id(name): name for name in (record.get("metadata") or {}).get("reviewers") or ()}
    tags: dict[str, list[Tag]] = {}
    states: dict[str, State] = {}
    for answers in _tag_answers(record.get("responses") or {}):
        for answer in answers:
            marks = answer["value"] if isinstance(answer["value"], list) else [answer["value"]]
            who = str(answer.get("user_id") or "")
            found = tags.setdefault(who, [])
            states[who] = ARGILLA_STATES.get(answer.get("status"), "done")
            for mark in marks:
                if isinstance(mark, Mapping):
                    span = Span(mark["start"], mark["end"])
                    found.append(Tag(text[span.start : span.end], 1.0, "reviewer", (span,), mark["label"]))
                else:
                    found.append(_made(mark))
    return [
        ReviewRecord(_text(record.get("id")), text, names.get(w, w), states[w], _merged(found))
        for w, found in tags.items()
    ]


def _tag_answers(responses: Mapping[str, Any]) -> list[Any]:
    """Return the answers to the questions about tags, by question.

    That is the question `tags` where there is one, else those with lists of labels or spans, else those with single
    labels; ratings and rankings are no tags.
    """
    if TAGS in responses:
        return [responses[TAGS]]
    kinds: dict[bool, list[Any]] = {True: [], False: []}
    for answers in responses.values():
        values = [answer["value"] for answer in answers]
        marks = [mark for value in values for mark in (value if isinstance(value, list) else [value])]
        if all(isinstance(mark, str) or (isinstance(mark, Mapping) and "start" in mark) for mark in marks):
            kinds[any(isinstance(value, list) for value in values)].append(answers)
    return kinds[True] or kinds[False]


def to_doccano(item: ProductReviews) -> dict[str, Any]:
    """Return a line of doccano's text classification."""
    done = " + ".join(one.reviewer for one in item.reviews if one.state == "done")
    record = {TEXT: item.product.text, "label": [tag.text for tag in item.final or ()]}
    return record | {"product_id": item.product.id, "reviewer": done, "state": "open" if item.final is None else "done"}


def from_doccano(record: Mapping[str, Any]) -> list[ReviewRecord]:
    """Return what a line of doccano says: labels of the whole text, or of stretches of it."""
    text = record[TEXT]
    tags: list[Tag] = []
    for name in ("label", "labels", "cats", "entities"):
        marks = record.get(name) or ()
        if isinstance(marks, Mapping):  # labels with the share of the votes for each
            marks = [label for label, share in marks.items() if share >= 0.5]
        for mark in [marks] if isinstance(marks, str) else marks:
            if isinstance(mark, str):
                tags.append(_made(mark))
                continue
            start, end, label = (
                mark if isinstance(mark, list) else (mark["start_offset"], mark["end_offset"], mark["label"])
            )
            tags.append(Tag(text[start:end], 1.0, "reviewer", (Span(start, end),), label))
    state = _state(record.get("state"), tags)
    return [ReviewRecord(_text(record.get("product_id")), text, _text(record.get("reviewer")), state, _merged(tags))]


def user_id(reviewer: str) -> str:
    """Return the id of an Argilla user for a reviewer: the name if it is one, else one that is made of it."""
    try:
        return str(uuid.UUID(reviewer))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, USER + reviewer))


def _results(product: Product, tags: Iterable[Tag]) -> list[dict[str, Any]]:
    """Return tags as the results of Label Studio: labels of stretches where there are type and place, else choices."""
    out, plain = [], []
    for tag in tags:
        if tag.type and tag.spans:
            for span in tag.spans:
                value = {"start": span.start, "end": span.end, "text": product.text[span.start : span.end]}
                made = {"from_name": "label", "to_name": TEXT, "type": "labels"}
                out.append(made | {"value": value | {"labels": [tag.type]}})
        else:
            plain.append(tag.text)
    choices = {"from_name": TAGS, "to_name": TEXT, "type": "choices", "value": {"choices": plain}}
    return [*out, choices] if plain else out


def _merged(tags: Iterable[Tag]) -> list[Tag]:
    """Return tags with the spans of the same text and type together."""
    found: dict[Any, Tag] = {}
    for tag in tags:
        same = found.get(key_of(tag))
        found[key_of(tag)] = tag if same is None else replace(same, spans=tuple(dict.fromkeys(same.spans + tag.spans)))
    return list(found.values())


def _listed(cell: Any) -> list[Tag]:
    """Return the tags of a cell: a list in JSON, or texts between semicolons."""
    text = _text(cell)
    parts = json.loads(text) if text.startswith("[") else text.replace("；", ";").split(";")
    if not all(isinstance(part, str) for part in parts):
        raise BadInput(f"a list of tags holds texts, not {text}"[:200])
    return [_made(part.strip()) for part in parts if part.strip()]


def _state(value: Any, tags: Sequence[Tag]) -> State:
    """Return the state that a cell names; where it is empty, a product with tags is finished."""
    name = _text(value).strip().lower() or ("done" if tags else "open")
    for state in STATES:
        if name == state:
            return state
    raise BadInput(f"the state of a product is one of {', '.join(STATES)}, not {value!r}")


def _tag(value: Any) -> Tag | None:
    return None if value is None else Tag.from_dict(value)


def _made(text: str) -> Tag:
    return Tag(text, 1.0, "reviewer")


def _text(value: Any) -> str:
    return "" if value is None else str(value)
