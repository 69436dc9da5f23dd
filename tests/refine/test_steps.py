"""The refinements that choose nothing on dev, each by itself."""

import json
from functools import partial

import numpy as np
import pytest

from tagkit.errors import BadInput
from tagkit.measures.vectors import vectors_of
from tagkit.product import Span, Tag
from tagkit.refine import Chain, steps
from tagkit.refine.steps import Diversity, Limit, NearDuplicates, Normalise, StopTags, Synonyms, Vocabulary
from tagkit.weights import digest


def texts(tags):
    return [tag.text for tag in tags]


def test_limit_and_stop_tags(tags, product):
    assert Limit(2).apply(tags, product) == tags[:2]
    assert Limit(0).apply(tags, product) == []
    assert texts(StopTags(["蓝色", "nike"]).apply(tags, product)) == [
        "高跟鞋",
        "女士高跟鞋",
        "ＮＩＫＥ",
        "高跟",
        "优雅",
    ]


def test_normalise_merges_equal_tags_at_the_better_rank(product):
    tags = [Tag("Nike", 0.5, "a", (Span(3, 7),)), Tag("鞋", 0.4), Tag("ＮＩＫＥ", 0.7, "b", (Span(0, 4), Span(3, 7)))]
    assert Normalise().apply(tags, product) == [Tag("nike", 0.7, "a", (Span(0, 4), Span(3, 7))), Tag("鞋", 0.4)]


def test_normalise_does_not_merge_types_and_drops_empty_tags(product):
    tags = [Tag("Apple", 0.5, type="brand"), Tag("apple", 0.4, type="taste"), Tag("\u200b", 0.3)]
    found = [(tag.text, tag.type) for tag in Normalise().apply(tags, product)]
    assert found == [("apple", "brand"), ("apple", "taste")]


def test_normalise_spells_known_tags_as_the_vocabulary_does(product):
    tags = [Tag("t恤", 0.9), Tag("Ｔ恤", 0.8), Tag("NIKE", 0.7)]
    assert Normalise(["T恤", "t恤"]).apply(tags, product) == [Tag("T恤", 0.9), Tag("nike", 0.7)]


def test_synonyms_merge_into_the_preferred_tag(tags, product):
    merged = Synonyms({"高跟鞋": ["高跟", "女士高跟鞋"]}).apply(tags, product)
    assert texts(merged) == ["高跟鞋", "蓝色", "ＮＩＫＥ", "优雅"]
    assert merged[0] == Tag("高跟鞋", 0.9, "a", (Span(4, 7), Span(8, 13), Span(10, 13)))


@pytest.mark.parametrize("table", [{"鞋": ["履"], "靴": ["履"]}, {"鞋": ["靴"], "靴": ["长靴"]}])
def test_synonyms_refuse_an_ambiguous_table(table):
    with pytest.raises(BadInput, match="synonym"):
        Synonyms(table)


def test_near_duplicates(product):
    words = ["高跟鞋", "女士高跟鞋", "新款高跟鞋子", "red", "hundred", "red dress"]
    tags = [*map(Tag, words), Tag("高跟鞋", type="x")]
    assert NearDuplicates(threshold=1.1).apply(tags, product) == tags
    assert NearDuplicates(threshold=0.5).apply(tags, product) == [tag for tag in tags if tag.text != "女士高跟鞋"]
    strict = NearDuplicates(threshold=1.1, containment=True).apply(tags, product)
    assert texts(strict) == ["高跟鞋", "red", "hundred", "高跟鞋"]


def test_near_duplicates_of_single_characters(product):
    tags = [Tag("鞋", 0.9), Tag("包", 0.8), Tag("鞋", 0.7)]
    assert NearDuplicates().apply(tags, product) == tags[:2]


def test_diversity_moves_repetitions_to_the_back(tags, product):
    order = Diversity(0.6).apply(tags, product)
    assert texts(order).index("女士高跟鞋") > texts(order).index("优雅")
    assert sorted(order, key=tags.index) == tags


def test_of_a_long_list_the_best_ranked_tags_alone_are_compared(product, monkeypatch):
    monkeypatch.setattr(steps, "COMPARED", 3)
    names = ["红色鞋", "红色鞋子", "蓝裙", "绿帽", "白色袜", "白色袜子", "红色鞋"]
    long = [Tag(text, 1 - at / 100) for at, text in enumerate(names)]
    assert texts(NearDuplicates().apply(long, product)) == ["红色鞋", "蓝裙", "绿帽", "白色袜", "白色袜子"]
    assert texts(Diversity(0.9).apply(long, product)) == ["红色鞋", "蓝裙", "红色鞋子", *names[3:]]


def test_diversity_zero_keeps_the_order_and_one_looks_at_dissimilarity_alone(tags, product):
    assert Diversity(0).apply(tags, product) == tags
    equal = [Tag("甲乙", 0.5), Tag("丙丁", 0.5), Tag("戊己", 0.5)]
    assert Diversity(0.3).apply(equal, product) == equal
    similar = [Tag("ab", 0.1), Tag("ab", 0.9, type="x"), Tag("cd", 0.2)]
    assert Diversity(1).apply(similar, product) == [similar[0], similar[2], similar[1]]


@pytest.fixture
def by_meaning(tiny_model, tmp_path, monkeypatch):
    """Make the refinement on vectors of the tiny encoder."""
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path))
    return lambda weight: Diversity(weight, "vectors", str(tiny_model))


def test_diversity_by_vectors_takes_what_is_least_like_the_tags_before(by_meaning, tags, product):
    step = by_meaning(1.0)
    vectors = vectors_of(step.encoder)([tag.text for tag in tags])
    cosines = np.maximum(vectors @ vectors.T, 0)
    order = [tags.index(tag) for tag in step.apply(tags, product)]
    for place in range(1, len(order)):
        closest = cosines[:, order[:place]].max(axis=1)
        assert closest[order[place]] == pytest.approx(closest[order[place:]].min(), abs=1e-5)
    assert by_meaning(0.0).apply(tags, product) == tags
    assert texts(Diversity(1.0).apply(tags, product)) != texts(step.apply(tags, product))


def test_diversity_by_vectors_is_the_same_one_by_one_in_a_batch_and_loaded(by_meaning, tags, product):
    lists = [tags, tags[::-1], tags[2:5], [], [Tag("👠" * 50_000, 0.5), Tag("👟", 0.4)]]
    chain = Chain([by_meaning(0.7)])
    together = chain(lists, [product] * 5)
    loaded = Chain.from_dict(json.loads(json.dumps(chain.to_dict())))
    assert [loaded([row], [product])[0] for row in lists] == together
    state = by_meaning(0.7).state()
    assert state["sha256_"] == digest(state["encoder"])
    other = Diversity().restore(state | {"sha256_": "0" * 64})
    with pytest.raises(BadInput, match="is not the one that the strategy was fitted with"):
        other.apply(tags, product)


def test_vocabulary_returns_what_it_drops(tags, product):
    step = Vocabulary(["蓝色"])
    assert texts(step.apply(tags, product)) == ["蓝色"]
    assert texts(step.dropped(tags)) == [text for text in texts(tags) if text != "蓝色"]
    assert Vocabulary().apply(tags, product) == tags
    assert Vocabulary().dropped(tags) == []


@pytest.mark.parametrize(
    ("step", "value", "message"),
    [
        (Limit, -1, "limit: k must be at least 0, not -1"),
        (Limit, 2.5, "limit: k must be a whole number, not 2.5"),
        (Limit, True, "limit: k must be a whole number, not True"),
        (Diversity, 1.5, "diversity: diversity must be at most 1, not 1.5"),
        (partial(Diversity, 0.5), "tags", "diversity: similarity must be one of characters, vectors, not 'tags'"),
        (NearDuplicates, 0, "near_duplicates: threshold must be above 0, not 0"),
        (StopTags, "鞋", "stop_tags: tags must be a list, not '鞋'"),
        (Vocabulary, "鞋", "vocabulary: tags must be a list, not '鞋'"),
        (Normalise, "鞋", "normalise: vocabulary must be a list, not '鞋'"),
    ],
)
def test_wrong_parameters_are_named(step, value, message):
    with pytest.raises(BadInput, match=message):
        step(value)
