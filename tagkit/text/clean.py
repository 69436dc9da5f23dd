"""Clean sellers' texts in small steps, with a map back to the original characters.

Each step is a function from `CleanText` to `CleanText`, listed by name in `STEPS`; `clean` runs a chain of them. The
default chain cleans a usual title in a few microseconds: every step first checks whether there is anything to do, and
the map is only created when a step changes the length of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from html import unescape

from tagkit.errors import UnknownName
from tagkit.text import _patterns
from tagkit.text.clean_text import CleanText
from tagkit.text.present import lower

Step = Callable[[CleanText], CleanText]
MOST_ESCAPED = 10
"""So many times escaped markup is undone; a text could be built that takes as many passes as it has characters."""


def html(given: CleanText) -> CleanText:
    """Turn HTML tags into blanks and entities into their characters, also where markup was escaped."""
    if "<" not in given.text and "&" not in given.text:
        return given
    for _ in range(MOST_ESCAPED):
        before = given.text
        if edits := list(_markup(before)):
            given = given.rebuilt(edits)
        if given.text == before:
            break
    return given


def control(given: CleanText) -> CleanText:
    """Drop characters without width, turn control characters and lone surrogates into blanks, unify line ends."""
    if not _patterns.CONTROL.search(given.text):
        return given
    return given.replaced(_patterns.CONTROL, lambda m: "\n" if m["line"] else "" if m["nothing"] else " ")


def emoji(given: CleanText) -> CleanText:
    """Turn emoji into blanks; of a keycap the digit stays (2️⃣0️⃣件 → 20件)."""
    if given.text.isascii():
        return given
    return given.replaced(_patterns.EMOJI, lambda m: "" if m["keycap"] else " ")


def nfkc(given: CleanText) -> CleanText:
    """Normalise to Unicode's form NFKC: full and half width, ligatures, circled digits, composed accents."""
    text = given.text
    if text.isascii() or unicodedata.is_normalized("NFKC", text):
        return given
    narrow = text.translate(_FULL_WIDTH)
    if unicodedata.is_normalized("NFKC", narrow):
        return given._replace(text=narrow)
    return given.rebuilt(_normalized(text))


def traditional(given: CleanText) -> CleanText:
    """Turn traditional Chinese characters into simplified ones (OpenCC, hk2s).

    Variants of Hong Kong (衞, 枱, 粧) are among them, those of Taiwan as far as each has one meaning: 著 stays, which
    is 着 in 穿著 and not in 原著. No word is replaced by another (滑鼠 stays), so that tags are still in the text.
    """
    if given.text.isascii():
        return given
    convert, convertible = _opencc()
    if not convertible.search(given.text):
        return given
    runs = ((m.start(), m.end(), convert(m[0])) for m in _HAN_RUN.finditer(given.text))
    return given.rebuilt(runs)


def urls(given: CleanText) -> CleanText:
    """Turn web addresses (http://…, www.…, example.com) and e-mail addresses into blanks."""
    return given.replaced(_patterns.URL, " ") if "." in given.text or "://" in given.text else given


def noise(given: CleanText) -> CleanText:
    """Turn sellers' phrases (包邮, 正品, 官方旗舰店, 秒杀) and runs of the same mark (!!!, ~~~) into blanks."""
    return given.replaced(_patterns.NOISE, " ")


def case(given: CleanText) -> CleanText:
    """Turn all letters into lower case."""
    text = lower(given.text)
    return given if text == given.text else nfkc(given._replace(text=text))


def punctuation(given: CleanText) -> CleanText:
    """Turn punctuation into blanks, except inside a token: 1.5, 1,500, wi-fi, men's, h&m, 3+1, 100%; .5 becomes 0.5."""
    if "." in given.text:
        given = given.replaced(_patterns.LEADING_POINT, "0.")
    text = _patterns.PUNCTUATION.sub(" ", given.text.replace("’", "'"))
    return given if text == given.text else given._replace(text=text)


def units(given: CleanText) -> CleanText:
    """Write units after numbers in one way: 500毫升, 500 ML → 500ml; 2公斤 → 2kg; 英寸 → 寸."""
    if not _patterns.UNIT_HINT.search(given.text):
        return given
    return given.replaced(_patterns.UNIT, _unit_name)


def blanks(given: CleanText) -> CleanText:
    """Turn a run of blanks into one, or into a line break if it contains one, and strip both ends."""
    text = given.text
    if " ".join(text.split()) == text:
        return given
    one = given.replaced(_patterns.BLANKS, lambda m: "\n" if "\n" in m[0] else " ")
    end = len(one.text.rstrip())
    start = min(end, len(one.text) - len(one.text.lstrip()))
    if end - start == len(one.text):
        return one
    return CleanText(one.text[start:end], one.original, tuple(one.all_offsets[start:end]))


STEPS: dict[str, Step] = {
    step.__name__: step
    for step in (html, control, emoji, nfkc, traditional, urls, noise, case, punctuation, units, blanks)
}
"""All steps by name; the first line of a step's docstring describes it."""

DEFAULT = tuple(STEPS)
"""The default chain. Its order matters: a later step never creates what an earlier one removes."""

_FOR_RARE = frozenset({"html", "control", "emoji", "nfkc"})
"""Steps that change no text of the common characters alone (see `_patterns.RARE`)."""


def _step(name: str) -> Step:
    if name not in STEPS:
        raise UnknownName(f"no cleaning step is called {name!r}; there are: {', '.join(STEPS)}")
    return STEPS[name]


def clean(text: str, steps: Iterable[str] = DEFAULT) -> CleanText:
    """Clean a text.

    Args:
        text: Usually `Product.text`; its line break between title and description stays, so that no phrase spans both.
        steps: Names from `STEPS`, in the order in which they run.

    Returns:
        The clean text and its map to the original.

    Raises:
        UnknownName: There is no such step.
    """
    given = CleanText(text, text)
    chain = [(name, _step(name)) for name in steps]
    is_common = not _patterns.RARE.search(text)
    for name, step in chain:
        if not (is_common and name in _FOR_RARE):
            given = step(given)
    return given


def without(skipped: Iterable[str], steps: Iterable[str] = DEFAULT) -> tuple[str, ...]:
    """Return a chain of steps without some of them, for `clean`.

    Args:
        skipped: Names from `STEPS`.
        steps: The chain.

    Raises:
        UnknownName: There is no such step.
    """
    left_out = {_step(name).__name__ for name in skipped}
    return tuple(name for name in steps if name not in left_out)


_WORDS = without(("case", "punctuation", "units", "blanks"))
"""Steps that may remove letters and digits."""


def has_content(text: str) -> bool:
    """Say whether cleaning leaves a letter or a digit of a text; without one there is nothing to tag."""
    return any(map(str.isalnum, clean(text, _WORDS).text))


def _markup(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and replacement of each HTML tag, comment, script, style and entity."""
    at = 0
    unclosed: set[str] = set()
    while match := _patterns.MARKUP.search(text, at):
        start, at = match.span()
        begun = match.lastgroup
        if begun in _patterns.MARKUP_ENDS:
            end = None if begun in unclosed else _patterns.MARKUP_ENDS[begun].search(text, at)
            if end is None:
                unclosed.add(begun)
                continue
            at = end.end()
        yield start, at, unescape(f"&{match['entity']}") if match["entity"] else " "


def _unit_name(match: re.Match[str]) -> str:
    unit = match[match.lastindex or 0]
    return _patterns.UNIT_NAMES.get(unit) or unit.lower()


def _normalized(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield what NFKC does to each character that is not ASCII, together with the accents that it may join."""
    for run in _NOT_ASCII.finditer(text):
        starts = [at for at in range(run.start(), run.end()) if at == run.start() or not _joins(text[at])]
        for start, end in zip(starts, [*starts[1:], run.end()], strict=True):
            yield start, end, unicodedata.normalize("NFKC", text[start:end])


_NOT_ASCII = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+", re.DOTALL)
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20}
_HAN_RUN = re.compile(f"[{_patterns.HAN}]+")


@lru_cache(maxsize=4096)
def _joins(char: str) -> bool:
    """Say whether NFKC may join a character to the one before it: accents, and inner letters of Korean syllables."""
    first = unicodedata.normalize("NFKD", char)[0]
    return unicodedata.category(first)[0] == "M" or "\u1160" <= first <= "\u11ff"


@cache
def _opencc() -> tuple[Callable[[str], str], re.Pattern[str]]:
    """Load the converter, and find the characters that it may change."""
    from opencc import OpenCC

    convert: Callable[[str], str] = OpenCC("hk2s").convert
    han = [chr(code) for code in range(0x3400, 0xA000)]
    simplified = convert("\n".join(han)).split("\n")
    changing = [char for char, simple in zip(han, simplified, strict=True) if simple != char]
    # These characters change in phrases such as 瞭解 and 藉口 only.
    changing += "哩坏沈瞭甦藉覆"
    return convert, re.compile(f"[{''.join(changing)}\U00020000-\U000323af]")
