"""Trackers over the file: what a turn adds is appended, memory is bounded, slots are never lost."""
from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from bot.conversations import ConversationStore
from bot.settings import ROOT


@pytest.fixture(scope="module")
def rasa(lean_rasa):
    """The parts of Rasa that these tests speak with, imported late."""
    from types import SimpleNamespace

    from rasa.shared.core.domain import Domain
    from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet, UserUttered

    from bot import tracker_store

    return SimpleNamespace(
        domain=Domain.load(str(ROOT / "domain.yml")), ActionExecuted=ActionExecuted, BotUttered=BotUttered,
        SlotSet=SlotSet, UserUttered=UserUttered, trackers=tracker_store,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "conversations.sqlite3"


@pytest.fixture
def open_trackers(rasa, path: Path):
    """Opens a tracker store of its own on the one file, as another process or a restart has it."""
    kept = []

    def opened():
        kept.append(ConversationStore(path))
        return rasa.trackers.KeptTrackerStore(rasa.domain, kept[-1])

    yield opened
    for store in kept:
        store.close()


def add(trackers, conversation: str, *events):
    async def turn():
        tracker = await trackers.get_or_create_tracker(conversation)
        for event in events:
            tracker.update(event, trackers.domain)
        await trackers.save(tracker)
        return tracker

    return asyncio.run(turn())


def texts(tracker) -> list[str]:
    return [event.text for event in tracker.events if event.type_name == "user"]


def retrieve(trackers, conversation: str):
    return asyncio.run(trackers.retrieve(conversation))


def test_an_unknown_conversation_is_none(open_trackers) -> None:
    assert retrieve(open_trackers(), "a") is None


def test_tracker_survives_a_restart_event_by_event(open_trackers, rasa) -> None:
    first = add(
        open_trackers(), "a", rasa.ActionExecuted("action_listen"),
        rasa.UserUttered("héllo 🦶", {"name": "smalltalk_greet", "confidence": 0.9}, parse_data={"red_flags": ["x"]}),
        rasa.BotUttered("Hi", data={"custom": {"footnote": {"kind": "smalltalk"}}}), rasa.SlotSet("standing_tier", "urgent"),
    )
    again = retrieve(open_trackers(), "a")
    assert again is not first and list(again.events) == list(first.events)
    assert again.get_slot("standing_tier") == "urgent"
    assert again.sender_id == "a" and again.latest_message.text == "héllo 🦶"


def test_only_what_is_new_is_written(open_trackers, rasa, path: Path) -> None:
    trackers = open_trackers()
    for n in range(5):
        add(trackers, "a", rasa.UserUttered(f"m{n}"))
    kept = [json.loads(body) for body in ConversationStore(path).events("a")]
    assert [event["text"] for event in kept if event["event"] == "user"] == ["m0", "m1", "m2", "m3", "m4"]
    before = ConversationStore(path).last_number("a")
    asyncio.run(trackers.save(retrieve(trackers, "a")))
    assert ConversationStore(path).last_number("a") == before


def test_memory_holds_the_latest_events_and_the_file_all(open_trackers, rasa, path: Path) -> None:
    trackers, cap = open_trackers(), rasa.trackers.EVENTS_IN_MEMORY
    for n in range(cap + 20):
        tracker = add(trackers, "a", rasa.UserUttered(f"m{n}"))
    assert len(tracker.events) == cap
    users = [body for body in ConversationStore(path).events("a") if json.loads(body)["event"] == "user"]
    assert len(users) == cap + 20
    again = retrieve(open_trackers(), "a")
    assert len(again.events) == cap and texts(again) == texts(tracker)


def test_slots_outlive_the_cap_and_a_restart(open_trackers, rasa) -> None:
    trackers = open_trackers()
    add(trackers, "a", rasa.SlotSet("standing_tier", "urgent"), rasa.SlotSet("standing_flag", "foot_ulcer"))
    for n in range(3 * rasa.trackers.EVENTS_IN_MEMORY):
        add(trackers, "a", rasa.UserUttered(f"m{n}"))
    for tracker in (retrieve(trackers, "a"), retrieve(open_trackers(), "a")):
        assert (tracker.get_slot("standing_tier"), tracker.get_slot("standing_flag")) == ("urgent", "foot_ulcer")
        assert "slot" not in {event.type_name for event in tracker.events}, "the event itself is beyond the cap"


def test_a_lifted_slot_stays_lifted_after_a_restart(open_trackers, rasa) -> None:
    trackers = open_trackers()
    add(trackers, "a", rasa.SlotSet("standing_tier", "urgent"))
    add(trackers, "a", rasa.SlotSet("standing_tier", None))
    assert retrieve(open_trackers(), "a").get_slot("standing_tier") is None


def test_what_another_process_wrote_is_seen(open_trackers, rasa) -> None:
    one, two = open_trackers(), open_trackers()
    add(one, "a", rasa.UserUttered("from one"))
    add(two, "a", rasa.UserUttered("from two"), rasa.SlotSet("standing_tier", "caution"))
    tracker = add(one, "a", rasa.UserUttered("from one again"))
    assert texts(tracker) == ["from one", "from two", "from one again"]
    assert tracker.get_slot("standing_tier") == "caution"


def test_forgotten_tracker_loses_what_was_not_saved(open_trackers, rasa) -> None:
    trackers = open_trackers()
    tracker = add(trackers, "a", rasa.UserUttered("kept"))
    tracker.update(rasa.UserUttered("half a turn"), trackers.domain)
    tracker.update(rasa.SlotSet("standing_tier", "caution"), trackers.domain)
    trackers.forget("a")
    trackers.forget("never seen")
    again = retrieve(trackers, "a")
    assert texts(again) == ["kept"] and again.get_slot("standing_tier") is None


def test_deleted_conversation_is_not_read_from_memory(open_trackers, rasa, path: Path) -> None:
    trackers = open_trackers()
    add(trackers, "a", rasa.UserUttered("gone"))
    store = ConversationStore(path)
    store.delete("a")
    store.close()
    trackers.forget("a")
    assert retrieve(trackers, "a") is None


def test_deletion_by_another_process_is_seen(open_trackers, rasa, path: Path) -> None:
    trackers = open_trackers()
    add(trackers, "a", rasa.UserUttered("gone"))
    store = ConversationStore(path)
    store.delete("a")
    store.close()
    assert retrieve(trackers, "a") is None


def test_fewer_trackers_stay_in_memory_than_are_kept(open_trackers, rasa, monkeypatch) -> None:
    monkeypatch.setattr(rasa.trackers, "TRACKERS_IN_MEMORY", 3)
    trackers = open_trackers()
    for n in range(6):
        add(trackers, f"c{n}", rasa.UserUttered(f"m{n}"))
    assert len(trackers._cached) == 3
    assert texts(add(trackers, "c0", rasa.UserUttered("again"))) == ["m0", "again"]
    assert sorted(asyncio.run(trackers.keys())) == [f"c{n}" for n in range(6)]
