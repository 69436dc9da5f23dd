"""The network of `seq2seq`: step by step it computes the probabilities of training, and expectations over lists."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")
from tagkit.generation import Search, decode  # noqa: E402
from tagkit.generation.tag_batches import CopySpans, TagBatches  # noqa: E402
from tagkit.generation.tag_decoder import TagStepper  # noqa: E402
from tagkit.generation.target_order import TargetOrder  # noqa: E402


def test_lists_are_distinct_known_tags_and_finish(network, read, products, tags):
    search = Search(method="sample", returns=8, tokens=len(tags) + 1, temperature=5.0)
    keys = [product.text for product in products]
    for texts in decode(TagStepper(network), read(products), search, network.end, keys=keys):
        for text in texts:
            assert text.finished and text.tokens[-1] == network.end
            assert len(set(text.tokens)) == len(text.tokens)
            assert max(text.tokens) <= network.end


def test_the_stepper_computes_the_probabilities_of_training(network, read, products, tags):
    """After any selection of rows, each step gives the probabilities that `forward` gives for the whole list."""
    some, lists = products[:5], [[2, 0], [1], [], [0, 1, 3], [3]]
    readings = CopySpans(tags)(some, read(some))
    padding = network.scorer.backbone.padding
    batch = TagBatches(TargetOrder("given", [], -1, network.end), lists)(readings, range(5), padding)
    stepper = TagStepper(network)
    with torch.inference_mode():
        expected = network(batch)
        assert torch.allclose(stepper.start(readings).log_softmax(-1), expected[:, 0], atol=1e-5)
        rows = torch.tensor([3, 0])
        stepper.select(rows)
        logits = stepper.feed(torch.tensor([0, 2]))
        assert torch.allclose(logits.log_softmax(-1), expected[rows, 1], atol=1e-5)
        assert torch.isinf(logits[0, 0]) and torch.isinf(logits[1, 2])
        assert (expected[0, 0] - expected[0, 1]).isfinite().sum() > 1
        assert not torch.allclose(expected[0, 0, 3:7], expected[0, 1, 3:7], atol=1e-2), "the first tag matters"


def test_expected_shares_agree_with_counts(network, read, products):
    readings, stepper = read(products[:2]), TagStepper(network)
    search = Search(method="sample", returns=400, tokens=8)
    found = decode(stepper, readings, search, network.end, keys=["a", "b"])
    expected = stepper.expect(found)
    for row, texts in enumerate(found):
        counts = np.bincount([token for text in texts for token in text.tokens], minlength=network.end + 1) / 400
        assert expected.share[row, network.end] == 0
        assert np.abs(expected.share[row, : network.end] - counts[: network.end]).max() < 0.1
        assert expected.share[row].max() > 0.1
        best = max(
            text.log_probs[text.tokens.index(token)]
            for text in texts
            for token in [texts[0].tokens[0]]
            if token in text.tokens
        )
        assert expected.best[row, texts[0].tokens[0]] >= best - 1e-4
