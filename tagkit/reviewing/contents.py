"""What is reviewed: the products in the file of a review, the tags suggested for them, and their order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any, NoReturn, Self

from tagkit.datasets.items import as_products
from tagkit.errors import BadInput
from tagkit.product import Product, Tag
from tagkit.reviewing.database import Database

FIRST_IMPOSSIBLE = 2**63
"""SQLite holds whole numbers below this."""


class ReviewedProducts:
    """The products of a review, in one SQLite file; see `ReviewStore`, which adds the decisions."""

    def __init__(self, path: str | Path, products: Any = None, *, overlap: int | None = None) -> None:
        if overlap is not None and not (is_whole(overlap) and overlap >= 1):
            raise BadInput(f"`overlap` is how many reviewers finish each product, at least 1, not {overlap!r}")
        rows = None if products is None else _with_different_ids(as_products(products))
        if rows is None and not Path(path).exists():
            raise BadInput(f"there is no file {path}: give the products to review")
        self._file = Database(path)
        self.path = self._file.path
        try:
            digest = None if rows is None else _digest(rows)
            if not self._about("digest"):
                self._fill(rows or [], digest)
            if digest and digest != self._about("digest"):
                self._refuse(rows or [])
            if overlap is not None and overlap != self.overlap:
                with self._file.writing("the number of reviewers is not saved") as connection:
                    connection.execute("REPLACE INTO about VALUES ('overlap', ?)", [str(overlap)])
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def __len__(self) -> int:
        """Return the number of products."""
        return self._file.read("SELECT COUNT(*) FROM product")[0][0]

    def product(self, position: int) -> Product:
        """Return a product, with the tags that it came with."""
        return Product.from_dict(json.loads(self._row("SELECT content FROM product WHERE position = ?", position)))

    def products(self) -> list[Product]:
        """Return all products in their order."""
        rows = self._file.read("SELECT content FROM product ORDER BY position")
        return [Product.from_dict(json.loads(content)) for (content,) in rows]

    def position(self, id: str) -> int:
        """Return the position of the product with an id.

        Raises:
            BadInput: There is none.
        """
        found = self._file.read("SELECT position FROM product WHERE id = ?", [id])
        if not found:
            raise BadInput(f"{self.path.name} holds no product with the id {id!r}")
        return found[0][0]

    def upcoming(self, position: int, count: int) -> list[int]:
        """Return the positions of so many products that follow one in the order, finished or not."""
        rank = self._row("SELECT rank FROM queue WHERE position = ?", position)
        query = "SELECT position FROM queue WHERE rank > ? ORDER BY rank LIMIT ?"
        return [found for (found,) in self._file.read(query, [rank, count])]

    def suggest(self, tags: Mapping[int, Sequence[Tag]]) -> None:
        """Save the tags that are suggested for some products, in place of earlier ones.

        Args:
            tags: Lists of tags with scores and spans, the best first, by the position of the product.
        """
        for position, found in tags.items():
            self._within(position, found)
        lists = {int(n): as_json([tag.to_dict() for tag in found]) for n, found in tags.items()}
        with self._file.writing("the suggestions are not saved") as connection:
            connection.executemany("REPLACE INTO suggestion VALUES (?, ?)", lists.items())

    def suggestions(self, position: int) -> list[Tag] | None:
        """Return the tags suggested for a product, the best first; None where nothing was asked for them yet."""
        self._checked(position)
        found = self._file.read("SELECT tags FROM suggestion WHERE position = ?", [position])
        return [Tag.from_dict(tag) for tag in json.loads(found[0][0])] if found else None

    def all_suggestions(self) -> dict[int, list[Tag]]:
        """Return the suggested tags of all products that have some saved, by position."""
        rows = self._file.read("SELECT position, tags FROM suggestion ORDER BY position")
        return {position: [Tag.from_dict(tag) for tag in json.loads(tags)] for position, tags in rows}

    def set_order(self, positions: Iterable[int], name: str = "") -> None:
        """Save the order in which all reviewers get the products; see `tagkit.reviewing.queue`.

        Args:
            positions: Each position once.
            name: What the order is called.

        Raises:
            BadInput: A position is missing, or occurs twice.
        """
        listed = [int(position) for position in positions]
        if sorted(listed) != list(range(len(self))):
            raise BadInput(f"an order names each of the {len(self):,} positions once")
        with self._file.writing("the order is not saved") as connection:
            connection.execute("DELETE FROM queue")
            connection.executemany("INSERT INTO queue VALUES (?, ?)", enumerate(listed))
            connection.execute("REPLACE INTO about VALUES ('order', ?)", [name])

    @property
    def order(self) -> str:
        """What the order of the products is called; "" for that in which they were given."""
        return self._about("order")

    @property
    def overlap(self) -> int:
        """How many reviewers finish each product."""
        return int(self._about("overlap") or 1)

    def _fill(self, rows: Sequence[Product], digest: str | None) -> None:
        """Save the products in a file that has none, unless another process does so first."""
        if not rows:
            raise BadInput(f"{self.path.name} holds no products yet: give the products to review")
        with self._file.writing("the products are not saved") as connection:
            if connection.execute("SELECT 1 FROM about WHERE name = 'digest'").fetchone():
                return
            contents = ((n, one.id, as_json(one.to_dict())) for n, one in enumerate(rows))
            connection.executemany("INSERT INTO product VALUES (?, ?, ?)", contents)
            connection.execute("INSERT INTO queue SELECT position, position FROM product")
            connection.execute("INSERT INTO about VALUES ('digest', ?)", [digest])

    def _refuse(self, rows: Sequence[Product]) -> NoReturn:
        """Say in which product the ids or the texts are not those in the file."""
        why = f"it holds {len(self):,} products, and {len(rows):,} are given"
        if len(rows) == len(self):
            pairs = zip(self.products(), rows, strict=True)
            there, given = next((a, b) for a, b in pairs if (a.id, a.text) != (b.id, b.text))
            why = f"the product {there.id!r} has another text there"
            if there.id != given.id:
                why = f"it has the product {there.id!r} where {given.id!r} is given"
        raise BadInput(f"{self.path.name} was made with other products ({why}): name a new file for these")

    def _checked(self, position: int) -> int:
        self._row("SELECT 1 FROM product WHERE position = ?", position)
        return int(position)

    def _within(self, position: int, tags: Iterable[Tag]) -> None:
        """Refuse what is no tag, and places that are outside of a product's text."""
        self._checked(position)
        length = -1
        for tag in tags:
            if not isinstance(tag, Tag):
                raise BadInput(f"a tag of the product in position {position} is {tag!r}, not a `Tag`"[:200])
            if tag.spans:
                length = len(self.product(position).text) if length < 0 else length
                if max(span.end for span in tag.spans) > length:
                    where = f"the text of the product in position {position}, which has {length:,} characters"
                    raise BadInput(f"the tag {tag.text!r} has a place outside of {where}"[:300])

    def _row(self, query: str, position: int) -> Any:
        """Return the value that a query finds for a position.

        Raises:
            BadInput: No product has this position.
        """
        is_possible = is_whole(position) and 0 <= position < FIRST_IMPOSSIBLE
        found = self._file.read(query, [int(position)]) if is_possible else []
        if not found:
            raise BadInput(f"there is no product in position {position}: {self.path.name} holds {len(self):,}")
        return found[0][0]

    def _about(self, name: str) -> str:
        found = self._file.read("SELECT value FROM about WHERE name = ?", [name])
        return found[0][0] if found else ""


def is_whole(value: Any) -> bool:
    """Say whether a value is a whole number, of Python or NumPy."""
    return isinstance(value, Integral) and not isinstance(value, bool)


_TO_JSON = json.JSONEncoder(ensure_ascii=False, default=float)


def as_json(value: Any) -> str:
    """Return a value as JSON; scores may be numbers of NumPy."""
    return _TO_JSON.encode(value)


def _with_different_ids(rows: list[Product]) -> list[Product]:
    """Return products, or refuse none at all and those with the same id."""
    first: dict[str, int] = {}
    for position, product in enumerate(rows):
        if first.setdefault(product.id, position) != position:
            where = f"in positions {first[product.id]} and {position}"
            raise BadInput(f"the id {product.id!r} occurs twice, {where}: products to review need different ids")
    if not rows:
        raise BadInput("there are no products to review")
    return rows


def _digest(products: Iterable[Product]) -> str:
    """Return what tells lists of products apart: the sha256 of their ids and texts."""
    sha = hashlib.sha256()
    for product in products:
        sha.update(json.dumps([product.id, product.text]).encode())
    return sha.hexdigest()
