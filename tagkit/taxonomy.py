"""What a table of broader tags implies: all tags above a tag, in however many steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tagkit.errors import BadInput

MOST = 1000
"""A tag may have so many tags above it: what takes the square of their number stays short."""


def ancestors(parents: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return all tags above each tag of a table of broader tags, the nearest first.

    Args:
        parents: The broader tags of each tag, as in `Dataset.parents`.

    Raises:
        BadInput: A tag is above itself; the message names the tags of the circle. Or a tag has more than `MOST` tags
            above it.
    """
    found = {}
    for tag in parents:
        below: dict[str, str] = {}
        queue = [tag]
        for one in queue:  # which grows on the way
            new = [up for up in dict.fromkeys(parents.get(one, ())) if up not in below]
            below |= dict.fromkeys(new, one)
            queue += new
            if len(below) > MOST:
                raise BadInput(f"{tag!r} has more than {MOST:,} broader tags: no taxonomy is so deep")
        if tag in below:
            circle = [tag, below[tag]]
            while circle[-1] != tag:
                circle.append(below[circle[-1]])
            raise BadInput(f"no tag can be broader than itself: {' → '.join(reversed(circle))}")
        found[tag] = tuple(below)
    return found
