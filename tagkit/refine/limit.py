"""Keep the first k tags."""

from __future__ import annotations

from tagkit.errors import BadInput
from tagkit.product import Product, Tag
from tagkit.refine.base import Step


class Limit(Step):
    """Cut the list after k tags, in the order it has.

    Args:
        k: How many tags to keep at most.

    Raises:
        BadInput: `k` is not a whole number of at least 0.
    """

    name = "limit"

    def __init__(self, k: int = 10) -> None:
        if isinstance(k, bool) or not isinstance(k, int) or k < 0:
            raise BadInput(f"a limit is a whole number of at least 0, not {k!r}")
        self.k = k

    def apply(self, tags: list[Tag], product: Product) -> list[Tag]:
        """Return the first k tags."""
        return tags[: self.k]
