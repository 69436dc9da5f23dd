"""Training batches of `seq2seq`, and the spans that may be copied."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")
from tagkit.generation.tag_batches import CopySpans, TagBatches, loss  # noqa: E402
from tagkit.generation.target_order import TargetOrder  # noqa: E402
from tagkit.product import Product  # noqa: E402


def test_words_and_pairs_of_words_may_be_copied_but_not_known_tags(read, tags):
    product = Product("x", "blue velvet sofa 高跟鞋", lang="")
    (reading,) = CopySpans(tags)([product], read([product]))
    assert {"velvet", "velvet sofa"} <= set(reading.copies)
    assert {"blue", "高跟鞋"} <= set(tags) and not set(reading.copies) & set(tags)
    for span, (first, last) in zip(reading.copies, reading.places, strict=True):
        assert product.text[reading.window.starts[first] : reading.window.ends[last - 1]] == span


def test_a_hidden_tag_becomes_a_span_to_copy(network, read, tags, monkeypatch):
    monkeypatch.setattr("tagkit.generation.tag_batches.HIDDEN", 1.1)
    product = Product("x", f"{tags[0]} 好看", tags=(tags[0],))
    readings = CopySpans(tags)([product], read([product]))
    batches = TagBatches(TargetOrder("set", [[(0,)]], -1, network.end), [[0]])
    batches.hide([product], tags, readings)
    batch = batches(readings, [0], 0)
    span = network.end + 1 + len(readings[0].copies)
    assert batch["hidden"][0, 0] and batch["given"].tolist() == [[network.end, span]]
    assert batch["copied"][0, len(readings[0].copies)]


@pytest.mark.parametrize("order", ["given", "set"])
def test_targets_are_the_next_tag_or_any_remaining_tag(network, read, products, order):
    torch.manual_seed(0)
    batch = TagBatches(TargetOrder(order, [], -1, network.end), [[2, 0, 1]])(read(products[:1]), [0], 0)
    first, *given = batch["given"][0].tolist()
    assert first == network.end and sorted(given) == [0, 1, 2]
    targets = {}
    for position, token, weight in zip(*(batch[key].tolist() for key in ("position", "token", "weight")), strict=True):
        targets.setdefault(position, {})[token] = weight
    for position in range(3):
        correct = given[position:] if order == "set" else [2, 0, 1][position : position + 1]
        assert targets[position] == pytest.approx(dict.fromkeys(correct, 1 / len(correct)))
    assert targets[3] == {network.end: 1.0}


def test_the_loss_is_the_mean_over_the_positions():
    log_probs = torch.tensor([[[-1.0, -2.0], [-3.0, -4.0]]])
    batch = {
        "row": torch.tensor([0, 0, 0]),
        "position": torch.tensor([0, 0, 1]),
        "token": torch.tensor([0, 1, 1]),
        "weight": torch.tensor([0.5, 0.5, 1.0]),
    }
    assert loss(lambda _: log_probs, batch).item() == pytest.approx((1.5 + 4.0) / 2)
