import numpy as np
import pytest

from tagkit.errors import BadInput, UnknownName
from tagkit.product import Product, Tag
from tagkit.reviewing import queue
from tagkit.reviewing.queue import DEFAULT, ORDERS, Pool, members_of, ranking
from tagkit.taggers import create


def tags(**scores: float) -> list[Tag]:
    return [Tag(text, score) for text, score in scores.items()]


def rows(*gold: str) -> list[Product]:
    return [Product(str(n), f"商品{n}", tags=tuple(given)) for n, given in enumerate(gold)]


def test_least_certain_counts_expected_errors_and_begins_with_what_has_no_tags():
    pool = Pool(rows("", "", "", ""), [tags(a=0.9), tags(a=0.5, b=0.4), [], tags(a=1.0)])
    assert ranking("least-certain", pool) == [2, 1, 0, 3]


def test_disagreeing_needs_no_threshold():
    one = [tags(a=0.9, b=0.1), tags(a=0.9), tags(a=0.9, b=0.8), []]
    two = [tags(a=0.9), tags(b=0.9), tags(a=0.9, b=0.2), []]
    assert ranking("disagreeing", Pool(rows("", "", "", ""), members=[one, two])) == [1, 2, 0, 3]
    third = [[], tags(b=0.9), tags(a=0.9, b=0.2), []]
    assert ranking("disagreeing", Pool(rows("", "", "", ""), members=[one, two, third])) == [0, 1, 2, 3]


def test_label_errors_come_first_whether_a_tag_is_wrong_or_missing():
    products = rows("a", "b", "a", "", "a")
    suggested = [tags(a=0.9), tags(a=0.95, b=0.02), tags(a=0.6), tags(c=0.7), tags(a=0.8, b=0.9)]
    found = ranking("label-errors", Pool(products, suggested))
    assert found[:2] == [1, 4] and found[2] == 2, "a wrong tag, a missing one, a doubtful one"


def test_diverse_is_the_greedy_k_centre():
    """Checked against distances that are all computed anew at each step."""
    vectors = np.random.default_rng(0).normal(size=(40, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = ranking("diverse", Pool(rows(*[""] * 40), vectors=vectors * 3, reviewed=[7, 9]))
    assert sorted(found) == list(range(40)) and found[-2:] == [7, 9]
    chosen = [7, 9]
    for position in found[:20]:
        distances = (1 - vectors @ vectors[chosen].T).min(axis=1)
        distances[chosen] = -1
        assert position == distances.argmax()
        chosen.append(position)


def test_diverse_reads_texts_where_no_vectors_are_given():
    titles = ["红色高跟鞋", "红色高跟鞋女", "红色高跟鞋 女", "汽车轮胎 225", "红色高跟鞋女鞋", "organic green tea"]
    found = ranking("diverse", Pool([Product(title) for title in titles]))
    assert sorted(found) == list(range(6)) and {3, 5} < set(found[:3])
    assert ranking("diverse", Pool([Product("一")])) == [0]


def test_random_depends_on_the_seed_alone():
    products = rows(*[""] * 50)
    assert ranking("random", Pool(products)) == ranking("random", Pool(products)) != list(range(50))
    assert ranking("random", Pool(products, seed=1)) != ranking("random", Pool(products))


@pytest.mark.parametrize("name", sorted(ORDERS))
def test_each_order_ranks_every_product_once_with_the_reviewed_ones_last(name, products):
    tagger = create("hybrid").fit(products)
    pool = Pool(products, tagger.predict(products), members_of(tagger, products), reviewed=[3, 0])
    found = ranking(name, pool)
    assert sorted(found) == list(range(len(products))) and set(found[-2:]) == {0, 3}
    assert found == ranking(name, pool)


@pytest.mark.parametrize(
    ("name", "pool", "said"),
    [
        ("least-certain", Pool(rows("a")), "the order least-certain needs suggested tags"),
        ("label-errors", Pool(rows("", ""), [[], []]), "the order label-errors needs products that have tags"),
        ("disagreeing", Pool(rows("a"), members=[[[]]]), "needs the tags of at least two sub-taggers"),
        ("least-certain", Pool(rows("a", "b"), [[]]), "there are 2 products and 1 lists of tags"),
    ],
)
def test_what_an_order_lacks_is_said(name, pool, said):
    with pytest.raises(BadInput, match=said):
        ranking(name, pool)


def test_names(products):
    assert DEFAULT in ORDERS
    with pytest.raises(UnknownName, match=r"there is no order 'least-certian' \(did you mean 'least-certain'\?\)"):
        ranking("least-certian", Pool(rows("a")))
    with pytest.raises(BadInput, match="needs a strategy with sub-taggers"):
        members_of(create("lexicon").fit(products), products)


def test_of_many_products_a_sample_is_ranked_by_diversity_and_the_others_follow(monkeypatch):
    monkeypatch.setattr(queue, "SAMPLE", 10)
    pool = Pool([Product(f"x{at}", f"{'红蓝绿'[at % 3]}色裙子 {at}") for at in range(40)], reviewed=[3, 5], seed=1)
    found = ranking("diverse", pool)
    assert sorted(found) == list(range(40)) and set(found[-2:]) == {3, 5}
    drawn = [at for at in queue.random_order(pool) if at not in (3, 5)]
    assert set(found[:10]) == set(drawn[:10]) and found[10:38] == drawn[10:]
