"""OCR: any other strategy, which also reads the text in the products' photos."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tagkit import registry
from tagkit.cache import FitCache
from tagkit.creation import create, take_synonyms
from tagkit.datasets.items import as_products
from tagkit.explanation import Explanation
from tagkit.images.photo_text import lines_in, with_photo_text
from tagkit.product import Product, Tag, Tags
from tagkit.saved import from_state, to_state
from tagkit.tagger import State, Tagger


class Ocr(Tagger):
    """Any other strategy, which also reads the text in the photos, as the end of the descriptions.

    It is fitted on the text in the photos of train, and tags by that in the photo of a product too. Of several photos
    the first that can be read counts. What was read is kept in the cache by the content of the photo, so that reading
    takes its time (about a third of a second of one core for a photo) once. An explanation shows the text that was read
    and where on the photo it stands. A product without a photo, or without text in it, is tagged as ever.

    Args:
        tagger: The strategy: its name, or a pair of name and parameters.
        synonyms: Other forms by preferred tag, for a strategy that takes some.

    Source: Du et al., PP-OCR: A Practical Ultra Lightweight OCR System (2020); the models are PP-OCRv4, by RapidOCR.
    """

    name = "ocr"
    reads_photos = True
    shows_parts = False

    tagger: str | Sequence[Any] = "linear"
    synonyms: Mapping[str, Sequence[str]] | None = None

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        pair: Any = (self.tagger, {}) if isinstance(self.tagger, str) else self.tagger
        name, params = pair
        inner = create(registry.taggers.get(name), **params)  # a saved strategy may name it
        take_synonyms(inner, self.synonyms or {})
        self.tagger_ = inner.fit(self._with(train), dev=self._with(dev), cache=cache)

    def _learn(
        self, more: Sequence[Product], old: Sequence[Product] | None, dev: Sequence[Product], cache: FitCache
    ) -> None:
        before = None if old is None else self._with(old)
        self.tagger_ = copy.copy(self.tagger_).learn(self._with(more), old=before, dev=self._with(dev), cache=cache)

    def _with(self, products: Sequence[Product]) -> list[Product]:
        return with_photo_text(products, self.name)

    def _known_tags(self) -> Iterable[str]:
        return self.tagger_._known_tags()

    def _tag(self, products: Sequence[Product]) -> Tags:
        lists = self.tagger_.predict(self._with(products))
        return [[self._own(tag, product) for tag in row] for row, product in zip(lists, products, strict=True)]

    def _own(self, tag: Tag, product: Product) -> Tag:
        """Return a tag with the spans that lie in the product's own text."""
        spans = tuple(span for span in tag.spans if span.end <= len(product.text))
        return replace(tag, source=f"{self.name}/{tag.source}", spans=spans)

    def _score_of(self, products: Sequence[Product], tag: str) -> Sequence[float]:
        return self.tagger_.score_of(self._with(products), tag)

    def _explain(self, product: Product, tag: str) -> Explanation:
        found = self.tagger_._explain(self._with([product])[0], tag)
        lines, why = lines_in(product)
        where = [f"{line.text} ({_place(line.box)})" for line in lines]
        read = "; ".join(where) or why or "no text"
        return replace(found, strategy=self.name, facts={**found.facts, "in the photo": read})

    def n_truncated_chars(self, products: Iterable[Any]) -> list[int]:
        """Return for each product how many characters at the end of its own text are not read."""
        rows = as_products(products)
        extended = self._with(rows)
        counts = zip(self.tagger_.n_truncated_chars(extended), rows, extended, strict=True)
        return [max(0, count - len(more.text) + len(row.text)) for count, row, more in counts]

    def _state(self) -> State:
        return {"tagger": to_state(self.tagger_)}

    def _restore(self, state: State) -> None:
        self.tagger_ = from_state(state["tagger"])


def _place(box: Sequence[float]) -> str:
    """Return where a line is: its middle, in percent of the photo from the left and from the top."""
    left, top, right, bottom = box
    return f"{50 * (left + right):.0f} % from the left, {50 * (top + bottom):.0f} % from the top"
