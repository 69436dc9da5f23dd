import pytest

from tagkit.explaining.faithfulness import faithfulness
from tagkit.explanation import words_at
from tagkit.product import Product

TEXT = "red shoe for women"


def score(products):
    return [0.8 * ("red" in product.text) + 0.2 * ("shoe" in product.text) for product in products]


def ranking(*weights):
    spans = [(0, 3), (4, 8), (9, 12), (13, 18)]
    return words_at(TEXT, ((*span, weight) for span, weight in zip(spans, weights, strict=True)))


def test_the_words_that_count_are_more_faithful_than_others():
    right, wrong = faithfulness(Product(TEXT), [ranking(2, 1, 0, 0), ranking(0, 0, 1, 2)], score)
    # Bins of 1, 5, 10 and 20 % are one word here, that of 50 % two.
    assert right.comprehensiveness == pytest.approx((4 * 0.8 + 1.0) / 5)
    assert right.sufficiency == pytest.approx((4 * 0.2 + 0.0) / 5)
    assert wrong.comprehensiveness == pytest.approx(0.0)
    assert wrong.sufficiency == pytest.approx(1.0)


def test_a_missing_word_counts_nothing_and_an_empty_text_is_no_error():
    alone = words_at(TEXT, [(0, 3, 1.0)])
    assert faithfulness(Product(TEXT), [alone], score)[0].comprehensiveness == pytest.approx((4 * 0.8 + 1.0) / 5)
    assert faithfulness(Product("!!"), [()], score)[0].sufficiency == 0.0


def test_scores_are_asked_once_for_all_explanations():
    calls = []

    def counted(products):
        calls.append(len(products))
        return score(products)

    faithfulness(Product(TEXT), [ranking(2, 1, 0, 0)] * 5, counted)
    assert len(calls) == 1 and calls[0] == len({TEXT, 1, 2, 3, 4})
