"""How far reviewers agree, where they disagree, how that is settled, and the tags that follow from all decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, groupby

import numpy as np

from tagkit import cards
from tagkit.errors import BadInput, did_you_mean
from tagkit.product import Product, Tag
from tagkit.registry import missing_extra
from tagkit.reviewing.decisions import SETTLED, Decision, Key, Reviewed, key_of
from tagkit.reviewing.store import ReviewStore

SHOWN = 20
"""So many rows does a card show."""


@dataclass(frozen=True)
class TagAgreement:
    """How far reviewers agree about one tag.

    Attributes:
        tag: Its text.
        type: Its type, "" where it has none.
        both: How often both of two reviewers gave it to a product.
        one: How often only one of them did.
        f1: 2 both / (2 both + one), the F1 of one reviewer's decisions taken as the truth for the other's.
    """

    tag: str
    type: str
    both: int
    one: int
    f1: float


@dataclass(frozen=True)
class Agreement:
    """How far reviewers agree; `agreement` makes it.

    Attributes:
        reviewers: Who is compared.
        products: How many products at least two of them finished.
        judged: How many pairs of a product and a tag were judged by them.
        alpha: Krippendorff's alpha over these pairs, nominal: 1 for complete agreement, 0 for that of chance; None
            where there are no such pairs, or all of them were judged alike, so that chance would agree as well.
        tags: F1 per tag, those about which they disagree most often first.
    """

    reviewers: tuple[str, ...]
    products: int
    judged: int
    alpha: float | None
    tags: tuple[TagAgreement, ...]

    @property
    def why_not(self) -> str:
        """Why there is no alpha; "" where there is one."""
        if self.alpha is not None:
            return ""
        return "all was judged alike" if self.judged else "no two of them finished the same product"

    def __repr__(self) -> str:
        """Return reviewers, size and alpha in one line."""
        alpha = "none" if self.alpha is None else f"{self.alpha:.3f}"
        return f"Agreement({', '.join(self.reviewers)}: {self.products:,} products, Krippendorff's alpha {alpha})"

    def _repr_html_(self) -> str:
        """Return alpha and the tags with most disagreements as a card for notebooks."""
        rows = [[cards.escape(row.tag), str(row.both), str(row.one), f"{row.f1:.2f}"] for row in self.tags[:SHOWN]]
        table = cards.table(("tag", "both", "only one", "F1"), rows)
        alpha = f"not defined, since {self.why_not}" if self.alpha is None else f"{self.alpha:.3f}"
        note = f"{', '.join(self.reviewers)} · {self.products:,} products, {self.judged:,} judged tags"
        return cards.card(f"Krippendorff's alpha: {alpha}", table, note=note)


@dataclass(frozen=True)
class Disagreement:
    """A tag that some reviewers gave to a product and others did not.

    Attributes:
        product: The product.
        position: Its position.
        tag: The tag.
        yes: Who gave it.
        no: Who finished the product without it.
        settled: How it was settled: True (the product has it), False, or None.
    """

    product: Product
    position: int
    tag: Tag
    yes: tuple[str, ...]
    no: tuple[str, ...]
    settled: bool | None = None

    def _repr_html_(self) -> str:
        """Return the product, the tag and who said what as a card for notebooks."""
        said = {"yes": ", ".join(self.yes), "no": ", ".join(self.no)}
        if self.settled is not None:
            said["settled"] = "yes" if self.settled else "no"
        return cards.card(self.product.title, cards.chips([self.tag.text]), cards.values(said))


def agreement(store: ReviewStore, reviewers: Sequence[str] = ()) -> Agreement:
    """Return how far reviewers agree about the products that at least two of them finished.

    A pair of a product and a tag is judged if the tag was suggested, or one of them gave it; whoever finished the
    product without giving the tag said no.

    Args:
        store: The review.
        reviewers: Whom to compare, at least two (default: all).

    Raises:
        BadInput: There are no two such reviewers.
        MissingExtra: The package krippendorff is not installed.

    Source: Krippendorff, Content Analysis (4th edition, 2018), chapter 12, through the package krippendorff.
    """
    reviewers = [reviewers] if isinstance(reviewers, str) else list(dict.fromkeys(reviewers))
    for name in reviewers:
        check_reviewer(store, name)
    chosen = tuple(reviewers or store.reviewers())
    if len(chosen) < 2:
        raise BadInput(f"two reviewers can be compared, not {len(chosen)}: {', '.join(chosen) or 'nobody decided'}")
    units: list[list[float]] = []
    both: Counter[Key] = Counter()
    one: Counter[Key] = Counter()
    products = 0
    suggested = store.all_suggestions()
    for position, finished in _finished(store, chosen):
        given = {found.reviewer: set(map(key_of, found.tags)) for found in finished}
        if len(given) < 2:
            continue
        products += 1
        for key in dict.fromkeys([*map(key_of, suggested.get(position, ())), *sorted(set().union(*given.values()))]):
            units.append([float(key in given[who]) if who in given else np.nan for who in chosen])
            for first, second in combinations(given.values(), 2):
                both[key] += key in first and key in second
                one[key] += (key in first) != (key in second)
    rows = [TagAgreement(*key, both[key], one[key], _f1(both[key], one[key])) for key in one if both[key] or one[key]]
    rows.sort(key=lambda row: (-row.one, row.f1, row.tag))
    return Agreement(chosen, products, len(units), _alpha(np.array(units).T), tuple(rows))


def disagreements(store: ReviewStore, *, with_settled: bool = False) -> list[Disagreement]:
    """Return the tags that some reviewers gave to a product which others finished without them, by position.

    Args:
        store: The review.
        with_settled: Whether to return those that are settled as well.
    """
    settled = _settled(store)
    out = []
    for position, finished in _finished(store):
        product = store.product(position)
        for tag in _all_tags(finished):
            yes = tuple(found.reviewer for found in finished if key_of(tag) in set(map(key_of, found.tags)))
            no = tuple(found.reviewer for found in finished if found.reviewer not in yes)
            how = settled.get((position, key_of(tag)))
            if no and (how is None or with_settled):
                out.append(Disagreement(product, position, tag, yes, no, how))
    return out


def settle(store: ReviewStore, position: int, tag: Tag | str, has_it: bool) -> None:
    """Save how a disagreement is settled; the last word counts, whoever says it.

    Raises:
        BadInput: The reviewers do not disagree about this tag of this product.
        NotSaved: It could not be saved.
    """
    for found in disagreements(store, with_settled=True):
        same = found.tag.text == tag if isinstance(tag, str) else key_of(found.tag) == key_of(tag)
        if found.position == position and same:
            kind = next(kind for kind, value in SETTLED.items() if value == has_it)
            store.record([Decision(position, kind, found.tag)])
            return
    raise BadInput(f"the reviewers do not disagree about {tag!r} of the product in position {position}")


def final_tags(store: ReviewStore) -> dict[int, tuple[Tag, ...]]:
    """Return the tags of each product that somebody finished, by position.

    A tag counts if it is settled so, or else if more than half of those who finished the product gave it.
    """
    settled = _settled(store)
    out = {}
    for position, finished in _finished(store):
        votes = Counter(key for found in finished for key in set(map(key_of, found.tags)))
        tags = _all_tags(finished)
        kept = [tag for tag in tags if settled.get((position, key_of(tag)), 2 * votes[key_of(tag)] > len(finished))]
        out[position] = tuple(kept)
    return out


def reviewed_products(store: ReviewStore) -> list[Product]:
    """Return the products that somebody finished, with the tags of `final_tags` as their gold tags.

    What has a type or a place in the text is among their `annotations` too.
    """
    return [with_final_tags(store.product(position), tags) for position, tags in final_tags(store).items()]


def with_final_tags(product: Product, tags: Iterable[Tag]) -> Product:
    """Return a product with tags as its gold tags and, where they have a type or a place in the text, annotations."""
    listed = list(tags)
    notes = [replace(tag, score=1.0, source="gold") for tag in listed if tag.type or tag.spans]
    return replace(product, tags=tuple(dict.fromkeys(tag.text for tag in listed)), annotations=tuple(notes))


def check_reviewer(store: ReviewStore, name: str) -> None:
    """Refuse the name of somebody who decided nothing.

    Raises:
        BadInput: They did not.
    """
    if name not in (known := store.reviewers()):
        there = f"there are: {', '.join(map(repr, known))}" if known else "nobody did"
        raise BadInput(f"nobody called {name!r} decided anything{did_you_mean(name, known)}; {there}")


def _finished(store: ReviewStore, reviewers: Sequence[str] = ()) -> Iterator[tuple[int, list[Reviewed]]]:
    """Yield position and reviews of each product that at least one of some reviewers (default: anybody) finished."""
    for position, found in groupby(store.reviews(), lambda one: one.position):
        done = [one for one in found if one.state == "done" and (not reviewers or one.reviewer in reviewers)]
        if done:
            yield position, done


def _all_tags(finished: Iterable[Reviewed]) -> list[Tag]:
    tags: dict[Key, Tag] = {}
    for found in finished:
        for tag in found.tags:
            tags.setdefault(key_of(tag), tag)
    return list(tags.values())


def _settled(store: ReviewStore) -> dict[tuple[int, Key], bool]:
    """Return how disagreements were settled, by position and tag."""
    rows = [one for one in store.decisions() if one.kind in SETTLED and one.tag is not None]
    rows.sort(key=lambda one: one.step)
    return {(one.position, key_of(one.tag)): SETTLED[one.kind] for one in rows if one.tag is not None}


def _f1(both: int, one: int) -> float:
    return 2 * both / (2 * both + one)


def _alpha(values: np.ndarray) -> float | None:
    """Return Krippendorff's alpha of the judgements of reviewers (rows) about units (columns); NaN: not judged."""
    try:
        import krippendorff
    except ModuleNotFoundError as error:
        raise missing_extra(error, "Krippendorff's alpha") from error
    if not values.size or len(np.unique(values[~np.isnan(values)])) < 2:
        return None
    return float(krippendorff.alpha(reliability_data=values, level_of_measurement="nominal"))
