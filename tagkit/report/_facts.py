"""What a reader must know beside the table: repeated texts, how far strategies fall without them, gaps, failures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tagkit.experiment.result import DEDUP, TEST, Comparison
from tagkit.measures.rare import vocabulary_gaps
from tagkit.report._cells import gain, number


@dataclass(frozen=True)
class Fall:
    """How the first measure of one strategy changes when the texts that stand in train are left out.

    Attributes:
        name: The strategy.
        test: Its figure on all test products.
        dedup: Its figure on those whose text is not in train.
        loss: How much worse the second is (negative: better).
    """

    name: str
    test: float
    dedup: float
    loss: float


def repeated(comparison: Comparison) -> int:
    """Count the test products whose text stands word for word in train."""
    return len(comparison.data.test) - len(comparison.data.unseen())


def leakage(comparison: Comparison) -> str:
    """Say in one sentence how many test texts stand in train."""
    count, total = repeated(comparison), len(comparison.data.test)
    return f"{count:,} of {total:,} test texts stand word for word in train."


def falls(comparison: Comparison) -> list[Fall]:
    """Return each strategy's fall from `test` to `dedup`, the largest first; none without the second view."""
    if DEDUP not in comparison.views:
        return []
    first = comparison.measures[0]
    out = []
    for name in comparison.order():
        on_test, on_dedup = (comparison.table[view][name][str(first)] for view in (TEST, DEDUP))
        out.append(Fall(name, on_test.value, on_dedup.value, gain(first, on_test, on_dedup)))
    return sorted((fall for fall in out if fall.loss == fall.loss), key=lambda fall: -fall.loss)


def known_gold(comparison: Comparison) -> tuple[float, float]:
    """Return the share of gold tags that train knows: in the repeated texts, and in the new ones."""
    fresh = set(comparison.views.get(DEDUP, ()))
    shares = []
    for wanted in (False, True):
        tags = [t for i, product in enumerate(comparison.data.test) if (i in fresh) == wanted for t in product.tags]
        shares.append(sum(tag in comparison.train_counts for tag in tags) / len(tags) if tags else float("nan"))
    return shares[0], shares[1]


def explain_fall(comparison: Comparison) -> list[str]:
    """Say, from the figures, how strategies fare on new texts and why; no sentences without the second view."""
    ranked = falls(comparison)
    if not ranked:
        return []
    first, most, least = comparison.measures[0], ranked[0], ranked[-1]
    out = [f"{leakage(comparison)} The view `{DEDUP}` leaves them out."]
    if most.loss <= 0:
        return [*out, f"No strategy is worse on `{DEDUP}` by {first}."]
    fall = f"{number(most.test)} on `{TEST}` to {number(most.dedup)} on `{DEDUP}`"
    other = f"; {least.name} changes least, from {number(least.test)} to {number(least.dedup)}"
    out.append(f"By {first}, {most.name} falls most, from {fall}{other if least is not most else ''}.")
    seen, new = known_gold(comparison)
    out.append(
        "A strategy that looks tags up was given the answers of a repeated text when it learned from train, and only "
        f"has to find them again: train knows {seen:.0%} of the gold tags of the repeated texts, but {new:.0%} of "
        f"those of the new ones. So the figures on `{TEST}` reward memory, and those on `{DEDUP}` show what a strategy "
        "does with texts it has never seen."
    )
    return out


def troubles(comparison: Comparison) -> list[str]:
    """Return one sentence for each strategy that left text unread or could not run."""
    unread = [
        f"{result.name} did not read {result.unread:,} characters of the test texts."
        for result in comparison.results
        if result.unread
    ]
    return unread + [f"{name} could not run: {reason}" for name, reason in comparison.failed.items()]


def budgets(comparison: Comparison) -> list[str]:
    """Say which strategies have parameters that a search chose, with its budget, and that the others have not."""
    names = [result.name for result in comparison.results]
    said = [comparison.tuned[name] for name in names if name in comparison.tuned]
    return [*said, "All other strategies: no such search."] if 0 < len(said) < len(names) else said


def notes(comparison: Comparison) -> list[str]:
    """Return what must be said beside the tables: the fall on new texts, budgets, unread text, what could not run."""
    explained = explain_fall(comparison) or ([leakage(comparison)] if repeated(comparison) else [])
    return explained + budgets(comparison) + troubles(comparison)


def unknown_gold(comparison: Comparison) -> list[tuple[str, int]]:
    """List the gold tags of test that no training product has, with their products, the most frequent first."""
    counts = Counter(tag for product in comparison.data.test for tag in dict.fromkeys(product.tags))
    rows = [(tag, count) for tag, count in counts.items() if tag not in comparison.train_counts]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def gaps(comparison: Comparison) -> dict[str, list[tuple[str, int]]]:
    """Return, by strategy, the predicted tags that train does not know; strategies without any are left out."""
    found = {name: vocabulary_gaps(comparison.run(name)) for name in comparison.order()}
    return {name: rows for name, rows in found.items() if rows}
