"""Models from folders and from arrays: no code of theirs is run, and none takes memory that it has no weights for."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="pre-trained models need tagkit[models]")

from transformers import AutoModel  # noqa: E402

from tagkit.errors import BadInput  # noqa: E402
from tagkit.neural import Backbone  # noqa: E402
from tagkit.neural.pretrained import build_model, read_tokenizer  # noqa: E402

CODE = "from pathlib import Path; Path('{mark}').touch()"


@pytest.fixture
def folder(tiny_model, tmp_path) -> Path:
    """A copy of the small encoder, to be spoiled."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def change(folder: Path, **settings: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | settings))


@pytest.mark.parametrize("model_type", ["bert", "unheard_of"])
def test_code_in_the_folder_is_neither_run_nor_asked_about(folder, tmp_path, model_type):
    mark = tmp_path / "it ran"
    for name in ("configuration_x", "modeling_x", "tokenization_x"):
        (folder / f"{name}.py").write_text(CODE.format(mark=mark))
    automatic = {"AutoConfig": "configuration_x.Config", "AutoModel": "modeling_x.Model"}
    change(folder, model_type=model_type, auto_map=automatic | {"AutoTokenizer": ["tokenization_x.T", None]})
    code = f"from tagkit.neural import Backbone; print(Backbone.load({str(folder)!r}).size)"
    done = subprocess.run([sys.executable, "-c", code], input="y\n" * 9, capture_output=True, text=True)
    assert not mark.exists() and "y/N" not in done.stdout + done.stderr
    if model_type == "bert":
        assert done.returncode == 0, done.stderr
    else:
        assert "needs Python code of its own, which tagkit does not run" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "settings",
    [
        {"hidden_size": 10**9},
        {"num_hidden_layers": 10**9},
        {"vocab_size": "many"},
        {"model_type": None},
        {"num_attention_heads": 0},
        {"hidden_act": "exec"},
    ],
)
def test_a_strange_configuration_is_one_sentence(folder, settings):
    change(folder, **settings)
    with pytest.raises(BadInput, match="model does not hold a model that can be loaded") as caught:
        Backbone.load(str(folder))
    assert "\n" not in str(caught.value)


def test_a_tokenizer_that_is_none_is_one_sentence(folder):
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(BadInput, match=r"tokenizer\.json is no fast tokenizer"):
        read_tokenizer(folder)


@pytest.mark.parametrize(
    "settings", [{"hidden_size": 10**6}, {"num_hidden_layers": 10**9}, {"intermediate_size": 7}, {"vocab_size": 10**9}]
)
def test_a_model_from_arrays_takes_no_memory_that_it_has_no_weights_for(tiny_model, settings):
    state = Backbone.load(str(tiny_model)).state()
    with pytest.raises(ValueError, match=r"^the configuration "):
        build_model(AutoModel, state["config"] | settings, state["weights"])
    assert Backbone.from_state(state | {"config": state["config"] | {"auto_map": {"AutoModel": "x.Y"}}}).size
