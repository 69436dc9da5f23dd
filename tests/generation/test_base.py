"""The base of list taggers: options of decoding, scores, sources and the F1 that chooses epochs."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")
from tagkit.errors import BadInput  # noqa: E402
from tagkit.generation.base import ListTagger  # noqa: E402
from tagkit.generation.prompt_format import Item  # noqa: E402
from tagkit.generation.votes import Vote  # noqa: E402
from tagkit.product import Product, Span  # noqa: E402


class Fixed(ListTagger):
    """Gives every product the tags "red" (likely), "shoe" and "new"."""

    name = "fixed"

    def votes(self, products):
        found = {"new": -3.0, "red": -0.1, "shoe": -1.0}
        return [
            {Item(text, ""): Vote(mean, mean, 1.0, 1.0, (0, n)) for n, (text, mean) in enumerate(found.items())}
            for _ in products
        ]

    @property
    def known(self):
        return {Item("red", ""), Item("shoe", "")}

    def _fit(self, train, dev, cache):
        self.calibrate(dev)

    def _state(self):
        return {}

    def _restore(self, state):
        pass


def test_options_become_settings_of_decoding():
    search = Fixed(method="sample", returns=3, top_p=0.5, seed=4).search(9)
    assert (search.method, search.returns, search.top_p, search.seed, search.tokens) == ("sample", 3, 0.5, 4, 9)
    with pytest.raises(BadInput, match="limit must be at least 1"):
        Fixed(limit=0).fit(["Red shoe"])


def test_tags_are_ranked_by_score_with_spans_and_sources():
    (row,) = Fixed(limit=2).fit(["Red shoe"]).predict(["A red thing"])
    assert [(tag.text, tag.source) for tag in row] == [("red", "fixed"), ("shoe", "fixed")]
    assert row[0].spans == (Span(2, 5),) and row[1].spans == () and row[0].score > row[1].score
    (row,) = Fixed().fit(["Red shoe"]).predict(["A red thing"])
    assert row[-1].source == "fixed:new"


def test_calibrated_scores_are_the_share_of_correct_tags_on_dev():
    dev = [Product(str(n), "x", tags=("red", "shoe") if n % 2 else ("red",)) for n in range(200)]
    (row,) = Fixed().fit(dev, dev=dev).predict(["x"])
    assert [tag.text for tag in row] == ["red", "shoe", "new"]
    assert [tag.score for tag in row] == pytest.approx([1.0, 0.5, 0.0], abs=0.15)


def test_micro_f1_counts_the_tags_of_all_products():
    products = [Product("1", "x", tags=("red", "blue")), Product("2", "y", tags=("shoe",))]
    tagger = Fixed()
    assert tagger.micro_f1(tagger.votes(products), products) == pytest.approx(2 * 2 / (6 + 3))
    assert tagger.micro_f1([], []) == 0
