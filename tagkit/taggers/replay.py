"""Stored answers of earlier runs, read as a strategy: by product id or text."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tagkit.cache import FitCache
from tagkit.datasets import store
from tagkit.errors import BadInput
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
"""The runs on OA-Mine's test titles that ExtractGPT published, all with ten demonstrations; 0.2: of 20 % of train."""
OA_MINE = "oa-"
"""How the ids of OA-Mine's products begin."""
NONE = ("", "n/a")
MANY = 20
"""Among so many products, one at least should have an answer."""


class Replay(Tagger):
    """Gives the tags that an earlier run gave; learns nothing.

    A file has one JSON object a line, as `tagkit tag FILE --out ANSWERS` writes it: `tags`, and `title` (with
    `description`, if the products have one) or `id`, or both. `tags` is a list of texts, a list of objects with `text`
    and perhaps `type` and `score`, or an object of values by type. An answer with a title is that of products with this
    title (where several have it, that of the same id), one without that of products with this id.

    Scores are the stored ones; where an answer has none, they fall evenly with the rank and mean nothing else. Products
    without an answer get no tags; `missing_` counts them over the last `predict`.

    Args:
        answers: A file, or the name of a published run on OA-Mine: "gpt-3.5-turbo-0613", "gpt-4-0613",
            "gpt-4-0613 0.2" (demonstrations from 20 % of train), "gpt-4-0613 ensemble" or "gpt-4-0613 ensemble 0.2".
            "": "gpt-4-0613" where train is OA-Mine's.

    Source: the published runs: Brinkmann, Shraga and Bizer, ExtractGPT (2023),
    https://github.com/wbsg-uni-mannheim/ExtractGPT.
    """

    name = "replay"
    needs_threshold = False

    answers: str = ""

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        self._keep(list(self._rows(train)))

    def _rows(self, train: Sequence[Product]) -> Iterator[dict[str, Any]]:
        """Yield the stored answers: `id` and `text` ("" where not given), and `tags`, each [text, type, score]."""
        name = self.answers
        if not name and all(product.id.startswith(OA_MINE) for product in train):
            name = "gpt-4-0613"
        if name in RUNS:
            yield from _published(store.path(f"{PAST}/{RUNS[name]}.gz"))
        elif name and Path(name).is_file():
            yield from _file(Path(name))
        else:
            missing = (
                f"{name!r} is neither a file nor a published run" if name else "no answers are stored for this data"
            )
            raise BadInput(
                f"replay: {missing}: set the parameter `answers` to a file (JSON objects, one a line) or, for oa_mine, "
                f"to one of: {', '.join(RUNS)}"
            )

    def _keep(self, rows: list[dict[str, Any]]) -> None:
        self._answers = rows
        self._found: dict[tuple[str, str], list[Any]] = {}
        for row in rows:
            keys = [(row["id"], row["text"]), ("", row["text"])] if row["text"] else [(row["id"], "")]
            for key in keys:
                self._found.setdefault(key, row["tags"])
        self._warned = False
        self.missing_ = 0

    def _tag(self, products: Sequence[Product]) -> Tags:
        stored = [self._answer(product) for product in products]
        self.missing_ = sum(tags is None for tags in stored)
        if self.missing_ == len(products) >= MANY:
            where = f" in {self.answers}" if self.answers else ""
            raise BadInput(f"replay: none of the {len(products)} products has a stored answer{where}")
        if self.missing_ and not self._warned:
            first = next(product.id for product, tags in zip(products, stored, strict=True) if tags is None)
            log.warning(
                "replay: %d of %d products have no stored answer and get no tags, the first: %s",
                self.missing_,
                len(products),
                first,
            )
            self._warned = True
        return [_as_tags(tags or [], product.text) for product, tags in zip(products, stored, strict=True)]

    def _answer(self, product: Product) -> list[Any] | None:
        text = product.text.strip()
        keys = ((product.id, text), ("", text), (product.id, ""))
        return next((self._found[key] for key in keys if key in self._found), None)

    def _state(self) -> State:
        return {"answers": self._answers}

    def _restore(self, state: State) -> None:
        self._keep(state["answers"])


def _published(path: Path) -> Iterator[dict[str, Any]]:
    """Read a run of ExtractGPT: for each title the model's JSON of values by attribute."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        examples = json.load(file)["examples"]
    for example in examples:
        yield {"id": "", "text": example["input"].strip(), "tags": _stored(json.loads(example["pred"]))}


def _file(path: Path) -> Iterator[dict[str, Any]]:
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
                tags = _stored(row["tags"])
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise BadInput(f"{path}, line {number} is not a stored answer: {error!r}") from error
            if not text and not id:
                raise BadInput(f"{path}, line {number} has neither `id` nor `title`")
            yield {"id": id, "text": text, "tags": tags}


def _stored(tags: Any) -> list[list[Any]]:
    """Return [text, type, score] of each tag, each once, the best first.

    Raises:
        TypeError: It is no list or mapping of texts.
        BadInput: A score is not between 0 and 1.
    """
    if isinstance(tags, Mapping):
        pairs = [(kind, values if isinstance(values, list) else [values]) for kind, values in tags.items()]
        given: list[Any] = [{"text": text, "type": kind} for kind, values in pairs for text in values]
    else:
        given = [tag if isinstance(tag, Mapping) else {"text": tag} for tag in tags]
    given = [tag for tag in given if (tag["text"] or "").strip() not in NONE]
    found = (Tag(tag["text"].strip(), tag.get("score", 1.0), type=tag.get("type", "")) for tag in given)
    scored = any("score" in tag for tag in given)
    first: dict[tuple[str, str], Tag] = {}
    for tag in found:
        first.setdefault((tag.text, tag.type), tag)
    once = list(first.values())
    if scored:
        return [[tag.text, tag.type, tag.score] for tag in sorted(once, key=lambda tag: -tag.score)]
    return [[tag.text, tag.type, 1 - rank / len(once)] for rank, tag in enumerate(once)]


def _as_tags(stored: Sequence[Sequence[Any]], text: str) -> list[Tag]:
    return [
        Tag(tag, score, Replay.name, tuple(Span(*place) for place in places(tag, text)), kind)
        for tag, kind, score in stored
    ]
