"""The network of `span`, its targets and its loss."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tagkit.neural.backbone import Backbone  # noqa: E402
from tagkit.neural.span_scorer import (  # noqa: E402
    Example,
    SpanScorer,
    collate,
    mark_loss,
    span_loss,
    targets,
    token_marks,
)
from tagkit.neural.spans import SpanUnits  # noqa: E402

TYPES = {"品": 0, "色": 1}


def example(window, text, gold):
    found = SpanUnits(True, 3).candidates(window, text)
    return Example(
        window,
        found,
        np.array([[0, 1]]),
        np.ones((1, 3), dtype=np.float32),
        np.zeros(2, dtype=np.float32),
        *targets(text, found, gold, TYPES),
        token_marks(window, gold, TYPES),
    )


@pytest.fixture
def network(tiny_model):
    backbone = Backbone.load(str(tiny_model))
    torch.manual_seed(0)
    labels = np.eye(2, backbone.size, dtype=np.float32)
    return SpanScorer(backbone, labels, -2.0, 0.0).eval()


def test_targets_nest_and_other_places_of_a_value_do_not_count(network):
    text = "红鞋红"
    (window,) = network.backbone.reader("char").read([text])
    one = example(window, text, [(0, 1, "色"), (0, 2, "品"), (1, 2, "品")])
    places = list(zip(one.found.starts.tolist(), one.found.ends.tolist(), strict=True))
    gold = {(*places[at], kind) for at, kind in np.argwhere(one.gold).tolist()}
    assert gold == {(0, 1, 1), (0, 2, 0), (1, 2, 0)}
    assert [(*places[at], kind) for at, kind in np.argwhere(~one.counted).tolist()] == [(2, 3, 1)]


def test_a_window_has_the_same_scores_alone_and_in_a_batch(network):
    texts = ["红色高跟鞋", "蓝色"]
    windows = network.backbone.reader("char").read(texts)
    rows = [example(window, text, []) for window, text in zip(windows, texts, strict=True)]
    batch = collate(rows, network.backbone.padding)
    with torch.no_grad():
        tokens = network(batch["ids"], batch["mask"])
    for row, one in enumerate(rows):
        alone = collate([one], 0)
        with torch.no_grad():
            own = network(alone["ids"], alone["mask"])[0]
        assert np.allclose(network.scores_of(tokens[row], one), network.scores_of(own, one), atol=1e-5)


def test_what_the_dictionary_knows_is_added_to_one_span_and_type(network):
    (window,) = network.backbone.reader("char").read(["红鞋"])
    one = example(window, "红鞋", [])
    tokens = network(*(collate([one], 0)[key] for key in ("ids", "mask")))[0]
    other = Example(one.window, one.found, one.at, 2 * one.known, one.prior, one.gold, one.counted, one.marks)
    more = network.scores_of(tokens, other) - network.scores_of(tokens, one)
    assert more[0, 1] == pytest.approx(10 * network.known.sum().item(), abs=1e-4)
    more[0, 1] = 0
    assert np.allclose(more, 0, atol=1e-5)


def test_a_type_is_added_by_its_label_alone(network):
    (window,) = network.backbone.reader("char").read(["红鞋"])
    one = example(window, "红鞋", [])
    tokens = network(*(collate([one], 0)[key] for key in ("ids", "mask")))[0]
    before = network.scores_of(tokens, one)
    network.add(np.eye(2, network.backbone.size, dtype=np.float32)[:1])
    padded = np.zeros((len(one.gold), 3), dtype=bool)
    wider = Example(window, one.found, one.at, one.known, np.zeros(3, dtype=np.float32), padded, ~padded, one.marks)
    after = network.scores_of(tokens, wider)
    assert np.allclose(after[:, :2], before, atol=1e-5) and np.allclose(after[:, 2], before[:, 0], atol=1e-5)


def test_the_loss_falls_as_gold_rises_and_others_fall():
    gold = torch.tensor([[[True], [False], [False]]])
    counted = torch.tensor([[[True], [True], [False]]])
    values = [span_loss(torch.tensor([[[a], [b], [9.0]]]), gold, counted) for a, b in ((0.0, 0.0), (4.0, -4.0))]
    assert values[0] == pytest.approx(2 * np.log(2), abs=1e-5) and values[1] < 0.05
    assert span_loss(torch.zeros(1, 3, 1), gold & False, counted) == pytest.approx(np.log(3), abs=1e-5)


def test_tokens_are_marked_by_the_longest_values_without_overlaps(network):
    (window,) = network.backbone.reader("char").read(["红鞋红帽"])
    marks = token_marks(window, [(0, 1, "色"), (0, 2, "品"), (2, 3, "色")], TYPES)
    assert marks[window.starts >= 0].tolist() == [1, 3, 2, 0] and set(marks[window.starts < 0]) == {0}


def test_marks_are_probabilities_and_the_right_ones_have_the_lowest_loss(network):
    (window,) = network.backbone.reader("char").read(["红鞋"])
    batch = collate([example(window, "红鞋", [(0, 2, "品")])], 0)
    logs = network.mark_logs(network(batch["ids"], batch["mask"]))
    assert logs.shape[-1] == 5 and torch.allclose(logs.exp().sum(-1), torch.ones(logs.shape[:2]))
    sure = 50 * torch.nn.functional.one_hot(batch["marks"], 5).float()
    assert mark_loss(sure.log_softmax(-1), batch["marks"], 1) < 1e-3 < mark_loss(logs, batch["marks"], 1)
    assert mark_loss(logs, batch["marks"] * 0 - 100, 0) == 0


def test_the_score_of_one_span_is_the_sum_of_what_text_values_and_type_say(network):
    (window,) = network.backbone.reader("char").read(["红鞋"])
    one = replace(example(window, "红鞋", []), prior=np.array([0.5, -1.0], dtype=np.float32))
    tokens = network(*(collate([one], 0)[key] for key in ("ids", "mask")))[0]
    scores = network.scores_of(tokens, one)
    ids = torch.from_numpy(window.ids)[None].expand(2, -1)
    for span, kind in ((0, 1), (0, 0), (1, 1)):
        text = network.text_score(ids, int(one.found.first[span]), int(one.found.last[span]), kind)
        known, prior = network.known_score(one, span, kind)
        assert text.requires_grad and text.shape == (2,)
        assert (known != 0) == ((span, kind) == (0, 1)) and np.sign(prior) == np.sign(one.prior[kind])
        assert scores[span, kind] == pytest.approx(text[0].item() + known + prior, abs=1e-5)
