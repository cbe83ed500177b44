"""Messages reach the inbox of clinics that have agreed, and an inbox that breaks costs nobody an answer."""
from __future__ import annotations

from dataclasses import replace

import pytest

from bot.engine import Answer
from bot.inbox.keeping import Inbox
from bot.web.app import create_app
from tests.web.conftest import TestClient

REFUSED = "does turmeric help? I'm Ann Lee"


@pytest.fixture
def agreeing(house):
    """The house, with a demo clinic that has agreed."""
    return replace(house, clinics={**dict(house.clinics.items()), "demo": replace(house.clinics["demo"], inbox=True)})


@pytest.fixture
def refusing(engine, house):
    async def answer(text, *, conversation, clinic):
        return Answer(replies=(house.speaker(clinic).not_covered(),), standing_tier=None, guesses=(("not_covered", 0.9),))

    engine.answer = answer
    return engine


@pytest.fixture
def chat(refusing, store, agreeing, settings_for):
    """(client, inbox) of an application whose default clinic has agreed."""
    inbox = Inbox(store, agreeing.clinics)
    yield TestClient(create_app(settings_for(), refusing, store, agreeing, inbox)), inbox
    inbox.close()


def send(client, text=REFUSED, **more):
    response = client.post("/api/v1/messages", json={"text": text, **more})
    assert response.status_code == 200
    return response.json()


def kept(inbox):
    inbox.close()
    return inbox.kept.messages()


def test_refused_message_is_kept_masked_with_its_guesses(chat) -> None:
    client, inbox = chat
    send(client)
    (message,) = kept(inbox)
    assert (message.text, message.why, message.guesses) == ("does turmeric help? I'm [name]", ("refused",), (("not_covered", 0.9),))


def test_nothing_is_kept_unless_the_clinic_has_agreed(refusing, store, house, settings_for) -> None:
    inbox = Inbox(store, house.clinics)
    send(TestClient(create_app(settings_for(), refusing, store, house, inbox)))
    assert kept(inbox) == []


def test_deleting_the_conversation_deletes_here_too(chat) -> None:
    client, inbox = chat
    token = send(client)["conversation"]
    assert len(kept(inbox)) == 1
    assert client.request("DELETE", "/api/v1/conversation", json={"conversation": token}).status_code == 204
    assert kept(inbox) == []


def test_inbox_that_breaks_is_not_noticed(refusing, store, agreeing, settings_for, caplog) -> None:
    class Broken(Inbox):
        def heard(self, text, *arguments, **more):
            raise RuntimeError(text)

        def rated_down(self, *arguments):
            raise RuntimeError("broken")

    client = TestClient(create_app(settings_for(), refusing, store, agreeing, Broken(store, agreeing.clinics)))
    reply = send(client)
    feedback = {"conversation": reply["conversation"], "reply": reply["replies"][0]["id"], "rating": "down"}
    assert client.post("/api/v1/feedback", json=feedback).status_code == 204
    assert "the inbox could not be told" in caplog.text and "turmeric" not in caplog.text


def test_database_that_cannot_be_written_costs_no_answer(refusing, store, agreeing, settings_for, caplog) -> None:
    inbox = Inbox(store, agreeing.clinics)
    inbox.kept.keep = lambda *arguments, **more: (_ for _ in ()).throw(OSError("disk full"))
    assert send(TestClient(create_app(settings_for(), refusing, store, agreeing, inbox)))["replies"]
    assert kept(inbox) == [] and "a message was not kept in the inbox: OSError" in caplog.text


def test_application_purges_and_closes_its_inbox(refusing, store, agreeing, settings_for) -> None:
    inbox = Inbox(store, agreeing.clinics)
    inbox.kept.keep("old", "x", why=["refused"], guesses=(), clinic="harbour-that-was", days=30)
    with TestClient(create_app(settings_for(), refusing, store, agreeing, inbox)) as client:
        send(client)
    assert [message.clinic for message in inbox.kept.messages()] == ["demo"]
    inbox.close()


def test_privacy_reply_says_that_people_may_read(agreeing, house) -> None:
    assert "a person may read" in agreeing.speaker("demo").privacy().text
    assert "a person may read" not in house.speaker("demo").privacy().text
