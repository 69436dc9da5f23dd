"""What each strategy without a network says of its own tags."""

import pytest
from scipy.special import expit, logit

import tagkit
from tagkit.contract import PRODUCTS
from tagkit.product import Product
from tagkit.taggers import create

TRAIN, DEV = PRODUCTS[:18], PRODUCTS[18:]
PLAIN = ("dictionary", "lexicon", "knn", "linear", "hybrid", "tfidf", "kpminer", "textrank", "singlerank")
PLAIN += ("positionrank", "topicrank", "multipartiterank", "firstphrases", "yake")
KINDS = ("高跟鞋", "衬衫", "背包", "水杯")
TEXT = "<b>黑色</b>高跟鞋女尖头细跟 全棉Ｔ恤"


@pytest.fixture(scope="module")
def fitted():
    made = {}

    def get(name, **params):
        key = name, str(params)
        if key not in made:
            made[key] = create(name, **params).fit(TRAIN, dev=DEV)
        return made[key]

    return get


@pytest.mark.parametrize("name", PLAIN)
def test_every_strategy_explains_its_first_tag(fitted, name):
    tagger = fitted(name)
    for product in (*PRODUCTS[:3], PRODUCTS[9]):
        best = tagger.predict(product)[0]
        found = tagkit.explain(tagger, product)
        assert (found.tag, found.given, found.strategy) == (best.text, True, name)
        assert found.score == pytest.approx(best.score, abs=1e-6)
        assert all(product.text[word.start : word.end] == word.text for word in found.words)
        assert found.strongest(1) and best.text in found._repr_html_()


@pytest.mark.parametrize("name", PLAIN)
def test_unknown_tags_and_uncleaned_texts_are_explained_too(fitted, name):
    found = tagkit.explain(fitted(name), TEXT, "无此标签")
    assert not found.given and "why not" in found.facts and found.text == TEXT


@pytest.mark.parametrize("tag", ["高跟鞋", "鞋子"])
def test_words_of_linear_add_up_to_the_decision_score(fitted, tag):
    tagger = fitted("linear")
    for product in (*PRODUCTS[:12], TEXT):
        found = tagkit.explain(tagger, product, tag)
        words = sum(word.weight for word in found.words)
        decision = found.facts["decision score"]
        assert found.shares[0].value == pytest.approx(words, abs=1e-9)
        assert sum(share.value for share in found.shares) == pytest.approx(decision, abs=1e-6)
        assert found.shares[1].value == pytest.approx(0, abs=0.2)
        if 0.001 < found.score < 0.999:
            assert logit(found.score) == pytest.approx(tagger.scale_ * decision + tagger.shift_, abs=1e-2)


def test_features_of_linear_stand_where_they_are_said_to(fitted):
    features = fitted("linear")._features
    product = PRODUCTS[0]
    x = features.transform([product])
    places = features.places(product)
    names = [name for part in features.parts.values() for name in part.get_feature_names_out()]
    assert set(x.indices) == set(places)
    for column, spans in places.items():
        texts = {product.text[start:end].lower() for start, end in spans}
        assert texts == {names[column].strip()} or not names[column].strip()


def test_shares_of_hybrid_add_up(fitted):
    for product in PRODUCTS[:4]:
        found = tagkit.explain(fitted("hybrid"), product)
        assert expit(sum(share.value for share in found.shares)) == pytest.approx(found.score, abs=1e-6)
        found = tagkit.explain(fitted("hybrid", method="rrf"), product)
        assert sum(share.value for share in found.shares) == pytest.approx(found.score, abs=1e-5)


def test_a_sub_tagger_that_does_not_give_the_tag_has_no_share(fitted):
    found = tagkit.explain(fitted("hybrid"), "黑色高跟鞋", "优雅")
    assert next(share for share in found.shares if share.name == "lexicon").value == 0
    assert [share.name for share in found.shares][:3] == ["lexicon", "knn", "linear"]


@pytest.mark.parametrize("index", ["both", "bm25", "char"])
def test_the_neighbours_of_knn_hold_its_votes(fitted, index):
    found = tagkit.explain(fitted("knn", index=index), PRODUCTS[0], "高跟鞋")
    votes = sum(near.similarity for near in found.neighbours if near.has_tag)
    assert votes == pytest.approx(found.score) == pytest.approx(found.shares[0].value)
    assert sum(near.similarity for near in found.neighbours) == pytest.approx(1)
    assert found.neighbours[0].title == PRODUCTS[0].title and found.neighbours[0].tags


def test_a_loaded_knn_shows_the_words_of_its_neighbours(fitted, tmp_path):
    loaded = tagkit.load_tagger(fitted("knn").save(tmp_path / "knn"))
    found = tagkit.explain(loaded, PRODUCTS[0], "高跟鞋")
    assert "高跟鞋" in found.neighbours[0].title and found.neighbours[0].title != PRODUCTS[0].title


def test_lexicon_names_its_entry(fitted):
    found = tagkit.explain(fitted("lexicon"), "黑色高跟鞋", "黑色")
    assert found.facts["entry"].startswith("黑色 (precision") and [word.text for word in found.words] == ["黑色"]


@pytest.mark.parametrize("name", ["dictionary", "lexicon"])
def test_an_entry_is_where_the_tag_stands(fitted, name):
    found = tagkit.explain(fitted(name), "黑色高跟鞋", "高跟鞋")
    assert found.method == "entry" and [word.text for word in found.words] == ["高跟鞋"]
    assert not tagkit.explain(fitted(name), "黑色高跟鞋", "水杯").words


def test_the_words_that_linear_and_hybrid_read_count():
    shop = [Product(f"{c}{k}", f"{c}{k}女士", tags=(c, k)) for c in ("红色", "蓝色", "黑色") for k in KINDS]
    found = tagkit.explain(create("linear").fit(shop), "一款红色的高跟鞋", "红色")
    assert found.strongest(1)[0].text == "红色" and found.shares[0].value > abs(found.shares[1].value)
    found = tagkit.explain(create("hybrid").fit(shop, dev=shop), "一款红色的高跟鞋", "红色")
    told = float(str(found.facts["shares"]).rsplit(" ", 1)[-1])
    assert sum(share.value for share in found.shares) == pytest.approx(told, abs=1e-3)
    assert any(word.weight > 0 and word.text == "红色" for word in found.words)
