"""Small HTML cards, by which products, data sets, strategies and results show themselves in a notebook.

Texts have the colours of the page around them, fills are translucent and the few coloured borders of a middle tone, so
that light and dark themes both suit; what a colour says, a sign or a border says too. Styles stand in each element,
since notebooks that are not trusted lose their style sheets.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

LONGEST = 160
"""A longer text is cut."""
SHORT = 30
"""A tag of so many characters is not broken into lines."""
_CARD = "border:1px solid #8886;border-radius:6px;padding:.6em .9em;margin:.2em 0;max-width:60em;color:inherit;"
_CHIP = "display:inline-block;border-radius:1em;padding:.05em .65em;margin:.15em .3em .15em 0;background:#8883;"
SIGNS = {"right": "✓", "missed": "○", "new": "+"}
"""What stands before a tag that is in the gold and predicted, in the gold alone, and predicted alone."""
_JUDGED = {
    "right": "border:1.5px solid #2e9e5b;background:#2e9e5b2e;border-radius:1em;",
    "missed": "border:1.5px dashed #d97706;background:transparent;border-radius:.25em;",
    "new": "border:3px double #4f7fd9;background:#4f7fd926;border-radius:0;",
}
_MARK = (
    "text-decoration:underline;text-decoration-color:#4f7fd9;text-decoration-thickness:.15em;text-underline-offset:.2em"
)
_CELL = "padding:.2em .7em;border:0;border-bottom:1px solid #8883;background:transparent;vertical-align:baseline;"


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


def faint(text: str, longest: int = LONGEST) -> str:
    """Return a few words in small, paler letters."""
    return f'<span style="font-size:smaller;opacity:.75">{escape(text, longest)}</span>' if text else ""


def chips(texts: Iterable[str | tuple[str, str]]) -> str:
    """Return tags as chips, with the second text of a pair, such as a score or a count, in small letters behind."""
    out = []
    for one in texts:
        text, more = (one, "") if isinstance(one, str) else one
        out.append(f'<span style="{_CHIP}">{escape(text)}{faint(f" {more}" if more else "")}</span>')
    return "".join(out)


def scored(tags: Iterable[tuple[str, float, str]]) -> str:
    """Return tags as chips, each the more shaded the higher its score is.

    Args:
        tags: The text of each, its score from 0 to 1, and what stands in small letters before the score.
    """
    out = []
    for text, score, more in tags:
        fill = f"background:rgba(79,127,217,{0.06 + 0.5 * min(1.0, max(0.0, score)):.2f});"
        out.append(
            f'<span style="{_CHIP}{fill}">{escape(text)}{faint(f" {more} {score:.2f}".replace("  ", " "))}</span>'
        )
    return "".join(out)


def judged(tags: Iterable[tuple[str, str]]) -> str:
    """Return tags as chips that say by sign, border and colour whether they are right, missed or new.

    Args:
        tags: The text of each, and "right" (in the gold and predicted), "missed" (in the gold alone) or "new"
            (predicted alone).
    """
    out = []
    for text, kind in tags:
        sign, look = SIGNS[kind], _JUDGED[kind]
        chip = f"display:inline-block;padding:.05em .6em;margin:.15em .3em .15em 0;{look}"
        chip += "white-space:nowrap;" if len(text) <= SHORT else ""
        out.append(f'<span style="{chip}" title="{kind}"><span aria-label="{kind}">{sign}</span> {escape(text)}</span>')
    return "".join(out)


def judged_legend() -> str:
    """Return what the three looks of `judged` mean."""
    return f'<div style="font-size:smaller">{judged((kind, kind) for kind in _JUDGED)}</div>'


def marked(text: str, spans: Iterable[tuple[int, int, str]], longest: int = 1000) -> str:
    """Return a paragraph in which spans are underlined.

    Args:
        text: The text, cut where it is too long; line breaks are kept.
        spans: Start and end (exclusive) of each, in characters, and what it is evidence for, shown when pointed at.
        longest: How many characters to show at most.
    """
    cut = text[:longest]
    spans = [(start, min(end, len(cut)), what) for start, end, what in spans if start < len(cut)]
    edges = sorted({0, len(cut), *(edge for start, end, _ in spans for edge in (start, end))})
    out = []
    for start, end in pairwise(edges):
        piece = html.escape(cut[start:end])
        if what := list(dict.fromkeys(name for first, last, name in spans if first <= start and end <= last)):
            piece = f'<span style="{_MARK}" title="{html.escape(", ".join(what))}">{piece}</span>'
        out.append(piece)
    return f'<div style="white-space:pre-line">{"".join(out)}{"…" * (len(text) > longest)}</div>'


def bars(pairs: Sequence[tuple[str, float]], head: tuple[str, str], digits: int = 0) -> str:
    """Return names and numbers as a table with a bar behind each number.

    Args:
        pairs: The names and their numbers, from 0 on.
        head: The titles of both columns.
        digits: How many decimals the numbers have.
    """
    most = max((number for _, number in pairs), default=0) or 1
    rows = []
    for name, number in pairs:
        bar = f"display:inline-block;height:.8em;width:{8 * number / most:.2f}em;background:#4f7fd980;margin-right:.5em"
        rows.append([escape(name, 60), f'<span style="{bar}"></span>{number:,.{digits}f}'])
    return table(head, rows, left=2)


def picture(address: str, text: str, height: float = 9, *, enlarged: bool = False) -> str:
    """Return a photo, which a browser draws only when it comes into view; nothing for no address.

    Args:
        address: A data address of an image, so that nothing is loaded from elsewhere.
        text: What it shows, for those who do not see it.
        height: Its largest height, in em.
        enlarged: Whether a smaller photo gets this height too.
    """
    if not address.startswith("data:image/"):
        return ""
    size = "height" if enlarged else "max-height"
    look = f"{size}:{height}em;max-width:100%;border-radius:.3em;background:#fff;vertical-align:top"
    look += ";box-shadow:0 0 0 1px #8883"  # where a white photo ends
    return f'<img loading="lazy" src="{html.escape(address)}" alt="{escape(text)}" style="{look}">'


def beside(*parts: str) -> str:
    """Return parts side by side where the page is wide enough."""
    cells = "".join(f"<div>{part}</div>" for part in parts if part)
    return f'<div style="display:flex;flex-wrap:wrap;gap:0 2em;align-items:flex-start">{cells}</div>'


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
