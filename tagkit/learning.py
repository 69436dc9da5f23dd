"""Learning from more products: which earlier ones they replace, how their tags are spelt, and what it changed."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from tagkit import cards
from tagkit.product import Dataset, Product, Tags
from tagkit.text.duplicates import text_key
from tagkit.text.spelling import one_spelling

if TYPE_CHECKING:
    from tagkit.pipeline import Pipeline

SHOWN = 12
"""How many tags a summary lists of each kind."""
_MADE = re.compile(r"(line-)?\d+(\.\d+)?_*")
"""An id as tagkit makes one of the position of a product that has none."""


def identity(product: Product) -> str:
    """Return what a product and its corrected version have in common.

    That is the id; where the id may be a mere position in a table ("17"), it is the id with the text, so that the
    products of two tables without ids are not taken for each other.
    """
    if not _MADE.fullmatch(product.id):
        return product.id
    return f"{product.id} {hashlib.sha256(text_key(product.text).encode()).hexdigest()[:16]}"


def latest(products: Iterable[Product]) -> list[Product]:
    """Return the products, of several versions of one the last."""
    return list({identity(product): product for product in products}.values())


def without(products: Sequence[Product], more: Iterable[Product]) -> list[Product]:
    """Return the products that none of the others replaces."""
    replaced = {identity(product) for product in more}
    return [product for product in products if identity(product) not in replaced]


def spelt(
    old: Sequence[Product] | None, known: Iterable[str], more: Sequence[Product], dev: Sequence[Product]
) -> tuple[Sequence[Product] | None, Sequence[Product], Sequence[Product]]:
    """Return old products, new ones and dev with one spelling of each tag.

    It is the most frequent one of old and new products. Where the old products are not there, tags that were learned
    keep their spelling.

    Args:
        old: The products that were learned from; None: they are not there.
        known: The tags that were learned.
        more: The products to learn from.
        dev: The products to choose on.
    """
    if old is not None:
        data = one_spelling(Dataset("learn", (*old, *more), tuple(dev)))
        return data.train[: len(old)], data.train[len(old) :], data.dev
    tags = tuple(dict.fromkeys(known))
    first = (Product("known", "known", tags=tags),) if tags else ()
    data = one_spelling(Dataset("learn", first, tuple(more), tuple(dev)))
    return None, data.dev, data.test


@dataclass(frozen=True)
class TagChange:
    """How many dev products got or lost a tag by learning.

    Attributes:
        tag: The tag.
        gained: Products that get it now and did not before.
        gained_right: Of these, those where it is a gold tag.
        lost: Products that got it before and do not now.
        lost_right: Of these, those where it is a gold tag.
    """

    tag: str
    gained: int = 0
    gained_right: int = 0
    lost: int = 0
    lost_right: int = 0


@dataclass(frozen=True, repr=False)
class Learned:
    """What `Pipeline.learn` changed.

    Attributes:
        name: The name of the strategy.
        products: How many products were learned from.
        replaced: How many of these are corrected versions of products that had been learned from; None: not known,
            since those were not there.
        dev: The number of dev products with gold tags on which the change is measured.
        f1_before: F1@M on dev before; None without dev.
        f1_after: F1@M on dev afterwards, with the refinements chosen again on dev; None without dev.
        margin: Half the width of the 95 % interval of the difference, over dev products (normal approximation); the
            refinements were chosen on the same products, before and after. None for fewer than two products.
        changes: The tags that dev products gained or lost, those with the most changes first.
        new_tags: Tags of the products that had not been learned from before.
        before: The pipeline as it was, to return to.
    """

    name: str
    products: int
    replaced: int | None
    dev: int
    f1_before: float | None
    f1_after: float | None
    margin: float | None
    changes: tuple[TagChange, ...]
    new_tags: tuple[str, ...]
    before: Pipeline = field(compare=False)

    @classmethod
    def measured(cls, before: Pipeline, after: Pipeline, dev: Sequence[Product], **facts: Any) -> Self:
        """Compare two pipelines on dev products with gold tags.

        Args:
            before: The pipeline before learning.
            after: The pipeline afterwards.
            dev: The products.
            **facts: The attributes that do not depend on dev.
        """
        was, now = (before.predict(dev), after.predict(dev)) if dev else ([], [])
        scores = f1_of_each(was, dev), f1_of_each(now, dev)
        return cls(
            name=after.name,
            dev=len(dev),
            f1_before=float(scores[0].mean()) if dev else None,
            f1_after=float(scores[1].mean()) if dev else None,
            margin=margin_of(scores[1] - scores[0]),
            changes=tag_changes(was, now, dev),
            before=before,
            **facts,
        )

    @property
    def gained(self) -> dict[str, int]:
        """How many dev products gained each tag."""
        return {change.tag: change.gained for change in self.changes if change.gained}

    @property
    def lost(self) -> dict[str, int]:
        """How many dev products lost each tag."""
        return {change.tag: change.lost for change in self.changes if change.lost}

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the earlier pipeline as plain JSON values."""
        plain = {name: value for name, value in vars(self).items() if name not in ("before", "changes", "new_tags")}
        return plain | {"changes": [vars(change) for change in self.changes], "new_tags": list(self.new_tags)}

    def sentences(self) -> list[str]:
        """Return what changed, in a few sentences."""
        replaced = f", {self.replaced:,} of them corrected versions of earlier ones" if self.replaced else ""
        out = [f"{self.name} learned from {_count(self.products, 'product')}{replaced}."]
        if self.new_tags:
            known = "tag was" if len(self.new_tags) == 1 else "tags were"
            out.append(f"{len(self.new_tags):,} {known} new to it: {_some(self.new_tags)}.")
        if self.f1_before is None or self.f1_after is None:
            return [*out, "Without dev products with gold tags, no change can be measured."]
        margin = "" if self.margin is None else f" ± {self.margin:.3f}"
        out.append(
            f"F1@M on {_count(self.dev, 'dev product')}: {self.f1_before:.3f} before, {self.f1_after:.3f} now "
            f"({self.f1_after - self.f1_before:+.3f}{margin})."
        )
        for verb, right in (("gained", "gained_right"), ("lost", "lost_right")):
            counts = [(getattr(change, verb), getattr(change, right)) for change in self.changes]
            total, correct = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
            out.append(f"They {verb} {_count(total, 'tag')}, {correct:,} of them right.")
        return out

    def __repr__(self) -> str:
        """Return name, numbers of products and both scores in one line."""
        change = "" if self.f1_before is None else f", F1@M on dev {self.f1_before:.3f} before, {self.f1_after:.3f} now"
        return f"Learned({self.name} from {_count(self.products, 'product')}{change})"

    def __str__(self) -> str:
        """Return the sentences, and the tags that changed most."""
        rows = []
        for verb, tags in (("gained", self.gained), ("lost", self.lost)):
            if tags:
                best = sorted(tags.items(), key=lambda pair: (-pair[1], pair[0]))
                rows.append(f"{verb}: {_some([f'{tag} ({count})' for tag, count in best])}")
        return "\n".join([*self.sentences(), *rows])

    def _repr_html_(self) -> str:
        """Return a card for notebooks: the sentences, and a table of the tags that changed most."""
        rows = []
        for one in self.changes[:SHOWN]:
            cells = (_of(one.gained, one.gained_right), _of(one.lost, one.lost_right))
            rows.append([cards.escape(one.tag), *map(cards.escape, cells)])
        table = cards.table(("tag", "dev products gained (right)", "lost (right)"), rows) if rows else ""
        return cards.card("What was learned", *map(cards.paragraph, self.sentences()), table)


def tag_changes(before: Tags, after: Tags, products: Sequence[Product]) -> tuple[TagChange, ...]:
    """Return the tags that products gained or lost, those with the most changes first."""
    counts: dict[str, Counter[str]] = {}
    for old, new, product in zip(before, after, products, strict=True):
        was, now, gold = {tag.text for tag in old}, {tag.text for tag in new}, set(product.tags)
        for verb, tags in (("gained", now - was), ("lost", was - now)):
            for tag in tags:
                found = counts.setdefault(tag, Counter())
                found[verb] += 1
                found[f"{verb}_right"] += tag in gold
    changes = (TagChange(tag, **found) for tag, found in counts.items())
    return tuple(sorted(changes, key=lambda one: (-one.gained - one.lost, one.tag)))


def f1_of_each(lists: Tags, products: Sequence[Product]) -> NDArray[np.float64]:
    """Return the F1 of the whole list of each product with gold tags, shape (products,)."""
    from tagkit.measures import Run, parse

    gold = [product.tags for product in products]
    return np.asarray(parse("F1@M").statistics(Run(lists, gold)), dtype=float)[:, 0] if gold else np.zeros(0)


def margin_of(difference: NDArray[np.float64]) -> float | None:
    """Return half the width of the 95 % interval of a mean difference, by the normal approximation."""
    count = len(difference)
    return float(1.96 * difference.std(ddof=1) / np.sqrt(count)) if count > 1 else None


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _of(number: int, right: int) -> str:
    return f"{number} ({right})" if number else ""


def _some(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - SHOWN:,} more" if len(texts) > SHOWN else ""
    return ", ".join(texts[:SHOWN]) + more
