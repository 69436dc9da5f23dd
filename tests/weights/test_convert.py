"""The converters of folders and of llama.cpp files."""

from __future__ import annotations

import os

import pytest

from tagkit import weights
from tagkit.weights.convert import copy_folder

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


def test_a_pickle_becomes_safetensors(tmp_path):
    from safetensors.torch import load_file

    (tmp_path / "from").mkdir()
    (tmp_path / "to").mkdir()
    shared = torch.arange(6.0).reshape(2, 3)
    torch.save({"a": shared, "b": shared, "c": shared.T}, tmp_path / "from" / "pytorch_model.bin")
    (tmp_path / "from" / "config.json").write_text("{}")
    copy_folder(tmp_path / "from", tmp_path / "to")
    assert sorted(path.name for path in (tmp_path / "to").iterdir()) == ["config.json", "model.safetensors"]
    state = load_file(tmp_path / "to" / "model.safetensors")
    assert torch.equal(state["b"], shared) and torch.equal(state["c"], shared.T)


def test_minilm_l6_puts_what_is_alike_close(fetched, embed):
    folder = fetched("minilm-l6")
    first, second, third = embed(folder, ["red high heels", "scarlet stiletto shoes", "fresh whole milk"])
    assert first @ second > 0.5 > 0.3 > first @ third


def test_smollm2_answers(fetched):
    if not weights.where("smollm2-135m") and not os.environ.get("TAGKIT_TEST_SLOW"):
        pytest.skip("smollm2-135m is not here; TAGKIT_TEST_SLOW=1 fetches and converts it (a minute)")
    folder = fetched("smollm2-135m")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    assert not hasattr(model.config, "quantization_config") and model.dtype == torch.float32
    assert tokenizer.tokenize("a\n\n12") == ["a", "ĊĊ", "1", "2"]
    asked = [{"role": "user", "content": "What is the capital of France?"}]
    prompt = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    answer = model.generate(**prompt, max_new_tokens=10, do_sample=False)[0, prompt["input_ids"].shape[1] :]
    assert "Paris" in tokenizer.decode(answer)
