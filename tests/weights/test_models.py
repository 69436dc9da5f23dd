"""Where models are searched for, in which order, and what is said if they are not found."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from small_models import HUB, MODEL, make_model

from tagkit import weights
from tagkit.cache import cache_folder
from tagkit.errors import BadInput, MissingExtra, TagkitError, WeightsMissing
from tagkit.weights import hub, wheel


def left_in_cache() -> list[str]:
    return sorted(path.name for path in cache_folder("weights").iterdir())


def test_the_sources_in_their_order(known_model, tmp_path, monkeypatch):
    snapshots = tmp_path / "hub" / "models--some-org--tiny"
    in_hub_cache = make_model(snapshots / "snapshots" / "abc")
    (snapshots / "refs").mkdir()
    (snapshots / "refs" / "main").write_text("abc")
    monkeypatch.setenv("TAGKIT_MODELS", str(tmp_path / "models"))
    from_hub = make_model(tmp_path / "from-hub")
    monkeypatch.setattr(hub, "download", lambda repository: from_hub)
    places = [
        make_model(Path.cwd() / "tiny"),
        make_model(tmp_path / "models" / "tiny"),
        make_model(tmp_path / "models" / "some-org" / "tiny"),
        make_model(known_model.folder),
        in_hub_cache,
        from_hub,
    ]
    for place in places:
        assert weights.path("tiny") == place
        if place != from_hub:
            assert weights.where("tiny") == place
        shutil.rmtree(place)
    assert weights.where("tiny") is None

    def unreachable(repository):
        raise hub.NoHub("unreachable")

    monkeypatch.setattr(hub, "download", unreachable)
    assert weights.path("tiny") == known_model.folder
    assert {path.name: path.read_text() for path in known_model.folder.iterdir()} == MODEL


def test_the_hub_name_finds_the_entry_and_the_second_call_downloads_nothing(known_model, monkeypatch):
    place = weights.path(HUB)
    monkeypatch.setattr(wheel, "download", None)
    assert weights.path(HUB) == weights.path("tiny") == weights.where(HUB) == place


def test_a_path(known_model, tmp_path, monkeypatch):
    place = make_model(tmp_path / "my model")
    assert weights.path(str(place)) == place
    monkeypatch.setenv("HOME", str(tmp_path))
    assert weights.path("~/my model") == place


@pytest.mark.parametrize("lacking", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_path_that_is_no_model_directory(known_model, tmp_path, lacking):
    place = make_model(tmp_path / "broken")
    (place / lacking).unlink()
    with pytest.raises(BadInput, match=f"broken is not a model directory: it has no {lacking}"):
        weights.path(str(place))
    with pytest.raises(BadInput, match="is not a model directory"):
        weights.path(str(place / "tokenizer_config.json"))


def test_a_shard_that_is_absent(known_model, tmp_path):
    place = make_model(tmp_path / "sharded")
    index = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (place / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(BadInput, match=r"it has no model-2\.safetensors"):
        weights.path(str(place))


@pytest.mark.parametrize("name", ["../other/model.safetensors", "pytorch_model.bin", 5, []])
def test_an_index_that_names_what_is_no_weight_of_the_folder(known_model, tmp_path, name):
    make_model(tmp_path / "other")
    place = make_model(tmp_path / "sharded")
    (place / "pytorch_model.bin").write_bytes(b"")
    (place / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": name}}))
    with pytest.raises(BadInput, match="is not a model directory: it has no "):
        weights.path(str(place))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x02",
        b"\xff" * 8 + b"{}",
        b"\x02" + bytes(7) + b"[]",
        b"\x02" + bytes(7) + b"{}more",
        (lambda head: len(head).to_bytes(8, "little") + head + bytes(7))(b'{"a": {"data_offsets": [0, 8]}}'),
        (lambda head: len(head).to_bytes(8, "little") + head)(b"[" * 100_000),
    ],
)
def test_weights_that_were_cut_are_made_again_in_the_cache_and_named_elsewhere(known_model, tmp_path, content):
    (weights.path("tiny") / "model.safetensors").write_bytes(content)
    assert weights.where("tiny") is None
    assert (weights.path("tiny") / "model.safetensors").read_text() == MODEL["model.safetensors"]
    place = make_model(tmp_path / "cut")
    (place / "model.safetensors").write_bytes(content)
    with pytest.raises(BadInput, match=r"it has no whole model\.safetensors"):
        weights.path(str(place))


def test_weights_that_are_a_pickle_only(known_model, tmp_path):
    place = make_model(tmp_path / "pickled")
    (place / "model.safetensors").rename(place / "pytorch_model.bin")
    with pytest.raises(BadInput, match=r"no model\.safetensors \(pytorch_model\.bin is a pickle, which can run code"):
        weights.path(str(place))


def test_a_model_of_the_same_name_with_other_weights_is_refused(known_model, tmp_path):
    place = make_model(tmp_path / "mine")
    before = weights.digest(str(place))
    assert weights.path(str(place), before) == place
    (place / "tokenizer.json").write_text("{} ")
    with pytest.raises(BadInput, match=rf"mine is not the one that the strategy was fitted with .* not {before}\)"):
        weights.path(str(place), before)
    assert weights.path(str(place)) == place and weights.digest(str(place)) != before


def test_a_model_that_is_not_on_the_hub_is_looked_for_by_its_name_only(known_model, tmp_path, monkeypatch):
    monkeypatch.setitem(weights.ENTRIES, "tiny", replace(known_model, hub=""))
    monkeypatch.setenv("TAGKIT_MODELS", str(tmp_path))
    assert weights.find("") is None
    assert weights.where("tiny") is None
    assert weights.path("tiny").parent == cache_folder("weights")


def test_no_name(known_model):
    with pytest.raises(BadInput, match="empty"):
        weights.path(" ")


def test_a_broken_folder_in_tagkit_models_is_named_and_one_that_only_shares_the_name_is_not(
    known_model, tmp_path, monkeypatch
):
    Path("tiny").mkdir()
    assert weights.path("tiny") == known_model.folder
    (tmp_path / "models" / "tiny").mkdir(parents=True)
    monkeypatch.setenv("TAGKIT_MODELS", str(tmp_path / "models"))
    with pytest.raises(BadInput, match="models/tiny is not a model directory"):
        weights.path("tiny")


def test_nothing_found_names_every_source_and_what_to_do(known_model, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(WeightsMissing) as caught:
        weights.path("tiny")
    said = str(caught.value)
    for part in ("TAGKIT_MODELS", "tiny-1.0", "hub cache", "HF_HUB_OFFLINE", "tiny-model==1.0", "No matching dist"):
        assert part in said
    assert "\n" not in said and isinstance(caught.value, FileNotFoundError) and isinstance(caught.value, TagkitError)
    assert left_in_cache() == []
    with pytest.raises(WeightsMissing, match="known by name are minilm-l6, e5-small"):
        weights.path("some-org/other")


def test_a_converted_model_that_lost_a_file_is_made_again(known_model):
    (weights.path("tiny") / "model.safetensors").unlink()
    assert weights.where("tiny") is None
    assert (weights.path("tiny") / "model.safetensors").is_file()


def test_a_package_that_the_conversion_needs_is_named(known_model, monkeypatch):
    def needs(source, target):
        import no_such_package  # noqa: F401

    monkeypatch.setitem(weights.ENTRIES, "tiny", replace(known_model, convert=needs))
    with pytest.raises(MissingExtra, match="the model tiny needs the package no_such_package"):
        weights.path("tiny")


def test_a_wheel_without_the_model(known_model, monkeypatch):
    monkeypatch.setitem(weights.ENTRIES, "tiny", replace(known_model, inside="tiny_model/other"))
    with pytest.raises(BadInput, match=r"converting tiny_model/other gives no config\.json"):
        weights.path("tiny")
