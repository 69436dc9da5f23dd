"""The dominant colours of a photo, by the names that a shop gives them; nothing is learned.

The background is what is connected to the photo's border and has the border's colour. Each other pixel has the name of
the colour that is nearest to it in CIELAB, and pixels in the middle of the photo count more. A photo shades and
brightens: black products look dark grey in it, white ones light grey, and colours are paler than the names suggest. The
table therefore lists dark greys as black and light greys as white, and chroma is raised before names are looked up.

Source: the colours and names of the XKCD colour survey of Randall Munroe (2010), https://xkcd.com/color/rgb/, which are
in the public domain (CC0); which of our terms each stands for is our own reading of its name.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage.color import rgb2lab

if TYPE_CHECKING:
    from PIL.Image import Image

TABLE = Path(__file__).with_name("colour_names.tsv")
SIDE = 96
"""Photos are reduced to at most so many pixels on the longer side."""
TOLERANCE = 12.0
"""Pixels so near to the border's colour, in CIELAB, belong to the background."""
LEAST_PRODUCT = 0.02
"""If less of the photo would remain than this share, all of it is taken as the product."""
CENTRE = 0.2
"""The standard deviation of the weight of pixels around the middle, in widths and heights of the photo."""
CHROMA = 1.6
"""By this factor chroma is raised. Chosen on the dev part of `fashion_small`, among 1.3, 1.6 and 2; see `colour`."""


class Term(NamedTuple):
    """A colour as shops name it.

    Attributes:
        zh: Its Chinese names, the preferred one first.
        en: Its English names, the preferred one first.
        broader: The term that stands for it where a shop does not use it.
    """

    zh: tuple[str, ...]
    en: tuple[str, ...]
    broader: str = ""


TERMS = {
    "black": Term(("黑色", "黑"), ("black",)),
    "white": Term(("白色", "白"), ("white",)),
    "grey": Term(("灰色", "灰"), ("grey", "gray")),
    "red": Term(("红色", "红", "大红色"), ("red",)),
    "pink": Term(("粉色", "粉红色", "粉红"), ("pink",)),
    "orange": Term(("橙色", "橘色", "橘红色"), ("orange",)),
    "yellow": Term(("黄色", "黄"), ("yellow",)),
    "green": Term(("绿色", "绿"), ("green",)),
    "blue": Term(("蓝色", "蓝"), ("blue",)),
    "purple": Term(("紫色", "紫"), ("purple", "violet")),
    "brown": Term(("棕色", "咖啡色", "褐色"), ("brown",)),
    "navy": Term(("藏青色", "深蓝色", "海军蓝", "藏青"), ("navy", "navy blue"), "blue"),
    "maroon": Term(("酒红色", "酒红"), ("maroon", "burgundy"), "red"),
    "olive": Term(("橄榄绿", "军绿色", "军绿"), ("olive", "olive green"), "green"),
    "beige": Term(("米色", "杏色", "卡其色"), ("beige", "cream", "khaki"), "brown"),
    "gold": Term(("金色",), ("gold", "golden"), "yellow"),
}
"""The terms by their names in the table."""


def dominant_colours(photo: Image) -> list[tuple[str, float]]:
    """Return the colours of the product on a photo.

    Args:
        photo: An image in RGB.

    Returns:
        Names of `TERMS` with their shares of the product's pixels, weighted by closeness to the middle; the largest
        first, shares above 0 that sum to 1.
    """
    small = photo.copy()
    small.thumbnail((SIDE, SIDE))
    lab = rgb2lab(np.asarray(small))
    is_product = ~background(lab)
    if is_product.mean() < LEAST_PRODUCT:
        is_product[:] = True
    names, tree = _named()
    _, nearest = tree.query(lab[is_product] * (1.0, CHROMA, CHROMA))
    weights = np.bincount(names[nearest], _closeness(is_product.shape)[is_product], len(TERMS))
    shares = zip(TERMS, (weights / weights.sum()).tolist(), strict=True)
    return sorted(((name, share) for name, share in shares if share > 0), key=lambda pair: -pair[1])


def background(lab: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which pixels are connected to the border and have its colour.

    Args:
        lab: An image in CIELAB, shape (height, width, 3).

    Returns:
        A mask of shape (height, width).
    """
    edge = np.ones(lab.shape[:2], dtype=bool)
    edge[1:-1, 1:-1] = False
    near = np.linalg.norm(lab - np.median(lab[edge], axis=0), axis=-1) < TOLERANCE
    regions, _ = ndimage.label(near)
    return near & np.isin(regions, np.unique(regions[edge]))


def _closeness(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the weight of each pixel, which falls from 1 in the middle as a normal density does."""
    across = [(np.arange(size) + 0.5) / size - 0.5 for size in shape]
    return np.exp(-(across[0][:, None] ** 2 + across[1] ** 2) / (2 * CENTRE**2))


@cache
def _named() -> tuple[NDArray[np.int64], cKDTree]:
    """Return the number of the term of each colour of the table, and the colours in CIELAB."""
    with TABLE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    colours = np.array([[int(row["rgb"][at : at + 2], 16) for at in (1, 3, 5)] for row in rows], dtype=np.uint8)
    terms = list(TERMS)
    return np.array([terms.index(row["term"]) for row in rows]), cKDTree(rgb2lab(colours[None])[0])
