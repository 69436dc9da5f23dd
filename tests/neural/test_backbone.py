"""An encoder loaded by name: what it refuses, trimming, and its state."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from tokenizers import Tokenizer, models, pre_tokenizers, processors  # noqa: E402
from transformers import BertConfig, BertModel  # noqa: E402

from tagkit.errors import BadInput  # noqa: E402
from tagkit.neural import Backbone, TextReader  # noqa: E402
from tagkit.neural.backbone import head_state, load_head  # noqa: E402
from tagkit.neural.inference import embed  # noqa: E402
from tagkit.product import Product  # noqa: E402


@pytest.fixture(scope="module")
def backbone(tiny_model):
    return Backbone.load(str(tiny_model)).eval()


PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abc蓝色鞋", *(f"##{char}" for char in "abc蓝色鞋")]
WORDS = ["ab", "##bc", "cab", "蓝色", "鞋色", "##色鞋"]


@pytest.fixture
def untrimmed() -> Backbone:
    """A random encoder whose tokenizer has pieces of one and of several characters."""
    vocabulary = {piece: number for number, piece in enumerate([*PIECES, *WORDS])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    return Backbone(BertModel(BertConfig(vocab_size=len(vocabulary), **sizes)), tokenizer).eval()


def test_trimming_removes_pieces_and_reads_the_corpus_as_before(untrimmed):
    texts = ["abc 蓝色鞋", "cab"]
    before = [untrimmed.tokenizer.encode(text).tokens for text in texts]
    vectors = embed(untrimmed, texts, prefix="")
    untrimmed.trim(TextReader(untrimmed.tokenizer, "text").read(texts))
    assert set(untrimmed.tokenizer.get_vocab()) == {*PIECES, "ab", "cab", "蓝色"}
    size = untrimmed.model.config.vocab_size
    assert size == untrimmed.tokenizer.get_vocab_size() == len(untrimmed.model.get_input_embeddings().weight)
    assert [untrimmed.tokenizer.encode(text).tokens for text in texts] == before
    assert np.allclose(embed(untrimmed, texts, prefix=""), vectors, atol=1e-6)
    assert untrimmed.tokenizer.encode("鞋色").tokens == ["[CLS]", "鞋", "##色", "[SEP]"], "smaller pieces are left"


def test_trimming_keeps_all_pieces_in_the_characters_of_products(untrimmed):
    untrimmed.trim(untrimmed.reader().read(["ab"]), [Product("1", "色鞋", category="C")])
    assert set(untrimmed.tokenizer.get_vocab()) == {*PIECES, "ab", "鞋色", "##色鞋"}


def test_a_backbone_survives_its_state(backbone):
    again = Backbone.from_state(backbone.state())
    texts = ["蓝色帆布鞋", "纯牛奶"]
    assert np.allclose(embed(again, texts), embed(backbone, texts), atol=1e-7)


class Network(torch.nn.Module):
    """A backbone, and a layer that is not the backbone's."""

    def __init__(self, backbone: Backbone, size: int = 3) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = torch.nn.Linear(backbone.size, size)


def test_the_head_is_saved_without_the_backbone(backbone):
    network, again = Network(backbone), Network(backbone)
    state = head_state(network)
    assert set(state) == {"head.weight", "head.bias"}
    load_head(again, state)
    assert torch.equal(again.head.weight, network.head.weight) and not again.training
    with pytest.raises(KeyError, match="another network"):
        load_head(again, {"head.weight": state["head.weight"]})


def test_what_is_no_encoder_is_one_clear_error(tmp_path, tiny_model):
    with pytest.raises(BadInput, match="not a model"):
        Backbone.load(str(tmp_path))
    (tmp_path / "config.json").write_text((tiny_model / "config.json").read_text())
    (tmp_path / "tokenizer.json").write_text((tiny_model / "tokenizer.json").read_text())
    (tmp_path / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(BadInput, match=str(tmp_path)):
        Backbone.load(str(tmp_path))
