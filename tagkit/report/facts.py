"""What a reader must know beside the scores, and counts over the tags: who finds which gold tags, vocabulary gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tagkit.experiment.environment import machine_kind
from tagkit.experiment.expected import VERDICTS
from tagkit.experiment.result import Result
from tagkit.experiment.spec import DEDUP, SEEN, TEST, Row
from tagkit.measures import Run
from tagkit.measures.rare import vocabulary_gaps
from tagkit.report.scores import gain, has_expected, number


class Drop(NamedTuple):
    """How the first measure of one row changes when the test texts that occur in train are left out.

    Attributes:
        name: The row.
        test: Its score on all test products.
        dedup: Its score on those whose text does not occur in train.
        loss: How much worse the second one is (negative: better).
    """

    name: str
    test: float
    dedup: float
    loss: float


@dataclass(frozen=True)
class Finds:
    """By how many rows the gold tags of a view are found.

    Attributes:
        alone: By row, the number of gold tags that only it finds.
        nobody: How many no row finds.
        everybody: How many all rows find.
        total: All gold tags.
    """

    alone: dict[str, int]
    nobody: int
    everybody: int
    total: int

    @property
    def several(self) -> int:
        """Gold tags that more than one row finds, and not all do."""
        return self.total - self.nobody - self.everybody - sum(self.alone.values())


def notes(result: Result) -> list[str]:
    """Return the sentences below the tables; the last one, if any, says what is not set up."""
    out = [*result.warnings, *explain_overlap(result)]
    out += [f"{name} failed: {reason}" for name, reason in result.failed.items()]
    return [*out, *not_set_up(result)]


def not_set_up(result: Result) -> list[str]:
    """Return one sentence that lists what has no server, answers, weights or package to run; none if all has."""
    if not result.not_set_up:
        return []
    return ["not set up: " + ", ".join(f"{name} ({reason})" for name, reason in result.not_set_up.items())]


def row_notes(result: Result) -> dict[str, str]:
    """Return what must be said of single rows of an experiment with expected scores."""
    out = {}
    for row in result.experiment.rows if has_expected(result) else ():
        found = result.rows.get(row.name)
        parts = [row.cites, row.note, *(found.notes if found else ())]
        if found and found.resumed:
            parts.append("resumed from a stopped command")
        if row.name in result.skipped and row.strategy:
            parts.append(f"not run: {result.skipped[row.name]}")
        if text := "; ".join(part.rstrip(".") for part in parts if part):
            out[row.name] = text
    return out


def overlap(result: Result) -> str:
    """Say in one sentence how many test texts occur in train; "" where that is unknown, and over folds."""
    known = [result.rows[name].overlap for name in (result.baseline, *result.rows) if name in result.rows]
    if not known or not known[0][1] or any(row.folds for row in result.experiment.rows):
        return ""
    shared, total = known[0]
    return f"{shared:,} of {total:,} test texts are in train."


def drops(result: Result) -> list[Drop]:
    """Return the drop of each row from `test` to `dedup`, the largest first; none without the second view."""
    first, out = str(result.measures[0]), []
    for name, cells in result.scores.get(DEDUP, {}).items():
        on_test, on_dedup = result.scores[TEST].get(name, {}).get(first), cells.get(first)
        if on_test and on_dedup:
            on_test, on_dedup = on_test.scaled(result.experiment.scale), on_dedup.scaled(result.experiment.scale)
            out.append(Drop(name, on_test.value, on_dedup.value, gain(first, on_test.value, on_dedup.value)))
    return sorted((drop for drop in out if drop.loss == drop.loss), key=lambda drop: -drop.loss)


def explain_overlap(result: Result) -> list[str]:
    """Say, from the scores, how strategies do on new texts and why; no sentences without the view `dedup`."""
    ranked = drops(result)
    if not ranked or has_expected(result):
        return []
    first, most, least, unit = result.measures[0], ranked[0], ranked[-1], result.experiment.unit
    if most.loss <= 0:
        return [f"No strategy is worse by {first} on `{DEDUP}`, without the test texts that occur in train."]
    text = f"By {first}, {most.name} drops most where the test texts that occur in train are left out: from "
    text += f"{number(most.test, unit)} on `{TEST}` to {number(most.dedup, unit)} on `{DEDUP}`"
    if least is not most:
        text += f"; {least.name} changes least, from {number(least.test, unit)} to {number(least.dedup, unit)}"
    out = [f"{text}."]
    if result.data is not None:
        seen, new = (_known_gold_share(result, view) for view in (SEEN, DEDUP))
        if seen is not None and new is not None:
            out.append(
                f"Train has {seen:.0%} of the gold tags of the test texts that occur in it, and {new:.0%} of those of "
                "the others. A strategy that matches texts with train only has to look up the first, so scores on "
                f"`{TEST}` reward memory, and scores on `{DEDUP}` show what a strategy does with texts it has never "
                "seen."
            )
    return out


def unknown_gold(result: Result) -> list[tuple[str, int]]:
    """List the gold tags of test that no training product has, with their products, the most frequent first."""
    counts = Counter(tag for product in result.products() for tag in dict.fromkeys(product.tags))
    rows = [(tag, count) for tag, count in counts.items() if tag not in result.train_counts]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def gaps(result: Result) -> dict[str, list[tuple[str, int]]]:
    """Return, by row, the predicted tags that train does not have; rows without any are left out."""
    found = {name: vocabulary_gaps(result.run(name)) for name in comparable(result)}
    return {name: rows for name, rows in found.items() if rows}


def comparable(result: Result, view: str = TEST) -> list[str]:
    """Return the rows that tagged the same products as the baseline, the best first; none in a stored result."""
    if result.data is None:
        return []
    ids = [product.id for product in result.data.test]
    names = [name for name in result.order(view) if name in result.datasets]
    return [name for name in names if [product.id for product in result.datasets[name].test] == ids]


def finds(result: Result, view: str = TEST) -> Finds:
    """Count which rows find which gold tags; with a single row, all it finds counts as found by it alone."""
    names = comparable(result, view)
    finders: dict[tuple[int, str], list[str]] = {}
    for at, product in enumerate(result.products(view)):
        finders |= {(at, tag): [] for tag in product.tags}
    for name in names:
        for at, row in enumerate(result.run(name, view).texts):
            for tag in dict.fromkeys(row):
                if (at, tag) in finders:
                    finders[at, tag].append(name)
    alone = Counter(found[0] for found in finders.values() if len(found) == 1)
    everybody = sum(len(found) == len(names) > 1 for found in finders.values())
    nobody = sum(not found for found in finders.values())
    return Finds({name: alone[name] for name in names}, nobody, everybody, len(finders))


def tag_f1(run: Run, tags: Sequence[str]) -> list[float]:
    """Return the F1 of single tags over all products with gold tags, 0 for a tag that is neither gold nor predicted."""
    hits, seen = Counter[str](), Counter[str]()
    for row, gold in zip(run.texts, run.gold, strict=True):
        if gold:
            answers = set(gold)
            hits.update(answers.intersection(row))
            seen.update(answers)
            seen.update(row)
    return [2 * hits[tag] / seen[tag] if seen[tag] else 0.0 for tag in tags]


def _known_gold_share(result: Result, view: str) -> float | None:
    """Return the share of the gold tags of a view that some training product has; None where there are none."""
    tags = [tag for product in result.products(view) for tag in product.tags]
    return sum(tag in result.train_counts for tag in tags) / len(tags) if tags else None


def about(result: Result) -> dict[str, str]:
    """Return what stands above the tables, by heading: source, data, protocol, unit, baseline, when and where."""
    experiment, rows = result.experiment, list(result.rows.values())
    options = ", ".join(f"{key}={value}" for key, value in experiment.data.options.items())
    sizes = ", ".join(f"{part} {result.sizes[part]:,}" for part in ("train", "dev", "test") if part in result.sizes)
    measured = [
        f"{row.date} at commit {row.environment.get('commit', '')[:9] or 'unknown'}"
        + (f" on {machine_kind(row.environment['machine'])}" if row.environment.get("machine") else "")
        for row in rows
    ]
    runs = dict.fromkeys(runs_of(row) for row in experiment.rows if row.name in result.rows)
    found = {
        "Source": "; ".join(str(value) for value in experiment.source.values()),
        "Data": experiment.data.label + (f" ({options})" if options else "") + (f": {sizes} products" if sizes else ""),
        "Tags known from train": f"{len(result.train_counts):,}" if result.train_counts else "",
        "Train-test overlap": overlap(result),
        "Licence": result.licence,
        "Protocol": experiment.protocol,
        "Unit of scores": experiment.unit if has_expected(result) else "",
        "Runs": "; ".join(text for text in runs if text),
        "Budget for choosing parameters": experiment.budget,
        "Baseline of the tests": experiment.baseline,
        "Measured": "; ".join(dict.fromkeys(measured)),
        "Digest of the products": ", ".join(dict.fromkeys(row.digest[:16] for row in rows if row.digest)),
    }
    return {name: text for name, text in found.items() if text}


def runs_of(row: Row) -> str:
    """Say over what the scores of a row are means; "" for a single run."""
    parts = [f"seeds {', '.join(map(str, row.seeds))}"] if row.seeds else []
    parts += [f"{row.folds} folds"] if row.folds else []
    parts += [f"{row.share:.0%} of train and dev"] if row.share < 1 else []
    return ", ".join(parts)


def verdict_counts(results: Iterable[Result]) -> str:
    """Say how many cells of all results have which verdict."""
    counts = Counter(verdict for result in results for verdict in result.verdicts)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS)
