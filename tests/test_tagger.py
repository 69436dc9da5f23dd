"""The base class of strategies: parameters, gold tags, learning more."""

from __future__ import annotations

import inspect

import pytest

from tagkit.errors import BadInput, NotFitted
from tagkit.tagger import Tagger
from tagkit.taggers import create

TITLES = [f"{colour}{kind}" for colour in ("红色", "蓝色", "黑色") for kind in ("高跟鞋", "衬衫", "背包", "水杯")]
TAGS = [[title[:2], title[2:]] for title in TITLES]


class Constant(Tagger):
    """Give every product the same tag.

    Args:
        text: The tag.
    """

    name = "constant"
    text: str = "鞋"

    def _fit(self, train, dev, cache):
        self.seen_ = len(train)

    def _tag(self, products):
        from tagkit.product import Tag

        return [[Tag(self.text, 1.0, self.name)] for _ in products]

    def _state(self):
        return {"seen": self.seen_}

    def _restore(self, state):
        self.seen_ = state["seen"]


def test_annotated_attributes_are_the_parameters():
    assert list(inspect.signature(Constant).parameters) == ["text"]
    assert Constant(text="包").get_params() == {"text": "包"}
    assert repr(Constant(text="包")) == "Constant(text='包')" and repr(Constant()) == "Constant()"
    with pytest.raises(BadInput, match=r"no parameter 'txt' \(did you mean 'text'\?\)"):
        Constant().set_params(txt="包")


def test_y_gives_the_tags():
    tagger = create("lexicon").fit(TITLES, TAGS)
    assert {tag.text for tag in tagger.predict(["红色衬衫"])[0]} == {"红色", "衬衫"}


def test_score_is_f1_over_whole_lists():
    tagger = create("lexicon").fit(TITLES, TAGS)
    assert tagger.score(TITLES, TAGS) == 1.0
    assert Constant(text="红色").fit(TITLES).score(["红色衬衫"], [["红色", "衬衫"]]) == pytest.approx(2 / 3)


def test_learning_more_checks_its_input_and_needs_what_was_learned_before():
    with pytest.raises(NotFitted, match="constant"):
        Constant().learn(TITLES)
    tagger = Constant().fit(TITLES)
    with pytest.raises(BadInput, match="no products"):
        tagger.learn([])
    with pytest.raises(BadInput, match="item 1"):
        tagger.learn(["鞋", 3])
    assert tagger.learn(TITLES[2:4]) is tagger and tagger.seen_ == len(TITLES) + 2
    assert tagger.learn(["包"], old=["鞋"]).seen_ == 2
    tagger.learned_from_ = None
    with pytest.raises(BadInput, match="together with the products it was fitted on"):
        tagger.learn(["包"])
    assert tagger.seen_ == 2


def test_one_spelling_is_learned_of_old_and_new_tags():
    tagger = create("lexicon").fit(["T恤男", "T恤女"], [["T恤"], ["T恤"]])
    tagger.learn(["白色T恤"], [["t恤", "白色"]])
    assert [tag.text for tag in tagger.predict("黑色t恤")] == ["T恤"]
