import pytest

from tagkit.explaining.refinements import facts, find, stages
from tagkit.pipeline import Pipeline
from tagkit.product import Product, Tag
from tagkit.refine import Chain
from tagkit.refine.parents import Parents
from tagkit.refine.steps import Diversity, NearDuplicates, StopTags, Synonyms, Vocabulary
from tagkit.tagger import Tagger

GIVEN = (("高跟鞋", 0.9), ("细高跟鞋", 0.8), ("黑", 0.7), ("包邮", 0.6))


class Fixed(Tagger):
    """The same tags for every product.

    Source: made up.
    """

    name = "fixed"

    def _fit(self, train, dev, cache):
        self.tags_ = [text for text, _ in GIVEN] + ["红色"]

    def _tag(self, products):
        return [[Tag(text, score, self.name) for text, score in GIVEN] for _ in products]

    def _state(self):
        return {}

    def _restore(self, state):
        pass


PRODUCT = Product("黑色细高跟鞋")


def said(tag, *steps, score=0.0):
    pipeline = Pipeline(Fixed().fit([PRODUCT]), Chain(steps))
    return facts(pipeline, stages(pipeline, PRODUCT), tag, score)


@pytest.mark.parametrize(
    ("tag", "step", "why"),
    [
        ("包邮", StopTags(["包邮"]), "never wanted"),
        ("细高跟鞋", Vocabulary(["高跟鞋", "黑"]), "not in the vocabulary of 2 tags (did you mean '高跟鞋'?)"),
        ("黑", Synonyms({"黑色": ["黑"]}), "a synonym of 黑色"),
        ("细高跟鞋", NearDuplicates(0.6), "near_duplicates drops it"),
    ],
)
def test_each_refinement_says_why_it_drops_a_tag(tag, step, why):
    found = said(tag, step)
    assert why in found["why not"] and found["dropped by"] == step.name


def test_tags_that_a_refinement_adds_are_traced():
    assert said("鞋子", Parents({"高跟鞋": ["鞋子"]}))["added by parents"] == "it is broader than 高跟鞋"
    assert said("黑色", Synonyms({"黑色": ["黑"]}))["added by synonyms"] == "it is preferred to 黑"


def test_another_rank_is_told():
    assert said("细高跟鞋", Diversity(0.9))["rank behind diversity"] > 2
    assert said("高跟鞋") == {"rank": "1 of the 4 tags of fixed"}


def test_tags_that_are_not_found_are_told_apart():
    assert "does not find it" in said("红色")["why not"]
    assert "not among the 4 best" in said("红色", score=0.5)["why not"]
    assert "did not learn it" in said("绿色")["why not"]


def test_tags_are_found_in_any_spelling():
    assert find([Tag("T恤")], "t恤") == 0 and find([Tag("T恤")], "衬衫") is None
