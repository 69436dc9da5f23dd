"""The form of requests: what a server does not support is found out once."""

from __future__ import annotations

import json

import pytest
from loopback import BLUE, RED, kinds, status


def forms(llm_server):
    return [body.get("response_format", {}).get("type", "text") for body in llm_server.requests]


@pytest.mark.parametrize(
    ("refused", "asked"),
    [
        (("json_schema",), ["json_schema", "json_object", "json_object", "json_object"]),
        (("response_format",), ["json_schema", "json_object", "text", "text", "text"]),
        (("logprobs", "temperature"), ["json_schema"] * 4),
    ],
)
def test_unsupported_fields_are_found_out_once(llm_server, make_llm, refused, asked):
    llm_server.refuses, llm_server.delay = refused, 0.05
    tagger = make_llm()
    assert all(tagger.predict([RED, BLUE, "白色运动鞋"]))
    assert forms(llm_server) == asked and kinds(tagger) == ["ok"] * 3
    assert not any(name in body for body in llm_server.requests[len(asked) - 3 :] for name in refused)
    tagger.predict(["黑色"])
    assert forms(llm_server)[-1] == asked[-1] and len(llm_server.requests) == len(asked) + 1
    assert (tagger.spend_.requests, tagger.spend_.retries) == (4, 0)


def test_an_error_that_names_nothing_simplifies_the_format(llm_server, make_llm):
    llm_server.faults = [status(400, "bad request")]
    assert make_llm().predict([RED])[0]
    assert forms(llm_server) == ["json_schema", "json_object"]


def test_a_chosen_format_is_never_replaced(llm_server, make_llm):
    llm_server.refuses = ("json_schema",)
    tagger = make_llm(structured="json_schema")
    assert tagger.predict([RED]) == [[]] and kinds(tagger) == ["failed"] and len(llm_server.requests) == 1
    make_llm(structured="text").predict([RED])
    assert forms(llm_server)[-1] == "text"


def test_other_field_names_and_no_system_role(llm_server, make_llm):
    llm_server.faults = [
        status(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        status(400, "System role not supported"),
    ]
    assert make_llm(shots=0).predict([RED])[0]
    last = llm_server.requests[-1]
    assert last["max_completion_tokens"] == 512 and "max_tokens" not in last and forms(llm_server)[-1] == "json_schema"
    (message,) = last["messages"]
    assert message["role"] == "user" and message["content"].endswith(json.dumps({"title": RED}, ensure_ascii=False))


def test_a_prompt_that_is_too_long_fails_alone(llm_server, make_llm):
    message = "This model's maximum context length is 8192 tokens; 'max_tokens' is too large"
    llm_server.faults = [status(400, message)]
    tagger = make_llm(concurrency=1)
    assert [bool(row) for row in tagger.predict([RED, BLUE])] == [False, True]
    assert kinds(tagger) == ["failed", "ok"] and "maximum context length" in tagger.outcomes_[0].reason
    assert forms(llm_server) == ["json_schema"] * 2 and "max_tokens" in llm_server.requests[-1]


def test_a_content_filter_is_a_refusal(llm_server, make_llm):
    llm_server.faults = [status(400, "content_filter: the prompt was filtered")]
    tagger = make_llm()
    assert tagger.predict([RED]) == [[]] and kinds(tagger) == ["refused"]
