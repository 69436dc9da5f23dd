"""Small HTML cards, by which products, data sets, strategies and results show themselves in a notebook.

Texts and lines have the colours of the page around them, and fills are translucent, so that light and dark themes both
suit; styles stand in each element, since notebooks that are not trusted lose their style sheets.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

LONGEST = 160
"""A longer text is cut."""
_CARD = "border:1px solid #8886;border-radius:6px;padding:.6em .9em;margin:.2em 0;max-width:60em;color:inherit;"
_CHIP = "display:inline-block;border-radius:1em;padding:.05em .65em;margin:.15em .3em .15em 0;background:#8883;"
_CELL = "padding:.2em .7em;border:0;border-bottom:1px solid #8883;background:transparent;vertical-align:top;"


def card(title: str, *parts: str, note: str = "") -> str:
    """Return a card.

    Args:
        title: Its heading, as plain text.
        *parts: What stands below, as HTML of the other functions here.
        note: A line in small letters below the heading, as plain text.
    """
    head = f"<div><strong>{escape(title)}</strong></div>{small(note)}"
    return f'<div style="{_CARD}overflow-x:auto">{head}{"".join(parts)}</div>'


def escape(text: Any, longest: int = LONGEST) -> str:
    """Return a text as HTML that shows it as it is, cut where it is too long."""
    shown = str(text)
    return html.escape(shown if len(shown) <= longest else f"{shown[: longest - 1]}…")


def small(text: str, longest: int = 1000) -> str:
    """Return a paragraph in small, paler letters; nothing for no text."""
    return text and f'<div style="font-size:smaller;opacity:.75">{escape(text, longest)}</div>'


def paragraph(text: str, longest: int = 1000) -> str:
    """Return a paragraph."""
    return f"<div>{escape(text, longest)}</div>"


def faint(text: str) -> str:
    """Return a few words in small, paler letters."""
    return f'<span style="font-size:smaller;opacity:.7">{escape(text)}</span>' if text else ""


def chips(texts: Iterable[str | tuple[str, str]]) -> str:
    """Return tags as chips, with the second text of a pair, such as a score or a count, in small letters behind."""
    out = []
    for one in texts:
        text, more = (one, "") if isinstance(one, str) else one
        out.append(f'<span style="{_CHIP}">{escape(text)}{faint(f" {more}" if more else "")}</span>')
    return "".join(out)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> str:
    """Return a table.

    Args:
        head: The titles of its columns, as plain text.
        rows: The cells as HTML, as many as titles.
        left: So many columns hold texts, which start on the left; the others hold numbers.
    """

    def line(tag: str, cells: Iterable[str]) -> str:
        sides = ["text-align:left;"] * left + ["text-align:right;white-space:nowrap;"] * (len(head) - left)
        made = (f'<{tag} style="{side}{_CELL}">{cell}</{tag}>' for side, cell in zip(sides, cells, strict=True))
        return f'<tr style="background:transparent">{"".join(made)}</tr>'

    body = "".join(line("td", row) for row in rows)
    top = f"<thead>{line('th', map(escape, head))}</thead>" if any(head) else ""
    return f'<table style="border-collapse:collapse;margin:.4em 0;color:inherit">{top}<tbody>{body}</tbody></table>'


def values(pairs: Mapping[str, Any]) -> str:
    """Return names and values as a table of two columns."""
    return table(("", ""), ((escape(name), escape(value)) for name, value in pairs.items()), left=2) if pairs else ""
