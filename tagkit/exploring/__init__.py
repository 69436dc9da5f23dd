"""Look at data and results: what a data set consists of, which products a strategy gets wrong, where two differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tagkit.experiment.result import Result
    from tagkit.exploring.overview import Overview
    from tagkit.exploring.photos import PhotoGrid, SamePhotos
    from tagkit.exploring.products import JudgedProducts
    from tagkit.product import Dataset


def explore(data: Dataset) -> Overview:
    """Return what a data set consists of; see `tagkit.exploring.overview.Overview`."""
    from tagkit.exploring.overview import overview

    return overview(data)


def photos_of(data: Dataset, count: int, tagger: Any, seed: int) -> PhotoGrid:
    """Return products with photos as a grid; see `Dataset.photos`."""
    from tagkit.exploring.photos import photos_of

    return photos_of(data, count, tagger, seed)


def same_photos(data: Dataset) -> SamePhotos:
    """Return groups of products with nearly the same photo; see `Dataset.same_photos`."""
    from tagkit.exploring.photos import same_photos

    return same_photos(data)


def show(result: Result, count: int, row: str) -> JudgedProducts:
    """Return some products with the tags of a row beside the gold; see `Result.show`."""
    from tagkit.exploring.products import show

    return show(result, count, row)


def hardest(result: Result, count: int) -> JudgedProducts:
    """Return the products with the lowest mean F1 over all rows; see `Result.hardest`."""
    from tagkit.exploring.products import hardest

    return hardest(result, count)


def compare_products(result: Result, first: str, second: str) -> JudgedProducts:
    """Return the products on which two rows differ, the largest differences first; see `Result.compare_products`."""
    from tagkit.exploring.products import compare_products

    return compare_products(result, first, second)
