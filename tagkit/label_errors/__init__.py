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
    from tagkit.pipeline import Pipeline
    from tagkit.product import Dataset
    from tagkit.tagger import Tagger

LIMIT = 200
"""So many of each kind are returned."""


def find_issues(data: Dataset, limit: int = LIMIT, tagger: str | Tagger | Pipeline | None = None) -> Issues:
    """Return the tags of a data set that are probably wrong, and those that are probably missing.

    All three parts are compared with each other; the tags of a product are never used for its own scores.

    Args:
        data: The data set.
        limit: How many of each kind to return at most.
        tagger: Whose scores count: a strategy by name or unfitted, which is fitted five times and tags what it has not
            seen; or a fitted one, which should not have seen these products. None: a ridge regression with the votes of
            similar products, whose precision has been measured.

    Raises:
        BadInput: Fewer than 10 products have tags, or no text has a word; or the limit is below 1.
    """
    from tagkit.label_errors.finding import find

    return find(data, limit, tagger)
