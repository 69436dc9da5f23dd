"""What holds for all refinements, and chains of them."""

import json
from types import MappingProxyType

import pytest

from tagkit import registry
from tagkit.errors import BadInput, UnknownName
from tagkit.product import Dataset, Product, Tag
from tagkit.refine import Chain, Step
from tagkit.refine.parents import Parents
from tagkit.refine.steps import Diversity, Limit, NearDuplicates, Normalise, StopTags, Synonyms, Vocabulary
from tagkit.refine.thresholds import Thresholds
from tagkit.refine.values import NormaliseValues

STEPS = [
    Normalise(),
    Normalise(("NIKE",)),
    Synonyms({"高跟鞋": ("高跟", "女士高跟鞋")}),
    Synonyms(MappingProxyType({"高跟鞋": ("高跟",)})),
    NearDuplicates(),
    NearDuplicates(threshold=0.2, containment=True),
    StopTags(["优雅"]),
    Thresholds(default=0.42),
    Diversity(),
    Diversity(1.0),
    Limit(3),
    Parents({"高跟鞋": ("鞋子",), "高跟": ("鞋子", "女鞋")}),
    Vocabulary(["高跟鞋", "蓝色"]),
    NormaliseValues({"": [["", "高跟", "高跟鞋"]] * 3}),
]


def test_every_registered_step_is_tested_here():
    assert {step.name for step in STEPS} == set(registry.steps.names())


@pytest.mark.parametrize("step", STEPS, ids=repr)
def test_every_step_is_pure_and_may_be_repeated(step, tags, product):
    given = list(tags)
    once = step.apply(given, product)
    assert given == tags
    assert once == step.apply(list(tags), product)
    assert once == step.apply(once, product)
    assert once and once is not given
    assert all(0 <= tag.score <= 1 for tag in once)
    assert step.apply([], product) == []


@pytest.mark.parametrize("step", STEPS, ids=repr)
def test_every_step_can_be_made_again_from_its_params(step, tags, product):
    again = type(step)(**step.params())
    assert repr(again) == repr(step)
    assert again.apply(list(tags), product) == step.apply(list(tags), product)


@pytest.mark.parametrize("step", STEPS, ids=repr)
def test_every_step_can_be_restored_from_its_state(step, dev, tags, product):
    fitted = type(step)(**step.params()).fit(*dev)
    state = json.loads(json.dumps(fitted.state()))
    again = registry.steps.get(step.name)().restore(state)
    assert again.state() == fitted.state() == state
    assert again.apply(list(tags), product) == fitted.apply(list(tags), product)
    assert [again.apply(row, p) for row, p in zip(*dev, strict=True)] == [
        fitted.apply(row, p) for row, p in zip(*dev, strict=True)
    ]


@pytest.mark.parametrize("name", registry.steps.names())
def test_every_step_is_made_without_parameters_by_its_name(name, product):
    step = registry.steps.get(name)()
    assert isinstance(step, Step) and step.name == name
    assert step.apply([Tag("高跟鞋", 0.9)], product) == [Tag("高跟鞋", 0.9)]


def test_a_state_belongs_to_one_step():
    with pytest.raises(BadInput, match="no state of the refinement limit"):
        Limit().restore(Diversity().state())
    with pytest.raises(BadInput, match="at least 0"):
        Limit().restore({"k": -1})


def test_a_step_says_how_it_was_made():
    assert repr(NearDuplicates(0.5)) == "NearDuplicates(threshold=0.5, containment=False)"


# Chains.


def test_a_chain_fits_each_step_on_what_the_steps_before_it_return(dev):
    merged = Chain([Synonyms({"甲": ["乙"]}), Thresholds()]).fit(*dev)
    assert "乙" not in merged.steps[1].thresholds_
    assert "甲" in merged.steps[1].thresholds_
    assert all(tag.text != "乙" for row in merged(*dev) for tag in row)


def test_later_steps_keep_the_order_of_diversity(tags, product):
    chain = Chain([Diversity(0.6), StopTags(["优雅"]), Thresholds(default=0.1), Limit(3)])
    assert [tag.text for tag in chain([tags], [product])[0]] == ["高跟鞋", "蓝色", "ＮＩＫＥ"]


def test_a_data_set_gives_its_synonyms_and_tags_to_steps_that_have_none(product):
    data = Dataset("shop", (Product("1", "甲", tags=("T恤", "女性")),), synonyms={"女性": ("女士",)})
    tags = [Tag("女士", 0.9), Tag("t恤", 0.8), Tag("包", 0.7)]
    chain = Chain(["synonyms", "normalise", "vocabulary"])
    assert [tag.text for tag in chain([tags], [product])[0]] == ["女士", "t恤", "包"]
    assert [tag.text for tag in chain.for_data(data)([tags], [product])[0]] == ["女性", "T恤"]
    own = Chain([Synonyms({}), Normalise([]), Vocabulary([])])
    assert own.for_data(data).steps == own.steps, "tables that were given stay"


def test_a_chain_knows_whether_it_needs_dev():
    assert Chain(["limit", "thresholds"]).chooses and not Chain(["limit", "normalise"]).chooses


def test_a_fitted_chain_is_restored_with_tables_and_thresholds(dev):
    predictions, products = dev
    data = Dataset("shop", tuple(products), synonyms={"甲": ("丁",)})
    chain = Chain(["synonyms", "vocabulary", "thresholds", Diversity(0.5), Limit(2)]).for_data(data).fit(*dev)
    described = json.loads(json.dumps(chain.to_dict()))
    again = Chain.from_dict(described)
    assert [step["name"] for step in described["steps"]] == [step.name for step in again.steps]
    assert again.to_dict() == described
    assert again(predictions, products) == chain(predictions, products)
    unfitted = Chain([type(step)(**step.params()) for step in chain.steps])
    assert unfitted(predictions, products) != chain(predictions, products), "what was chosen on dev matters"
    assert Chain.from_dict(Chain([]).to_dict()).steps == []


@pytest.mark.parametrize(
    ("described", "error"),
    [
        ({}, BadInput),
        ({"steps": ["limit"]}, BadInput),
        ({"steps": [{"name": "limit"}]}, BadInput),
        ({"steps": [{"name": "limit", "state": {}}]}, BadInput),
        ({"steps": [{"name": "nope", "state": {}}]}, UnknownName),
    ],
)
def test_what_describes_no_chain_is_refused(described, error):
    with pytest.raises(error):
        Chain.from_dict(described)


def test_as_many_lists_as_products(product):
    with pytest.raises(BadInput, match="0 lists for 1 products"):
        Chain(["limit"])([], [product])
