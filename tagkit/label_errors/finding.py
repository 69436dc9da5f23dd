"""Find the tags that are probably wrong or missing, and say what speaks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from tagkit.errors import BadInput
from tagkit.features import TextFeatures
from tagkit.label_errors.by_strategy import scored_by
from tagkit.label_errors.held_out import Cells, held_out
from tagkit.label_errors.issues import MISSING, WRONG, Issue, Issues
from tagkit.label_errors.quality import tag_quality
from tagkit.pipeline import Pipeline
from tagkit.product import Dataset, Product
from tagkit.tagger import Tagger

WORDS = 5
"""So many shared words are named."""


def find(data: Dataset, limit: int, tagger: str | Tagger | Pipeline | None = None) -> Issues:
    """Return the probable errors of a data set; see `tagkit.label_errors.find_issues`."""
    if limit < 1:
        raise BadInput(f"the limit is the most errors of each kind to return, 1 or more, not {limit}")
    cells = held_out(data.products)
    if tagger is not None:
        cells = scored_by(tagger, cells)
    quality = tag_quality(cells.score, cells.given, cells.share)
    order = np.lexsort((cells.votes * np.where(cells.given, 1, -1), quality))
    near = _Nearest(cells)
    kinds: dict[str, tuple[Issue, ...]] = {}
    for kind, mask in ((WRONG, cells.given & (quality < 1)), (MISSING, ~cells.given & (cells.score >= 0.5))):
        at = order[mask[order]][:limit]
        kinds[kind] = tuple(_issue(cells, near, int(pair), kind, float(quality[pair])) for pair in at)
    return Issues(data.name, kinds[WRONG], kinds[MISSING], len(cells.products), len(cells.tags))


def _issue(cells: Cells, near: _Nearest, pair: int, kind: str, quality: float) -> Issue:
    row, tag = int(cells.rows[pair]), cells.tags[cells.columns[pair]]
    product = cells.products[row]
    nearest, words = near.with_tag(row, tag)
    values = {name: round(float(getattr(cells, name)[pair]), 4) for name in ("score", "share", "votes")}
    return Issue(
        product.id,
        product.title,
        tag,
        kind,
        **values,
        quality=round(quality, 4),
        present=bool(cells.present[pair]),
        nearest=nearest.title if nearest else "",
        words=words,
    )


class _Nearest:
    """The products that are most similar by their words."""

    def __init__(self, cells: Cells) -> None:
        self.products = cells.products
        features = TextFeatures()
        texts = [" ".join(word.replace(" ", "_") for word in features.words(product)) for product in cells.products]
        vectors = TfidfVectorizer(analyzer=str.split, sublinear_tf=True)
        self.words: sparse.csr_matrix = vectors.fit_transform(texts)
        self.names: NDArray[Any] = vectors.get_feature_names_out()
        self.having: dict[str, list[int]] = {}
        for row, product in enumerate(cells.products):
            for tag in set(product.tags):
                self.having.setdefault(tag, []).append(row)

    def with_tag(self, row: int, tag: str) -> tuple[Product | None, tuple[str, ...]]:
        """Return the most similar other product that has a tag, and the words that both share."""
        others = [at for at in self.having.get(tag, ()) if at != row]
        if not others:
            return None, ()
        own = self.words[row]
        likeness = (self.words[others] @ own.T).toarray().ravel()
        best = int(np.argmax(likeness))
        if likeness[best] == 0:
            return None, ()
        shared = own.multiply(self.words[others[best]]).tocoo()
        order: Sequence[int] = np.argsort(-shared.data, kind="stable")[:WORDS].tolist()
        return self.products[others[best]], tuple(str(self.names[shared.col[at]]).replace("_", " ") for at in order)
