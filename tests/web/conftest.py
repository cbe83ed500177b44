"""An application over a fake engine: no model, no Rasa, no medspaCy."""
from __future__ import annotations

import asyncio
import time
import warnings
from dataclasses import replace

import pytest

from bot.clinics import load_clinics
from bot.content import load_content
from bot.conversations import ConversationStore
from bot.engine import Answer
from bot.red_flags import RedFlag
from bot.settings import read_settings
from bot.turn import House
from bot.web.app import create_app

with warnings.catch_warnings():  # Starlette 0.50, the last for pydantic 1, names a class that anyio has moved
    warnings.simplefilter("ignore", DeprecationWarning)
    from starlette.testclient import TestClient


class FakeEngine:
    """Answers every message with one topic; does as told when told to fail."""

    model = "fake.tar.gz"

    def __init__(self, house: House) -> None:
        self.house, self.heard, self.forgotten = house, [], []
        self.raises: Exception | None = None
        self.hangs = False

    async def answer(self, text, *, conversation, clinic):
        self.heard.append((text, conversation, clinic))
        while self.hangs:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if self.hangs != "for good":
                    raise
        if self.raises:
            raise self.raises
        return Answer(replies=(self.house.speaker(clinic).answer("massage_safety"),), standing_tier="caution")

    async def forget(self, conversation):
        self.forgotten.append(conversation)


class FakeRedFlags:
    """Sees one red flag in the word chest, breaks at the word crash, is slow at the word slow."""

    def check(self, text):
        if "crash" in text:
            raise RuntimeError(text)
        if "slow" in text:
            time.sleep(1.5)
        flag = RedFlag(
            id="heart", tier="emergency", name="signs of a heart attack", action="Call {emergency} now.",
            why="This can be a heart attack.", safety="Do not drive yourself.", source="a source",
            help_lines=("emergency",),
        )
        return [flag] if "chest" in text else []


@pytest.fixture(scope="session")
def house() -> House:
    content = load_content()
    return House(content=content, clinics=load_clinics(content.help_lines), red_flags=FakeRedFlags(), keep_days=30)


@pytest.fixture(scope="session")
def settings_for(tmp_path_factory):
    """Settings with a folder of their own; keyword arguments replace fields."""
    def make(**changes):
        folder = tmp_path_factory.mktemp("var")
        settings = read_settings({"FOOTNOTE_VAR": str(folder), "FOOTNOTE_RATE_LIMIT": "off"})
        return replace(settings, **changes)
    return make


@pytest.fixture
def engine(house):
    return FakeEngine(house)


@pytest.fixture
def store(tmp_path):
    store = ConversationStore(tmp_path / "conversations.sqlite3")
    yield store
    store.close()


@pytest.fixture
def client_for(engine, store, house, settings_for):
    """A client of a new application; keyword arguments change its settings."""
    def make(**changes):
        return TestClient(create_app(settings_for(**changes), engine, store, house))
    return make


@pytest.fixture
def client(client_for):
    return client_for()


@pytest.fixture
def say(client):
    """Send a message, get the reply's JSON."""
    def send(text="is massage safe?", **more):
        response = client.post("/api/v1/messages", json={"text": text, **more})
        assert response.status_code == 200, response.text
        return response.json()
    return send


@pytest.fixture(scope="session")
def assert_error():
    """The one shape of every error."""
    def check(response, status, code):
        assert response.status_code == status, response.text
        assert set(response.json()) == {"error"}
        assert set(response.json()["error"]) == {"code", "message"}
        assert response.json()["error"]["code"] == code
        assert response.json()["error"]["message"]
        assert response.headers["content-type"] == "application/json"
    return check
