"""How an explanation is drawn: a card for notebooks, and styled lines for a terminal.

What speaks for a tag is blue with a solid line, what speaks against it orange with a dashed (in a terminal: double)
one, so that nobody needs to tell the two colours apart.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from tagkit import cards
from tagkit.console import Line, one_line, printable

if TYPE_CHECKING:
    from tagkit.explanation import Explanation, Word

FOR, AGAINST = "0,114,178", "213,94,0"
"""The colours, which people with any colour vision tell apart (Okabe and Ito, Color Universal Design, 2008)."""
FAINT = 0.05
"""Words with less than this share of the largest weight are not marked."""
SHOWN = 10
"""How many words, shares and neighbours are listed."""
LONGEST_TEXT = 2000
"""So many characters of a text are shown."""
BAR = 20
"""The width of a full bar in a terminal, in characters."""


def card(one: Explanation) -> str:
    """Return an explanation as a card."""
    parts = [_marked(one), _legend(one), _heat_map(one), *_word_tables(one), *_share_table(one), *_neighbour_table(one)]
    facts = _facts(one)
    return cards.card(_heading(one), cards.paragraph(_why_not(one)), *parts, cards.values(facts), note=_note(one))


def lines(one: Explanation) -> list[Line]:
    """Return an explanation as styled lines."""
    out: list[Line] = [[(one_line(_heading(one)), "bold")], [(one_line(_note(one)), "dim")]]
    if why := _why_not(one):
        out.append([(one_line(why), "")])
    out += [[], *_marked_lines(one)]
    strongest = one.strongest(SHOWN)
    most = max((abs(word.weight) for word in strongest), default=0.0)
    if strongest:
        out += [[], [("words for (+) and against (-)", "bold")]]
        out += [_bar_line(word.text, word.weight, most) for word in strongest]
    if one.photo:
        weight, x, y = one.photo.strongest()
        verb = "falls" if weight >= 0 else "rises"
        where = f"{100 * x:.0f} % from the left and {100 * y:.0f} % from the top"
        out += [[], [(f"the score {verb} most, by {abs(weight):.3g}, without the part of the photo {where}", "")]]
    if one.shares:
        most = max(abs(share.value) for share in one.shares)
        out += [[], [("shares", "bold")]]
        out += [_bar_line(share.name, share.value, most, share.note) for share in one.shares]
    if one.neighbours:
        out += [[], [("closest training products", "bold")]]
        for near in one.neighbours[:SHOWN]:
            has = "has the tag" if near.has_tag else "has not"
            text = f"{near.similarity:7.3f}  {has:11}  {_cut(near.title, 60)}  [{', '.join(near.tags[:8])}]"
            out.append([(one_line(text), "" if near.has_tag else "dim")])
    if facts := _facts(one).items():
        out += [[], *([(f"{one_line(name)}: ", "dim"), (one_line(_cut(value, 500)), "")] for name, value in facts)]
    return out


def ansi(styled: Iterable[Line]) -> str:
    """Return styled lines as text with the escape sequences of a terminal with 256 colours."""
    from rich.console import Console
    from rich.text import Text

    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system="256", highlight=False, width=100, no_color=False)
    for line in styled:
        console.print(Text.assemble(*((printable(text), style) for text, style in line)), soft_wrap=True)
    return stream.getvalue()


def _heading(one: Explanation) -> str:
    return f"{'Why' if one.given else 'Why not'} {one.tag}? Score {one.score:.3g}"


def _note(one: Explanation) -> str:
    return f"{one.strategy}, words by {one.method}" if one.method and one.words else one.strategy


def _facts(one: Explanation) -> dict[str, Any]:
    """Return the facts, but for the one that stands above; fractions with four digits."""
    shown = {name: value for name, value in one.facts.items() if name != "why not"}
    return {name: f"{value:.4g}" if isinstance(value, float) else value for name, value in shown.items()}


def _why_not(one: Explanation) -> str:
    return str(one.facts.get("why not", ""))


def _pieces(one: Explanation) -> Iterator[tuple[str, Word | None, float]]:
    """Yield the text in pieces, each with its word, if it is one that counts, and its strength from -1 to 1."""
    most = max((abs(word.weight) for word in one.words), default=0.0)
    at = 0
    for word in one.words:
        if word.start >= LONGEST_TEXT:
            break
        if most and abs(word.weight) >= FAINT * most:
            yield one.text[at : word.start], None, 0.0
            yield word.text, word, word.weight / most
            at = word.end
    rest = one.text[at:]
    yield (rest if at + len(rest) <= LONGEST_TEXT else f"{one.text[at : max(at, LONGEST_TEXT)]}…"), None, 0.0


def _marked(one: Explanation) -> str:
    out = []
    for text, word, strength in _pieces(one):
        shown = cards.escape(text, len(text) + 1).replace("\n", "<br>")
        if word is None:
            out.append(shown)
            continue
        colour, line = (FOR, "solid") if strength > 0 else (AGAINST, "dashed")
        style = f"background:rgba({colour},{0.1 + 0.45 * abs(strength):.2f});border-bottom:2px {line} rgb({colour});"
        title = f"{'for' if strength > 0 else 'against'}: {word.weight:+.3g}"
        out.append(f'<span style="{style}padding:0 1px;border-radius:2px" title="{title}">{shown}</span>')
    return f'<div style="margin:.5em 0;line-height:1.9;font-size:larger">{"".join(out)}</div>'


def _legend(one: Explanation) -> str:
    if not one.strongest(1):
        return ""
    made = (
        f'<span style="background:rgba({colour},.35);border-bottom:2px {line} rgb({colour});padding:0 .3em;'
        f'margin-right:.7em">{name}</span>'
        for name, colour, line in (("for", FOR, "solid"), ("against", AGAINST, "dashed"))
    )
    return f'<div style="font-size:smaller">{"".join(made)}</div>'


def _heat_map(one: Explanation) -> str:
    """Return the photo, and again under cells that are the stronger blue or orange the more they count."""
    if not one.photo:
        return ""
    most = max((abs(weight) for row in one.photo.weights for weight in row), default=0.0)
    cells = []
    for y, row in enumerate(one.photo.weights):
        for x, weight in enumerate(row):
            if not most or abs(weight) < FAINT * most:
                continue
            fill = f"rgba({FOR if weight > 0 else AGAINST},{0.7 * abs(weight) / most:.2f})"
            place = f"left:{100 * x / len(row):.2f}%;top:{100 * y / len(one.photo.weights):.2f}%"
            size = f"width:{100 / len(row):.2f}%;height:{100 / len(one.photo.weights):.2f}%"
            title = f"{'for' if weight > 0 else 'against'}: {weight:+.3g}"
            cells.append(f'<div style="position:absolute;{place};{size};background:{fill}" title="{title}"></div>')
    image = cards.picture(one.photo.address, "the photo", 12, enlarged=True)
    covered = f'<div style="position:relative;display:inline-block;line-height:0">{image}{"".join(cells)}</div>'
    note = cards.small(
        "right: blue parts speak for the tag, orange ones against it; how the score changes without them"
    )
    return f"{cards.beside(image, covered)}{note}"


def _word_tables(one: Explanation) -> list[str]:
    words = one.strongest(SHOWN)
    most = max((abs(word.weight) for word in words), default=0.0)
    rows = [[cards.escape(word.text, 40), _bar(word.weight, most), f"{word.weight:+.3g}"] for word in words]
    return [cards.table(("word", "", "weight"), rows, left=2)] if rows else []


def _share_table(one: Explanation) -> list[str]:
    most = max((abs(share.value) for share in one.shares), default=0.0)
    rows = [
        [cards.escape(share.name), _bar(share.value, most), cards.escape(share.note), f"{share.value:+.3g}"]
        for share in one.shares
    ]
    return [cards.table(("share of", "", "", "value"), rows, left=3)] if rows else []


def _neighbour_table(one: Explanation) -> list[str]:
    rows = []
    for near in one.neighbours[:SHOWN]:
        mark = "✓ has it" if near.has_tag else "–"
        rows.append([cards.escape(near.title, 60), mark, cards.chips(near.tags[:8]), f"{near.similarity:.3f}"])
    head = ("closest training products", one.tag, "tags", "similarity")
    return [cards.table(head, rows, left=3)] if rows else []


def _bar(value: float, most: float) -> str:
    """Return a bar: blue and full where the value is positive, orange and striped where it is negative."""
    width = 100 * abs(value) / most if most else 0.0
    fill = f"rgba({FOR},.75)"
    if value < 0:
        fill = f"repeating-linear-gradient(45deg,rgba({AGAINST},.85) 0 4px,rgba({AGAINST},.35) 4px 8px)"
    inner = f'<div style="height:.7em;width:{width:.0f}%;min-width:1px;background:{fill}"></div>'
    return f'<div style="width:6em;padding-top:.3em">{inner}</div>'


def _marked_lines(one: Explanation) -> list[Line]:
    """Return the text with its words in colours, one line for each of its own."""
    out: list[Line] = [[]]
    for text, _, strength in _pieces(one):
        first, *more = text.split("\n")
        style = _style(strength)
        out[-1].append((printable(first), style))
        out += ([(printable(line), style)] for line in more)
    return out


def _style(strength: float) -> str:
    if not strength:
        return ""
    colour, line = ("dodger_blue2", "underline") if strength > 0 else ("dark_orange3", "underline2")
    return f"{line} bold white on {colour}" if abs(strength) >= 0.5 else f"{line} {colour}"


def _bar_line(name: str, value: float, most: float, note: str = "") -> Line:
    from rich.cells import cell_len

    filled = round(BAR * abs(value) / most) if most else 0
    bar = ("█" if value > 0 else "▒") * filled
    shown = one_line(_cut(name, 30))
    colour = "dodger_blue2" if value > 0 else "dark_orange3"
    blanks = " " * max(1, 32 - cell_len(shown))
    return [
        (f"  {shown}{blanks}", ""),
        (f"{value:+9.3g} ", ""),
        (f"{bar:{BAR}}", colour),
        (f"  {one_line(note)}", "dim"),
    ]


def _cut(value: Any, longest: int) -> str:
    text = str(value)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
