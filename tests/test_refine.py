"""The refinement steps: each alone, and what holds for all of them."""

import random

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tagkit import registry
from tagkit.errors import BadInput
from tagkit.product import Dataset, Product, Span, Tag
from tagkit.refine import Chain
from tagkit.refine.diversity import Diversity
from tagkit.refine.limit import Limit
from tagkit.refine.near_duplicates import NearDuplicates
from tagkit.refine.normalise import Normalise
from tagkit.refine.stop_tags import StopTags
from tagkit.refine.synonyms import Synonyms
from tagkit.refine.thresholds import Thresholds
from tagkit.refine.vocabulary import Vocabulary

PRODUCT = Product("1", "优雅蓝色高跟鞋 女士高跟鞋 ＮＩＫＥ")
TAGS = [
    Tag("高跟鞋", 0.9, "a", (Span(4, 7), Span(10, 13))),
    Tag("女士高跟鞋", 0.8, "b", (Span(8, 13),)),
    Tag("蓝色", 0.6, "a", (Span(2, 4),)),
    Tag("ＮＩＫＥ", 0.5, "a", (Span(14, 18),), "brand"),
    Tag("高跟", 0.45, "b"),
    Tag("nike", 0.4, "b", (), "brand"),
    Tag("优雅", 0.3, "b", (Span(0, 2),)),
]
STEPS = [
    Normalise(),
    Normalise(["NIKE"]),
    Synonyms({"高跟鞋": ["高跟", "女士高跟鞋"]}),
    NearDuplicates(),
    NearDuplicates(threshold=0.2, containment=True),
    StopTags(["优雅"]),
    Thresholds(default=0.42),
    Diversity(),
    Diversity(1.0),
    Limit(3),
    Vocabulary(["高跟鞋", "蓝色"]),
]


def texts(tags):
    return [tag.text for tag in tags]


@pytest.mark.parametrize("step", STEPS, ids=repr)
def test_every_step_is_pure_and_may_be_repeated(step):
    given = list(TAGS)
    once = step.apply(given, PRODUCT)
    assert given == TAGS
    assert once == step.apply(list(TAGS), PRODUCT)
    assert once == step.apply(once, PRODUCT)
    assert once
    assert once is not given
    assert all(0 <= tag.score <= 1 for tag in once)
    assert step.apply([], PRODUCT) == []


@pytest.mark.parametrize("step", STEPS, ids=repr)
def test_every_step_can_be_made_again_from_its_params(step):
    again = type(step)(**step.params())
    assert repr(again) == repr(step)
    assert again.apply(list(TAGS), PRODUCT) == step.apply(list(TAGS), PRODUCT)


def test_the_registry_knows_every_step_and_makes_it_without_keywords():
    expected = {
        "normalise",
        "synonyms",
        "near_duplicates",
        "stop_tags",
        "thresholds",
        "diversity",
        "limit",
        "vocabulary",
    }
    assert expected <= set(registry.steps.names())
    for name in expected:
        step = registry.steps.get(name)()
        assert step.name == name
        assert registry.steps.summary(name)
        assert step.apply([TAGS[0]], PRODUCT) == [TAGS[0]]


def test_normalise_folds_equal_tags_at_the_better_rank():
    tags = [Tag("Nike", 0.5, "a", (Span(3, 7),)), Tag("鞋", 0.4), Tag("ＮＩＫＥ", 0.7, "b", (Span(0, 4), Span(3, 7)))]
    assert Normalise().apply(tags, PRODUCT) == [Tag("nike", 0.7, "a", (Span(0, 4), Span(3, 7))), Tag("鞋", 0.4)]


def test_normalise_keeps_types_apart_and_drops_what_is_nothing():
    tags = [Tag("Apple", 0.5, type="brand"), Tag("apple", 0.4, type="taste"), Tag("\u200b", 0.3)]
    assert [(tag.text, tag.type) for tag in Normalise().apply(tags, PRODUCT)] == [
        ("apple", "brand"),
        ("apple", "taste"),
    ]


def test_normalise_writes_known_tags_as_the_vocabulary_does():
    tags = [Tag("t恤", 0.9), Tag("Ｔ恤", 0.8), Tag("NIKE", 0.7)]
    assert Normalise(["T恤", "t恤"]).apply(tags, PRODUCT) == [Tag("T恤", 0.9), Tag("nike", 0.7)]


def test_synonyms_fold_into_the_preferred_form():
    folded = STEPS[2].apply(TAGS, PRODUCT)
    assert texts(folded) == ["高跟鞋", "蓝色", "ＮＩＫＥ", "nike", "优雅"]
    assert folded[0] == Tag("高跟鞋", 0.9, "a", (Span(4, 7), Span(8, 13), Span(10, 13)))


@pytest.mark.parametrize("table", [{"鞋": ["履"], "靴": ["履"]}, {"鞋": ["靴"], "靴": ["长靴"]}])
def test_synonyms_refuse_a_table_that_leads_two_ways(table):
    with pytest.raises(BadInput, match="synonym"):
        Synonyms(table)


def test_near_duplicates():
    tags = [
        Tag("高跟鞋"),
        Tag("女士高跟鞋"),
        Tag("新款高跟鞋子"),
        Tag("red"),
        Tag("hundred"),
        Tag("red dress"),
        Tag("高跟鞋", type="x"),
    ]
    assert NearDuplicates(threshold=1.1).apply(tags, PRODUCT) == tags
    assert NearDuplicates(threshold=0.5).apply(tags, PRODUCT) == [tag for tag in tags if tag.text != "女士高跟鞋"]
    strict = NearDuplicates(threshold=1.1, containment=True).apply(tags, PRODUCT)
    assert texts(strict) == ["高跟鞋", "red", "hundred", "高跟鞋"]


def test_near_duplicates_know_single_characters():
    tags = [Tag("鞋", 0.9), Tag("包", 0.8), Tag("鞋", 0.7)]
    assert NearDuplicates().apply(tags, PRODUCT) == tags[:2]


def test_diversity_moves_what_repeats_to_the_back_and_later_steps_keep_that():
    chain = Chain([Diversity(0.6), StopTags(["优雅"]), Thresholds(default=0.1), Limit(3)])
    [kept] = chain([TAGS], [PRODUCT])
    assert texts(kept) == ["高跟鞋", "蓝色", "ＮＩＫＥ"]
    order = texts(Diversity(0.6).apply(TAGS, PRODUCT))
    assert order.index("女士高跟鞋") > order.index("优雅")
    assert sorted(order) == sorted(texts(TAGS))


def test_diversity_zero_keeps_the_order_and_one_looks_at_unlikeness_alone():
    assert Diversity(0).apply(TAGS, PRODUCT) == TAGS
    equal = [Tag("甲乙", 0.5), Tag("丙丁", 0.5), Tag("戊己", 0.5)]
    assert Diversity(0.3).apply(equal, PRODUCT) == equal
    tags = [Tag("ab", 0.1), Tag("ab", 0.9, type="x"), Tag("cd", 0.2)]
    assert Diversity(1).apply(tags, PRODUCT) == [tags[0], tags[2], tags[1]]


def test_vocabulary_says_what_it_dropped():
    step = Vocabulary(["蓝色"])
    assert texts(step.apply(TAGS, PRODUCT)) == ["蓝色"]
    assert texts(step.dropped(TAGS)) == [text for text in texts(TAGS) if text != "蓝色"]
    assert Vocabulary().apply(TAGS, PRODUCT) == TAGS
    assert Vocabulary().dropped(TAGS) == []


@pytest.mark.parametrize(
    "make",
    [
        lambda: Limit(-1),
        lambda: Limit(2.5),
        lambda: Diversity(1.5),
        lambda: NearDuplicates(0),
        lambda: Thresholds(0),
        lambda: Thresholds(default=2),
        lambda: StopTags("鞋"),
        lambda: Vocabulary("鞋"),
        lambda: Normalise("鞋"),
        lambda: Thresholds().fit([[]], []),
    ],
)
def test_wrong_parameters_are_named(make):
    with pytest.raises(BadInput):
        make()


def dev_set(seed=7, size=60):
    """Random predictions whose scores are higher where they are right."""
    rng = random.Random(seed)
    products, predictions = [], []
    for i in range(size):
        gold = [tag for tag, share in (("甲", 0.5), ("乙", 0.3), ("丙", 0.1), ("丁", 0.02)) if rng.random() < share]
        products.append(Product(str(i), f"商品{i}", tags=gold))
        row = [
            Tag(t, round(min(1, rng.random() * 0.7 + 0.3 * (t in gold)), 2)) for t in "甲乙丙丁" if rng.random() < 0.9
        ]
        predictions.append(sorted(row, key=lambda tag: -tag.score))
    return predictions, products


def test_thresholds_are_the_best_there_are_on_dev():
    predictions, products = dev_set()
    step = Thresholds(min_count=5).fit(predictions, products)
    assert {"甲", "乙"} <= set(step.thresholds_)
    assert "丁" not in step.thresholds_
    judged = [i for i, product in enumerate(products) if product.tags]
    for text, chosen in step.thresholds_.items():
        gold = [text in products[i].tags for i in judged]
        score = [next((t.score for t in predictions[i] if t.text == text), -1.0) for i in judged]
        found = {th: f1_score(gold, np.array(score) >= th) for th in [*(s for s in score if s >= 0), chosen]}
        assert found[chosen] == max(found.values())
    gold = [text in products[i].tags for i in judged for text in "甲乙丙丁"]
    score = [{t.text: t.score for t in predictions[i]}.get(text, -1.0) for i in judged for text in "甲乙丙丁"]
    found = {th: f1_score(gold, np.array(score) >= th) for th in [*(s for s in score if s >= 0), step.default_]}
    assert found[step.default_] == max(found.values())


def test_thresholds_are_applied_per_tag_and_the_common_one_to_the_rest():
    step = Thresholds()
    step.thresholds_, step.default_ = {"甲": 0.8}, 0.5
    assert step.apply([Tag("甲", 0.7), Tag("乙", 0.6), Tag("丙", 0.4)], PRODUCT) == [Tag("乙", 0.6)]


def test_thresholds_fall_back_to_the_default_where_dev_says_nothing():
    for predictions, products in ([], []), ([[Tag("甲", 0.9)]], [Product("1", "商品", tags=("乙",))]):
        step = Thresholds(default=0.25).fit(predictions, products)
        assert (step.thresholds_, step.default_) == ({}, 0.25)


def test_products_without_gold_tags_do_not_move_the_thresholds():
    predictions, products = dev_set()
    step = Thresholds().fit(predictions, products)
    more = Thresholds().fit([*predictions, [Tag("甲", 1.0)]], [*products, Product("x", "没人标过")])
    assert (more.thresholds_, more.default_) == (step.thresholds_, step.default_)


def test_a_chain_fits_each_step_on_what_the_steps_before_it_leave():
    predictions, products = dev_set()
    folded = Chain([Synonyms({"甲": ["乙"]}), Thresholds()]).fit(predictions, products)
    assert "乙" not in folded.steps[1].thresholds_
    assert "甲" in folded.steps[1].thresholds_
    assert all(tag.text != "乙" for row in folded(predictions, products) for tag in row)


def test_a_comparison_hands_its_synonyms_and_tags_to_steps_that_were_given_none():
    data = Dataset("shop", (Product("1", "甲", tags=("T恤", "女性")),), synonyms={"女性": ("女士",)})
    tags = [Tag("女士", 0.9), Tag("t恤", 0.8), Tag("包", 0.7)]
    steps = ["synonyms", "normalise", "vocabulary"]
    assert texts(Chain(steps)([tags], [PRODUCT])[0]) == ["女士", "t恤", "包"]
    assert texts(Chain(steps).for_data(data)([tags], [PRODUCT])[0]) == ["女性", "T恤"]
    own = Chain([Synonyms({}), Normalise([]), Vocabulary([])])
    assert own.for_data(data).steps == own.steps, "what was given stays"


def test_a_chain_knows_whether_it_needs_dev():
    assert Chain(["limit", "thresholds"]).chooses and not Chain(["limit", "normalise"]).chooses
