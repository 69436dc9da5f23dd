"""What a result shows of itself in Python and in notebooks: its best row, table, plots and card.

The report, which makes them, lies above the results: it is reached by its public name `tagkit.report`, and is imported
when one of them is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tagkit
from tagkit.errors import BadInput, did_you_mean
from tagkit.experiment.spec import TEST

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from tagkit.exploring.products import JudgedProducts


class Shown:
    """The part of `tagkit.Result` that shows it."""

    @property
    def best(self: Any) -> str:
        """The name of the best row by the first measure on test; `result.tagger(result.best)` is its pipeline.

        Raises:
            BadInput: No row was measured.
        """
        names: list[str] = self.order()
        if not names:
            raise BadInput("no row was measured, so none is the best")
        return names[0]

    @property
    def summary(self: Any) -> str:
        """Which row is best by the first measure, and which differ significantly from the baseline, in sentences."""
        return tagkit.report.summary(self)

    @property
    def frame(self: Any) -> pd.DataFrame:
        """The table of test as a DataFrame; `tagkit.report.to_frame` says what its columns are.

        Raises:
            MissingExtra: pandas is not installed.
        """
        return tagkit.report.to_frame(self)

    def plot(self: Any, kind: str = "scores", view: str = TEST) -> Figure:
        """Draw a plot of the report.

        Args:
            kind: "scores", "accuracy-diversity", "accuracy-speed", "tags" or "unique-finds".
            view: "test", or "dedup" and "seen" where they exist.

        Raises:
            BadInput: There is no such plot, or the result lacks what it needs.
            MissingExtra: matplotlib or adjustText is not installed.
        """
        kinds = tagkit.report.plot_kinds(self, view)
        if kind not in kinds:
            raise BadInput(f"there is no plot {kind!r}{did_you_mean(kind, kinds)}; this result has: {', '.join(kinds)}")
        return kinds[kind](self, view)

    def show(self: Any, count: int = 10, row: str = "") -> JudgedProducts:
        """Return test products with the tags of a row beside the gold: right, missed and new.

        Args:
            count: How many products, at even distances through test.
            row: The row; "": the best one.

        Raises:
            BadInput: No such row was run, or the result is a stored one, without its tags.
        """
        return tagkit.exploring.show(self, count, row)

    def hardest(self: Any, count: int = 20) -> JudgedProducts:
        """Return the test products with the lowest F1, the mean over all rows, and what each row gave them.

        Args:
            count: How many products.

        Raises:
            BadInput: The result is a stored one, without its tags.
        """
        return tagkit.exploring.hardest(self, count)

    def compare_products(self: Any, first: str, second: str) -> JudgedProducts:
        """Return the test products to which two rows give different tags, and who is right, by difference of F1.

        Args:
            first: A row.
            second: Another one.

        Raises:
            BadInput: No such row was run, or the result is a stored one, without its tags.
        """
        return tagkit.exploring.compare_products(self, first, second)

    def __repr__(self: Any) -> str:
        """Return how many rows were measured, and the best one."""
        first = str(self.measures[0])
        names = self.order()
        score = self.scores[TEST][names[0]][first].scaled(self.experiment.scale) if names else None
        best = f", best: {names[0]} with {first} {score.value:.3f}" if score else ""
        return f"Result({self.experiment.name!r}, {len(self.rows)} of {len(self.experiment.rows)} rows measured{best})"

    def _repr_html_(self: Any) -> str:
        """Return summary, table and notes as a card for notebooks."""
        return tagkit.report.to_card(self)
