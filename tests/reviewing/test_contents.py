import numpy as np
import pytest

from tagkit.errors import BadInput
from tagkit.product import Product, Span, Tag
from tagkit.reviewing.store import ReviewStore


def test_products_suggestions_and_order_are_kept(tmp_path, shop, suggested, open_store):
    with open_store() as store:
        store.set_order([2, 0, 3, 1], "random")
    with ReviewStore(tmp_path / "review.db") as store:
        assert (len(store), store.products(), store.product(3)) == (4, shop, shop[3])
        assert store.all_suggestions() == suggested and store.suggestions(0) == suggested[0]
        assert store.suggestions(2) == [] and store.suggestions(3) is None
        assert (store.order, store.next(), store.next(2)) == ("random", 2, 0)
        assert store.position("p2") == 2


def test_later_suggestions_take_the_place_of_earlier_ones(open_store):
    store = open_store()
    store.suggest({0: [Tag("鞋", np.float32(0.5))]})
    assert store.suggestions(0) == [Tag("鞋", 0.5)]
    assert store.suggestions(1) == [Tag.from_dict(tag.to_dict()) for tag in store.suggestions(1)] != []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda shop: shop[:3], r"it holds 4 products, and 3 are given"),
        (lambda shop: [Product("p0", "绿色"), *shop[1:]], r"the product 'p0' has another text there"),
        (lambda shop: [Product("new", "绿色"), *shop[1:]], r"it has the product 'p0' where 'new' is given"),
    ],
)
def test_other_products_are_refused(tmp_path, shop, open_store, change, said):
    open_store().close()
    with pytest.raises(BadInput, match=rf"^review\.db was made with other products \({said}\): name a new file"):
        ReviewStore(tmp_path / "review.db", change(shop))
    assert len(open_store()) == 4


@pytest.mark.parametrize(
    ("products", "said"),
    [
        ([Product("a", "红"), Product("a", "蓝")], "the id 'a' occurs twice, in positions 0 and 1"),
        ([], "there are no products to review"),
        (None, "there is no file .*new.db: give the products to review"),
    ],
)
def test_what_cannot_be_reviewed_leaves_no_file(tmp_path, products, said):
    with pytest.raises(BadInput, match=said):
        ReviewStore(tmp_path / "new.db", products)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("order", [[0, 1, 2], [0, 1, 2, 2], [0, 1, 2, 4]])
def test_an_order_names_each_product_once(open_store, order):
    with pytest.raises(BadInput, match="each of the 4 positions once"):
        open_store().set_order(order)


@pytest.mark.parametrize("position", [-1, 4, 1.5, True, 10**30])
def test_a_position_that_is_none(open_store, position):
    store = open_store()
    for call in (store.product, store.suggestions, store.review, lambda n: store.suggest({n: []}), store.next):
        with pytest.raises(BadInput, match=f"no product in position {position}: review.db holds 4"):
            call(position)
    with pytest.raises(BadInput, match="no product with the id 'x'"):
        store.position("x")


def test_how_many_reviewers_a_product_needs_is_kept(open_store):
    assert open_store().overlap == 1
    assert open_store(overlap=2).overlap == 2 == open_store().overlap
    with pytest.raises(BadInput, match="at least 1, not 0"):
        open_store(overlap=0)


@pytest.mark.parametrize("overlap", [0, 1.5, "2", True])
def test_a_wrong_number_of_reviewers_leaves_the_file_as_it_was(open_store, overlap):
    path = open_store().path
    with pytest.raises(BadInput, match="`overlap` is how many reviewers finish each product, at least 1, not"):
        ReviewStore(path, overlap=overlap)
    assert ReviewStore(path).overlap == 1


def test_suggestions_are_tags_with_places_in_the_text(open_store):
    with open_store() as store:
        with pytest.raises(BadInput, match="a tag of the product in position 0 is '红色', not a `Tag`"):
            store.suggest({0: ["红色"]})
        with pytest.raises(BadInput, match="'红色' has a place outside of the text of the product in position 1"):
            store.suggest({0: [], 1: [Tag("红色", spans=(Span(0, 99),))]})
