"""TF-IDF of words and phrases."""

from __future__ import annotations

import random

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from tagkit.product import Product
from tagkit.taggers import create


def test_it_has_the_weights_of_scikit_learn():
    rng = random.Random(1)
    words = ["lamp", "oak", "glass", "iron", "cork", "wool", "silk", "clay", "jade"]
    products = [Product(str(i), " ".join(rng.choices(words, k=8)), lang="en") for i in range(20)]
    model = TfidfVectorizer(norm=None, ngram_range=(1, 3)).fit([product.title for product in products])
    new = Product("new", "oak oak wool lamp oak wool jade", lang="en")
    row = model.transform([new.title])
    known = dict(zip(model.get_feature_names_out()[row.indices], row.data, strict=True))
    [tags] = create("tfidf", limit=None).fit(products).predict([new])
    scores = {tag.text: tag.score for tag in tags}
    assert set(known) <= set(scores)
    factor = scores["oak"] / known["oak"]
    for text, value in known.items():
        assert scores[text] == pytest.approx(value * factor, abs=1e-8)


def test_rare_words_of_train_come_first():
    products = [Product(str(i), f"高跟鞋 {word}", lang="zh") for i, word in enumerate(["蓝色", "红色", "真皮", "夏季"])]
    [tags] = create("tfidf").fit(products).predict(["高跟鞋 帆布"])
    assert [tag.text for tag in tags] == ["帆布", "高跟鞋"]


def test_without_smoothing_a_word_of_every_text_scores_0():
    train = [Product("1", "red shoe", lang="en"), Product("2", "red dress", lang="en")]
    tagger = create("tfidf", smoothing=0.0, tag_words=False).fit(train)
    [tags] = tagger.predict([Product("3", "red red hat", lang="en")])
    scores = {tag.text: tag.score for tag in tags}
    assert scores["red"] == 0 and scores["red hat"] == scores["hat"] == 1
