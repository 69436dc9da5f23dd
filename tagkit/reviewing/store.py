"""The file of a review: products, suggested tags, their order, and every decision, saved when it is made."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from tagkit.errors import BadInput
from tagkit.product import Tag
from tagkit.reviewing import queries
from tagkit.reviewing.contents import ReviewedProducts, as_json
from tagkit.reviewing.decisions import KINDS, STATES, Decision, Reviewed, State, as_tag, key_of, located, summed_up
from tagkit.tags import check_text

HELD = 600.0
"""For so many seconds a product that was shown to a reviewer is shown to nobody else who is not needed for it."""


class ReviewStore(ReviewedProducts):
    """The decisions of one or several reviewers about the tags of products, in one SQLite file.

    A method that saves something returns when it is on the disk; if it cannot be saved, it raises `NotSaved` and
    nothing has changed. Several processes may have the same file open: each sees what the others saved. A product is
    named by its position in the list that the file was made with.

        store = ReviewStore("review.db", products, reviewer="ana")
        store.suggest(dict(enumerate(tagger.predict(products))))
        position = store.next()
        store.accept(position, "红色")
        store.edit(position, "高跟", "高跟鞋")
        store.mark(position, "done")

    Args:
        path: The file; it is made where there is none.
        products: What to review, as `Tagger.predict` takes it, with different ids. May be left out for a file that has
            them already, and must be the same ones otherwise.
        reviewer: Who decides, for all methods that save a decision.
        overlap: How many reviewers finish each product (default: as the file says, 1 in a new one). With 1 they share
            the work; with 2 or more they can be compared.

    Raises:
        BadInput: The file holds other products, is of a newer version or of something else, or a product occurs twice.
        NotSaved: The file cannot be written.
    """

    def __init__(
        self, path: str | Path, products: Any = None, *, reviewer: str = "", overlap: int | None = None
    ) -> None:
        check_text("the name of the reviewer", reviewer)
        super().__init__(path, products, overlap=overlap)
        self.reviewer = reviewer

    def __repr__(self) -> str:
        """Return file, reviewer, and how much is left."""
        return f"ReviewStore({str(self.path)!r}, reviewer={self.reviewer!r}, {self.left():,} of {len(self):,} left)"

    def next(self, after: int | None = None) -> int | None:
        """Return the position of the next product that is left for this reviewer, and hold it for them.

        Left are the products that this reviewer neither finished nor skipped nor flagged, and that fewer than `overlap`
        others have finished or are looking at.

        Args:
            after: Begin behind this product of the queue, and go on from its start at the end (default: at its start).
        """
        start = -1 if after is None else self._row("SELECT rank FROM queue WHERE position = ?", after)
        with self._file.writing("the next product cannot be held for this reviewer") as connection:
            values = {"me": self.reviewer, "overlap": self.overlap, "since": time.time() - HELD}
            for rank in (start, -1):
                if found := connection.execute(queries.NEXT, values | {"after": rank}).fetchone():
                    claim = (self.reviewer, found[0], time.time())
                    connection.execute("REPLACE INTO claim VALUES (?, ?, ?)", claim)
                    return found[0]
        return None

    def left(self) -> int:
        """Return how many products are left for this reviewer, those held for others among them."""
        return self._file.read(queries.LEFT, {"me": self.reviewer, "overlap": self.overlap})[0][0]

    def accept(self, position: int, tag: Tag | str) -> None:
        """Save that a product has a suggested tag; a text stands for the suggested tag with this text."""
        self._decide(position, "accept", tag)

    def accept_all(self, position: int) -> None:
        """Accept in one step all suggested tags about which this reviewer has decided nothing yet."""
        found = self.review(position)
        decided = {key_of(tag) for tag in (*found.tags, *found.rejected)}
        left = [tag for tag in self.suggestions(position) or () if key_of(tag) not in decided]
        self.record([Decision(position, "accept", tag) for tag in left])

    def reject(self, position: int, tag: Tag | str) -> None:
        """Save that a product does not have a tag, whether it was suggested, accepted or added before."""
        self._decide(position, "reject", tag)

    def edit(self, position: int, old: Tag | str, new: Tag | str) -> None:
        """Save that a product has another tag in the place of one; a text as the new one keeps the old one's type."""
        product, suggested = self.product(position), self._known(position)
        found = located(old, product, suggested)
        made = located(replace(as_tag(new), type=found.type) if isinstance(new, str) else new, product, suggested)
        self.record([Decision(position, "edit", found, made)])

    def add(self, position: int, tag: Tag | str) -> None:
        """Save that a product has a tag that was not suggested."""
        self._decide(position, "add", tag)

    def mark(self, position: int, state: State) -> None:
        """Save that this reviewer finishes a product, leaves it to others, sets it aside, or resumes it.

        Args:
            position: The product.
            state: "done", "skip", "flag", or "open" to resume it.
        """
        if state not in STATES:
            raise BadInput(f"the state of a product is one of {', '.join(STATES)}, not {state!r}")
        self.record([Decision(position, state)])

    def undo(self) -> list[Decision]:
        """Take back the last step of this reviewer that is not taken back yet, and return its decisions; [] if none."""
        with self._file.writing("nothing is undone") as connection:
            rows = connection.execute(queries.LAST_STEP, {"me": self.reviewer}).fetchall()
            if rows:
                connection.execute(queries.UNDO, [rows[0][-1], self.reviewer])
            for position in {row[0] for row in rows}:
                last = connection.execute(queries.LAST_STATE, [position, self.reviewer]).fetchone() or ("open",)
                connection.execute("REPLACE INTO state VALUES (?, ?, ?)", [position, self.reviewer, *last])
        return [_decision(row) for row in rows]

    def record(self, decisions: Iterable[Decision]) -> None:
        """Save decisions as one step: all of them or none.

        Args:
            decisions: A reviewer or time of "" stands for the present one; `step` is ignored.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        listed = [self.valid(one) for one in decisions]
        if not listed:
            return
        with self._file.writing() as connection:
            step = connection.execute("SELECT COALESCE(MAX(step), 0) + 1 FROM decision").fetchone()[0]
            for one in listed:
                who, tags = one.reviewer or self.reviewer, [_json(tag) for tag in (one.tag, one.new)]
                connection.execute(queries.INSERT, (one.position, one.kind, *tags, who, one.at or now, step))
                if one.kind in STATES:
                    connection.execute("REPLACE INTO state VALUES (?, ?, ?)", (one.position, who, one.kind))

    def review(self, position: int, reviewer: str | None = None) -> Reviewed:
        """Return what a reviewer (default: this one) decided about a product."""
        self._checked(position)
        who = self.reviewer if reviewer is None else reviewer
        return summed_up(position, who, map(_decision, self._file.read(queries.OF_PRODUCT, [position, who])))

    def reviews(self, reviewer: str | None = None) -> Iterator[Reviewed]:
        """Yield what each reviewer, or only one, decided about each product that they decided something about."""
        for (position, who), decisions in groupby(self.decisions(reviewer), lambda one: (one.position, one.reviewer)):
            yield summed_up(position, who, decisions)

    def decisions(self, reviewer: str | None = None) -> list[Decision]:
        """Return all decisions that are not undone, by product, reviewer and time."""
        return [_decision(row) for row in self._file.read(queries.ALL, {"who": reviewer})]

    def progress(self) -> dict[str, Any]:
        """Return how many products there are and are left for this reviewer, and what each reviewer finished.

        Returns:
            `products`, `left`, and `reviewers`: by name the numbers of products `done`, `skip` and `flag`, and of
            `decisions` about tags.
        """
        found: dict[str, dict[str, int]] = {}
        for who, what, count in self._file.read(queries.COUNTS):
            found.setdefault(who, {"done": 0, "skip": 0, "flag": 0, "decisions": 0})[what] = count
        return {"products": len(self), "left": self.left(), "reviewers": found}

    def reviewers(self) -> list[str]:
        """Return the names of all who decided something."""
        return [name for (name,) in self._file.read("SELECT DISTINCT reviewer FROM decision ORDER BY reviewer")]

    def _decide(self, position: int, kind: str, tag: Tag | str) -> None:
        self.record([Decision(position, kind, located(tag, self.product(position), self._known(position)))])

    def _known(self, position: int) -> list[Tag]:
        """Return the tags that a text may stand for: the suggested ones, and those decided about before."""
        found = self.review(position)
        return [*(self.suggestions(position) or ()), *found.tags, *found.rejected]

    def valid(self, decision: Decision) -> Decision:
        """Return a decision that can be saved.

        Raises:
            BadInput: It cannot.
        """
        self._within(decision.position, [tag for tag in (decision.tag, decision.new) if tag is not None])
        if decision.kind not in KINDS:
            raise BadInput(f"a decision is one of {', '.join(KINDS)}, not {decision.kind!r}")
        if (decision.tag is None) != (decision.kind in STATES) or (decision.new is None) != (decision.kind != "edit"):
            raise BadInput(f"the decision {decision.kind!r} has a tag too few or too many: {decision}")
        check_text("the name of the reviewer", decision.reviewer)
        return decision


def _json(tag: Tag | None) -> str | None:
    return None if tag is None else as_json(tag.to_dict())


def _decision(row: Sequence[Any]) -> Decision:
    position, kind, tag, new, *rest = row
    old, made = (None if text is None else Tag.from_dict(json.loads(text)) for text in (tag, new))
    return Decision(position, kind, old, made, *rest)
