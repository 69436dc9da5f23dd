"""No file sends products or keys anywhere: neither a saved strategy nor an experiment nor a tuned file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import tagkit
from tagkit import cache as cache_module
from tagkit.cache import FitCache
from tagkit.errors import BadInput, NotSetUp
from tagkit.experiment.load import load_experiment
from tagkit.experiment.tuned import Trial, Tuned
from tagkit.product import Product
from tagkit.state import read_state, write_state
from tagkit.taggers import Tagger, create

SECRET = "a-key-of-another-service"
RED = Product("r", "红色高跟鞋")
STOLEN = {"endpoint": "http://thief.example/v1", "key_variable": "AWS_SECRET_ACCESS_KEY"}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


@pytest.fixture
def averaged(llm_server: Any, products: list[Product]) -> Tagger:
    """An ensemble in an ensemble with a hosted model, fitted by the user's own call."""
    inner = ["ensemble", {"taggers": [["llm", {"endpoint": llm_server.url, "model": "m"}], "lexicon"]}]
    return create("ensemble", taggers=[inner, "lexicon"]).fit(products)


def planted(folder: Path, params: dict[str, str]) -> Path:
    """Write an address into a saved strategy, wherever there is a hosted model."""

    def plant(value: Any) -> Any:
        if isinstance(value, dict):
            value = {key: plant(inner) for key, inner in value.items()}
            return value | {"params": value["params"] | params} if value.get("strategy") == "llm" else value
        if isinstance(value, list):
            return [value[0], value[1] | params] if value[:1] == ["llm"] else [plant(inner) for inner in value]
        return value

    return write_state(folder, plant(read_state(folder)))


def tag(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tagkit", "tag", RED.title, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


class TestSavedStrategies:
    def test_neither_address_nor_name_of_the_key_is_saved(self, averaged, llm_server, environment, tmp_path):
        text = json.dumps(read_state(averaged.save(tmp_path / "model")), default=repr)
        assert "endpoint" not in text and "key_variable" not in text and llm_server.url not in text
        assert averaged.predict([RED])[0], "the one in memory keeps its own"

    def test_one_of_our_own_takes_the_address_of_the_call_or_of_the_environment(
        self, averaged, llm_server, tmp_path, monkeypatch
    ):
        folder, expected = averaged.save(tmp_path / "model"), averaged.predict([RED])
        with pytest.raises(NotSetUp, match="TAGKIT_LLM_ENDPOINT"):
            tagkit.load_tagger(folder).predict([RED])
        again = tagkit.load_tagger(folder, {"llm.endpoint": llm_server.url})
        assert again.predict([RED]) == expected
        assert again.tagger.clone().fit([Product("a", RED.title, tags=("红色",))]).predict([RED])[0]
        monkeypatch.setenv("TAGKIT_LLM_ENDPOINT", llm_server.url)
        assert tagkit.load_tagger(folder).predict([RED]) == Tagger.load(folder).predict([RED]) == expected

    @pytest.mark.parametrize("key", STOLEN)
    def test_what_a_folder_chooses_is_shown_and_refused(self, averaged, environment, tmp_path, key):
        folder = planted(averaged.save(tmp_path / "model"), {key: STOLEN[key]})
        expected = (
            rf"model: llm\.{key}='{STOLEN[key]}' is refused, since no file decides where products and keys are sent"
        )
        for load in (tagkit.load_tagger, Tagger.load):
            with pytest.raises(BadInput, match=expected):
                load(folder)

    def test_the_command_line_sends_nothing_until_the_call_names_the_address(
        self, make_llm, llm_server, environment, tmp_path
    ):
        folder = make_llm().save(tmp_path / "model")
        planted(folder, {"endpoint": llm_server.url, "key_variable": "AWS_SECRET_ACCESS_KEY"})
        done = tag("--model", folder)
        assert done.returncode == 2 and done.stderr.count("\n") == 1 and not llm_server.requests
        assert "llm.key_variable='AWS_SECRET_ACCESS_KEY' is refused" in done.stderr and SECRET not in done.stderr
        done = tag("--model", folder, "--set", f"llm.endpoint={llm_server.url}")
        assert done.returncode == 2 and "endpoint=" not in done.stderr.partition("is refused")[0]
        assert not llm_server.requests
        done = tag("--model", folder, "--set", f"llm.endpoint={llm_server.url}", "--set", "llm.key_variable=HOME")
        assert done.returncode == 0 and len(llm_server.requests) == 1 and SECRET not in str(llm_server.keys)

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"llm.model": "other"}, "only endpoint and key_variable can be set, not llm.model"),
            ({"lexicon.endpoint": "http://localhost/v1"}, "holds no strategy 'lexicon', so lexicon.endpoint cannot"),
        ],
    )
    def test_nothing_else_can_be_set(self, make_llm, tmp_path, settings, message):
        folder = make_llm().save(tmp_path / "model")
        with pytest.raises(BadInput, match=message):
            tagkit.load_tagger(folder, settings)

    def test_set_goes_with_a_saved_tagger(self):
        done = tag("--set", "llm.endpoint=http://localhost/v1")
        assert done.returncode == 2 and done.stderr == "tagkit: --set goes with --model\n"

    @pytest.mark.parametrize("on_disk", [False, True])
    def test_the_cache_of_one_command_keeps_the_address(
        self, averaged, llm_server, tmp_path, monkeypatch, products, on_disk
    ):
        monkeypatch.setattr(cache_module, "COSTLY", 0)
        cache = FitCache(tmp_path / "fits" if on_disk else None)
        first, second = (averaged.clone().fit(products, cache=cache) for _ in range(2))
        assert cache.saved and second.predict([RED]) == first.predict([RED]) != [[]]


class TestExperiments:
    TEXT = """title: t
source: {paper: p}
data: {name: catalogue}
protocol: p
measures: [F1@M]
tolerance: 1
rows:
  - name: r
    strategy: STRATEGY
    params: PARAMS
    expected: {F1@M: null}
"""

    @pytest.mark.parametrize(
        ("strategy", "params"),
        [("llm", STOLEN), ("hybrid", {"taggers": ["lexicon", ["ensemble", {"taggers": [["llm", STOLEN]]}]]})],
    )
    def test_a_row_that_chooses_the_address_is_refused(self, tmp_path, strategy, params):
        path = tmp_path / "e.yaml"
        path.write_text(self.TEXT.replace("STRATEGY", strategy).replace("PARAMS", json.dumps(params)))
        with pytest.raises(BadInput, match=r"e\.yaml, line 10: .*llm\.endpoint='http://thief.* is refused"):
            load_experiment(path)
        path.write_text(self.TEXT.replace("STRATEGY", "llm").replace("PARAMS", '{"model": "m"}'))
        assert load_experiment(path).rows[0].params == {"model": "m"}

    def test_a_tuned_file_holds_none_and_is_refused_with_one(self, tmp_path):
        params = {"endpoint": "http://localhost/v1", "shots": 3}
        trial = Trial(0, {"shots": 2}, 0.5)
        tuned = Tuned("llm", "d", "0", "F1@M", "higher", 0, {}, params, "dev part", 1, (trial,))
        path = tuned.write(tmp_path / "tuned.json")
        assert "localhost" not in path.read_text() and Tuned.read(path).params == {"shots": 2}
        path.write_text(json.dumps(json.loads(path.read_text()) | {"fixed": params}))
        with pytest.raises(BadInput, match=r"tuned\.json: llm\.endpoint='http://localhost/v1' is refused"):
            Tuned.read(path)
