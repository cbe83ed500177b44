"""POST /api/v1/feedback, DELETE /api/v1/conversation, and what is deleted by itself."""
from __future__ import annotations

import sqlite3
import time

import pytest

from bot.web import app as web_app


def rows(store):
    with sqlite3.connect(store.path) as connection:
        return connection.execute("SELECT conversation, reply, rating, reason FROM feedback").fetchall()


@pytest.fixture
def told(say):
    """(token, reply id) of a conversation."""
    reply = say()
    return reply["conversation"], reply["replies"][0]["id"]


@pytest.fixture
def rate(client):
    def send(conversation, reply, rating="up", **more):
        return client.post("/api/v1/feedback",
                           json={"conversation": conversation, "reply": reply, "rating": rating, **more})
    return send


@pytest.fixture
def delete(client):
    def send(token):
        return client.request("DELETE", "/api/v1/conversation", json={"conversation": token})
    return send


def test_feedback_is_kept_and_a_second_one_replaces_the_first(told, rate, store, engine):
    assert rate(*told, "up").status_code == 204
    response = rate(*told, "down", reason=" too long\u200b ")
    assert (response.status_code, response.content) == (204, b"")
    assert rows(store) == [(engine.heard[0][1], told[1], "down", "too long")]


def test_a_reason_without_words_is_none(told, rate, store):
    rate(*told, reason=" \u200b")
    assert rows(store)[0][3] is None


@pytest.mark.parametrize("wrong", [
    {"rating": "sideways"}, {"rating": None}, {"rating": 1}, {"reply": ""}, {"reply": "x" * 65}, {"reply": "a b"},
    {"reply": "a\n"}, {"reply": None}, {"reason": 5}, {"conversation": None}, {"conversation": 7},
])
def test_malformed_feedback_is_400(client, told, store, assert_error, wrong):
    body = {"conversation": told[0], "reply": told[1], "rating": "up", **wrong}
    assert_error(client.post("/api/v1/feedback", json=body), 400, "malformed")


def test_a_long_reason_is_422(told, rate, assert_error):
    assert_error(rate(*told, reason="a" * 1001), 422, "long_text")


def test_deletion_removes_everything_and_kills_the_token(told, rate, delete, client, store, engine, assert_error):
    token, reply = told
    conversation = engine.heard[0][1]
    store.append(conversation, ['{"event": "user"}'], after=0)
    rate(token, reply)
    response = delete(token)
    assert (response.status_code, response.content) == (204, b"")
    assert store.events(conversation) == []
    assert rows(store) == []
    assert conversation in engine.forgotten
    assert_error(client.post("/api/v1/messages", json={"text": "hi", "conversation": token}), 401, "bad_token")
    assert_error(rate(token, reply), 401, "bad_token")
    assert_error(delete(token), 401, "bad_token")
    assert len(engine.heard) == 1
    assert rows(store) == []


def test_deletion_leaves_other_conversations_alone(say, delete, engine):
    first, second = say()["conversation"], say()["conversation"]
    delete(first)
    say(conversation=second)
    assert engine.heard[-1][1] == engine.heard[1][1]


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "0" * 32, "é", "0" * 32 + ".AAAAAA." + "A" * 64])
def test_a_token_that_is_not_genuine_is_401_everywhere(client, rate, delete, assert_error, engine, token):
    assert_error(client.post("/api/v1/messages", json={"text": "hi", "conversation": token}), 401, "bad_token")
    assert_error(rate(token, "abc"), 401, "bad_token")
    assert_error(delete(token), 401, "bad_token")
    assert engine.heard == []


def test_a_conversation_deleted_while_it_is_answered_leaves_nothing(say, client, store, engine, monkeypatch):
    token = say()["conversation"]
    answer = engine.answer

    async def slow(text, *, conversation, clinic):
        store.delete(conversation)
        store.append(conversation, ['{"event": "user"}'], after=0)  # what the turn wrote after the deletion
        return await answer(text, conversation=conversation, clinic=clinic)

    monkeypatch.setattr(engine, "answer", slow)
    say(conversation=token)
    assert store.conversations() == []


@pytest.mark.parametrize("broken", ["forget", "delete"])
def test_a_deletion_that_fails_says_so_and_can_be_repeated(
    told, delete, store, engine, monkeypatch, assert_error, broken
):
    def fail(conversation):
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(engine if broken == "forget" else store, broken, fail)
        assert_error(delete(told[0]), 503, "unavailable")
    assert delete(told[0]).status_code == 204


def test_feedback_that_cannot_be_kept_is_503(told, rate, store, monkeypatch, assert_error):
    def fail(*values):
        raise sqlite3.OperationalError("disk full")
    monkeypatch.setattr(store, "rate", fail)
    assert_error(rate(*told), 503, "unavailable")


def test_old_conversations_go_at_start_and_then_every_hour(client_for, store, monkeypatch):
    calls = []
    monkeypatch.setattr(store, "purge", lambda: calls.append(time.monotonic()))
    monkeypatch.setattr(web_app, "PURGE_EVERY", 0.05)
    with client_for():
        assert len(calls) == 1
        time.sleep(0.3)
    assert len(calls) >= 3


def test_a_purge_that_fails_does_not_stop_the_start(client_for, store, monkeypatch):
    def fail():
        raise sqlite3.OperationalError("locked")
    monkeypatch.setattr(store, "purge", fail)
    with client_for() as client:
        assert client.get("/api/v1/health").status_code == 200
