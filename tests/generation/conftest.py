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


@pytest.fixture(scope="module")
def model(tiny_writer):
    """A language model with random weights."""
    pytest.importorskip("torch", reason="decoding needs tagkit[models]")
    from tagkit.generation.language_model import LanguageModel

    return LanguageModel.load(str(tiny_writer))


@pytest.fixture(scope="module")
def tags(products):
    """The tags of the shared products."""
    return sorted({tag for product in products for tag in product.tags})


@pytest.fixture(scope="module")
def network(tiny_model, tags):
    """An untrained network of `seq2seq` for these tags, in which previous tags and attention affect the scores."""
    torch = pytest.importorskip("torch", reason="decoding needs tagkit[models]")
    import numpy as np

    from tagkit.generation.tag_decoder import TagDecoder
    from tagkit.neural import Backbone
    from tagkit.neural.inference import embed

    backbone = Backbone.load(str(tiny_model))
    labels = embed(backbone, tags, precision="fp32")
    torch.manual_seed(0)
    net = TagDecoder(backbone, labels, np.full(len(tags), 0.2), 0.0)
    torch.nn.init.normal_(net.combine.weight)
    torch.nn.init.normal_(net.stop.weight)
    return net.cpu().eval()


@pytest.fixture(scope="module")
def read(network, tags):
    """Return the inputs of the network for products, with stacked features of 0."""
    import numpy as np

    from tagkit.generation.tag_decoder import Reading

    def get(products):
        windows = network.scorer.backbone.reader().read([product.text for product in products])
        return [Reading(window, np.zeros(len(tags), dtype=np.float32)) for window in windows]

    return get
