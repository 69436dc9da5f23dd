"""How a data set is looked at: what it consists of, and which of its tags are probably errors.

What does the work lies above the data sets: it is reached by its public name, and imported when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tagkit

if TYPE_CHECKING:
    from tagkit.exploring.overview import Overview
    from tagkit.label_errors.issues import Issues


class Explored:
    """The part of `tagkit.Dataset` that looks at it."""

    def explore(self: Any) -> Overview:
        """Return the long tail, tags by category, tags that go together, lengths and duplicates.

        It shows itself as a card in a notebook and as tables in a terminal (`print`); `to_html` writes it as a page.
        """
        return tagkit.exploring.explore(self)

    def issues(self: Any, limit: int = 200) -> Issues:
        """Return the tags that are probably wrong and those that are probably missing, with the reason of each.

        Args:
            limit: How many of each kind to return at most.

        Raises:
            BadInput: Fewer than 10 products have tags, or no text has a word; or the limit is below 1.
        """
        return tagkit.label_errors.find_issues(self, limit)
