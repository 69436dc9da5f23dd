"""Write labels beside points so that they cover neither each other nor the points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from tagkit.report._canvas import quiet

RADII = (9.0, 16.0, 26.0, 40.0, 58.0)
"""Distances to try, in points."""
ANGLES = np.deg2rad([0, 180, 90, 270, 45, 135, 315, 225, 20, 160, 340, 200])
FAR = 20.0
"""From this distance on, a thin line leads from the label to its point."""


@quiet()
def place_labels(
    axes: Axes,
    points: Sequence[tuple[float, float]],
    texts: Sequence[str],
    inks: Sequence[str],
    bars: Sequence[tuple[tuple[float, float], tuple[float, float]]] = (),
) -> None:
    """Freeze the layout, and annotate points, each label where it covers least.

    Labels are placed one after the other, those with near neighbours first, at the place out of a few dozen around the
    point that overlaps least with the labels placed before, points, bars and the border of the plot, and that does not
    lie nearer to another point.

    Args:
        axes: With all but the labels, and its limits final.
        points: In data coordinates.
        texts: One label per point.
        inks: Colours of text and line, one per label.
        bars: Lines to keep clear of, by their two ends in data coordinates.
    """
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]
    axes.figure.set_layout_engine("none")  # type: ignore[union-attr]
    scale = axes.figure.dpi / 72
    centres = axes.transData.transform(np.asarray(points, dtype=float).reshape(-1, 2))
    frame = axes.get_window_extent()
    taken = [Bbox.from_bounds(x - 6 * scale, y - 6 * scale, 12 * scale, 12 * scale) for x, y in centres]
    taken += [Bbox(axes.transData.transform(ends)).padded(3 * scale) for ends in bars]
    apart = _distances(centres, centres) + np.diag(np.full(len(centres), np.inf))
    for i in np.argsort(apart.min(axis=1, initial=np.inf), kind="stable"):
        size = _size(axes, texts[i])
        spots = []
        for radius, x, y in _candidates(size.width / scale):
            box = _box(centres[i] + np.array([x, y]) * scale, size)
            outside = size.width * size.height - _overlap(box, frame)
            covered = (sum(_overlap(box, other) for other in taken) + 3 * outside) / (size.width * size.height)
            spots.append((covered + _doubt(box, centres, i, scale) + radius / 200, radius, x, y, box))
        _, radius, x, y, box = min(spots, key=lambda spot: spot[0])
        line = {"arrowstyle": "-", "color": inks[i], "linewidth": 0.5} if radius >= FAR else None
        place: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "va": "center"}
        axes.annotate(texts[i], points[i], (x, y), color=inks[i], arrowprops=line, **place)
        taken.append(box)


def _candidates(width: float) -> Iterator[tuple[float, float, float]]:
    """Give distances and offsets of a label's middle; beside its point it begins there, above it is centred."""
    for radius in RADII:
        for angle in ANGLES:
            yield radius, (radius + width / 2) * np.cos(angle), radius * np.sin(angle)


def _doubt(box: Bbox, centres: NDArray[np.float64], own: int, scale: float) -> float:
    """Return a penalty where a reader could take the label for another point's."""
    nearest = np.clip(centres, [box.x0, box.y0], [box.x1, box.y1])
    gaps = np.hypot(*(centres - nearest).T)
    others = np.delete(gaps, own)
    return 0.6 if len(others) and others.min() < gaps[own] + 4 * scale else 0.0


def _distances(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.hypot(one[:, None, 0] - two[None, :, 0], one[:, None, 1] - two[None, :, 1])


def _box(centre: NDArray[np.float64], size: Bbox) -> Bbox:
    return Bbox.from_bounds(centre[0] - size.width / 2, centre[1] - size.height / 2, size.width, size.height)


def _overlap(one: Bbox, two: Bbox) -> float:
    shared = Bbox.intersection(one, two)
    return shared.width * shared.height if shared else 0.0


def _size(axes: Axes, text: str) -> Bbox:
    """Return the extent of a text as the plot would write it, in pixels."""
    probe = axes.text(0, 0, text)
    size = probe.get_window_extent()
    probe.remove()
    return size
