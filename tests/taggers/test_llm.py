"""The strategy `llm`: its parameters, and its part in a comparison."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from loopback import KEY, RED, texts, title

import tagkit
from tagkit.errors import BadInput, MissingExtra
from tagkit.product import Dataset, Product
from tagkit.taggers import create


def test_no_examples_open_vocabulary_and_further_fields(llm_server, make_llm):
    llm_server.reply = lambda body: '{"tags": ["Neu", "neu", "红色", " "]}'
    tagger = make_llm(shots=0, vocabulary="open", instruction="Be brief.", extra={"reasoning_effort": "low"}, seed=3)
    assert texts(tagger.predict([RED])[0]) == ["Neu", "红色"], "one spelling of a tag"
    (body,) = llm_server.requests
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["messages"][0]["content"].endswith("Be brief.")
    assert (body["reasoning_effort"], body["seed"]) == ("low", 3)
    assert "enum" not in json.dumps(body["response_format"])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"model": ""}, "no model is configured"),
        ({"budget": 1.0}, "needs the prices"),
        ({"token_budget": -1}, "must not be negative"),
        ({"vocabulary": "half"}, "vocabulary must be one of auto, closed, open, not 'half'"),
        ({"structured": "xml"}, "structured must be one of auto, json_schema"),
        ({"concurrency": 0}, "concurrency must be at least 1"),
        ({"timeout": 0}, "timeout must be above 0"),
        ({"endpoint": "localhost:8000"}, "not a URL of the form"),
        ({"endpoint": "http://localhost:port/v1"}, "not a URL of the form"),
        ({"endpoint": "http://user:password@localhost/v1"}, "a key belongs in the environment"),
        ({"endpoint": f"http://localhost/v1?key={KEY}"}, "a key belongs in the environment"),
        ({"key_variable": KEY}, "the name of an environment variable in capital letters"),
        ({"key_variable": "NOT_SET_ANYWHERE"}, "NOT_SET_ANYWHERE, which should hold the API key, is not set"),
    ],
)
def test_wrong_parameters_are_one_clear_error(make_llm, params, message):
    with pytest.raises(BadInput, match=message) as caught:
        make_llm(**params)
    assert KEY not in str(caught.value) and "password" not in str(caught.value)


def test_train_without_tags_is_refused(make_llm):
    with pytest.raises(BadInput, match="no product there has text and tags"):
        make_llm([Product("a", RED)])


def test_without_a_server_it_says_what_to_set(llm_server, make_llm, products, monkeypatch):
    with pytest.raises(BadInput, match="set the parameter `endpoint` or the environment variable TAGKIT_LLM_ENDPOINT"):
        make_llm(endpoint="")
    monkeypatch.setenv("TAGKIT_LLM_ENDPOINT", llm_server.url)
    tagger = make_llm(endpoint="")
    assert tagger.predict([RED])[0]
    monkeypatch.delenv("TAGKIT_LLM_ENDPOINT")
    with pytest.raises(BadInput, match="TAGKIT_LLM_ENDPOINT"):
        tagger.predict([RED])


def test_a_comparison_leaves_it_out_and_says_why(llm_server, products):
    data = Dataset("small", tuple(products[:12]), (), tuple(products[12:]))
    found = tagkit.compare(["dictionary", "llm", "replay"], data, ["F1@M"], samples=20, progress=False, resume=False)
    assert list(found.rows) == ["dictionary"]
    assert found.not_set_up == {"llm": "no endpoint", "replay": "no answers"} and not found.failed
    assert "TAGKIT_LLM_ENDPOINT" in found.skipped["llm"]


def test_a_comparison_asks_about_test_only(llm_server, products):
    data = Dataset("small", tuple(products[:12]), tuple(products[12:18]), tuple(products[18:]))
    taggers = ["lexicon", create("llm", endpoint=llm_server.url, model="small")]
    found = tagkit.compare(taggers, data, ["F1@M"], samples=20, progress=False, resume=False)
    assert found.failed == {} and found.rows["llm"].refine == ()
    assert {title(body) for body in llm_server.requests} == {product.title for product in products[18:]}


def test_nothing_is_imported_before_it_is_needed():
    code = "import sys, tagkit, tagkit.cli; print([name for name in ('openai', 'jiter') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("package", ["openai", "jiter"])
def test_without_the_extra_it_says_what_to_install(monkeypatch, package):
    for name in [name for name in sys.modules if name.startswith(("tagkit.llm", "tagkit.taggers.llm"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=rf'strategy `llm` needs the package {package}: pip install "tagkit\[llm\]"'):
        create("llm")


def test_hosted_models_need_no_packages_of_pre_trained_models():
    code = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in {"torch", "transformers", "tokenizers", "safetensors", "accelerate"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import tagkit
print(tagkit.create("llm", model="any").model)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("any\n", 0), done.stderr


def test_explaining_a_tag_shows_the_question_and_asks_nothing_more(llm_server, make_llm):
    tagger = make_llm()
    best = tagger.predict([RED])[0][0].text
    asked = len(llm_server.requests)
    found = tagkit.explain(tagger, RED, best)
    assert len(llm_server.requests) == asked
    assert RED in found.facts["question"] and best in found.facts["answer"] and found.facts["outcome"] == "ok"
    assert KEY not in json.dumps(found.to_dict())
