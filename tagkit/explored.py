"""How a data set is looked at: what it consists of, its photos, and which of its tags are probably errors.

What does the work lies above the data sets: it is reached by its public name, and imported when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tagkit

if TYPE_CHECKING:
    from tagkit.exploring.overview import Overview
    from tagkit.exploring.photos import PhotoGrid, SamePhotos
    from tagkit.label_errors.issues import Issues
    from tagkit.pipeline import Pipeline
    from tagkit.tagger import Tagger


class Explored:
    """The part of `tagkit.Dataset` that looks at it."""

    def explore(self: Any) -> Overview:
        """Return the long tail, tags by category, tags that go together, lengths and duplicates.

        It shows itself as a card in a notebook and as tables in a terminal (`print`); `to_html` writes it as a page.
        """
        return tagkit.exploring.explore(self)

    def photos(self: Any, count: int = 24, tagger: Any = None, seed: int = 0) -> PhotoGrid:
        """Return products with photos, drawn at random, which show themselves as a grid with their gold tags.

        Args:
            count: How many at most.
            tagger: A fitted strategy or pipeline, whose tags are shown beside the gold; then the products are drawn
                from test, where there is a test part.
            seed: Of the drawing.

        Raises:
            BadInput: The count is below 1, or no product has a photo.
        """
        return tagkit.exploring.photos_of(self, count, tagger, seed)

    def same_photos(self: Any) -> SamePhotos:
        """Return groups of products with nearly the same photo, and how many of them are in two parts.

        Raises:
            BadInput: No product has a photo.
            MissingExtra: A package of the extra `images` is not installed.
        """
        return tagkit.exploring.same_photos(self)

    def issues(self: Any, limit: int = 200, tagger: str | Tagger | Pipeline | None = None) -> Issues:
        """Return the tags that are probably wrong and those that are probably missing, with the reason of each.

        Args:
            limit: How many of each kind to return at most.
            tagger: Whose scores count (default: built-in ones); see `tagkit.label_errors.find_issues`.

        Raises:
            BadInput: Fewer than 10 products have tags, or no text has a word; or the limit is below 1.
        """
        return tagkit.label_errors.find_issues(self, limit, tagger)


def picture(product: Any) -> str:
    """Return a small copy of a product's photo as HTML, or why it cannot be shown; nothing without a photo."""
    return tagkit.images.picture(product)
