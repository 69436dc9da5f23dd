"""An overview of a data set as a card, a page and plain tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tagkit import cards
from tagkit.text.columns import aligned

if TYPE_CHECKING:
    from tagkit.exploring.overview import Overview

MOST_TAGS = 20
"""Products with more tags share a bar."""
CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title}</title>
<style>{font}
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.5 system-ui, {family}sans-serif; margin: 1.5em auto; max-width: 72em; padding: 0 1em; }}
</style></head><body>{card}</body></html>
"""


def _note(found: Overview) -> str:
    sizes = ", ".join(f"{count:,} {part}" for part, count in found.parts.items()) or "no products"
    text = f"{sizes} · {found.distinct:,} different tags · {found.n_categories:,} categories"
    return f"{text} · {found.untagged:,} products without tags" if found.untagged else text


def _duplicates(found: Overview) -> str:
    if not found.n_duplicates:
        return "No two products have the same text."
    text = f"Products with the text of another one: {found.n_duplicates:,}"
    return f"{text}; groups of them that do not agree on their tags: {found.n_disagreeing:,}"


def _spellings(found: Overview) -> str:
    if not (forms := found.several_spellings):
        return ""
    return f"{len(forms):,} tags are written in several ways: {'; '.join(forms[:5])}{'; …' * (len(forms) > 5)}"


def _plural(number: str) -> str:
    """Return the "s" behind a noun, unless the number before it is 1."""
    return "" if number == "1" else "s"


def _sizes(found: Overview) -> list[tuple[str, int]]:
    """Return how many products have so many tags, those with many together."""
    rows = [(f"{size}", count) for size, count in found.tags_per_product.items() if size <= MOST_TAGS]
    many = sum(count for size, count in found.tags_per_product.items() if size > MOST_TAGS)
    return [*rows, (f"more than {MOST_TAGS}", many)] if many else rows


def _lengths(found: Overview) -> str:
    return "Characters: " + ", ".join(f"{name} {value:,}" for name, value in found.lengths.items())


def card(found: Overview) -> str:
    """Return everything as one HTML card."""
    tail = [(f"{band.name} product{_plural(band.name)}", band.tags) for band in found.bands]
    uses = [(f"{band.name} product{_plural(band.name)}", band.uses) for band in found.bands]
    categories = [
        (
            cards.escape(each.name or "(none)"),
            cards.chips(each.top),
            f"{each.products:,}",
            f"{each.tags:,}",
            f"{each.mean:.1f}",
        )
        for each in found.categories
    ]
    groups = [
        (cards.escape(group.title, 60), cards.escape(", ".join(group.ids), 60), "yes" if group.agree else "no")
        for group in found.duplicates
    ]
    together = [
        cards.table(
            (title, "products", "lift"),
            [(cards.chips(pair.tags), f"{pair.products:,}", f"{pair.lift:.1f}") for pair in pairs],
        )
        for title, pairs in (("Most often together", found.pairs), ("Most beyond chance", found.strong_pairs))
        if pairs
    ]
    ends = [(f"{low:,} to {high:,}", count) for low, high, count in found.characters]
    parts = [
        cards.beside(
            cards.bars(tail, ("Long tail: tags of", "different tags"))
            + cards.bars(uses, ("Long tail: tags of", "uses")),
            cards.bars(found.top, ("Most frequent tags", "products")),
        ),
        cards.beside(
            cards.bars(_sizes(found), ("Tags of a product", "products")),
            cards.bars(ends, ("Characters of the text", "products")) + cards.small(_lengths(found)),
        ),
        cards.table(("Category", "frequent tags", "products", "tags", "tags each"), categories, left=2),
        cards.beside(*together),
        cards.paragraph(_duplicates(found)),
        cards.table(("Same text", "products", "same tags"), groups, left=3) if groups else "",
        cards.small(_spellings(found)),
    ]
    return cards.card(f"{found.name}: what it consists of", *parts, note=_note(found))


def page(found: Overview) -> str:
    """Return everything as an HTML page."""
    return around(found.name, card(found))


def around(title: str, card: str) -> str:
    """Return an HTML page with a card, with a font for its Chinese where the extra `report` is installed."""
    shown = card.replace("max-width:60em", "max-width:none", 1)
    font = family = ""
    try:
        from tagkit.report.canvas import EMBEDDED, embedded_font
    except ModuleNotFoundError:
        pass  # the page then has the fonts of the machine it is read on
    else:
        font, family = embedded_font(CHINESE.findall(shown)), f'"{EMBEDDED}", '
    return _PAGE.format(title=cards.escape(title), font=font, family=family, card=shown)


def text(found: Overview) -> str:
    """Return everything as plain tables."""
    total = sum(band.uses for band in found.bands) or 1
    tables: list[tuple[Sequence[str], Sequence[Sequence[str]]]] = [
        (
            ("long tail: tags of", "different tags", "uses", "%"),
            [
                (f"{b.name} product{_plural(b.name)}", f"{b.tags:,}", f"{b.uses:,}", f"{100 * b.uses / total:.1f}")
                for b in found.bands
            ],
        ),
        (("most frequent tags", "products"), [(tag, f"{count:,}") for tag, count in found.top]),
        (("tags of a product", "products"), [(size, f"{count:,}") for size, count in _sizes(found)]),
        (
            ("category", "products", "tags", "tags each", "frequent tags"),
            [
                (c.name or "(none)", f"{c.products:,}", f"{c.tags:,}", f"{c.mean:.1f}", ", ".join(c.top))
                for c in found.categories
            ],
        ),
        *(
            (
                (title, "products", "lift"),
                [(" + ".join(pair.tags), f"{pair.products:,}", f"{pair.lift:.1f}") for pair in pairs],
            )
            for title, pairs in (("most often together", found.pairs), ("most beyond chance", found.strong_pairs))
        ),
        (
            ("same text", "products", "same tags"),
            [(g.title[:60], f"{len(g.ids)}", "yes" if g.agree else "no") for g in found.duplicates],
        ),
    ]
    blocks = [f"{found.name}: {_note(found)}", *(_table(head, rows) for head, rows in tables if rows)]
    return "\n\n".join(part for part in (*blocks, _lengths(found), _duplicates(found), _spellings(found)) if part)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    columns = zip(head, *rows, strict=True)
    texts = {0, len(head) - 1} if head[-1] == "frequent tags" else {0}
    cells = [aligned(list(column), left=at in texts) for at, column in enumerate(columns)]
    return "\n".join("  ".join(row).rstrip() for row in zip(*cells, strict=True))
