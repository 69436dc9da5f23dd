"""What `encoder` knows of a product's surface: held-out scores, categories, tags in the text."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.product import Product
from tagkit.taggers import _stacking
from tagkit.taggers._stacking import HITS, MOST, Evidence

WORDS = ("红色", "蓝色", "短袖", "长袖", "棉", "皮")


@pytest.fixture(scope="module")
def shop() -> list[Product]:
    random = np.random.default_rng(0)
    rows = []
    for number in range(80):
        own = [WORDS[i] for i in np.flatnonzero(random.random(len(WORDS)) < 0.4)]
        category = "服饰/上衣" if number % 2 else "百货/杯子"
        tags = [word for word in own if random.random() < 0.8] + (["休闲"] if number % 2 else ["家用"])
        rows.append(Product(str(number), f"新款{number}号" + "".join(own), category=category, tags=tuple(tags)))
    return rows


def vectors(products) -> np.ndarray:
    """Return which of the words stand in each text, of length 1."""
    found = np.array([[1.0, *(word in product.text for word in WORDS)] for product in products], dtype=np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def fitted(shop, **params) -> tuple[Evidence, np.ndarray]:
    evidence = Evidence(sorted({tag for product in shop for tag in product.tags}), **params)
    return evidence, evidence.fit(shop, vectors(shop), [], 2)


def read(evidence, products) -> np.ndarray:
    return evidence.read(products, vectors(products))


def held_votes(evidence, shop) -> np.ndarray:
    """Return what the neighbours in words and in vectors say of the last training product, which is held out."""
    scores = evidence._scores(shop, evidence._linear.held_out_, evidence._words, evidence._vectors, held=True)
    return scores[-1, :, 1:3]


def test_the_logits_tell_right_from_wrong_tags(shop):
    evidence, held_out = fitted(shop[:60])
    fresh = shop[60:]
    for logits, products in ((held_out, shop[:60]), (read(evidence, fresh), fresh)):
        gold = np.array([[tag in product.tags for tag in evidence.tags] for product in products])
        assert logits.shape == gold.shape and np.abs(logits).max() <= MOST
        assert logits[gold].mean() > logits[~gold].mean() + 2


def test_the_scores_of_a_training_product_do_not_know_its_own_answer(shop):
    evidence, _ = fitted(shop)
    votes = held_votes(evidence, shop)
    # The last product's own answer changed; what its neighbours and its category say of it must not.
    other, _ = fitted([*shop[:-1], Product("x", shop[-1].text, category=shop[-1].category, tags=("棉",))])
    assert np.allclose(held_votes(other, shop), votes)
    shares, shares_other = (each._in_category(shop, str, held=True)[-1] for each in (evidence, other))
    assert np.abs(shares - shares_other).max() <= 3 / len(shop) / 20  # but for the smoothing by all of train
    assert evidence._gold[-1].nnz != other._gold[-1].nnz


def test_of_too_many_products_some_are_learnt_from_and_the_others_are_read(shop, monkeypatch):
    monkeypatch.setattr(_stacking, "CLOSED_FORM", 30)
    rare = Product("rare", "新款皮衣", category="服饰/上衣", tags=("罕见", "休闲"))
    many = [*shop[:40], rare, *shop[40:]]
    tags = sorted({tag for product in many for tag in product.tags})
    chosen = _stacking._choose(many, tags, 1)
    assert len(set(chosen.tolist())) == len(chosen) == 30 and 40 in chosen
    evidence = Evidence(tags)
    logits = evidence.fit(many, vectors(many), [], 1)
    assert evidence._gold.shape == (30, len(tags))
    others = np.setdiff1d(np.arange(len(many)), chosen)
    assert np.array_equal(logits[others], read(evidence, [many[at] for at in others]))
    gold = np.array([[tag in product.tags for tag in tags] for product in many])
    assert logits[gold].mean() > logits[~gold].mean() + 1
    monkeypatch.setattr(_stacking, "CLOSED_FORM", 5)
    assert Evidence(tags).fit(many, vectors(many), [], 1) is None, "it takes more than five to have each tag"


def test_categories_count_unless_they_are_not_wanted(shop):
    asked = [
        Product("a", "新款", category="服饰/上衣"),
        Product("b", "新款", category="百货/杯子"),
        Product("c", "新款"),
    ]
    with_, without = fitted(shop)[0], fitted(shop, category=False)[0]
    at = with_.tags.index("休闲")
    top, other, none = read(with_, asked)[:, at]
    assert top > other and top > none
    assert np.ptp(read(without, asked), axis=0).max() < 1e-6


def test_a_tag_without_training_borrows_of_its_neighbours_and_gets_what_standing_in_the_text_is_worth(shop):
    evidence, _ = fitted(shop)
    known = len(evidence.tags)
    near = np.zeros((1, known), dtype=np.float32)
    near[0, :2] = 0.5
    evidence.extend(["绿色"], near)
    found = read(evidence, [Product("a", "新款绿色"), Product("b", "新款")])
    assert evidence._weights[HITS] > 0 and found[0, -1] > found[1, -1]
    chances = 1 / (1 + np.exp(-found[1].astype(float)))
    assert chances[known] == pytest.approx(chances[:2].mean(), rel=1e-4)
    again = Evidence.restore(evidence.state())
    assert np.array_equal(read(evidence, shop), read(again, shop))


def test_what_was_saved_says_the_same(shop):
    evidence, _ = fitted(shop)
    again = Evidence.restore(evidence.state())
    assert np.array_equal(read(evidence, shop), read(again, shop))


def test_a_synonym_in_the_text_counts_as_the_tag(shop):
    synonyms = {"红色": ["朱砂"]}
    products = [Product("a", "新款红色"), Product("b", "新款朱砂"), Product("c", "新款朱漆")]
    evidence, _ = fitted(shop, synonyms=synonyms)
    at = evidence.tags.index("红色")
    hits = evidence._hits(products, evidence.tags)
    assert hits[:, at].tolist() == [1, 1, 0] and hits.sum() == 2
    _, synonym, neither = read(evidence, products)[:, at]
    assert synonym > neither
    again = Evidence.restore(evidence.state(), synonyms)
    assert np.array_equal(read(evidence, products), read(again, products))
    assert read(fitted(shop)[0], products)[1, at] == pytest.approx(neither, abs=1e-5)
