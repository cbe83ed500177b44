"""Every error has one shape, a fitting status, and none of the visitor's words."""
from __future__ import annotations

import json
import logging

import httpx
import pytest
from hypothesis import given, settings as hypothesis_settings, strategies as st
from starlette.testclient import TestClient

from bot.conversations import ConversationStore
from bot.web.app import create_app
from bot.web.bodies import MAX_BYTES
from bot.web.failures import ERRORS

SENTINEL = "xyzzybunion"
PATHS = [("POST", "/api/v1/messages"), ("POST", "/api/v1/feedback"), ("DELETE", "/api/v1/conversation")]

MALFORMED = [
    b"", b"null", b"[]", b'"text"', b"{", b'{"text": "a"} x', b'{"text": 5}', b'{"text": null}', b"{}",
    b'{"text": ["a"]}', b'{"text": "a", "conversation": 5}', b'{"text": "a", "clinic": []}',
    b'{"text": NaN}', b'{"text": "a", "n": NaN}', b'{"text": "a", "n": -Infinity}',
    b'{"text": "a", "text": "b"}', b'{"text": "a", "more": {"b": 1, "b": 2}}',
    b'{"text": "\\ud800"}', b'{"text": "a", "clinic": "\\udfff"}', b'{"text": "a", "more": ["\\ud800"]}',
    b'{"text": "\xff"}', b"\xef\xbb\xbf{}", '{"text": "a"}'.encode("utf-16"), b"text=hello",
    b'{"text": ' + b"[" * 4000 + b"]" * 4000 + b"}", b"[" * 8000, b'{"a":' * 1600, b'{"text": ' + b"9" * 8000 + b"}",
    b'{"text": "a", "n": 1e99999, "text": 2}', b'{"text": "a\x00"}',
]


@pytest.mark.parametrize("body", MALFORMED, ids=lambda body: repr(body[:40]))
def test_a_malformed_body_is_400(client, assert_error, body):
    assert_error(client.post("/api/v1/messages", content=body), 400, "malformed")


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_every_address_refuses_what_is_no_object(client, assert_error, method, path):
    assert_error(client.request(method, path, content=b"[1"), 400, "malformed")


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b\u200d\ufeff", "\x00\x1f", "\u202e \u2066"])
def test_a_text_without_visible_characters_is_empty(client, assert_error, engine, text):
    assert_error(client.post("/api/v1/messages", json={"text": text}), 422, "empty_text")
    assert engine.heard == []


def test_a_text_over_1000_characters_is_refused(client, assert_error):
    assert_error(client.post("/api/v1/messages", json={"text": "a" * 1001}), 422, "long_text")


def test_an_unknown_clinic_is_404(client, assert_error):
    assert_error(client.post("/api/v1/messages", json={"text": "hi", "clinic": "nope"}), 404, "unknown_clinic")


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("GET", "/nope", 404, "not_found"), ("GET", "/api/v1/nope", 404, "not_found"),
    ("GET", "/pages/nope.js", 404, "not_found"), ("GET", "/pages/../app.py", 404, "not_found"),
    ("GET", "/pages/%2e%2e/app.py", 404, "not_found"), ("POST", "/api/v1/messages/", 404, "not_found"),
    ("GET", "/api/v1/messages", 405, "method_not_allowed"), ("PUT", "/api/v1/feedback", 405, "method_not_allowed"),
    ("POST", "/pages/docs.js", 405, "method_not_allowed"), ("POST", "/", 405, "method_not_allowed"),
])
def test_wrong_addresses_and_methods(client, assert_error, method, path, status, code):
    response = client.request(method, path)
    assert_error(response, status, code)


def test_405_names_the_allowed_methods(client):
    assert client.get("/api/v1/messages").headers["allow"] == "POST"


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_a_body_over_8_kib_is_413(client, assert_error, method, path):
    assert_error(client.request(method, path, content=b" " * (MAX_BYTES + 1)), 413, "too_large")
    assert client.request(method, path, content=b" " * MAX_BYTES).status_code == 400


@pytest.mark.anyio
@pytest.mark.parametrize("headers", [{}, {"content-length": "10"}])
async def test_a_body_without_honest_length_is_stopped_while_it_streams(engine, store, house, settings_for, headers):
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 1024
            yield b" " * 1024

    transport = httpx.ASGITransport(create_app(settings_for(), engine, store, house))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.post("/api/v1/messages", content=endless(), headers=headers)
    assert response.status_code == 413
    assert response.headers["connection"] == "close"
    assert sent <= MAX_BYTES + 2048


def test_a_slow_body_is_408(client, assert_error, monkeypatch):
    import asyncio

    from bot.web import bodies

    async def slow(request):
        await asyncio.sleep(5)

    monkeypatch.setattr(bodies, "MAX_SECONDS", 0.01)
    monkeypatch.setattr(bodies, "_read", slow)
    assert_error(client.post("/api/v1/messages", json={"text": "hi"}), 408, "too_slow")


def test_a_crash_is_500_without_detail(engine, store, house, settings_for, assert_error, caplog):
    app = create_app(settings_for(), engine, store, house)

    async def crash():
        raise RuntimeError(SENTINEL)

    app.router.routes.clear()
    app.add_api_route("/crash", crash)
    response = TestClient(app).get("/crash")
    assert_error(response, 500, "failed")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert SENTINEL not in response.text + caplog.text
    assert "RuntimeError" in caplog.text


@pytest.mark.parametrize("body", [
    {"text": f"{SENTINEL} " * 200}, {"text": SENTINEL, "clinic": SENTINEL}, {"text": SENTINEL, "conversation": SENTINEL},
    {"text": [SENTINEL]}, {SENTINEL: 1}, {"text": SENTINEL, "conversation": 5}, {"text": SENTINEL * 1000},
])
def test_no_error_and_no_log_line_repeats_the_visitor(client, caplog, body):
    caplog.set_level(logging.DEBUG)
    response = client.post("/api/v1/messages", json=body)
    assert response.status_code >= 400
    assert SENTINEL not in response.text + str(response.headers) + caplog.text


@pytest.mark.parametrize("text", [f"chest {SENTINEL}", f"crash {SENTINEL}", SENTINEL])
def test_no_failure_repeats_the_visitor(client, engine, caplog, text):
    caplog.set_level(logging.DEBUG)
    engine.raises = ValueError(f"cannot read {SENTINEL}")
    response = client.post("/api/v1/messages", json={"text": text})
    assert response.status_code == 200
    assert SENTINEL not in response.text + caplog.text
    assert "ValueError" in caplog.text


def test_every_code_has_a_status_and_a_sentence():
    for code, (status, message) in ERRORS.items():
        assert 400 <= status < 600, code
        assert message.endswith("."), code


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=8,
)
bodies = st.binary(max_size=300) | st.builds(
    lambda value: json.dumps(value).encode(),
    json_values | st.fixed_dictionaries(
        {"text": json_values}, optional={"conversation": json_values, "clinic": json_values, "reply": json_values,
                                         "rating": st.sampled_from(["up", "down"]) | json_values}),
)


@pytest.fixture(scope="module")
def one_client(house, settings_for, tmp_path_factory):
    """One application for all examples of the fuzz."""
    class Engine:
        model = "fake.tar.gz"

        async def answer(self, text, *, conversation, clinic):
            from bot.engine import Answer
            return Answer(replies=(house.speaker(clinic).out_of_scope(),), standing_tier=None)

        async def forget(self, conversation):
            pass

    store = ConversationStore(tmp_path_factory.mktemp("fuzz") / "c.sqlite3")
    yield TestClient(create_app(settings_for(), Engine(), store, house))
    store.close()


@pytest.mark.parametrize(("method", "path"), PATHS)
@hypothesis_settings(max_examples=150, deadline=None)
@given(body=bodies)
def test_whatever_is_sent_is_answered_or_refused_in_shape(one_client, method, path, body):
    response = one_client.request(method, path, content=body)
    assert response.status_code in (200, 400, 401, 404, 413, 422)
    if response.status_code != 200:
        assert set(response.json()["error"]) == {"code", "message"}


@pytest.fixture
def anyio_backend():
    return "asyncio"
