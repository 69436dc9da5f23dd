"""A tiny language model for the tests of decoding."""

import pytest


@pytest.fixture(scope="module")
def llama():
    torch = pytest.importorskip("torch", reason="decoding needs tagkit[models]")
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=40,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
        initializer_range=0.4,
    )
    return LlamaForCausalLM(config).eval()
