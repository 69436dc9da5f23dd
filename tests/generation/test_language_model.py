"""Loading, tokens, training and saving of a causal language model."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")
from tagkit.errors import BadInput, MissingExtra, WeightsMissing  # noqa: E402
from tagkit.generation.language_model import LanguageModel  # noqa: E402


def test_only_causal_language_models_are_loaded(tiny_model):
    with pytest.raises(BadInput, match="not a causal language model"):
        LanguageModel.load(str(tiny_model))
    with pytest.raises(WeightsMissing, match="no-such-model"):
        LanguageModel.load("no-such-model")


def test_tokens_spell_their_text_and_special_tokens_are_ordinary_text(model):
    tokens = model.encode("高跟鞋 <|end|>\n")
    assert model.decode(tokens) == "高跟鞋 <|end|>\n" and model.tokenizer.token_to_id("<|end|>") not in tokens
    ends = model.line_ends()
    assert model.encode("\n")[-1] in ends and model.encode("a")[0] not in ends
    assert model.window == 512


def test_padding_does_not_change_the_logits(model):
    text = model.encode("红色高跟鞋")
    with torch.no_grad():
        plain = model(torch.tensor([text]), torch.ones(1, len(text), dtype=torch.long), 2)
        mask = torch.tensor([[0] * 3 + [1] * len(text)])
        padded = model(torch.tensor([[model.padding] * 3 + text]), mask, 2)
    assert plain.shape[1] == 2 and torch.allclose(plain, padded, atol=1e-5)


def test_the_last_layers_can_be_trained_alone(tiny_writer):
    model = LanguageModel.load(str(tiny_writer))
    model.train_last_layers(1)
    trained = {name for name, weight in model.model.named_parameters() if weight.requires_grad}
    assert trained and all(name.startswith("model.layers.1.") for name in trained)
    with pytest.raises(BadInput, match="has 2 layers"):
        model.train_last_layers(3)


def test_lora_starts_from_the_same_model_and_can_be_merged(tiny_writer):
    pytest.importorskip("peft", reason="LoRA needs tagkit[lora]")
    model = LanguageModel.load(str(tiny_writer))
    ids = torch.tensor([model.encode("红色高跟鞋")])
    with torch.no_grad():
        before = model(ids, torch.ones_like(ids), 1)
        model.add_lora(4)
        assert torch.allclose(model(ids, torch.ones_like(ids), 1), before, atol=1e-6)
        assert all("lora" in name for name, weight in model.model.named_parameters() if weight.requires_grad)
        model.merge_lora()
        assert torch.allclose(model(ids, torch.ones_like(ids), 1), before, atol=1e-5)
    assert all("lora" not in name for name, _ in model.model.named_parameters())


def test_without_peft_the_message_names_it(tiny_writer, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(MissingExtra, match="LoRA needs the package peft"):
        LanguageModel.load(str(tiny_writer)).add_lora(4)


def test_a_restored_model_computes_the_same(model):
    again = LanguageModel.from_state(model.state())
    ids = torch.tensor([model.encode("红色高跟鞋")])
    with torch.no_grad():
        assert torch.allclose(again(ids, torch.ones_like(ids), 1), model(ids, torch.ones_like(ids), 1), atol=1e-6)
    assert again.encode("高跟鞋") == model.encode("高跟鞋") and again.source == model.source
