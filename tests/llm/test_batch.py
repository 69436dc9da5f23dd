"""Many questions at once: concurrency, the cache of answers, interruption, servers that are down."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
import time

import pytest
from loopback import BLUE, RED, completion, kinds, look_up, texts, title

from tagkit.errors import BadInput, HostedError
from tagkit.llm.answer import Reply
from tagkit.llm.batch import FILE, AnswerCache
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


class Canary:
    """What makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("how", ["no database", "another table", "no answer", "a pickle", "no text", "a view"])
def test_a_damaged_cache_is_named_and_runs_no_code(llm_server, make_llm, how, tmp_path):
    make_llm().predict([RED])
    path = AnswerCache().folder / FILE
    database = sqlite3.connect(path)
    [(key,)] = database.execute("SELECT key FROM answers")
    drop = "DROP TABLE answers; "
    statements = {
        "no database": "",
        "another table": drop + "CREATE TABLE answers (x)",
        "no answer": "UPDATE answers SET reply = '[1]'",
        "a pickle": f"UPDATE answers SET reply = X'{pickle.dumps(Canary(tmp_path / 'canary')).hex()}'",
        "no text": drop + f"CREATE TABLE answers AS SELECT '{key}' AS key, NULL AS reply",
        "a view": drop + f"CREATE VIEW answers AS SELECT '{key}' AS key, load_extension('x') AS reply",
    }
    database.executescript(statements[how])
    database.close()
    if how == "no database":
        for part in path.parent.glob(f"{FILE}*"):
            part.write_bytes(b"no database, but long enough to be looked at" * 100)
    with pytest.raises(BadInput, match=f"the cache of answers {path.parent} is damaged"):
        make_llm().predict([RED])
    assert not (tmp_path / "canary").exists()


def test_a_cache_that_cannot_be_opened_costs_a_warning(llm_server, make_llm, caplog, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TAGKIT_CACHE", str(tmp_path / "file"))
    assert all(make_llm().predict([RED, BLUE])) and caplog.text.count("is not used, so nothing is kept") == 1


def test_a_full_disk_costs_a_warning(caplog, tmp_path):
    cache = AnswerCache(tmp_path)
    cache["a"] = Reply("text")
    cache._answers.execute("PRAGMA max_page_count = 1")  # from now on the file cannot grow
    cache["b"] = cache["c"] = Reply("text" * 10_000)
    assert caplog.text.count("cannot be stored: database or disk is full") == 1
    assert cache["a"] == Reply("text") and cache["b"] is None


def test_processes_store_answers_at_once(tmp_path):
    store = """
        import sys
        from pathlib import Path
        from tagkit.llm.answer import Reply
        from tagkit.llm.batch import AnswerCache
        cache = AnswerCache(Path(sys.argv[1]))
        for number in range(200):
            cache[f"{sys.argv[2]}{number}"] = Reply(sys.argv[2])
    """
    command = [sys.executable, "-c", textwrap.dedent(store), str(tmp_path)]
    processes = [subprocess.Popen([*command, name], stderr=subprocess.PIPE) for name in "ab"]
    assert [process.communicate()[1] for process in processes] == [b"", b""]
    cache = AnswerCache(tmp_path)
    assert all(cache[f"{name}{number}"] == Reply(name) for name in "ab" for number in range(200))


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
