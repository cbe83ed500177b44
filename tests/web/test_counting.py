"""The visitors' server counts what it does, without words, and without anybody waiting for it."""
from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections import Counter

import pytest

from bot.counts.counting import Counts
from bot.counts.measures import RESPONSE_ITEMS
from bot.counts.store import read_counts
from bot.engine import Answer
from bot.errors import EngineError
from bot.web.app import create_app
from tests.web.conftest import TestClient

WORDS = "xylophone"  # planted in whatever a visitor may type


@pytest.fixture
def path(tmp_path):
    return tmp_path / "counts.sqlite3"


@pytest.fixture
def client_of(engine, store, house, settings_for, path):
    """A client of a new application over the same files; leaving it stops the application."""
    def make(**changes):
        return TestClient(create_app(settings_for(**changes), engine, store, house, counts=Counts(path)))
    return make


def send(client, text=f"is massage safe? {WORDS}", **more):
    response = client.post("/api/v1/messages", json={"text": text, **more})
    assert response.status_code == 200
    return response.json()


def counted(path, clinic=None, *measures):
    """(measure, item) -> value, all days together; times left out unless asked for."""
    found = Counter()
    for count in read_counts(path, first=dt.date.min, last=dt.date.max, clinic=clinic):
        if count.key.measure in measures or not measures and count.key.measure != "response_ms":
            found[count.key.measure, count.key.item] += count.value
    return dict(found)


def test_turns_and_conversations_are_counted_by_clinic_and_written_when_the_server_stops(client_of, path) -> None:
    with client_of() as client:
        first = send(client)
        send(client, conversation=first["conversation"])
        send(client, clinic="harbour")
    assert counted(path, "demo") == {
        ("conversation", ""): 1, ("turn", ""): 2, ("outcome", "answered"): 2, ("topic", "massage_safety"): 2,
        ("reply", "answer"): 2}
    assert counted(path, "harbour")[("conversation", "")] == 1
    assert sum(counted(path, None, "response_ms").values()) == 3


def test_counts_are_written_while_the_server_runs(client_of, path, monkeypatch) -> None:
    monkeypatch.setattr("bot.web.app.WRITE_EVERY", 0.01)
    with client_of() as client:
        send(client)
        for _ in range(500):
            if counted(path):
                break
            client.get("/api/v1/health")
        assert counted(path)[("turn", "")] == 1
        send(client)
    assert counted(path)[("turn", "")] == 2


def test_server_that_starts_again_goes_on_counting(client_of, path) -> None:
    for _ in range(2):
        with client_of() as client:
            send(client)
    assert counted(path)[("conversation", "")] == 2


def test_message_that_the_engine_does_not_answer_is_counted_by_what_the_visitor_got(client_of, engine, path) -> None:
    engine.raises = EngineError("told to")
    with client_of() as client:
        send(client)
        send(client, f"my chest hurts {WORDS}")
    found = counted(path)
    assert (found["outcome", "unavailable"], found["outcome", "escalated"], found["tier", "emergency"]) == (1, 1, 1)
    assert found["reply", "unavailable"] == 1  # beside an emergency nothing else is said


def test_slow_answer_counts_as_slow(client_of, engine, path) -> None:
    engine.hangs = True
    with client_of(answer_seconds=0.1) as client:
        send(client)
    ((_, bound),) = counted(path, None, "response_ms")
    assert int(bound) >= 640  # the patience with the engine and half a second


def test_refused_requests_are_no_turns(client_of, path) -> None:
    with client_of(rate_limit=(4, 60.0)) as client:
        assert client.post("/api/v1/messages", json={"text": ""}).status_code == 422
        assert client.post("/api/v1/messages", json={"text": WORDS, "clinic": WORDS}).status_code == 404
        assert client.post("/api/v1/messages", json={"text": WORDS, "conversation": WORDS}).status_code == 401
        send(client)
        assert client.post("/api/v1/messages", json={"text": WORDS}).status_code == 429
    assert counted(path)[("turn", "")] == counted(path)[("conversation", "")] == 1


# ratings


@pytest.fixture
def rated(client_of, engine, store, house, path):
    """Rates the reply of a conversation of the clinic harbour, one rating after the other; returns what was counted."""
    async def answer(text, *, conversation, clinic):
        reply = house.speaker(clinic).answer("massage_safety")
        store.append(conversation, [
            json.dumps({"event": "user", "text": text, "metadata": {"clinic": clinic}, "parse_data": {}}),
            json.dumps({"event": "bot", "data": {"custom": {"footnote": {"id": reply.id}}}})], after=0)
        return Answer(replies=(reply,), standing_tier=None)

    engine.answer = answer

    def rate(*ratings, reply=None, clinic="harbour"):
        with client_of() as client:
            told = send(client, clinic=clinic)
            for rating in ratings:
                feedback = {"conversation": told["conversation"], "reply": reply or told["replies"][0]["id"],
                            "rating": rating, "reason": f"because {WORDS}"}
                assert client.post("/api/v1/feedback", json=feedback).status_code == 204
            response = client.request("DELETE", "/api/v1/conversation", json={"conversation": told["conversation"]})
            assert response.status_code == 204
        return {item: value for (_, item), value in counted(path, clinic or "demo", "rating").items() if value}
    return rate


@pytest.mark.parametrize("ratings, left", [
    (["up"], {"up": 1}), (["down"], {"down": 1}), (["up", "up", "up"], {"up": 1}), (["up", "down"], {"down": 1}),
    (["up", "down", "up"], {"up": 1})])
def test_reply_counts_once_for_its_clinic_with_its_last_rating(rated, ratings, left) -> None:
    assert rated(*ratings) == left


def test_reply_of_the_default_clinic_counts_for_it(rated) -> None:
    assert rated("up", clinic=None) == {"up": 1}


def test_rating_of_a_reply_that_was_never_given_is_not_counted(rated) -> None:
    assert rated("up", "down", reply="invented") == {}


# what must never happen


def test_no_words_no_conversation_and_no_address_reach_the_file(rated, client_of, engine, path) -> None:
    rated("down")

    async def fail(text, *, conversation, clinic):
        raise EngineError(text)

    engine.answer = fail
    with client_of(trust_proxy=True) as client:
        told = client.post("/api/v1/messages", json={"text": f"chest {WORDS}"}, headers={"x-forwarded-for": "203.0.113.77"})
        token = told.json()["conversation"]
    everything = b"".join(file.read_bytes() for file in path.parent.glob("counts*"))
    assert b"massage_safety" in everything  # it is the file that was written
    for planted in (WORDS, token, token.partition(".")[0], "203.0.113", "testclient"):
        assert planted.encode() not in everything
    with sqlite3.connect(path) as connection:
        items = {row[0] for row in connection.execute("SELECT item FROM counts")}
    ours = {"", "answered", "escalated", "emergency", "massage_safety", "answer", "escalation", "down"}
    assert items - set(RESPONSE_ITEMS) == ours


def test_deleting_a_conversation_leaves_counts_as_they_are(client_of, path) -> None:
    with client_of() as client:
        token = send(client)["conversation"]
        assert client.request("DELETE", "/api/v1/conversation", json={"conversation": token}).status_code == 204
    assert counted(path)[("conversation", "")] == counted(path)[("turn", "")] == 1


def test_counting_that_breaks_is_not_noticed_by_visitors(engine, store, house, settings_for, caplog) -> None:
    class Broken(Counts):
        def turn(self, *arguments, **more):
            raise RuntimeError(WORDS)

        def write(self):
            raise RuntimeError(WORDS)

    with TestClient(create_app(settings_for(), engine, store, house, counts=Broken(store.path))) as client:
        assert send(client)["replies"]
    assert "the counts could not be told" in caplog.text and WORDS not in caplog.text


def test_file_that_cannot_be_written_costs_no_answer_and_one_line(engine, store, house, settings_for, tmp_path, caplog,
                                                                  monkeypatch) -> None:
    monkeypatch.setattr("bot.web.app.WRITE_EVERY", 0.01)
    (tmp_path / "no folder").touch()
    counts = Counts(tmp_path / "no folder" / "counts.sqlite3")
    with TestClient(create_app(settings_for(), engine, store, house, counts=counts)) as client:
        for _ in range(30):
            assert send(client)["replies"]
    assert caplog.text.count("cannot be written") == 1


def test_application_without_counts_of_its_own_keeps_them_where_the_settings_say(engine, store, house, settings_for) -> None:
    settings = settings_for()
    with TestClient(create_app(settings, engine, store, house)) as client:
        send(client)
    assert counted(settings.counts)[("turn", "")] == 1
