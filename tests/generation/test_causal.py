"""The stepper of causal language models: it computes what the model computes."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="decoding needs tagkit[models]")
from toy_decoder import PROMPTS  # noqa: E402
from transformers import (  # noqa: E402
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    GPT2LMHeadModel,
)

from tagkit.generation.causal import CausalStepper  # noqa: E402


def gpt2():
    return GPT2LMHeadModel(GPT2Config(vocab_size=40, n_embd=32, n_layer=2, n_head=4, n_positions=64))


def gemma():
    """Every other layer sees four tokens back and no more."""
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 4, "head_dim": 8}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "sliding_window": 4}
    kinds = ["sliding_attention", "full_attention"] * 2
    return Gemma3ForCausalLM(Gemma3TextConfig(vocab_size=40, layer_types=kinds, pad_token_id=0, **sizes, **heads))


@pytest.mark.parametrize("kind", [None, gpt2, gemma])
@pytest.mark.parametrize("max_new_tokens", [None, 8])
@pytest.mark.parametrize("prefix", [[], [1, 2]])
def test_the_stepper_computes_what_the_model_computes(llama, kind, max_new_tokens, prefix):
    torch.manual_seed(0)
    llama = llama if kind is None else kind().eval()
    stepper = CausalStepper(llama, 0, prefix, max_new_tokens=max_new_tokens)
    with torch.inference_mode():
        for _ in range(2):  # the second time the prefix is there already
            texts = [[*prefix, *prompt] for prompt in PROMPTS]
            steps = [stepper.start(PROMPTS)]
            expected = [texts]
            for rows, tokens in ([2, 0, 0, 5], [7, 8, 9, 10]), ([3, 1], [11, 12]), ([0, 1], [1, 2]):
                stepper.select(torch.tensor(rows))
                texts = [[*texts[row], token] for row, token in zip(rows, tokens, strict=True)]
                steps.append(stepper.feed(torch.tensor(tokens)))
                expected.append(texts)
            for logits, texts in zip(steps, expected, strict=True):
                for row, text in zip(logits, texts, strict=True):
                    assert torch.allclose(row, llama(torch.tensor([text])).logits[0, -1], atol=1e-5)


def test_the_prefix_is_computed_once(llama):
    prefix = list(range(3, 23))
    stepper = CausalStepper(llama, 0, prefix)
    with torch.inference_mode():
        stepper.start([[1], [2]])
        assert stepper.n_computed == 20 + 2
        stepper.start([[1], [2], [3]])
        assert stepper.n_computed == 20 + 2 + 3


def test_a_long_text_outgrows_the_first_buffer(llama):
    text, stepper = [3], CausalStepper(llama, 0)
    with torch.inference_mode():
        logits = stepper.start([text])
        for step in range(90):
            text.append(step % 40)
            logits = stepper.feed(torch.tensor(text[-1:]))
        assert torch.allclose(logits[0], llama(torch.tensor([text])).logits[0, -1], atol=1e-4)
