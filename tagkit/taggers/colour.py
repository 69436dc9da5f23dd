"""Colour: the dominant colours of a product's photo, by the nearest named colour; nothing is learned from photos."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from tagkit.cache import FitCache
from tagkit.explanation import Explanation, Share
from tagkit.images.colour_names import SIDE, TERMS, dominant_colours
from tagkit.images.loading import BadPhoto, load_first
from tagkit.images.unread import warn_of_unread
from tagkit.parameters import PositiveInt
from tagkit.parameters import Share as ShareOf
from tagkit.product import Product, Tag, Tags
from tagkit.tagger import State, Tagger, ranked
from tagkit.text.language import language_of
from tagkit.text.spelling import fold

LEAST_SHOWN = 0.01
"""Smaller shares are left out of explanations."""
Names = dict[str, dict[str, str]]
"""The tag of each term that is used, by term and language ("zh" or "en")."""


class Colour(Tagger):
    """The dominant colours of a product's photo: background off, then the nearest named colour in CIELAB.

    The score of a colour is its share of the product's pixels, weighted by closeness to the middle of the photo. There
    are 16 colours, each with Chinese and English names. Of train only the colour names among its tags are used: a
    colour is called as train calls it (灰色, 灰, grey, gray), a special one that train lacks by the broader one (navy:
    blue), and one for which train has no name is not given. Where train names no colour, all have their own names. A
    product without a photo, or whose photo cannot be read, gets no tags.

    Args:
        language: "zh" or "en"; "auto": that of the product.
        least: Colours with a smaller share are not given.
        limit: How many tags to return at most.

    Source: Munroe, Color Survey Results (2010), https://blog.xkcd.com/2010/05/03/color-survey-results/, for the named
    colours; Swain and Ballard, Color Indexing (IJCV 1991), for telling things by the shares of their colours.
    """

    name = "colour"
    reads_photos = True

    language: Literal["auto", "zh", "en"] = "auto"
    least: ShareOf = 0.1
    limit: PositiveInt = 3

    def _fit(self, train: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        self._use(names_in(tag for product in train for tag in product.tags))

    def _learn_new(self, more: Sequence[Product], dev: Sequence[Product], cache: FitCache) -> None:
        found = names_in(tag for product in more for tag in product.tags)
        self._use({term: found.get(term, {}) | self.names_.get(term, {}) for term in TERMS})

    def _use(self, names: Names) -> None:
        self.names_ = {term: own for term, own in names.items() if own}
        self.tags_ = [tag for own in self.names_.values() for tag in own.values()]

    def _tag(self, products: Sequence[Product]) -> Tags:
        found = [_colours(product) for product in products]
        warn_of_unread(self.name, ((product, why) for product, (_, why) in zip(products, found, strict=True)))
        return [self._ranked(colours, product) for product, (colours, _) in zip(products, found, strict=True)]

    def _ranked(self, colours: Iterable[tuple[str, float]], product: Product) -> list[Tag]:
        shares = self._named(colours, product)
        given = ((tag, round(share, 6)) for tag, share in shares.items() if share >= self.least)
        return ranked(given, self.name, self.limit)

    def _named(self, colours: Iterable[tuple[str, float]], product: Product) -> dict[str, float]:
        """Return the shares of colours by the tag that each of them has for a product."""
        language = language_of(product) if self.language == "auto" else self.language
        shares: dict[str, float] = {}
        for term, share in colours:
            if tag := self._name(term, language):
                shares[tag] = shares.get(tag, 0.0) + share
        return shares

    def _name(self, term: str, language: str) -> str:
        """Return the tag of a term, or of the broader one; "" where train has a name for neither."""
        if not self.names_:
            own = TERMS[term]
            return (own.zh if language == "zh" else own.en)[0]
        known = self.names_.get(term) or self.names_.get(TERMS[term].broader) or {}
        return known.get(language) or next(iter(known.values()), "")

    def _explain(self, product: Product, tag: str) -> Explanation:
        colours, why = _colours(product)
        given = {fold(one.text): one.score for one in self._ranked(colours, product)}
        shares = tuple(
            Share(
                TERMS[term].en[0],
                share,
                "counts as the tag" if fold(tag) in map(fold, self._named([(term, share)], product)) else "",
            )
            for term, share in colours
            if share >= LEAST_SHOWN
        )
        facts = {"shares": "of the product's pixels, weighted by closeness to the middle of the photo"}
        if why:
            facts = {"photo": why}
        score = given.get(fold(tag), 0.0)
        return Explanation(product.text, tag, score, fold(tag) in given, self.name, shares=shares, facts=facts)

    def _state(self) -> State:
        return {"names": self.names_}

    def _restore(self, state: State) -> None:
        self._use(state["names"])


def _colours(product: Product) -> tuple[list[tuple[str, float]], str]:
    """Return the colours on a product's photo, or nothing and the reason why."""
    try:
        return dominant_colours(load_first(product, at_least=SIDE)), ""
    except BadPhoto as error:
        return [], str(error)


def names_in(tags: Iterable[str]) -> Names:
    """Return the tags that are names of colours, by term and language; of several names of one the first of `TERMS`."""
    known = {fold(tag): tag for tag in tags}
    return {term: _spelt(known, {"zh": own.zh, "en": own.en}) for term, own in TERMS.items()}


def _spelt(known: Mapping[str, str], names: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the first of the names of each language that is known, as it is spelt."""
    found = {language: [known[name] for name in map(fold, own) if name in known] for language, own in names.items()}
    return {language: tags[0] for language, tags in found.items() if tags}
