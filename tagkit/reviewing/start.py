"""Beginning a review: the file, the order of the products, the tags for completion, and the widget."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tagkit.datasets.items import as_products
from tagkit.errors import BadInput
from tagkit.pipeline import Pipeline
from tagkit.product import Dataset, Product
from tagkit.registry import missing_extra
from tagkit.reviewing import queue
from tagkit.reviewing.completion import Completion
from tagkit.reviewing.session import Session, suggestions_for
from tagkit.reviewing.store import ReviewStore
from tagkit.tagger import Tagger

if TYPE_CHECKING:
    from tagkit.reviewing.widget import Review


def review(
    products: Any = None,
    tagger: Tagger | Pipeline | None = None,
    path: str | Path = "review.db",
    reviewer: str = "",
    order: str | None = None,
    vocabulary: Any = None,
    dev: Any = None,
) -> Review:
    """Return a widget for Jupyter in which the suggested tags of products are reviewed, one product at a time.

    Each decision is on the disk before it is shown as saved. A later call with the same file goes on where it ended.

        review = tagkit.review(products, tagger)
        review  # the widget; afterwards review.products, review.refit()

    Args:
        products: What to review, as `Tagger.predict` takes it, or a data set; None: the products in the file.
        tagger: What suggests tags, fitted; None: the tags that the products came with are reviewed. Tags that a product
            came with and that the tagger does not suggest are shown behind the suggested ones.
        path: The file of the decisions; it is made where there is none.
        reviewer: Who reviews; several reviewers may have the same file open.
        order: The order of the products, a key of `tagkit.reviewing.queue.ORDERS`, or "given"; None: that of the file,
            in a new one the default. An order that needs the suggestions of all products has them made at the start.
        vocabulary: The tags for completion: a list, a mapping from tags to other forms, or a data set; None: those of
            the products and of the tagger.
        dev: Tagged products on which learning (the key l) is measured, as `Tagger.predict` takes them; None: those
            that the tagger knows. Products that are reviewed are taken out of them.

    Raises:
        BadInput: An argument is wrong, or the file holds other products.
        NotFitted: The tagger is not fitted.
        NotSaved: The file cannot be written.
        MissingExtra: anywidget is not installed.
    """
    try:
        from tagkit.reviewing.widget import Review
    except ModuleNotFoundError as error:
        raise missing_extra(error, "the review widget") from error
    if tagger is not None and not isinstance(tagger, (Tagger, Pipeline)):
        raise BadInput(f"`tagger` must be a fitted strategy or a pipeline, not {type(tagger).__name__}")
    if tagger is not None:
        (tagger.tagger if isinstance(tagger, Pipeline) else tagger).check_fitted()
    if isinstance(products, Dataset):
        vocabulary = products if vocabulary is None else vocabulary
        products = products.products
    rows = None if products is None else as_products(products)
    is_new = not os.path.exists(path)
    store = ReviewStore(path, rows, reviewer=reviewer)
    try:
        wanted = order or (queue.DEFAULT if is_new else store.order)
        if wanted not in (store.order, "given" if is_new else store.order):
            _set_order(store, rows or store.products(), tagger, wanted)
        completion = Completion.of(vocabulary, *_known_tags(tagger, rows or ()))
        return Review(Session(store, tagger, completion, None if dev is None else as_products(dev)))
    except BaseException:
        store.close()
        raise


def _set_order(store: ReviewStore, products: Sequence[Product], tagger: Tagger | Pipeline | None, name: str) -> None:
    """Rank the products of a file, those that somebody finished last."""
    if name == "given":
        return store.set_order(range(len(store)), "given")
    suggested: list[Any] = []
    if name in queue.ORDERS and name not in ("random", "diverse"):
        if tagger is None:
            raise BadInput(f"the order {name} needs a tagger: give one to tagkit.review(products, tagger)")
        suggested = tagger.predict(products)
        lists = zip(products, suggested, strict=True)
        store.suggest({n: suggestions_for(*pair) for n, pair in enumerate(lists)})
    members = queue.members_of(tagger, products) if name == "disagreeing" else ()
    done = sorted({one.position for one in store.reviews() if one.state != "open"})
    store.set_order(queue.ranking(name, queue.Pool(products, suggested, members, reviewed=done)), name)


def _known_tags(tagger: Tagger | Pipeline | None, products: Sequence[Product]) -> tuple[Iterable[str], Any]:
    """Return the tags that a tagger has learned or that products came with, and the tagger's other forms of them."""
    inner = tagger.tagger if isinstance(tagger, Pipeline) else tagger
    learned: Iterable[str] = ()
    if isinstance(tagger, Pipeline) and tagger.provenance:
        counts = tagger.provenance.tag_counts
        learned = sorted(counts, key=lambda tag: -counts[tag])
    elif inner is not None:
        learned = (tag for tag in inner._known_tags() if isinstance(tag, str))
    synonyms = inner.get_params().get("synonyms") if inner is not None else None
    return (*learned, *(tag for product in products for tag in product.tags)), synonyms
