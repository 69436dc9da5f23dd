"""Which gold tags are found by whom, and how well each tag is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tagkit.experiment.result import TEST, Comparison
from tagkit.measures import Run


@dataclass(frozen=True)
class Finds:
    """How the gold tags of all products of a view are found.

    Attributes:
        alone: By strategy, the gold tags that only it finds.
        nobody: Gold tags that no strategy finds.
        everybody: Those that all find.
        total: All gold tags.
    """

    alone: dict[str, int]
    nobody: int
    everybody: int
    total: int

    @property
    def several(self) -> int:
        """Gold tags found by more than one strategy, and not by all."""
        return self.total - self.nobody - self.everybody - sum(self.alone.values())


def finds(comparison: Comparison, view: str = TEST) -> Finds:
    """Count who finds which gold tags; with a single strategy, all it finds counts as found by it alone."""
    finders: dict[tuple[int, str], list[str]] = {}
    for i, product in enumerate(comparison.products(view)):
        finders |= {(i, tag): [] for tag in product.tags}
    for result in comparison.results:
        for i, row in enumerate(comparison.run(result.name, view).texts):
            for tag in row:
                if (i, tag) in finders:
                    finders[i, tag].append(result.name)
    alone = Counter(names[0] for names in finders.values() if len(names) == 1)
    everybody = sum(len(names) == len(comparison.results) > 1 for names in finders.values())
    nobody = sum(not names for names in finders.values())
    return Finds({result.name: alone[result.name] for result in comparison.results}, nobody, everybody, len(finders))


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
