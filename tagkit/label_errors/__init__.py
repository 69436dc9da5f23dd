"""Errors in the gold: which tags of a data set are probably wrong, and which are probably missing.

`find_issues(data)`, which is `data.issues()`, returns them with their reasons. `label_quality(products,
lists_of_scores)`, in `tagkit.label_errors.quality`, gives one number for each product, by which a queue of reviews can
put the products first whose tags are most probably wrong; `tagkit.label_errors.held_out.held_out(products).lists()`
gives such scores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tagkit.label_errors.quality import label_quality as label_quality

if TYPE_CHECKING:
    from tagkit.label_errors.issues import Issues
    from tagkit.product import Dataset

LIMIT = 200
"""So many of each kind are returned."""


def find_issues(data: Dataset, limit: int = LIMIT) -> Issues:
    """Return the tags of a data set that are probably wrong, and those that are probably missing.

    All three parts are compared with each other; the tags of a product are never used for its own scores.

    Args:
        data: The data set.
        limit: How many of each kind to return at most.

    Raises:
        BadInput: Fewer than 10 products have tags, or no text has a word; or the limit is below 1.
    """
    from tagkit.label_errors.finding import find

    return find(data, limit)
