"""Replay: the stored answers of an earlier run as a strategy, found by product id or text."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tagkit.attribution import by_spans
from tagkit.cache import FitCache
from tagkit.datasets import store
from tagkit.errors import BadInput, NotSetUp
from tagkit.explanation import Explanation
from tagkit.product import Product, Span, Tag, Tags
from tagkit.tagger import State, Tagger
from tagkit.text.present import places

log = logging.getLogger(__name__)
PAST = "extractgpt/past_runs"
GPT_4, SIMILAR = "schema_oa_mine_gpt_4_0613", "10_SemanticSimilarity"
RUNS = {
    "gpt-3.5-turbo-0613": "list-oa-mine-10-shots_2023-10-08_12-31-04",
    "gpt-4-0613 0.2": f"{GPT_4}_shots_{SIMILAR}_0_2___json_schema_2023-10-10_15-04-06",
    "gpt-4-0613": f"{GPT_4}_shots_{SIMILAR}_1_0___json_schema_2023-10-10_16-58-05",
    "gpt-4-0613 ensemble 0.2": f"{GPT_4}_{SIMILAR}_0_2___json_schema_ensembling_shuffle_2024-01-10_17-14-40",
    "gpt-4-0613 ensemble": f"{GPT_4}_{SIMILAR}_1_0___json_schema_ensembling_shuffle_2024-01-17_11-34-21",
}
"""The files of the runs on the test titles of OA-Mine that ExtractGPT published, all with ten demonstrations; 0.2: from
20 % of train."""
DEFAULT_RUN = "gpt-4-0613"
OA_MINE = "oa-"
"""The prefix of the ids of OA-Mine's products."""
NO_VALUE = ("", "n/a")
MANY = 20
"""If none of so many products has an answer, the answers are those of other data."""


class Replay(Tagger):
    """Tags of an earlier run, read from a file of stored answers; nothing is fitted.

    A file has one JSON object per line, as `tagkit tag FILE --out ANSWERS` writes it: `tags`, and `title` (with
    `description` if the products have one) or `id` or both. `tags` is a list of texts, a list of objects with `text`
    and optionally `type` and `score`, or an object of values by type. An answer with a title belongs to the products
    with this title (if several answers have it, the one with the same id), one without a title to the product with its
    id.

    Scores are the stored ones; for an answer without scores they decrease evenly with the rank and have no other
    meaning. Products without an answer get no tags.

    Args:
        answers: A file, or the name of a published run on OA-Mine: "gpt-3.5-turbo-0613", "gpt-4-0613",
            "gpt-4-0613 0.2" (demonstrations from 20 % of train), "gpt-4-0613 ensemble" or "gpt-4-0613 ensemble 0.2".
            "": "gpt-4-0613" if train is from OA-Mine.

    Attributes:
        missing_: How many products of the last `predict` have no answer.
        unknown_: How many answers belong to none of these products.

    Source: the published runs are from Brinkmann, Shraga and Bizer, ExtractGPT (2023),
    https://github.com/wbsg-uni-mannheim/ExtractGPT.
    """

    name = "replay"
    needs_threshold = False

    answers: str = ""

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        name = self.answers
        if not name and all(product.id.startswith(OA_MINE) for product in train):
            name = DEFAULT_RUN
        if name in RUNS:
            self._set_answers(_published_run(store.path(f"{PAST}/{RUNS[name]}.gz")))
        elif name and Path(name).is_file():
            self._set_answers(_answer_file(Path(name)))
        else:
            problem = (
                f"{name!r} is neither a file nor a published run" if name else "no answers are stored for this data"
            )
            message = (
                f"replay: {problem}: set the parameter `answers` to a file (one JSON object per line) or, for oa_mine, "
                f"to one of: {', '.join(RUNS)}"
            )
            raise BadInput(message) if name else NotSetUp(message, "no answers")

    def _learn(self, more: Sequence[Product], old: Any, dev: Sequence[Product], cache: FitCache) -> None:
        """Do nothing: the answers stay as they are."""

    def _set_answers(self, answers: Iterator[dict[str, Any]] | Sequence[dict[str, Any]]) -> None:
        """Index answers: each has `id` and `text` ("" if not given), and `tags` as [text, type, score]."""
        self._answers = list(answers)
        self._index: dict[tuple[str, str], list[Any]] = {}
        for row in self._answers:
            for key in _keys_of(row):
                self._index.setdefault(key, row["tags"])
        self._warned = False
        self.missing_ = self.unknown_ = 0

    def _tag(self, products: Sequence[Product]) -> Tags:
        found = [self._find(product) for product in products]
        self.missing_ = sum(tags is None for tags in found)
        if self.missing_ == len(products) >= MANY:
            where = f" in {self.answers}" if self.answers else ""
            raise BadInput(f"replay: none of the {len(products)} products has a stored answer{where}")
        asked = {key for product in products for key in _keys_for(product)}
        self.unknown_ = sum(asked.isdisjoint(_keys_of(row)) for row in self._answers)
        if not self._warned:
            self._warn(products, found)
        return [_to_tags(tags or [], product.text) for product, tags in zip(products, found, strict=True)]

    def _warn(self, products: Sequence[Product], found: Sequence[list[Any] | None]) -> None:
        if self.missing_:
            first = products[found.index(None)].id
            message = "replay: %d of %d products have no stored answer and get no tags, the first: %s"
            log.warning(message, self.missing_, len(products), first)
        if self.unknown_ and len(products) > 1:
            verb = "belongs" if self.unknown_ == 1 else "belong"
            message = "replay: %d of %d answers %s to no product of the %d that were asked about"
            log.warning(message, self.unknown_, len(self._answers), verb, len(products))
        self._warned = bool(self.missing_ or self.unknown_)

    def _find(self, product: Product) -> list[Any] | None:
        return next((self._index[key] for key in _keys_for(product) if key in self._index), None)

    def _explain(self, product: Product, tag: str) -> Explanation:
        stored = self._find(product)
        found = by_spans(product, tag, self.name, _to_tags(stored or [], product.text), "stored answer")
        answer = "none for this product" if stored is None else ", ".join(row[0] for row in stored)
        return found.with_facts(stored_answer=answer)

    def _state(self) -> State:
        return {"answers": self._answers}

    def _restore(self, state: State) -> None:
        self._set_answers(state["answers"])


def _keys_of(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the (id, text) under which an answer can be found."""
    id, text = answer["id"], answer["text"]
    return [(id, text), ("", text)] if text else [(id, "")]


def _keys_for(product: Product) -> list[tuple[str, str]]:
    """Return the (id, text) that the answer of a product may have, the best first."""
    text = product.text.strip()
    return [(product.id, text), ("", text), (product.id, "")]


def _published_run(path: Path) -> Iterator[dict[str, Any]]:
    """Read a run of ExtractGPT: for each title the model's JSON of values by attribute."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        examples = json.load(file)["examples"]
    for example in examples:
        yield {"id": "", "text": example["input"].strip(), "tags": _normalise(json.loads(example["pred"]))}


def _answer_file(path: Path) -> Iterator[dict[str, Any]]:
    """Read a file of answers.

    Raises:
        BadInput: A line is not an answer; the message names it.
    """
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                parts = [row.get("title", row.get("text", "")), row.get("description", "")]
                text, id = "\n".join(part for part in parts if part).strip(), str(row.get("id", ""))
                tags = _normalise(row["tags"])
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise BadInput(f"{path}, line {number} is not a stored answer: {error!r}") from error
            if not text and not id:
                raise BadInput(f"{path}, line {number} has neither `id` nor `title`")
            yield {"id": id, "text": text, "tags": tags}


def _normalise(tags: Any) -> list[list[Any]]:
    """Return [text, type, score] of each tag, each once, the best first.

    Raises:
        TypeError: It is not a list or mapping of texts.
        BadInput: A score is not between 0 and 1.
    """
    if isinstance(tags, Mapping):
        by_type = ((kind, values if isinstance(values, list) else [values]) for kind, values in tags.items())
        rows: list[Any] = [{"text": text, "type": kind} for kind, values in by_type for text in values]
    else:
        rows = [tag if isinstance(tag, Mapping) else {"text": tag} for tag in tags]
    rows = [row for row in rows if (row["text"] or "").strip() not in NO_VALUE]
    unique: dict[tuple[str, str], Tag] = {}
    for row in rows:
        tag = Tag(row["text"].strip(), row.get("score", 1.0), type=row.get("type", ""))
        unique.setdefault((tag.text, tag.type), tag)
    if any("score" in row for row in rows):
        return [[tag.text, tag.type, tag.score] for tag in sorted(unique.values(), key=lambda tag: -tag.score)]
    return [[text, kind, 1 - rank / len(unique)] for rank, (text, kind) in enumerate(unique)]


def _to_tags(stored: Sequence[Sequence[Any]], text: str) -> list[Tag]:
    return [
        Tag(tag, score, Replay.name, tuple(Span(*place) for place in places(tag, text)), kind)
        for tag, kind, score in stored
    ]
