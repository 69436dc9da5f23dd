"""The options that strategies with networks share, in each of them, and odd training data."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.errors import BadInput  # noqa: E402
from tagkit.neural import TrainOptions  # noqa: E402
from tagkit.neural.options import choose_model, continued  # noqa: E402
from tagkit.product import Product, Span, Tag  # noqa: E402
from tagkit.taggers import create  # noqa: E402

TRAINED = ("encoder", "sequence")
ALL = (*TRAINED, "semantic")


def texts(row) -> list[str]:
    return [tag.text for tag in row]


def scores(row) -> dict[str, float]:
    return {tag.text: tag.score for tag in row}


def epochs(tagger) -> list[float]:
    return [row["epoch_loss"] for row in tagger.history_ if "epoch_loss" in row]


def test_a_strategy_hands_its_own_values_to_the_training():
    options = create("sequence", epochs=3, seed=7).train_options(learning_rate=1e-3)
    assert type(options) is TrainOptions
    values = (options.epochs, options.seed, options.learning_rate, options.batch_size, options.average)
    assert values == (3, 7, 1e-3, 16, 0.99)


@pytest.mark.parametrize(("examples", "epochs"), [(1452, 15), (640, 15), (286, 34), (64, 60), (None, 15), (16_000, 15)])
def test_few_examples_need_more_epochs_and_deep_encoders_a_lower_rate(examples, epochs):
    tagger = create("sequence")
    options = tagger.suited_options(6, examples)
    assert (options.epochs, options.learning_rate) == (epochs, 5e-4)
    assert tagger.suited_options(12, examples).learning_rate == 2e-4
    given = tagger.set_params(epochs=3, learning_rate=1e-3).suited_options(12, examples)
    assert (given.epochs, given.learning_rate) == (3, 1e-3)


@pytest.mark.parametrize(("examples", "few"), [(1452, False), (640, False), (624, True), (64, True)])
def test_few_examples_are_those_with_more_epochs(examples, few):
    tagger = create("sequence")
    assert tagger.learns_from_few(examples) == few == (tagger.suited_options(6, examples).epochs > 15)
    assert not tagger.set_params(epochs=40).learns_from_few(examples)


def test_a_continued_training_is_short_and_slow_unless_it_begins_new_types():
    options = TrainOptions(epochs=8, learning_rate=1e-3, batch_size=16)
    assert (continued(options).epochs, continued(options).learning_rate) == (2, pytest.approx(3e-4))
    few, many = continued(options, 60), continued(options, 4000)
    assert (few.epochs, few.learning_rate) == (38, 1e-3), "four steps an epoch, and 150 in all"
    assert (many.epochs, many.learning_rate) == (2, 1e-3)


def test_the_encoder_is_chosen_by_the_language_of_the_products():
    chinese, english = Product("1", "蓝色帆布鞋"), Product("2", "Blue canvas shoes")
    assert choose_model("auto", [english]) == "minilm-l6"
    assert choose_model("auto", [chinese, english]) == "e5-small"
    assert choose_model("other", [english]) == "other"


@pytest.mark.parametrize("name", ALL)
def test_one_tag_is_a_vocabulary(name, tiny):
    train = [Product(str(n), f"{colour}高跟鞋", tags=("高跟鞋",)) for n, colour in enumerate(("黑色", "红色", "蓝色"))]
    params = {"epochs": 30} if name in TRAINED else {}
    tagger = tiny(name, **params).fit(train, dev=train[:1])
    assert [texts(row) for row in tagger.predict(train)] == [["高跟鞋"]] * 3


@pytest.mark.parametrize("name", ALL)
def test_no_tag_at_all_is_one_clear_error(name, tiny):
    with pytest.raises(BadInput, match=f"{name}.*tag.* train"):
        tiny(name).fit(["黑色高跟鞋", "红色高跟鞋"])


@pytest.mark.parametrize("name", ALL)
def test_items_without_tags_and_labels_that_train_lacks(name, tiny, products):
    train = [*products, Product("none", "蓝色高跟鞋"), Product("blank", "")]
    cup = Tag("水杯", spans=(Span(2, 4),), type="新")
    other = Product("other", "绿色水杯", tags=("水杯", "绿色"), annotations=(cup,))
    dev = [other, products[0], Product("untagged", "蓝色帆布鞋")]
    tagger = tiny(name, **({"patience": 1} if name in TRAINED else {})).fit(train, dev=dev)
    known = {tag for product in products for tag in product.tags}
    found = tagger.predict([other, *products])
    if name != "sequence":
        assert all(found) and {text for row in found for text in texts(row)} <= known


@pytest.mark.parametrize("name", TRAINED)
def test_a_title_without_a_character_leaves_the_loss_a_number(name, tiny, products):
    tagger = tiny(name, batch_size=1).fit([*products[:4], Product("blank", "", tags=("鞋子",))])
    assert len(epochs(tagger)) == 2 and np.isfinite(epochs(tagger)).all()


@pytest.mark.parametrize("name", ALL)
def test_a_folder_that_is_no_model_is_named(name, tiny, tmp_path, products):
    with pytest.raises(BadInput, match=rf"{tmp_path} is not a model directory"):
        tiny(name, model=str(tmp_path)).fit(products)


@pytest.mark.parametrize("name", (*TRAINED, "seq2seq"))
def test_patience_stops_early(name, tiny, products):
    tagger = tiny(name, epochs=20, patience=2, learning_rate=1e-12).fit(products[:18], dev=products[18:])
    assert len(epochs(tagger)) == 3, "the first epoch stays the best"


@pytest.mark.parametrize("name", TRAINED)
def test_the_category_is_read_where_it_is_wanted(name, tiny, annotated):
    asked = [Product("a", "红色女百搭", category="鞋子"), Product("b", "红色女百搭", category="女装")]
    for category in (True, False):
        tagger = tiny(name, category=category).fit(annotated)
        read = tagger._logits(asked) if name == "encoder" else list(tagger.character_probabilities(asked))
        assert np.allclose(read[0], read[1], atol=1e-6) is not category


@pytest.mark.parametrize("name", ALL)
def test_tagging_in_bf16_agrees(name, tiny, annotated):
    tagger = tiny(name, **({"epochs": 8} if name in TRAINED else {})).fit(annotated)
    read = tagger.character_probabilities if name == "sequence" else tagger.predict
    exact = list(read(annotated))
    low = list(read(annotated)) if tagger.set_params(tag_precision="bf16") else []
    for one, other in zip(exact, low, strict=True):
        if name == "sequence":
            assert np.abs(one - other).max() < 0.05
        else:
            assert scores(one) == pytest.approx(scores(other), abs=0.05)


@pytest.mark.parametrize(
    ("name", "params"),
    [("encoder", {"loss": "asymmetric"}), ("encoder", {"loss": "focal"}), ("sequence", {"crf": True}), ("seq2seq", {})],
)
def test_training_in_bf16(name, params, tiny, annotated):
    """Emulated where the processor has none, so that the types of all numbers fit everywhere."""
    tagger = tiny(name, precision="bf16", epochs=8, **params).fit(annotated)
    losses = [row["epoch_loss"] for row in tagger.history_ if "epoch_loss" in row]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", TRAINED)
def test_an_unknown_precision_is_named(name, tiny, annotated):
    with pytest.raises(BadInput, match="precision must be one of auto, fp32, bf16, not 'fp8'"):
        tiny(name, precision="fp8").fit(annotated)
