"""Where the server is and its key: read from the environment, shown nowhere."""

from __future__ import annotations

import base64
import html
import json
import logging
import pickle
import time
import traceback
import zipfile
from urllib.parse import quote

import pytest
from loopback import BLUE, KEY, RED, completion, cut, hang, texts

from tagkit.errors import BadInput, HostedError
from tagkit.llm.server import ApiKey, find_server


def shown(error: BaseException) -> str:
    """Return everything that a traceback can show: messages, causes, contexts, and the variables of all frames."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def test_the_key_comes_from_the_environment_and_is_sent(llm_server, make_llm, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-common-key")
    make_llm().predict([RED])
    monkeypatch.setenv("TAGKIT_LLM_KEY", KEY)
    make_llm().predict([BLUE])
    monkeypatch.setenv("MY_KEY", "sk-my-own-key")
    make_llm(key_variable="MY_KEY").predict(["白色"])
    assert llm_server.keys == ["Bearer sk-common-key", f"Bearer {KEY}", "Bearer sk-my-own-key"]


def test_the_common_key_is_sent_unencrypted_to_this_machine_only(monkeypatch):
    monkeypatch.delenv("TAGKIT_LLM_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for endpoint, sent in (("http://example.org/v1", False), ("https://example.org", True), ("http://[::1]:1", True)):
        assert bool(find_server(endpoint, "").key) == sent
    assert find_server("http://example.org/v1", "OPENAI_API_KEY").key, "a key that is named is used"
    monkeypatch.setenv("TAGKIT_LLM_KEY", "line\nbreak")
    with pytest.raises(BadInput, match="characters that no API key has") as caught:
        find_server("http://localhost/v1", "")
    assert "break" not in str(caught.value)


def test_nothing_of_the_environment_but_the_key_is_sent(llm_server, make_llm, monkeypatch):
    """`openai` would send all of this to any server."""
    monkeypatch.setenv("OPENAI_ORG_ID", "organisation")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin-0123456789")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer sk-other\nX-Secret: secret")
    make_llm().predict([RED])
    (headers,) = llm_server.headers
    assert set(headers) == {
        "accept", "accept-encoding", "connection", "content-length", "content-type", "host", "user-agent"
    }  # fmt: skip
    assert headers["user-agent"] == "tagkit"


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("http://localhost:8000/v1/", "http://localhost:8000/v1"),
        (" https://example.org/v1/chat/completions ", "https://example.org/v1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_the_base_url_is_normalised(endpoint, url):
    assert find_server(endpoint, "").url == url


def test_a_key_is_redacted_with_the_escapes_of_json():
    key = ApiKey(KEY)
    plain = json.dumps({"error": f"no {KEY}!"})
    escaped = [plain, plain.replace("/", "\\/"), plain.replace("s", "\\u0073"), plain.replace("k", "\\u006B")]
    for text in [*escaped, *map(json.dumps, escaped), *(json.dumps(json.dumps(text)) for text in escaped)]:
        hidden = key.redact(text)
        assert "***" in hidden and "loopback" not in hidden
    before = [base64.b64encode(f"{'x' * number}{KEY}more".encode()).decode() for number in range(3)]
    assert [key.redact(text).count("***") for text in before] == [1, 1, 1]
    every = "".join(f"%{ord(char):02X}" for char in KEY)
    for text in (
        quote(KEY, ""),
        quote(quote(KEY, ""), ""),
        every,
        html.escape(KEY),
        "".join(f"&#{ord(char)};" for char in KEY),
    ):
        assert key.redact(f"?key={text}&more") == "?key=***&more"
    assert key.redact(KEY.encode().hex()) == "***"
    for text in ("\\" * 50_000, KEY[:-1] * 2_000):
        start = time.perf_counter()
        assert key.redact(text) == text and time.perf_counter() - start < 2
    assert key.redact("nothing to hide") == "nothing to hide"
    assert ApiKey("EMPTY").redact("an EMPTY list") == "an EMPTY list"


def echo(code, escape=str):
    """Fail, and say which key came: in the body, in a header and in the status line."""

    def fault(handler):
        key = escape(handler.headers["Authorization"])
        handler.send(code, f'{{"error": {{"message": "who is {key}?"}}}}', reason=key, X_Key=key)

    return fault


def escaped(key):
    return key.replace("/", "\\/").replace("s", "\\u0073")


def elsewhere(handler):
    """Answer without tags; the key is where nothing of the kind belongs."""
    key = handler.headers["Authorization"]
    call = {"type": "function", "function": {"name": key, "arguments": key}}
    message = {"content": [{"text": key[:20]}, {"text": key[20:]}], "refusal": key, "tool_calls": [call]}
    tokens = [{"token": key[:20], "logprob": -1, "bytes": None}, {"token": key[20:], "logprob": -1}]
    choice = {"message": message, "finish_reason": key, "logprobs": {"content": tokens}}
    handler.send(200, {"id": key, "model": key, "choices": [choice], "usage": {key: key}}, X_Key=key)


def in_two_parts(handler):
    """Write the key so that it is whole only when thoughts are left out."""
    key = handler.headers["Authorization"]
    handler.send(200, completion(json.dumps({"tags": [f"{key[:20]}<think>so</think>{key[20:]}"]})))


def redirect(handler):
    key = handler.headers["Authorization"]
    handler.send(307, "", Location=f"http://127.0.0.1:9/{key}")


def no_http(handler):
    handler.close_connection = True
    handler.wfile.write(f"HTTP/1.1 200 OK\r\n{handler.headers['Authorization']}\r\n\r\n".encode())


@pytest.mark.parametrize(
    "fault",
    [echo(500), echo(400), echo(200), echo(500, escaped), echo(200, escaped), cut, hang(0.4), echo(401), echo(403),
     elsewhere, in_two_parts, redirect, no_http],
)  # fmt: skip
def test_the_key_is_shown_nowhere(llm_server, make_llm, monkeypatch, caplog, capfd, tmp_path, fault):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("TAGKIT_LLM_KEY", KEY)
    llm_server.reply = lambda body: json.dumps({"tags": [f"key {llm_server.keys[-1]}"]}).replace("/", "\\/")
    tagger = make_llm(vocabulary="open", retries=1)
    assert "key Bearer ***" in texts(tagger.predict([RED])[0]), "a server that echoes the key"
    tagger.set_params(timeout=0.3)
    llm_server.faults = [fault] * 40
    errors = []
    try:
        tagger.predict([f"红色 {i}" for i in range(12)])
    except HostedError as error:
        errors.append(error)
    assert errors or fault in (elsewhere, in_two_parts), "after ten failures, or at once"
    assert llm_server.keys.count(f"Bearer {KEY}") == len(llm_server.keys) > 1
    tagger.save(tmp_path / "model")
    with zipfile.ZipFile(tmp_path / "model" / "state.zip") as archive:
        archive.extractall(tmp_path / "model")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"state.zip", "answers.db"} <= {path.name for path in files}
    everything = [repr(tagger), str(tagger.get_params()), str(tagger.outcomes_), str(tagger.spend_), caplog.text]
    everything += ["".join(capfd.readouterr()), *map(shown, errors), repr(vars(tagger))]
    secret = KEY.rpartition("/")[2]
    assert not any(secret in text for text in everything)
    assert not any(secret.encode() in path.read_bytes() for path in files)


def test_the_key_is_not_pickled_nor_shown():
    key = ApiKey(KEY)
    assert repr(key) == str(key) == "ApiKey(***)" and KEY not in repr(find_server("http://localhost/v1", ""))
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(key)
