"""Many questions at once: concurrency, the cache of answers, interruption, servers that are down."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import time

import diskcache
import pytest
from loopback import BLUE, RED, completion, kinds, look_up, texts, title

from tagkit.errors import BadInput, HostedError
from tagkit.llm.answer import Reply
from tagkit.llm.batch import AnswerCache
from tagkit.product import Product
from tagkit.taggers import Tagger


def test_requests_run_at_once_up_to_the_limit(llm_server, make_llm):
    llm_server.delay = 0.1
    make_llm(concurrency=3).predict([f"红色 {i}" for i in range(10)])
    assert llm_server.most == 3


def test_the_same_text_is_asked_about_once(llm_server, make_llm):
    tagger = make_llm()
    first, second = tagger.predict([Product("a", RED), Product("b", RED)])
    assert texts(first) == texts(second) != [] and len(llm_server.requests) == 1
    assert (tagger.spend_.requests, tagger.spend_.cached) == (1, 1)


def test_it_works_within_a_running_event_loop_as_in_jupyter(llm_server, make_llm):
    tagger = make_llm()

    async def cell():
        return tagger.predict([RED])

    assert texts(asyncio.run(cell())[0])


def test_a_server_that_is_down_ends_it_soon(llm_server, make_llm):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    tagger = make_llm(endpoint=f"http://127.0.0.1:{port}/v1", retries=0)
    with pytest.raises(HostedError, match=r"10 requests failed in a row.*failed.*0 of 50 products"):
        tagger.predict([f"红色 {i}" for i in range(50)])
    assert tagger.spend_.lost == 0 and kinds(tagger).count("failed") == 50


def test_a_second_run_sends_no_request(llm_server, make_llm, tmp_path, monkeypatch):
    monkeypatch.setenv("TAGKIT_LLM_ENDPOINT", llm_server.url)  # a saved strategy holds no address
    llm_server.reply = lambda body: "nonsense" if "坏" in title(body) else look_up(body)
    rows = [RED, BLUE, "坏"]
    first = make_llm()
    found = first.predict(rows)
    assert len(llm_server.requests) == 3 and first.estimate(rows).requests == 0
    for again in (first, make_llm(), Tagger.load(first.save(tmp_path / "model"))):
        assert again.predict(rows) == found and kinds(again) == ["ok", "ok", "malformed"]
        assert again.spend_.cached >= 3
    assert len(llm_server.requests) == 3
    assert again.estimate(rows).cached == 3 and again.estimate(rows).tokens == 0


@pytest.mark.parametrize(
    "other",
    [{"model": "large"}, {"temperature": 1.0}, {"shots": 1}, {"seed": 1}, {"max_tokens": 9}, {"extra": {"top_p": 0.5}}],
)
def test_another_question_has_another_answer(llm_server, make_llm, other):
    make_llm().predict([RED])
    make_llm(**other).predict([RED])
    assert len(llm_server.requests) == 2
    make_llm(concurrency=1, timeout=9, retries=0).predict([RED])
    assert len(llm_server.requests) == 2, "how it is asked does not matter"


def test_a_damaged_cache_is_named(llm_server, make_llm, tmp_path):
    make_llm().predict([RED])
    folder = AnswerCache().folder
    for path in folder.glob("cache.db*"):
        path.write_bytes(b"no database, but long enough to be looked at" * 100)
    with pytest.raises(BadInput, match=f"the cache of answers {folder} is damaged"):
        make_llm().predict([RED])


def test_a_cache_that_cannot_be_opened_costs_a_warning(llm_server, make_llm, caplog, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "file"))
    assert all(make_llm().predict([RED, BLUE])) and caplog.text.count("is not used, so nothing is kept") == 1


def test_a_full_disk_costs_a_warning(caplog, monkeypatch, tmp_path):
    def full(*_, **__):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(diskcache.Cache, "set", full)
    cache = AnswerCache(tmp_path)
    cache["a"] = cache["b"] = Reply("text")
    assert caplog.text.count("cannot be stored: database or disk is full") == 1 and cache["a"] is None


def test_an_interrupted_run_loses_no_answer(llm_server, make_llm):
    rows = [f"红色 {i}" for i in range(12)]

    def interrupt(handler):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.2)
        handler.send(200, completion(look_up(handler.body)))

    llm_server.faults = [None] * 5 + [interrupt]
    # A shell that runs tests in the background makes them ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            make_llm(concurrency=2).predict(rows)
    finally:
        signal.signal(signal.SIGINT, before)
    time.sleep(0.5)
    sent = len(llm_server.requests)
    assert 6 <= sent <= 8
    tagger = make_llm()
    assert all(tagger.predict(rows)) and len(llm_server.requests) == 12
    assert tagger.spend_.cached == sent
