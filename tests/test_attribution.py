import pytest

from tagkit import attribution
from tagkit.product import Product, Span

PRODUCT = Product("1", "黑色高跟鞋 女鞋", "real leather shoes", category="鞋/女鞋")


def test_words_are_those_of_the_text():
    words = [PRODUCT.text[span.start : span.end] for span in attribution.word_spans(PRODUCT)]
    assert words == ["黑色", "高跟鞋", "女鞋", "real", "leather", "shoes"]


def test_what_is_left_out_leaves_all_else_in_its_place():
    rest = attribution.without(PRODUCT, [Span(0, 2), Span(7, 13)])
    assert rest.title == "  高跟鞋 女 " and rest.description == "     leather shoes"
    assert len(rest.text) == len(PRODUCT.text) and rest.category == PRODUCT.category
    assert attribution.without(PRODUCT, []) == PRODUCT


def test_occlusion_is_what_the_score_loses():
    asked = []

    def score(products):
        asked.append(len(products))
        return [0.75 * ("高跟鞋" in one.text) + 0.25 * ("leather" not in one.text) for one in products]

    words, shares = attribution.occlusion(PRODUCT, score)
    weights = {word.text: word.weight for word in words}
    assert weights == {"黑色": 0.0, "高跟鞋": 0.75, "女鞋": 0.0, "real": 0.0, "leather": -0.25, "shoes": 0.0}
    assert asked == [8] and shares == ()


def test_long_texts_are_left_out_in_stretches():
    words, _ = attribution.occlusion(Product(" ".join(["shoe"] * 1000)), lambda rows: [0.0] * len(rows))
    assert len(words) == attribution.MOST and words[0].text == "shoe shoe shoe shoe shoe"
    assert attribution.occlusion(Product("!"), lambda rows: [0.0] * len(rows)) == ((), ())


def test_the_category_is_told_where_it_counts():
    words, (share,) = attribution.occlusion(PRODUCT, lambda rows: [0.5 * bool(one.category) for one in rows])
    assert (share.name, share.value) == ("category", 0.5) and not any(word.weight for word in words)
    assert attribution.occlusion(PRODUCT, lambda rows: [1.0] * len(rows))[1] == ()
    assert attribution.occlusion(Product("1", "鞋"), lambda rows: [1.0] * len(rows))[1] == ()


def test_pieces_are_pooled_by_word_and_lose_nothing():
    words, rest = attribution.pool(PRODUCT, [(0, 2, 1.0), (1, 3, 0.5), (5, 6, 0.25), (4, 7, -1.0), (8, 9, 2.0)])
    weights = {word.text: word.weight for word in words}
    assert weights["黑色"] == pytest.approx(1.25) and weights["高跟鞋"] == pytest.approx(-0.25)
    assert weights["女鞋"] == pytest.approx(-0.5) and rest == pytest.approx(2.25)
    assert sum(weights.values()) + rest == pytest.approx(2.75)


def test_the_default_explanation():
    found = attribution.by_occlusion(PRODUCT, "鞋", "toy", lambda rows: [0.5 * ("女鞋" in one.text) for one in rows])
    assert found.score == 0.5 and found.given and found.method == "occlusion"
    assert [word.text for word in found.strongest()] == ["女鞋"]


def test_rough_scores_give_the_weights_and_exact_ones_the_score():
    found = attribution.by_occlusion(
        PRODUCT, "鞋", "toy", lambda rows: [0.5] * len(rows), lambda rows: [0.4 * ("女鞋" in one.text) for one in rows]
    )
    assert found.score == 0.5 and [word.weight for word in found.strongest()] == pytest.approx([0.4])
