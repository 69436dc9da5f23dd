"""What strategies without networks say about their own tags: entries, neighbours, weights and shares."""

from __future__ import annotations

import pytest

import tagkit
from tagkit.product import Product
from tagkit.taggers import create

COLOURS, KINDS = ("红色", "蓝色", "黑色"), ("高跟鞋", "衬衫", "背包", "水杯")
SHOP = [Product(f"{c}{k}", f"{c}{k}女士", tags=(c, k)) for c in COLOURS for k in KINDS]
TITLE = "一款红色的高跟鞋"


@pytest.mark.parametrize("name", ["dictionary", "lexicon"])
def test_the_entry_is_where_the_tag_stands(name):
    found = tagkit.explain(create(name).fit(SHOP), TITLE, "高跟鞋")
    assert found.method == "entry" and [word.text for word in found.words] == ["高跟鞋"]
    assert not tagkit.explain(create(name).fit(SHOP), TITLE, "水杯").words


def test_the_weights_of_linear_sum_to_its_decision_score():
    found = tagkit.explain(create("linear").fit(SHOP), TITLE, "红色")
    assert sum(share.value for share in found.shares) == pytest.approx(found.facts["decision score"], abs=1e-6)
    words, beside = (share.value for share in found.shares[:2])
    assert sum(word.weight for word in found.words) == pytest.approx(words, abs=1e-6)
    assert found.strongest(1)[0].text == "红色" and words > abs(beside)


def test_the_votes_of_neighbours_are_the_score_of_knn():
    found = tagkit.explain(create("knn").fit(SHOP), TITLE, "红色")
    assert found.shares[0].value == pytest.approx(found.score, abs=1e-6)
    assert found.neighbours and sum(one.similarity for one in found.neighbours) <= 1 + 1e-9
    assert all(one.has_tag == ("红色" in one.tags) for one in found.neighbours)


def test_the_shares_of_hybrid_sum_to_its_log_odds():
    found = tagkit.explain(create("hybrid").fit(SHOP, dev=SHOP), TITLE, "红色")
    told = float(str(found.facts["shares"]).rsplit(" ", 1)[-1])
    assert sum(share.value for share in found.shares) == pytest.approx(told, abs=1e-3)
    assert any(word.weight > 0 and word.text == "红色" for word in found.words)
