"""Features of texts, the votes of neighbours, and the targets of classifiers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from tagkit.errors import BadInput
from tagkit.features import CleaningOptions, TextFeatures, targets, votes
from tagkit.product import Product
from tagkit.state import read_state, write_state


def test_both_parts_are_those_of_scikit_learn():
    products = [Product("1", "Red shoes", lang="en"), Product("2", "red dress of silk", lang="en")]
    texts, without_stop_words = ["red shoes", "red dress of silk"], ["red shoes", "red dress silk"]
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 3), sublinear_tf=True).fit_transform(texts)
    words = TfidfVectorizer(sublinear_tf=True).fit_transform(without_stop_words)
    both, alone = TextFeatures(), TextFeatures(use_words=False)
    expected = np.hstack([characters.toarray(), words.toarray()])
    np.testing.assert_allclose(both.fit(products).toarray(), expected)
    np.testing.assert_allclose(both.transform(products[1:]).toarray(), expected[1:])
    np.testing.assert_allclose(alone.fit(products).toarray(), characters.toarray())


def test_user_words_are_not_split():
    product = Product("1", "收腰显瘦连衣裙", lang="zh")
    features = TextFeatures()
    features.fit([product], ["收腰显瘦"])
    assert features.words(product) == ["收腰显瘦", "连衣裙"]
    features.fit([product])
    assert "收腰显瘦" not in features.words(product)


def test_texts_without_a_word_are_refused_in_one_sentence():
    with pytest.raises(BadInput, match="no word is left in the cleaned texts of train"):
        TextFeatures().fit([Product("1", "😀👠"), Product("2", "🎒")])


def test_rare_features_are_ignored_unless_all_are_rare():
    titles = ["red dress", "red shoes", "blue hat"]
    common = TextFeatures(min_count=2)
    common.fit(titles_of(titles))
    assert common.state()["word_terms"] == ["red"]
    rare = TextFeatures(min_count=2)
    rare.fit(titles_of(["xyz", "uvw"]))
    assert rare.state()["word_terms"] == ["uvw", "xyz"]


def titles_of(titles):
    return [Product(title, title, lang="en") for title in titles]


def test_the_state_restores_the_features(products, tmp_path):
    features = TextFeatures()
    features.fit(products[:12], ["高跟鞋"])
    again = TextFeatures()
    again.restore(read_state(write_state(tmp_path, features.state())))
    np.testing.assert_array_equal(again.transform(products).toarray(), features.transform(products).toarray())


def test_cleaning_steps_can_be_skipped():
    assert CleaningOptions().clean("RED&nbsp;藍").text == "red 蓝"
    assert CleaningOptions(skip_cleaning=("case", "traditional")).clean("RED&nbsp;藍").text == "RED 藍"


def test_votes_by_hand():
    gold = sparse.csr_matrix([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    found = votes(gold, np.array([1, 0]), np.array([0.9, 0.7]), temperature=0.2)
    share = 1 / (1 + np.exp(-1))
    np.testing.assert_allclose(found, [1.0, share])


def test_targets_are_which_product_has_which_tag():
    products = [Product("1", "x", tags=("a", "b")), Product("2", "y"), Product("3", "z", tags=("b", "b", "c"))]
    assert targets(products, ["b", "a"]).toarray().tolist() == [[1, 1], [0, 0], [1, 0]]
    assert targets(products[1:2], ["a"]).shape == (1, 1) and targets(products, []).shape == (3, 0)
