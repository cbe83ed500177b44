"""POST /api/v1/messages: replies, and what is said when the engine says nothing."""
from __future__ import annotations

import asyncio
import sqlite3
import threading
import time

import pytest

from bot.engine import Answer
from bot.errors import EngineError, EngineNotReady, EngineTimeout
from bot.turn import House, default_house
from bot.web.app import create_app
from bot.web.last_resort import LastResort, within
from starlette.testclient import TestClient


def test_a_message_gets_replies_in_the_shape_of_the_contract(say):
    reply = say()
    assert set(reply) == {"conversation", "replies", "standing_tier"}
    assert reply["standing_tier"] == "caution"
    [answer] = reply["replies"]
    assert {"id", "kind", "topic", "tier", "text", "caveat", "sources", "suggestions", "links"} <= set(answer)
    assert (answer["kind"], answer["topic"], answer["tier"]) == ("answer", "massage_safety", None)
    assert answer["caveat"]
    assert set(answer["sources"][0]) == {"title", "section", "url", "claims"}
    assert set(answer["suggestions"][0]) == {"title", "text", "topic"}


def test_the_token_continues_a_conversation(say, engine):
    first = say()
    say("and heat?", conversation=first["conversation"])
    say("hello")
    ids = [conversation for _, conversation, _ in engine.heard]
    assert ids[0] == ids[1] != ids[2]


def test_a_young_token_comes_back_as_it_is(say):
    first = say()
    assert say(conversation=first["conversation"])["conversation"] == first["conversation"]


def test_null_means_absent(say, engine):
    say(conversation=None, clinic=None)
    assert engine.heard[0][2] is None


def test_the_clinic_reaches_the_engine(say, engine):
    say(clinic="demo")
    assert engine.heard[0][2] == "demo"


def test_the_engine_gets_the_text_cleaned(say, engine):
    say("  is it\u200b safe?\r\nreally\x00  ")
    assert engine.heard[0][0] == "is it safe?\nreally"


def test_a_text_of_1000_characters_is_taken(say, engine):
    say(" " + "ä" * 1000 + " ")
    assert len(engine.heard[0][0]) == 1000


@pytest.mark.parametrize("error", [
    EngineNotReady("x"), EngineTimeout("x"), EngineError("x"), RuntimeError("x"), KeyError("x"),
    asyncio.CancelledError(),
])
def test_any_failure_of_the_engine_is_one_unavailable_reply(say, engine, error):
    engine.raises = error
    reply = say()
    assert [r["kind"] for r in reply["replies"]] == ["unavailable"]
    assert "911" in reply["replies"][0]["text"]
    assert {"label": "Call 911", "href": "tel:911"} in reply["replies"][0]["links"]
    assert reply["standing_tier"] is None
    engine.raises = None
    say(conversation=reply["conversation"])
    assert engine.heard[0][1] == engine.heard[1][1]


def test_an_engine_without_words_counts_as_failed(say, engine, monkeypatch):
    async def nothing(text, **more):
        return Answer(replies=(), standing_tier=None)
    monkeypatch.setattr(engine, "answer", nothing)
    assert say()["replies"][0]["kind"] == "unavailable"


def test_red_flags_are_told_without_the_engine(say, engine):
    engine.raises = EngineError("down")
    reply = say("my chest hurts")
    assert [(r["kind"], r["tier"]) for r in reply["replies"]] == [("escalation", "emergency")]
    assert reply["replies"][0]["caveat"]
    assert reply["standing_tier"] == "emergency"


def test_the_real_rules_are_asked_without_the_engine(engine, store, settings_for):
    engine.raises = EngineNotReady("loading")
    client = TestClient(create_app(settings_for(), engine, store, default_house()))
    reply = client.post("/api/v1/messages", json={"text": "my face droops on one side"}).json()
    assert reply["replies"][0]["tier"] == "emergency"
    reply = client.post("/api/v1/messages", json={"text": "is massage safe?"}).json()
    assert [r["kind"] for r in reply["replies"]] == ["unavailable"]


@pytest.mark.parametrize("text", ["my chest, crash", "slow chest"])
def test_when_red_flags_fail_too_the_emergency_number_is_still_told(say, engine, text):
    engine.raises = EngineError("down")
    start = time.monotonic()
    reply = say(text)
    assert time.monotonic() - start < 1.4
    assert [r["kind"] for r in reply["replies"]] == ["unavailable"]
    assert "911" in reply["replies"][0]["text"]


@pytest.mark.parametrize("how", [True, "for good"])
def test_a_hanging_engine_is_given_up(client_for, engine, how):
    engine.hangs = how
    client = client_for(answer_seconds=0.1)
    start = time.monotonic()
    with client:
        reply = client.post("/api/v1/messages", json={"text": "my chest hurts"}).json()
        assert time.monotonic() - start < 2
        assert reply["replies"][0]["tier"] == "emergency"
        engine.hangs = False


def test_a_store_that_breaks_does_not_silence_red_flags(say, engine, store, monkeypatch):
    def broken(conversation):
        raise sqlite3.OperationalError("disk I/O error")
    monkeypatch.setattr(store, "is_deleted", broken)
    assert say("my chest hurts")["replies"][0]["tier"] == "emergency"
    assert engine.heard == []  # what may be deleted is not written to


def test_within_gives_up_what_will_not_be_cancelled():
    async def stubborn():
        while not done:
            try:
                await asyncio.sleep(0.2)
            except asyncio.CancelledError:
                pass

    done: list[int] = []

    async def main():
        with pytest.raises(asyncio.TimeoutError):
            await within(0.05, stubborn())
        done.append(1)
        await asyncio.sleep(0.25)
    asyncio.run(main())


def test_more_failures_at_once_than_checks_all_get_their_red_flags(house):
    class Counting:
        at_once = most = 0
        lock = threading.Lock()

        def check(self, text):
            with self.lock:
                Counting.at_once += 1
                Counting.most = max(self.most, self.at_once)
            time.sleep(0.01)
            with self.lock:
                Counting.at_once -= 1
            return house.red_flags.check("chest")

    resort = LastResort(House(
        content=house.content, clinics=house.clinics, red_flags=Counting(), keep_days=30))

    async def main():
        return await asyncio.gather(*(resort.answer("chest", clinic=None) for _ in range(100)))

    assert {answer.standing_tier for answer in asyncio.run(main())} == {"emergency"}
    assert Counting.most <= 32


def test_health_is_ok_only_while_messages_can_be_answered(client, engine, say):
    assert client.get("/api/v1/health").json() == {"status": "ok", "model": "fake.tar.gz"}
    engine.raises = EngineError("down")
    for _ in range(3):
        say()
    response = client.get("/api/v1/health")
    assert (response.status_code, response.json()["status"]) == (503, "failing")
    engine.raises = None
    say()
    assert client.get("/api/v1/health").status_code == 200


def test_health_before_the_model_is_loaded(client, engine, say):
    engine.model, engine.raises = None, EngineNotReady("loading")
    for _ in range(5):
        say()
    response = client.get("/api/v1/health")
    assert response.status_code == 503
    assert response.json()["status"] == "loading"
    assert response.json()["model"] is None
    engine.failure = RuntimeError("broken file")
    assert client.get("/api/v1/health").json()["status"] == "failing"
    engine.model = "fake.tar.gz"
    assert client.get("/api/v1/health").status_code == 200
