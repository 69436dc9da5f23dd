"""Faults of servers: retries, time limits, fatal errors, hostile responses, proxies and TLS."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import struct
import time
from datetime import UTC, datetime, timedelta

import pytest
from loopback import BLUE, RED, completion, cut, drip, flood, hang, kinds, says, status, texts

from tagkit.errors import HostedError
from tagkit.llm import client
from tagkit.product import Product


@pytest.mark.parametrize(
    ("fault", "lost"),
    [
        (status(429, "slow down"), 0),
        (status(500, "oops"), 0),
        (status(503), 0),
        (cut, 1),
        (hang(0.05), 1),
        (says("<html>gateway</html>"), 1),
        (says('{"choices": [{"message": {"content": "x"}}]}'[:-1], Content_Type="application/json"), 1),
        (says({"choices": []}), 1),
        (says({"choices": [{"message": {"content": 7}}]}), 1),
    ],
)
def test_passing_faults_cost_a_retry(llm_server, make_llm, fault, lost):
    llm_server.faults = [fault, fault]
    tagger = make_llm()
    assert set(texts(tagger.predict([RED])[0])) == {"红色", "高跟鞋"}
    spend = tagger.spend_
    assert kinds(tagger) == ["ok"] and len(llm_server.requests) == 3
    assert (spend.requests, spend.retries, spend.lost) == (1, 2, 2 * lost)


@pytest.mark.parametrize(
    ("fault", "reason"), [(status(500, "oops"), "status 500: 'oops'"), (cut, "RemoteProtocolError")]
)
def test_lasting_faults_fail_only_their_product(llm_server, make_llm, fault, reason, caplog):
    llm_server.faults = [fault] * 3
    tagger = make_llm(retries=2, concurrency=1)
    found = tagger.predict([Product("bad", RED), Product("good", BLUE)])
    assert found[0] == [] and found[1] and kinds(tagger) == ["failed", "ok"]
    assert reason in tagger.outcomes_[0].reason and "(3 attempts)" in tagger.outcomes_[0].reason
    assert "of 2 answers, 1 failed" in caplog.text and "for product bad" in caplog.text
    assert tagger.predict([RED])[0], "what failed is not kept, and asked again"


def test_all_questions_respect_retry_after(llm_server, make_llm):
    llm_server.faults = [status(429, Retry_After="1")]
    start = time.monotonic()
    tagger = make_llm()
    tagger.predict([RED, BLUE, "白色"])
    assert 1.0 <= time.monotonic() - start < 3
    assert tagger.spend_.retries == 1


def test_retry_after_in_every_form():
    assert client.retry_after({"retry-after": "2.5"}) == 2.5
    assert client.retry_after({"retry-after": "9", "retry-after-ms": "250"}) == 0.25
    assert client.retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    assert client.retry_after({"retry-after": "Wed, 21 Oct 2099 07:28:00 GMT"}) > 1e9
    assert client.retry_after({"retry-after": "soon"}) == client.retry_after({}) == 0
    assert client.retry_after({"retry-after": "Wed, 21 Oct 9999999999999999999 07:28:00 GMT"}) == 0
    assert client.retry_after({"retry-after": "nan"}) == client.retry_after({"retry-after": "-1"}) == 0


@pytest.mark.parametrize("asked", ["3600", "inf"])
def test_a_server_that_asks_for_too_long_a_pause_is_not_waited_for(llm_server, make_llm, asked):
    llm_server.faults = [status(429, Retry_After=asked)]
    tagger = make_llm(concurrency=1)
    assert [bool(row) for row in tagger.predict([RED, BLUE])] == [False, True], "the others are not kept waiting"
    assert f"asks to wait {asked} s" in tagger.outcomes_[0].reason


def test_all_pauses_of_a_question_have_a_limit(llm_server, make_llm, monkeypatch):
    monkeypatch.setattr(client, "PATIENCE", 0.59)
    llm_server.faults = [status(503, Retry_After="0.2")] * 9
    tagger = make_llm(retries=9)
    start = time.monotonic()
    assert tagger.predict([RED]) == [[]] and time.monotonic() - start < 2.5
    assert len(llm_server.requests) in (2, 3) and "status 503" in tagger.outcomes_[0].reason


@pytest.mark.parametrize("fault", [status(429, Retry_After="0.3"), status(503, Retry_After="0.3"), hang(0.2)])
def test_a_server_that_never_answers_does_not_stall_many_questions(llm_server, make_llm, monkeypatch, fault):
    monkeypatch.setattr(client, "PATIENCE", 1.0)
    llm_server.faults = [fault] * 999
    start = time.monotonic()
    with pytest.raises(HostedError, match=r"\d requests failed in a row"):
        make_llm(retries=99, concurrency=2).predict([f"红色 {i}" for i in range(50)])
    assert time.monotonic() - start < 4


@pytest.mark.parametrize("charset", ["base64", "zlib", "idna", "undefined", "utf-16", "no such"])
@pytest.mark.parametrize("code", [200, 500])
def test_the_charset_of_a_server_does_not_matter(llm_server, make_llm, charset, code):
    body = completion('{"tags": ["红色"]}')
    llm_server.faults = [lambda handler: handler.send(code, body, Content_Type=f"application/json; charset={charset}")]
    tagger = make_llm(retries=0)
    found = tagger.predict([RED])[0]
    assert texts(found) == ["红色"] if code == 200 else "status 500: " in tagger.outcomes_[0].reason


def raw(*parts, pause=0.0):
    """Send what may be no HTTP at all, and close."""

    def fault(handler):
        handler.close_connection = True
        for part in parts:
            handler.wfile.write(part)
            time.sleep(pause)

    return fault


def reset(handler):
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (reset, "ReadError"),
        (raw(b"no HTTP\r\n\r\n"), "illegal status line"),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "illegal chunk header"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), "bad Content-Length"),
        (raw(b"HTTP/1.1 200 OK\r\n", *[b"A: b\r\n" * 9999] * 99), "Receive buffer too long"),
        (raw(*[b"HTTP/1.1 100 Continue\r\n\r\n"] * 60, pause=0.05), "no complete answer within"),
        (raw(b"HTTP/1.1 200 OK\r\n", *[b"A: b\r\n"] * 60, pause=0.05), "no complete answer within"),
        (says("[" * 200_000), "no chat completion"),
        (status(500, "[" * 200_000), "status 500"),
        (status(500, "\\" * 2**20), "status 500"),
        (lambda handler: handler.send(500, '{"error":' * 100_000), "status 500"),
        (says({"choices": [1] * 2**20}), "no chat completion"),
        (says("data: {}", Content_Type="text/event-stream"), "no chat completion"),
        (status(302, Location="http://\x01"), "status 302"),
    ],
)
def test_whatever_a_server_sends_it_takes_no_longer_than_the_timeout(llm_server, make_llm, fault, reason):
    llm_server.faults = [fault]
    tagger = make_llm(timeout=1.5, retries=0)
    start = time.monotonic()
    assert tagger.predict([RED]) == [[]] and time.monotonic() - start < 5
    assert reason in tagger.outcomes_[0].reason


@pytest.mark.parametrize("content", ["[" * 99 + "1," * 2**21 + "!", "{}," * 2**21, '{"tags":' * 2**19])
@pytest.mark.parametrize("finish", ["stop", "length"])
def test_no_answer_takes_long_to_read(llm_server, make_llm, content, finish):
    llm_server.faults = [says(completion(content, None, {"finish_reason": finish}))]
    tagger = make_llm()
    start = time.monotonic()
    assert tagger.predict([RED]) == [[]] and time.monotonic() - start < 5
    assert kinds(tagger) == ["truncated"]


def test_an_endless_answer_and_a_compressed_bomb_are_not_read(llm_server, make_llm, monkeypatch):
    monkeypatch.setattr(client, "MAX_BYTES", 2**20)

    def bomb(handler):
        content = gzip.compress(b" " * 2**26)
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    llm_server.faults = [flood, bomb]
    tagger = make_llm(retries=0, concurrency=1)
    assert tagger.predict([RED, BLUE]) == [[], []]
    assert "longer than 1,048,576 bytes" in tagger.outcomes_[0].reason
    assert "no chat completion" in tagger.outcomes_[1].reason


@pytest.mark.parametrize("fault", [hang(3), drip(3)])
def test_the_timeout_covers_the_whole_request(llm_server, make_llm, fault):
    llm_server.faults = [fault]
    tagger = make_llm(timeout=0.3, retries=0)
    start = time.monotonic()
    assert tagger.predict([RED]) == [[]]
    assert 0.3 <= time.monotonic() - start < 2.5
    assert tagger.outcomes_[0].reason == "no complete answer within 0.3 s (1 attempt)"


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (status(401, "bad key"), "does not accept the API key.*TAGKIT_LLM_KEY.*'bad key'"),
        (status(403), "denies access"),
        (status(404, "no model"), "no such model or address.*/v1.*'no model'"),
        (status(429, "insufficient_quota"), "the account has no credit"),
    ],
)
def test_fatal_errors_end_it_at_once(llm_server, make_llm, fault, message):
    llm_server.faults = [fault]
    with pytest.raises(HostedError, match=message):
        make_llm(concurrency=1).predict([RED, BLUE])
    assert len(llm_server.requests) == 1


def test_redirects_are_not_followed(llm_server, make_llm):
    llm_server.faults = [status(307, Location="http://127.0.0.1:9/steal")]
    tagger = make_llm()
    assert tagger.predict([RED]) == [[]] and "status 307" in tagger.outcomes_[0].reason


def test_a_proxy_of_the_environment_is_used_but_not_for_this_machine(llm_server, make_llm, monkeypatch):
    proxy = llm_server.url.removesuffix("/v1").replace("http://", "http://me:pass@")
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, proxy)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    make_llm(endpoint="http://models.example/v1").predict([RED])
    make_llm().predict([RED])
    assert llm_server.paths == ["http://models.example/v1/chat/completions", "/v1/chat/completions"]


@pytest.fixture
def over_tls(llm_server, tmp_path, monkeypatch):
    """Let the server speak TLS, with a certificate of its own that this process trusts."""
    x509 = pytest.importorskip("cryptography.x509", reason="a certificate is made with cryptography")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    place = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = made.add_extension(place, critical=False).sign(key, hashes.SHA256())
    path = tmp_path / "certificate.pem"
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(key.private_bytes(*form) + signed.public_bytes(serialization.Encoding.PEM))
    llm_server.speak_tls(path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


def test_over_tls(llm_server, make_llm, over_tls, monkeypatch):
    tagger = make_llm(retries=0)
    assert llm_server.url.startswith("https://") and tagger.predict([RED])[0]
    tagger.set_params(timeout=0.5)
    for fault in (hang(3), drip(3)):
        llm_server.faults = [fault]
        start = time.monotonic()
        assert tagger.predict([BLUE]) == [[]] and time.monotonic() - start < 2.5
        assert tagger.outcomes_[0].reason.startswith("no complete answer within 0.5 s")
    monkeypatch.delenv("SSL_CERT_FILE")
    assert tagger.predict([BLUE]) == [[]] and "CERTIFICATE_VERIFY_FAILED" in tagger.outcomes_[0].reason
