"""How values of one attribute are brought into one form: rules learned from pairs, the most reliable one first."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from tagkit.datasets.split import bucket
from tagkit.refine.quantities import NUMBER, NumberFormat, learn_unit, number_of
from tagkit.text.ngrams import char_ngrams, jaccard

FOLDS = 5
"""Parts of the pairs on which the reliability of rules is estimated in turn."""
CLOSED = 0.5
"""Values are of a closed list if there are at most so many different ones for each pair."""
LEAST = 0.3
"""A rule that is right less often than this is not used."""
SHORTEST, AGREED = 3, 0.8
"""A part of so many characters is at a fixed place if it is there in at least this share of the pairs."""
TOLERANCE = 0.03
"""By how much the quotients of two numbers may differ that are rounded."""


class ValuePair(NamedTuple):
    """A value as written, and in the form that is wanted.

    Attributes:
        category: Of its product.
        raw: As written.
        normal: As wanted.
    """

    category: str
    raw: str
    normal: str


Rule = Callable[[str, str], str | None]
"""From a category and a value as written to the wanted form, None where the rule says nothing."""
Maker = Callable[[Sequence[ValuePair]], Rule | None]
"""From pairs to a rule, None where they give none."""


def learn(pairs: Sequence[ValuePair]) -> list[Rule]:
    """Return the rules for one attribute in the order in which they are asked.

    Known values are tried on each pair without that pair. Each other kind of rule is learned from four fifths of the
    pairs and tried on the rest, in turn; a value as written is always in one fifth only. Next comes the kind that is
    right most often where those before it say nothing, as in a decision list.

    Source: Rivest, Learning Decision Lists (Machine Learning 1987).
    """
    kinds: tuple[Maker, ...] = (_as_it_is, _upper, _lower, _joined, _part, _numbers, _figures, _units, _nearest, _exact)
    folds = [bucket(_key(pair.raw), FOLDS) for pair in pairs]
    said: list[list[bool | None]] = [[None] * len(pairs) for _ in kinds[:-1]]
    for fold in set(folds):
        rest = [pair for pair, at in zip(pairs, folds, strict=True) if at != fold]
        for outcome, make in zip(said, kinds[:-1], strict=True):
            if rule := make(rest):
                for row in (row for row, at in enumerate(folds) if at == fold):
                    found = rule(pairs[row].category, pairs[row].raw)
                    outcome[row] = None if found is None else found == pairs[row].normal
    said.append(_agreement(pairs))
    chosen: list[int] = []
    open_ = set(range(len(pairs)))
    while open_ and len(chosen) < len(kinds):
        worth, best = max((_worth(said[at][row] for row in open_), -at) for at in range(len(kinds)) if at not in chosen)
        if worth < LEAST:
            break
        chosen.append(-best)
        open_ -= {row for row in open_ if said[-best][row] is not None}
    # Nothing was left to try the others on: they serve for values unlike those of the pairs.
    others = sorted((-_worth(outcome), at) for at, outcome in enumerate(said) if at not in chosen)
    chosen += [at for worth, at in others if -worth >= LEAST]
    return [rule for make in (kinds[at] for at in chosen) if (rule := make(pairs))]


def _agreement(pairs: Sequence[ValuePair]) -> list[bool | None]:
    """Return for each pair whether most other pairs of its value and category have its form; None without others."""
    groups: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for pair in pairs:
        groups[pair.category, _key(pair.raw)][pair.normal] += 1
    out: list[bool | None] = []
    for pair in pairs:
        others = groups[pair.category, _key(pair.raw)] - Counter([pair.normal])
        out.append(others.most_common(1)[0][0] == pair.normal if others else None)
    return out


def _worth(outcomes: Iterable[bool | None]) -> float:
    """Return the share of right outcomes, smoothed."""
    known = [outcome for outcome in outcomes if outcome is not None]
    return (sum(known) + 1) / (len(known) + 2) if known else 0.0


def apply(rules: Iterable[Rule], category: str, raw: str) -> str:
    """Return the wanted form of a value, the value itself where no rule says anything."""
    found = (rule(category, raw) for rule in rules)
    return next((value for value in found if value), raw)


def _key(raw: str) -> str:
    return " ".join(raw.lower().split())


def _exact(pairs: Sequence[ValuePair]) -> Rule | None:
    """What the same value became, in the same category if it occurs there."""
    known: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for pair in pairs:
        for category in {"", pair.category}:
            known[category, _key(pair.raw)][pair.normal] += 1
    best = {key: min(counts, key=lambda text: (-counts[text], text)) for key, counts in known.items()}
    return lambda category, raw: best.get((category, _key(raw))) or best.get(("", _key(raw)))


def _as_it_is(pairs: Sequence[ValuePair]) -> Rule | None:
    return lambda category, raw: raw


def _upper(pairs: Sequence[ValuePair]) -> Rule | None:
    return lambda category, raw: raw.upper()


def _lower(pairs: Sequence[ValuePair]) -> Rule | None:
    return lambda category, raw: raw.lower()


def _joined(pairs: Sequence[ValuePair]) -> Rule | None:
    """Without hyphens and blanks, as identifiers are written."""
    return lambda category, raw: re.sub(r"[-\s]", "", raw)


def _part(pairs: Sequence[ValuePair]) -> Rule | None:
    """The characters at a fixed place, where that place is the same in most pairs."""
    places = Counter(
        (at, len(pair.normal)) for pair in pairs if SHORTEST <= len(pair.normal) < len(pair.raw)
        for at in [pair.raw.find(pair.normal)] if at >= 0
    )  # fmt: skip
    if not places:
        return None
    (start, size), count = places.most_common(1)[0]
    if count < AGREED * len(pairs):
        return None
    return lambda category, raw: raw[start : start + size] or None if len(raw) > start + size else None


def _numbers(pairs: Sequence[ValuePair]) -> Rule | None:
    """What becomes of numbers and the words around them: "#-port" to "#", "#k rpm" to 1000 times #."""
    return _recipes(pairs, _frame)


def _figures(pairs: Sequence[ValuePair]) -> Rule | None:
    """What becomes of numbers, whatever the words around them are."""
    return _recipes(pairs, lambda text: "#" * len(NUMBER.findall(text)))


def _recipes(pairs: Sequence[ValuePair], frame_of: Callable[[str], str]) -> Rule | None:
    """Return a rule by which values of one frame share the most frequent factors and words of the result."""
    known: dict[str, list[tuple[list[float], list[float], str]]] = defaultdict(list)
    for pair in pairs:
        before, after = _values(pair.raw), _values(pair.normal)
        if before and after and "/" not in pair.normal:
            known[frame_of(_key(pair.raw))].append((before, after, _frame(pair.normal)))
    recipes = {frame: recipe for frame, rows in known.items() if (recipe := _recipe(rows))}
    form = NumberFormat.of(pair.normal for pair in pairs)
    if not recipes:
        return None

    def rule(category: str, raw: str) -> str | None:
        recipe = recipes.get(frame_of(_key(raw)))
        if recipe is None:
            return None
        frame, steps = recipe
        numbers = [*_values(raw), math.prod(_values(raw))]
        texts = iter([form(factor * numbers[at]) for at, factor in steps])
        return re.sub("#", lambda _: next(texts), frame)

    return rule


def _frame(text: str) -> str:
    """Return a text with # in the place of numbers."""
    return NUMBER.sub("#", text.replace("#", ""))


def _values(text: str) -> list[float]:
    return [number_of(match) for match in NUMBER.findall(text)]


def _recipe(rows: Sequence[tuple[list[float], list[float], str]]) -> tuple[str, list[tuple[int, float]]] | None:
    """Return the most frequent words of the result, and for each number in it which one it is made of and the factor.

    Number -1 is the product of all.
    """
    frame, _ = Counter(frame for *_, frame in rows).most_common(1)[0]
    rows = [row for row in rows if row[2] == frame]
    before, after = (np.array([row[at] for row in rows], dtype=float) for at in (0, 1))
    if before.shape[1] > 1:
        before = np.column_stack([before, before.prod(1)])
    steps = []
    for number in range(after.shape[1]):
        best = (0.0, 0, 0.0)
        for at in range(before.shape[1]):
            usable = (before[:, at] > 0) & (after[:, number] > 0)
            if usable.any():
                factors = after[usable, number] / before[usable, at]
                middle = np.quantile(factors, 0.5, method="nearest")
                near = np.abs(factors / middle - 1) <= TOLERANCE
                total = before[usable, at][near].sum()
                # Of equally good ones the number at the same place is taken.
                score = near.mean() + (0.01 if at == number else 0)
                best = max(best, (float(score), at, float(after[usable, number][near].sum() / total)))
        if not best[0]:
            return None
        place = -1 if before.shape[1] > len(rows[0][0]) and best[1] == before.shape[1] - 1 else best[1]
        factor = best[2]
        steps.append((place, round(factor) if abs(factor - round(factor)) < 0.01 * factor else factor))
    return frame, steps


def _units(pairs: Sequence[ValuePair]) -> Rule | None:
    """Quantities in the unit that fits most pairs, by a library that knows units."""
    convert = learn_unit([(pair.raw, pair.normal) for pair in pairs])
    return (lambda category, raw: convert(raw)) if convert else None


def _nearest(pairs: Sequence[ValuePair]) -> Rule | None:
    """What the most similar known value became, for values of a closed list."""
    if len({pair.normal for pair in pairs}) > CLOSED * len(pairs):
        return None
    by_category: dict[str, dict[tuple[str, str], int]] = defaultdict(Counter)  # type: ignore[assignment]
    for pair in pairs:
        for category in {"", pair.category}:
            by_category[category][_key(pair.raw), pair.normal] += 1
    grams = {raw: char_ngrams(f" {raw} ", 3) for raw, _ in by_category[""]} if "" in by_category else {}
    known: dict[tuple[str, str], str | None] = {}

    def nearest(category: str, raw: str) -> str | None:
        mine = char_ngrams(f" {_key(raw)} ", 3)
        rows = by_category.get(category) or by_category[""]
        votes: Counter[str] = Counter()
        for (other, normal), count in rows.items():
            votes[normal] += count * jaccard(mine, grams[other]) ** 2  # type: ignore[assignment]
        best = min(votes, key=lambda text: (-votes[text], text), default=None)
        return best if best is not None and votes[best] > 0 else None

    def rule(category: str, raw: str) -> str | None:
        if (category, raw) not in known:
            known[category, raw] = nearest(category, raw)
        return known[category, raw]

    return rule
