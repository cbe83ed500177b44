"""Actions are adapters: a tracker in, replies of the core uttered, the standing tier kept."""
from __future__ import annotations

import asyncio
import importlib
import pkgutil
from pathlib import Path

import pytest
from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

import actions as package
from actions.adapter import FootnoteAction
from bot.reply import Reply
from bot.settings import ROOT
from bot.yaml_files import read_mapping

DOMAIN_ACTIONS = read_mapping(ROOT / "domain.yml")["actions"]
for module in pkgutil.iter_modules(package.__path__):
    importlib.import_module(f"actions.{module.name}")
ACTIONS = {action().name(): action for action in FootnoteAction.__subclasses__()}


def tracker(intent="massage_safety", *, flags=(), ranking=(), clinic=None, standing=None, flag=None, lifts=False) -> Tracker:
    message = {
        "text": "x", "intent": {"name": "red_flag" if flags else intent}, "asked_intent": intent, "red_flags": list(flags),
        "intent_ranking": [{"name": name, "confidence": p} for name, p in ranking], "lifts_standing": lifts,
        "metadata": {"clinic": clinic},
    }
    slots = {"standing_tier": standing, "standing_flag": flag}
    return Tracker("somebody", slots, message, [], False, None, {}, "action_listen")


def run(name: str, tracker: Tracker) -> tuple[list[Reply], list[dict], list]:
    """(replies, messages as uttered, events) of an action."""
    dispatcher = CollectingDispatcher()
    events = asyncio.run(ACTIONS[name]().run(dispatcher, tracker, {}))
    replies = [Reply.from_dict(message["custom"]["footnote"]) for message in dispatcher.messages]
    return replies, dispatcher.messages, events


def test_domain_and_actions_name_the_same_actions() -> None:
    assert sorted(ACTIONS) == sorted(DOMAIN_ACTIONS)


@pytest.mark.parametrize("name", DOMAIN_ACTIONS)
def test_action_stands_in_the_file_and_class_of_its_name(name: str) -> None:
    action = ACTIONS[name]
    assert action.__module__ == f"actions.{name.removeprefix('action_')}"
    assert action.__name__ == "".join(word.capitalize() for word in name.split("_"))


ASKED = {
    "action_answer": ("massage_safety", "answer"), "action_clarify": ("nlu_fallback", "clarify"),
    "action_escalate": ("heat_therapy", "escalation"), "action_smalltalk": ("smalltalk_greet", "smalltalk"),
    **{f"action_{name}": (name, name)
       for name in ("decline", "handoff", "not_covered", "out_of_scope", "privacy", "source")},
}


@pytest.mark.parametrize("name", DOMAIN_ACTIONS)
def test_action_speaks(name: str) -> None:
    intent, kind = ASKED[name]
    flags = ["blood_thinner"] if kind == "escalation" else []
    replies, messages, _ = run(name, tracker(intent, flags=flags, ranking=[("massage_safety", 0.2)]))
    assert replies[0].kind == kind
    for reply, message in zip(replies, messages, strict=True):
        assert message["text"] == reply.as_text()
        assert [button["payload"] for button in message["buttons"]] == [s.text for s in reply.suggestions]


@pytest.mark.parametrize(("case", "events"), [
    ({}, []),
    ({"flags": ["blood_thinner"]}, [SlotSet("standing_tier", "caution"), SlotSet("standing_flag", "blood_thinner")]),
    ({"flags": ["stroke"], "standing": "caution", "flag": "blood_thinner"},
     [SlotSet("standing_tier", "emergency"), SlotSet("standing_flag", "stroke")]),
    ({"flags": ["blood_thinner"], "standing": "emergency", "flag": "stroke"}, []),
    ({"standing": "urgent", "flag": "foot_ulcer"}, []),
    ({"standing": "urgent", "flag": "foot_ulcer", "lifts": True},
     [SlotSet("standing_tier", None), SlotSet("standing_flag", None)]),
])
def test_standing_tier_is_kept_in_the_slots(case: dict, events: list) -> None:
    name = "action_escalate" if case.get("flags") else "action_answer"
    kept = [event for event in run(name, tracker(**case))[2] if event["name"].startswith("standing_")]
    assert kept == events


def slots_after(case: dict, **slots: str) -> dict:
    """The slots of the context that an action sets."""
    seen = tracker(**case)
    seen.slots.update(slots)
    name = "action_clarify" if case["intent"] == "nlu_fallback" else "action_answer"
    return {event["name"]: event["value"] for event in run(name, seen)[2] if not event["name"].startswith("standing_")}


@pytest.mark.parametrize(("case", "slots", "after"), [
    ({"intent": "heat_therapy"}, {}, {"last_topic": "heat_therapy"}),
    ({"intent": "heat_therapy"}, {"last_topic": "heat_therapy"}, {}),
    ({"intent": "smalltalk_thanks"}, {"last_topic": "heat_therapy"}, {}),
    ({"intent": "nlu_fallback", "ranking": [("massage_safety", 0.3), ("massage_benefit", 0.2)]}, {},
     {"offered": "massage_safety massage_benefit"}),
    ({"intent": "heat_therapy"}, {"offered": "massage_safety massage_benefit"},
     {"last_topic": "heat_therapy", "offered": None}),
])
def test_context_is_kept_in_the_slots(case: dict, slots: dict, after: dict) -> None:
    assert slots_after(case, **slots) == after


def test_standing_tier_of_the_slots_is_shown() -> None:
    replies, _, _ = run("action_answer", tracker(standing="caution", flag="blood_thinner"))
    assert [(reply.kind, reply.tier) for reply in replies] == [("answer", None)]
    assert "blood thinner" in replies[0].text


@pytest.mark.parametrize("clinic", [None, "demo", "no-such-clinic"])
def test_clinic_of_the_metadata_speaks(clinic: str | None) -> None:
    replies, _, _ = run("action_handoff", tracker("handoff", clinic=clinic))
    assert "Riverside Foot Clinic" in replies[0].text


@pytest.mark.parametrize("message", [{}, {"text": "x", "intent": {}, "metadata": None}])
def test_message_of_another_channel_without_our_keys_is_refused_kindly(message: dict) -> None:
    replies, _, events = run("action_out_of_scope", Tracker("s", {}, message, [], False, None, {}, "action_listen"))
    assert [reply.kind for reply in replies] == ["out_of_scope"] and events == []


@pytest.mark.parametrize("path", sorted((ROOT / "actions").glob("*.py")), ids=lambda path: path.stem)
def test_action_file_is_an_adapter_of_at_most_60_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 60
