"""What every form of the leaderboard shares: how a figure is written, marked and explained."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tagkit.experiment.result import TEST, Comparison, Figure, StrategyResult
from tagkit.measures import Measure

BETTER, WORSE = "▲", "▼"
COSTS = ("items/s", "fit s", "peak MB")


def number(value: float | None) -> str:
    """Write a figure with as many digits as it can use; "–" where it is undefined."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞"
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.3f}"


def half_width(figure: Figure) -> str:
    """Write half the width of the interval, "" where there is none."""
    return "" if math.isnan(figure.low) else number((figure.high - figure.low) / 2)


def heading(measure: Measure) -> str:
    """Return the measure's name, with an arrow where lower is better."""
    return f"{measure} ↓" if measure.better == "lower" else str(measure)


def gain(measure: Measure, figure: Figure, base: Figure) -> float:
    """Return by how much a figure is better than the baseline's (negative: worse)."""
    return (figure.value - base.value) * (1 if measure.better == "higher" else -1)


def mark(comparison: Comparison, measure: Measure, name: str, view: str = TEST) -> str:
    """Return ▲ or ▼ where a strategy is significantly better or worse than the baseline, else ""."""
    cells = comparison.table[view]
    figure = cells[name][str(measure)]
    if not figure.significant:
        return ""
    return BETTER if gain(measure, figure, cells[comparison.baseline][str(measure)]) > 0 else WORSE


def best(comparison: Comparison, measure: Measure, view: str = TEST) -> set[str]:
    """Return the strategies with the best figure, several where they tie as written."""
    cells = comparison.table[view]
    values = {name: row[str(measure)].value for name, row in cells.items()}
    known = [value for value in values.values() if not math.isnan(value)]
    if not known:
        return set()
    top = number(max(known) if measure.better == "higher" else min(known))
    return {name for name, value in values.items() if number(value) == top}


def win_tie_loss(figure: Figure) -> str:
    """Write wins/ties/losses; "" for the baseline."""
    return "" if figure.wins is None else f"{figure.wins}/{figure.ties}/{figure.losses}"


def has_wins(comparison: Comparison, view: str = TEST) -> bool:
    """Say whether the first measure has a figure per product, so that wins can be counted."""
    first = str(comparison.measures[0])
    return any(row[first].wins is not None for row in comparison.table[view].values())


def costs(result: StrategyResult) -> tuple[float, float, float]:
    """Return test products per second, seconds to fit, and peak memory in MiB (NaN where unknown)."""
    peak = float("nan") if result.peak_mb is None else result.peak_mb
    return result.items_per_second, result.fit_seconds, peak


def cost(value: float) -> str:
    """Write a cost with three digits at most."""
    if math.isnan(value) or math.isinf(value):
        return "–"
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}" if value < 1 else f"{value:.1f}"


def legend(comparison: Comparison, measures: Sequence[Measure], view: str = TEST) -> str:
    """Explain the table in one line."""
    first, base = comparison.measures[0], comparison.baseline
    parts = [
        f"± half the 95 % bootstrap interval ({comparison.samples:,} samples)",
        f"{BETTER} {WORSE} significantly better, worse than {base} "
        "(paired randomisation test, p < 0.05 after Holm's correction)",
    ]
    if has_wins(comparison, view):
        parts.append(f"W/T/L: products with a better, equal, worse {first} than {base}")
    if any(measure.better == "lower" for measure in measures):
        parts.append("↓ lower is better")
    return "; ".join(parts) + "."
