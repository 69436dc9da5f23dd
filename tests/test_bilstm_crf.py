"""BiLSTM-CRF: partly known labels against enumeration, learning, partly labelled sentences, the instance selector."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the strategy needs tagkit[models]")

from tagkit.errors import BadInput  # noqa: E402
from tagkit.neural.bilstm import loss  # noqa: E402
from tagkit.neural.crf import CRF  # noqa: E402
from tagkit.product import Product, Span, Tag  # noqa: E402
from tagkit.taggers import Tagger, create  # noqa: E402
from tagkit.taggers import bilstm_crf as module  # noqa: E402
from tagkit.taggers.ensemble import Ensemble  # noqa: E402

SMALL = {"size": 16, "hidden": 16, "epochs": 40, "learning_rate": 0.02, "dropout": 0.0, "batch_size": 8}


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))


def spans(lists):
    return [{(span.start, span.end, tag.type) for tag in row for span in tag.spans} for row in lists]


def gold(products):
    return spans(product.annotations for product in products)


def well_formed(path):
    return all(b in (0, 1, 3) or a in (b, b - 1) for a, b in itertools.pairwise((0, *path)))


def test_likelihood_of_partly_known_labels_agrees_with_enumeration():
    torch.manual_seed(0)
    crf = CRF(5)
    torch.nn.init.normal_(crf.moves)
    scores = torch.randn(4, 4, 5)
    allowed = torch.zeros(4, 4, 5, dtype=torch.bool)
    allowed[0] = True  # nothing is known
    for at, label in enumerate((1, 2, 0, 3)):  # everything is
        allowed[1, at, label] = True
    allowed[2, 0], allowed[2, 2] = True, True  # some is, and the row is shorter
    allowed[2, 1, 3] = True
    found = crf.log_likelihood(scores, allowed).detach()
    for row, length in enumerate((4, 4, 3)):
        weights = {}
        for path in filter(well_formed, itertools.product(range(5), repeat=length)):
            moved = sum(crf.moves[a, b].item() for a, b in itertools.pairwise(path))
            weights[path] = moved + sum(float(scores[row, at, label]) for at, label in enumerate(path))
        agreeing = [w for path, w in weights.items() if all(allowed[row, at, label] for at, label in enumerate(path))]
        wanted = np.logaddexp.reduce(agreeing) - np.logaddexp.reduce(list(weights.values()))
        assert float(found[row]) == pytest.approx(wanted, abs=1e-4)
    assert float(found[0]) == pytest.approx(0, abs=1e-5) and float(found[3]) == 0
    labels = torch.tensor([[1, 2, 0, 3]])
    assert float(crf.loss(scores[1:2], labels).detach()) == pytest.approx(-float(found[1]) / 4, abs=1e-4)


def test_long_rows_stay_exact():
    torch.manual_seed(0)
    crf, scores = CRF(5), 5 * torch.randn(1, 4000, 5)
    torch.nn.init.normal_(crf.moves)
    whole = crf.marginals(scores, torch.ones(1, 4000, dtype=torch.bool))[0, -50:-20].detach()
    tail = crf.marginals(scores[:, -500:], torch.ones(1, 500, dtype=torch.bool))[0, -50:-20].detach()
    assert float((whole - tail).abs().max()) < 1e-4


def test_it_learns_where_spans_begin_and_end(annotated, tmp_path):
    tagger = create("bilstm_crf", **SMALL).fit(annotated)
    found = tagger.predict(annotated)
    assert spans(found) == gold(annotated)
    assert Tagger.load(tagger.save(tmp_path / "model")).predict(annotated) == found
    unseen = Product("new", "蓝色男短袖新款")
    assert (0, 2, "色") in spans(tagger.predict([unseen]))[0]


def test_what_a_partly_labelled_sentence_lacks_is_not_learnt_as_outside(annotated):
    """Most sentences mark the colour alone; as partly labelled ones they do not say that the name is no entity."""
    lacking = [replace(p, id=f"ds_pa-{n}", annotations=p.annotations[:1]) for n, p in enumerate(annotated * 2)]
    names = {}
    for partial in ("ds_pa", ""):
        tagger = create("bilstm_crf", partial=partial, **SMALL).fit([*annotated[::2], *lacking])
        names[partial] = sum(any(kind == "品" for *_, kind in row) for row in spans(tagger.predict(annotated)))
    assert names["ds_pa"] > 2 / 3 * len(annotated) and names[""] < len(annotated) / 2


def test_the_policy_learns_to_keep_what_is_likely():
    """Of the partly labelled sentences every second is much less likely; all that differs is the policy's state."""
    torch.manual_seed(0)
    chain, policy = CRF(3), torch.nn.Linear(1, 1)
    optimizer = torch.optim.Adam(policy.parameters(), lr=0.05)
    allowed = torch.zeros(8, 2, 3, dtype=torch.bool)
    allowed[:, :, 0] = True
    scores = torch.zeros(8, 2, 3)
    scores[::2, :, 1] = 5.0
    batch = {"allowed": allowed, "mask": torch.ones(8, 2), "distant": torch.ones(8, dtype=torch.bool)}
    for _ in range(300):
        optimizer.zero_grad()
        loss(chain, batch, scores, policy(scores[:, 0, 1:2])[:, 0]).backward()
        optimizer.step()
    keeps = policy(scores[:, 0, 1:2])[:, 0].sigmoid()
    assert keeps[::2].max() < 0.2 and keeps[1::2].min() > 0.5


def test_what_the_policy_drops_teaches_nothing():
    chain = CRF(3)
    scores = torch.randn(3, 2, 3, requires_grad=True)
    allowed = torch.zeros(3, 2, 3, dtype=torch.bool)
    allowed[:, :, 0] = True
    distant = torch.tensor([True, True, False])
    batch = {"allowed": allowed, "mask": torch.ones(3, 2), "distant": distant}
    loss(chain, batch, scores, torch.tensor([-100.0, 100.0, -100.0])).backward()
    taught = scores.grad.abs().sum((1, 2)) > 0
    assert taught.tolist() == [False, True, True], "what people labelled is always kept"


def test_the_selector_trains_with_the_rest(annotated, tmp_path):
    lacking = [replace(p, id=f"ds_pa-{n}", annotations=p.annotations[:1]) for n, p in enumerate(annotated)]
    tagger = create("bilstm_crf", select=True, **SMALL).fit([*annotated, *lacking])
    assert spans(tagger.predict(annotated)) == gold(annotated)
    assert Tagger.load(tagger.save(tmp_path / "model")).predict(annotated) == tagger.predict(annotated)


def test_every_character_of_a_long_text_is_learnt_from_and_tagged(annotated, monkeypatch):
    monkeypatch.setattr(module, "PIECE", 7)
    tagger = create("bilstm_crf", **SMALL).fit(annotated)
    assert np.isfinite([row["epoch_loss"] for row in tagger.history_ if "epoch_loss" in row]).all()
    texts = [Product("long", "女百搭" * 1000 + "红色")]
    (row,) = tagger.character_probabilities(texts)
    assert row.shape == (3002, 5) and np.allclose(row.sum(1), 1, atol=1e-4)
    assert tagger.n_truncated_chars(texts) == [0]


def test_case_and_width_do_not_count(annotated):
    rows = [Product("a", "ABC杯", annotations=(Tag("ABC", spans=(Span(0, 3),), type="牌"),), tags=("ABC",)), *annotated]
    tagger = create("bilstm_crf", **SMALL).fit(rows)
    assert spans(tagger.predict(["abc杯"])) == spans(tagger.predict(["ＡＢＣ杯"])) == spans(tagger.predict(["ABC杯"]))


def test_it_can_be_averaged_by_characters_and_stops_on_dev(annotated):
    members = [create("bilstm_crf", seed=seed, patience=3, **SMALL).fit(annotated, dev=annotated) for seed in (0, 1)]
    assert all(sum("dev" in row for row in member.history_) < 40 for member in members)
    average = Ensemble.from_fitted(members)
    assert average.by_characters_ and spans(average.predict(annotated)) == gold(annotated)


def test_vectors_of_an_encoder(annotated, tiny_model, tmp_path):
    tagger = create("bilstm_crf", vectors=str(tiny_model), **SMALL).fit(annotated)
    assert spans(tagger.predict(annotated)) == gold(annotated)
    assert "奶" in tagger.characters_, "a character that train does not have"
    assert Tagger.load(tagger.save(tmp_path / "model")).predict(annotated) == tagger.predict(annotated)


@pytest.mark.parametrize(("key", "value"), [("size", 0), ("hidden", 1.5), ("dropout", 1.0), ("epochs", 0)])
def test_a_wrong_parameter_is_named(key, value, annotated):
    with pytest.raises(BadInput, match=key):
        create("bilstm_crf", **{key: value}).fit(annotated)


def test_no_tag_in_any_text_is_one_clear_error():
    with pytest.raises(BadInput, match=r"bilstm_crf.*tag.* train"):
        create("bilstm_crf").fit(["黑色高跟鞋"])
