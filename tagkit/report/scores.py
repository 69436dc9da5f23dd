"""From a result to tables: which rows and columns a table has, and how each cell is written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from tagkit.errors import BadInput
from tagkit.experiment.expected import VERDICTS, Expected, rounded
from tagkit.experiment.result import Result, Score
from tagkit.experiment.spec import DEDUP, PERCENT, SEEN, TEST, Row, split_cell
from tagkit.measures import Measure, parse
from tagkit.report.tables import ALWAYS, BETTER, DASH, IF_IT_FITS, NEVER, WORSE, Cell, Column, Table

Columns = list[tuple[Column, list[Cell]]]


def score_table(
    result: Result, view: str = TEST, measures: Sequence[Measure] | None = None, notes: Sequence[str] = ()
) -> Table:
    """Return the table of one view, in the unit of the experiment.

    Without expected scores the best row by the first measure comes first. With expected scores the rows keep the order
    of the experiment, each measured score has a verdict, and the expected score stands in the column before it.

    Args:
        result: The result.
        view: "test", or "dedup" and "seen" where they exist.
        measures: Those to show (default: all).
        notes: Sentences to put below the legend.

    Raises:
        BadInput: There is no such view.
    """
    if view not in views(result):
        raise BadInput(f"there is no view {view!r}; there are: {', '.join(views(result)) or 'none'}")
    names = measure_names(result, view) if measures is None else [str(measure) for measure in measures]
    rows = shown_rows(result, view)
    head = Column("row" if has_expected(result) else "strategy", is_number=False, terminal=ALWAYS)
    columns: Columns = [(head, [Cell(row.name, values={head.title: row.name}) for row in rows])]
    for name in names:
        columns += _score_columns(result, view, rows, name, is_first=name == names[0])
    columns += _test_columns(result, view, rows) + _cost_columns(result, rows)
    if has_expected(result):
        columns += _origin_columns(result, rows)
    cells = tuple(zip(*(cells for _, cells in columns), strict=True))
    return Table(
        title(result, view), tuple(head for head, _ in columns), cells, result.baseline, (legend(result, view), *notes)
    )


def label(result: Result) -> str:
    """Return what a result is called in titles."""
    return result.experiment.name or result.experiment.data.label


def title(result: Result, view: str = TEST) -> str:
    """Return on what the scores of a view were measured; over folds that is not the test part."""
    folds = {row.folds for row in result.experiment.rows if row.name in result.rows}
    has_folds = bool(folds) and 0 not in folds and view == TEST
    part = f"{max(folds)} folds of train and dev" if has_folds else view
    count = result.n_products(view)
    return f"{label(result)}, {part}" + (f": {count:,} products" if count else "")


def views(result: Result) -> list[str]:
    """Return the views with measured or expected scores, "test" first."""
    expected = {split_cell(cell)[0] for row in result.experiment.rows for cell in row.expected}
    return [view for view in (TEST, DEDUP, SEEN) if view in expected or view in result.views]


def has_expected(result: Result) -> bool:
    """Say whether the experiment has expected scores."""
    return any(expected for row in result.experiment.rows for expected in row.expected.values())


def shown_rows(result: Result, view: str = TEST) -> list[Row]:
    """Return the rows of a view: with expected scores in the order of the experiment, otherwise the best first."""
    experiment, measured = result.experiment, result.scores.get(view, {})
    if not has_expected(result):
        return [experiment.row(name) for name in result.order(view)]
    expected = {row.name for row in experiment.rows for cell in row.expected if split_cell(cell)[0] == view}
    return [row for row in experiment.rows if view == TEST or row.name in measured or row.name in expected]


def measure_names(result: Result, view: str = TEST) -> list[str]:
    """Return the names of the measures with a score in a view, those of the experiment first."""
    rows = result.experiment.rows
    found = [name for cells in result.scores.get(view, {}).values() for name in cells]
    found += [name for row in rows for where, name in map(split_cell, row.expected) if where == view]
    known = set(found)
    return [name for name in dict.fromkeys([*map(str, result.measures), *found]) if name in known]


def number(value: float | None, unit: str = "", digits: int | None = None) -> str:
    """Write a score; "–" where it is undefined.

    Args:
        value: The score.
        unit: "percent": two digits behind the point; otherwise as many as tell similar scores apart.
        digits: Digits behind the point, as the expected score was printed.
    """
    if value is None or math.isnan(value):
        return DASH
    if math.isinf(value):
        return "∞"
    if digits is not None or unit == PERCENT:
        return rounded(value, 2 if digits is None else digits)
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.3f}"


def p_value(p: float | None) -> str:
    """Write a p-value with three digits, "< 0.001" where it is smaller, and "–" where nothing was tested."""
    if p is None or math.isnan(p):
        return DASH
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def p_equals(p: float) -> str:
    """Write a p-value in a sentence: "p = 0.012", or "p < 0.001"."""
    return f"p = {p_value(p)}".replace("= <", "<")


def cost(value: float | None) -> str:
    """Write a cost with two or three digits; "–" where it is unknown."""
    if value is None or not math.isfinite(value):
        return DASH
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}" if value < 1 else f"{value:.1f}"


def duration(seconds: float) -> str:
    """Write a time with two or three digits and its unit."""
    if seconds >= 120:
        return f"{seconds / 60:,.0f} min"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s" if seconds >= 1 else f"{seconds:.2f} s"


def heading(name: str) -> str:
    """Return the name of a measure, with an arrow where lower is better."""
    return f"{name} ↓" if parse(name).better == "lower" else name


def gain(name: str, value: float, base: float) -> float:
    """Return by how much a score is better than another one (negative: worse)."""
    return (value - base) * (1 if parse(name).better == "higher" else -1)


def legend(result: Result, view: str = TEST) -> str:
    """Explain the table of a view in one sentence."""
    scores = [score for row in result.scores.get(view, {}).values() for score in row.values()]
    has_runs = any(score.sd is not None for score in scores)
    parts = []
    if any(not math.isnan(score.low) for score in scores):
        over = "products and runs (seeds, folds)" if has_runs else "products"
        parts.append(f"± half the 95 % bootstrap interval over {over} ({result.experiment.samples:,} samples)")
    if has_runs:
        parts.append("SD: standard deviation over runs, where a score is the mean of several")
    if tests := list(dict.fromkeys(row.test for row in result.rows.values() if row.test)):
        how = f"{' or '.join(tests)}, p < 0.05 after Holm's correction"
        parts.append(f"{BETTER} {WORSE} significantly better, worse than {result.baseline} ({how})")
    if any(score.wins is not None for score in scores):
        parts.append(f"W/T/L: products with a better, equal, worse {result.measures[0]} than {result.baseline}")
    if any(heading(name) != name for name in measure_names(result, view)):
        parts.append("↓ lower is better")
    return "; ".join(parts) + "." if parts else ""


def verdict_legend(result: Result) -> list[str]:
    """Return one sentence with the meaning of the verdicts; none without expected scores."""
    if not has_expected(result):
        return []
    return ["; ".join(f"{name}: {meaning}" for name, meaning in VERDICTS.items()) + "."]


def _score_columns(result: Result, view: str, rows: Sequence[Row], name: str, *, is_first: bool) -> Columns:
    """Return the columns of one measure: the expected score, the measured one, its standard deviation over runs."""
    base = result.scores.get(view, {}).get(result.baseline, {}).get(name)
    cells = [result.cell(row, name if view == TEST else f"{view}/{name}") for row in rows]
    any_expected = any(cell.expected for cell in cells)
    expected, measured, deviations = [], [], []
    for row, cell in zip(rows, cells, strict=True):
        digits = cell.expected.digits if cell.expected else None
        sd = cell.score.sd if cell.score else None
        expected.append(_expected_cell(name, cell.expected))
        deviations.append(Cell(number(sd, result.experiment.unit, digits), values={f"{name} SD": sd}))
        score = _score_cell(name, cell.score, base and base.scaled(result.experiment.scale), result, digits)
        if any_expected and (cell.expected or cell.score) and (row.strategy or row.tagger):
            values = {**score.values, f"{name} verdict": cell.verdict}
            score = replace(score, verdict=cell.verdict, hint=score.hint or cell.reason, values=values)
        measured.append(replace(score, expected=rounded(cell.expected.value, digits or 0) if cell.expected else ""))
    has_sd = any(cell.text != DASH for cell in deviations)
    if any_expected:
        out: Columns = [(Column(f"{name} expected", f"{name} as reported"), expected)]
        terminal = ALWAYS
    else:
        out, measured = [], measured if has_expected(result) else _mark_best(name, measured)
        terminal = ALWAYS if is_first else IF_IT_FITS
    out.append((Column(heading(name), parse(name).summary, terminal=terminal), measured))
    if has_sd:
        head = Column("SD", f"standard deviation of {name} over runs", terminal=ALWAYS if is_first else NEVER)
        out.append((head, deviations))
    return out


def _score_cell(name: str, score: Score | None, base: Score | None, result: Result, digits: int | None) -> Cell:
    """Return the cell of a measured score, without what depends on other rows or expectations."""
    names = (name, f"{name} low", f"{name} high", f"{name} p")
    if score is None:
        return Cell(values=dict.fromkeys(names))
    half = hint = mark = ""
    unit = result.experiment.unit
    if not math.isnan(score.low):
        half = number(score.half_width, unit, digits)
        hint = f"95 % interval {number(score.low, unit, digits)} to {number(score.high, unit, digits)}"
    if score.p is not None:
        hint = f"{hint}, {p_equals(score.p)}".lstrip(", ")
    if base and score.significant:
        mark = BETTER if gain(name, score.value, base.value) > 0 else WORSE
    values = dict(zip(names, (score.value, score.low, score.high, score.p), strict=True))
    return Cell(number(score.value, unit, digits), half, mark, hint=hint, values=values)


def _expected_cell(name: str, expected: Expected | None) -> Cell:
    if expected is None:
        return Cell(values={f"{name} expected": None})
    text = rounded(expected.value, expected.digits)
    if expected.sd is not None:
        text += f" (SD {rounded(expected.sd, expected.digits)})"
    hint = f"{expected.origin}, tolerance {expected.tolerance:g}"
    return Cell(text, hint=hint, values={f"{name} expected": expected.value})


def _mark_best(name: str, cells: Sequence[Cell]) -> list[Cell]:
    """Mark the best score, and those that are equal to it as written."""
    known = [cell for cell in cells if cell.values[name] is not None and not math.isnan(cell.values[name])]
    top = max(known, key=lambda cell: gain(name, cell.values[name], 0.0), default=None)
    return [replace(cell, best=top is not None and cell.text == top.text) for cell in cells]


def _test_columns(result: Result, view: str, rows: Sequence[Row]) -> Columns:
    """Return wins, ties and losses and, beside expected scores, the p-value, all by the first measure."""
    first, out = str(result.measures[0]), []
    scores = [result.scores.get(view, {}).get(row.name, {}).get(first) for row in rows]
    counts = [(score.wins, score.ties, score.losses) if score else (None, None, None) for score in scores]
    if any(None not in row for row in counts):
        texts = [DASH if None in row else "/".join(map(str, row)) for row in counts]
        values = ({"wins": wins, "ties": ties, "losses": losses} for wins, ties, losses in counts)
        cells = [Cell(text, values=row) for text, row in zip(texts, values, strict=True)]
        out.append((Column("W/T/L", f"products with better / equal / worse {first} than {result.baseline}"), cells))
    tests = [p_value(score.p if score else None) for score in scores]
    if has_expected(result) and set(tests) != {DASH}:
        cells = [Cell("baseline" if row.name == result.baseline else p) for row, p in zip(rows, tests, strict=True)]
        out.append((Column("p", f"{first} against {result.baseline}, after Holm's correction"), cells))
    return out


def _cost_columns(result: Result, rows: Sequence[Row]) -> Columns:
    """Return speed, time to fit and memory of the rows that were run."""
    found = [result.rows.get(row.name) for row in rows]
    if not any(found):
        return []
    terminal = NEVER if has_expected(result) else ALWAYS
    heads = [
        Column("items/s", "products tagged per second", terminal=terminal),
        Column("fit s", "seconds to fit once, choosing on dev included", terminal=terminal),
        Column("peak MB", "peak memory of the process in MiB"),
    ]
    values = [(row.items_per_second, row.fit_seconds, row.peak_mb) if row else (math.nan,) * 3 for row in found]
    return [
        (head, [Cell(cost(value), values={head.title: value}) for value in column])
        for head, column in zip(heads, zip(*values, strict=True), strict=True)
    ]


def _origin_columns(result: Result, rows: Sequence[Row]) -> Columns:
    """Return total time, tokens of hosted models, where expected scores come from, and the command of each row."""
    times, tokens, origins, commands = [], [], [], []
    for row in rows:
        reported = [expected.origin for expected in row.expected.values() if expected]
        found = result.rows.get(row.name)
        seconds = max((origin.seconds for origin in reported if origin.seconds is not None), default=None)
        text = duration(found.seconds) if found else DASH if seconds is None else f"({duration(seconds)})"
        times.append(Cell(text, values={"seconds": found.seconds if found else None}))
        tokens.append(Cell(f"{row.tokens:,}" if row.tokens else DASH, values={"tokens": row.tokens}))
        origin, command = "; ".join(dict.fromkeys(map(str, reported))), result.experiment.command(row)
        origins.append(Cell(origin or DASH, values={"origin": origin}))
        commands.append(Cell(command or DASH, is_code=bool(command), values={"command": command}))
    out: Columns = [(Column("time", "of all runs together; in brackets as reported", terminal=IF_IT_FITS), times)]
    if any(row.tokens for row in rows):
        out.append((Column("tokens", "of a hosted model"), tokens))
    out.append((Column("origin", "where the expected scores come from", is_number=False), origins))
    return [*out, (Column("command", "computes the row", is_number=False), commands)]
