"""Reading answers: kinds of outcomes, JSON in and around other text, scores from log-probabilities."""

from __future__ import annotations

import json
import math
import time

import pytest
from loopback import BLUE, RED, completion, kinds, look_up, texts, title

from tagkit.llm.answer import KINDS, Reply, find_json, parse_reply, read_tags
from tagkit.llm.budget import Tokens
from tagkit.llm.prompt import AnswerSchema, PromptVocabulary
from tagkit.product import Product


@pytest.mark.parametrize(
    ("content", "extra", "kind", "tags"),
    [
        ('{"tags": ["红色", "鞋子"]}', {}, "ok", ["红色", "鞋子"]),
        ('<think>{"tags": ["蓝色"]}</think>```json\n{"tags": ["红色"]}\n```', {}, "ok", ["红色"]),
        ('Here [1] it is: ["红色", "鞋子"] !', {}, "ok", ["红色", "鞋子"]),
        ('{"result": {"tags": "红色"}}', {}, "ok", ["红色"]),
        ('{"tags": ["ＤＲＥＳＳ", "Red ", "red"]}', {}, "ok", ["dress", "red"]),
        ("红色, 鞋子", {}, "malformed", []),
        ('{"tags": ["红色"', {}, "malformed", []),
        ('{"labels": ["红色"]}', {}, "malformed", []),
        ('{"others": ["红色"], oops', {}, "malformed", []),
        ("[" * 100_000, {}, "malformed", []),
        ('{"a":' * 900 + "1" + "}" * 900, {}, "malformed", []),
        ('{"a":' * 100_000, {"finish_reason": "length"}, "truncated", []),
        ('{"tags": ["\\ud83d", "红色"]}', {}, "ok", ["红色"]),
        ("", {}, "empty", []),
        (None, {}, "empty", []),
        ('{"tags": []}', {}, "empty", []),
        ('{"tags": ["free iPhone"]}', {}, "empty", []),
        ("I'm sorry, but I can't help with that.", {}, "refused", []),
        ("抱歉，我无法回答。", {}, "refused", []),
        (None, {"message": {"content": None, "refusal": "no"}}, "refused", []),
        ("", {"finish_reason": "content_filter"}, "refused", []),
        ('{"tags": ["红色", "鞋子", "高', {"finish_reason": "length"}, "truncated", ["红色", "鞋子"]),
        ('{"tags": ["红', {"finish_reason": "length"}, "truncated", []),
        ("", {"finish_reason": "length"}, "truncated", []),
    ],
)
def test_every_kind_of_answer(products, content, extra, kind, tags):
    reply = parse_reply(json.dumps(completion(content, None, extra)), Tokens(10, 10_000))
    outcome, found = read_tags(Product("p", RED), reply, AnswerSchema(), PromptVocabulary(products, None, 0), 20)
    assert (outcome.kind, texts(found), outcome.product) == (kind, tags, "p")
    assert bool(outcome.reason) == (kind != "ok")


def test_outcomes_are_counted_and_warned_of(llm_server, make_llm, caplog):
    llm_server.reply = lambda body: "nonsense" if "坏" in title(body) else look_up(body)
    tagger = make_llm()
    tagger.predict([RED])
    assert caplog.text == ""
    tagger.predict([RED, Product("bad", "坏 蓝色")])
    assert tagger.outcome_counts() == {name: int(name in ("ok", "malformed")) for name in KINDS}
    assert "llm: of 2 answers, 1 malformed" in caplog.text and "for product bad: no JSON" in caplog.text


def test_a_bad_answer_affects_only_its_product(llm_server, make_llm):
    llm_server.reply = lambda body: "nonsense" if "坏" in title(body) else look_up(body)
    tagger = make_llm()
    found = tagger.predict([RED, "坏 蓝色", BLUE])
    assert texts(found[1]) == [] and texts(found[0]) and texts(found[2])
    assert kinds(tagger) == ["ok", "malformed", "ok"]


def test_what_is_cut_off_ends_after_the_last_complete_value():
    def found(text):
        return find_json(text, True, lambda value: True)

    assert found('{"a": ["x", "y"], "b": ["z') == {"a": ["x", "y"], "b": []}
    assert found('{"a": ["x"], "b"') == {"a": ["x"]}
    assert found('{"a": {"b": "c\\" }", "d": ["e",') == {"a": {"b": 'c" }', "d": ["e"]}}
    assert found('["x", "y') == ["x"] and found("[") == []
    assert found('{"a": ["x", 12') == {"a": ["x"]}, "a number may be incomplete, too"
    assert find_json('{"a": ["x"', False, lambda value: True) is None


@pytest.mark.parametrize("text", ["{" * 200_000, "[{" * 100_000, '{"a": ' * 50_000, "[1] " * 20_000])
@pytest.mark.parametrize("cut", [True, False])
def test_no_answer_takes_long_to_read(text, cut):
    start = time.process_time()
    assert find_json(text, cut, lambda value: isinstance(value, dict) and "tags" in value) is None
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "body", ["", "[]", "null", "{}", '{"choices": []}', '{"choices": [{"message": {"content": 7}}]}', "[" * 100_000]
)
def test_what_is_no_completion_is_none(body):
    assert parse_reply(body, Tokens(5, 5)) is None


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": "1", "completion_tokens": "2"},
        {"prompt_tokens": 10**400, "completion_tokens": 1},
        {"prompt_tokens": True, "completion_tokens": None},
        {"prompt_tokens": float("nan"), "completion_tokens": float("inf")},
        [1],
        "x",
    ],
)
def test_what_is_no_count_of_tokens_does_not_count(usage):
    row = completion('{"tags": ["x"]}') | {"usage": usage}
    reply = parse_reply(json.dumps(row), Tokens(7, 9))
    assert (reply.tokens, reply.counted) == (Tokens(7, 9), False)


@pytest.mark.parametrize(
    "token", [{"logprob": 10**400}, {"logprob": 0, "bytes": 10**13}, {"logprob": 0, "bytes": [300]}]
)
def test_hostile_log_probabilities_are_ignored(token):
    row = completion("x", None, {"logprobs": {"content": [{"token": "y"} | token]}})
    assert parse_reply(json.dumps(row), Tokens(7, 9)).logprobs == ()


def test_an_answer_longer_than_asked_for_is_cut_off_and_counts_in_full(products):
    content = json.dumps({"tags": [f"红{number}" for number in range(1000)]}, ensure_ascii=False)
    reply = parse_reply(json.dumps(completion(content)), Tokens(7, 9))
    assert len(reply.content) == 9 * 16 and reply.completion_tokens == len(content.encode())
    outcome, found = read_tags(Product("p", RED), reply, AnswerSchema(), PromptVocabulary(products, False, 0), 99)
    assert outcome.kind == "truncated" and texts(found)[:2] == ["红0", "红1"] and len(found) < 30


def test_a_reply_survives_storage_and_hostile_numbers():
    tokens = [{"token": '{"tags": ["', "logprob": 1e308}, {"token": 'x"]}', "logprob": float("nan")}]
    row = completion('{"tags": ["x"]}', {"prompt_tokens": -1}, {"logprobs": {"content": tokens}})
    reply = parse_reply(json.dumps(row), Tokens(7, 9))
    assert (reply.tokens, reply.counted) == (Tokens(7, 9), False)
    assert Reply.from_json(reply.to_json()) == reply
    _, (tag,) = read_tags(Product("p", "x"), reply, AnswerSchema(), PromptVocabulary([], False, 0), 5)
    assert (tag.text, tag.score) == ("x", 1.0)
    parts = completion([{"type": "text", "text": "a\ud800"}, {"type": "text", "text": "b"}])
    assert parse_reply(json.dumps(parts), Tokens(10, 10_000)).content == "a?b"


def test_scores_are_the_tokens_probabilities_where_the_server_gives_them(llm_server, make_llm):
    pieces = ['{"tags": ["', "红", "色", '", "', "鞋子", '"]}', "<end>"]
    values = [0.0, math.log(0.9), math.log(0.4), 0.0, math.log(0.8), 0.0, -3.0]

    def logprobs(as_bytes):
        rows = [{"token": piece, "logprob": value} for piece, value in zip(pieces, values, strict=True)]
        if as_bytes:  # the bytes of one character may be parted between tokens
            raw = "".join(pieces).encode()
            ends = [11, 13, 17, 21, 27, 30, len(raw)]
            parts = [list(raw[start:end]) for start, end in zip([0, *ends], ends, strict=False)]
            rows = [{"token": "?", "bytes": part, "logprob": v} for part, v in zip(parts, values, strict=True)]
        return {"logprobs": {"content": rows}}

    llm_server.reply = lambda body: '{"tags": ["红色", "鞋子"]}'
    for as_bytes in (False, True):
        llm_server.extra = logprobs(as_bytes)
        row = make_llm(instruction=str(as_bytes)).predict([RED])[0]
        assert texts(row) == ["鞋子", "红色"]
        assert [tag.score for tag in row] == pytest.approx([0.8, 0.6])
    llm_server.extra = {"logprobs": {"content": [{"token": "other", "logprob": -1.0}]}}
    row = make_llm(instruction="ranks", limit=4).predict([RED])[0]
    assert [(tag.text, tag.score) for tag in row] == [("红色", 1.0), ("鞋子", 0.75)]
