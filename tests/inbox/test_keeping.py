"""Which messages are kept, for whom, and that nothing that breaks here is noticed elsewhere."""
from __future__ import annotations

import json
import logging
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot.compose import Speaker
from bot.conversations import ConversationStore
from bot.inbox import keeping
from bot.inbox.earlier import best_guesses
from bot.inbox.keeping import Inbox
from bot.inbox.reasons import reasons_of
from bot.red_flags import RedFlag

SURE, UNSURE = (("massage_safety", 0.9), ("massage_benefit", 0.05)), (("massage_safety", 0.4), ("massage_benefit", 0.35))
SECRET = "ann lee has numb toes"


@pytest.fixture
def speaker(house) -> Speaker:
    return house.speaker("demo")


@pytest.fixture
def store(tmp_path: Path):
    store = ConversationStore(tmp_path / "conversations.sqlite3", keep_days=30)
    yield store
    store.close()


@pytest.fixture
def clinics(house):
    demo = house.clinics["demo"]
    return {"demo": replace(demo, inbox=True), "closed": replace(demo, id="closed"),
            "short": replace(demo, id="short", inbox=True, keep_days=3)}


@pytest.fixture
def inbox(store, clinics):
    inbox = Inbox(store, clinics)
    yield inbox
    inbox.close()


def kept(inbox: Inbox):
    inbox.close()
    return inbox.kept.messages()


def user(text: str, clinic: str | None = None) -> str:
    ranking = [{"name": "nlu_fallback", "confidence": 1.0}, {"name": "massage_safety", "confidence": 0.61234},
               {"name": "decline", "confidence": 0.2}, {"name": "source", "confidence": 0.1}, {"name": "handoff", "confidence": 0.05}]
    return json.dumps({"event": "user", "text": text, "metadata": {"clinic": clinic}, "parse_data": {"intent_ranking": ranking}})


def bot(reply: str) -> str:
    return json.dumps({"event": "bot", "text": "x", "data": {"custom": {"footnote": {"id": reply}}}})


@pytest.mark.parametrize(("name", "guesses", "why"), [
    ("not_covered", SURE, ("refused",)), ("out_of_scope", SURE, ("refused",)), ("handoff", SURE, ()), ("privacy", UNSURE, ()),
])
def test_refusals_are_worth_a_look(speaker, name: str, guesses, why) -> None:
    assert reasons_of([getattr(speaker, name)()], guesses) == why


def test_clarified_escalated_unhappy_and_close_guesses_are_worth_a_look(speaker) -> None:
    flag = RedFlag(id="heart", tier="emergency", name="n", action="a", why="w", safety="s", source="x", help_lines=())
    answer = speaker.answer("massage_safety")
    assert reasons_of([speaker.clarify(["massage_safety"])], SURE) == ("clarified",)
    assert reasons_of([speaker.escalate(flag)], ()) == ("escalated",)
    assert reasons_of([speaker.smalltalk("unhappy")], SURE) == ("unhappy",)
    assert reasons_of([answer], UNSURE) == ("low_margin",)
    assert reasons_of([answer], SURE) == reasons_of([answer], ()) == reasons_of([speaker.smalltalk("greet")], UNSURE) == ()


def test_message_is_kept_masked(inbox, speaker) -> None:
    inbox.heard("I'm Ann Lee, call 617-555-0148", (speaker.not_covered(),), SURE, conversation="a", clinic=None)
    (message,) = kept(inbox)
    assert (message.text, message.why, message.guesses, message.clinic) == ("I'm [name], call [number]", ("refused",), SURE, "demo")


@pytest.mark.parametrize("clinic", ["closed", "unknown"])
def test_clinic_that_has_not_agreed_has_no_inbox(inbox, store, speaker, clinic: str) -> None:
    store.append("a", [user("help", clinic), bot("r1")], after=0)
    inbox.heard("help", (speaker.not_covered(),), SURE, conversation="a", clinic=clinic)
    inbox.rated_down("a", "r1")
    assert kept(inbox) == []


def test_no_clinic_agrees_unless_its_file_says_so(house) -> None:
    assert not house.clinics["demo"].inbox


def test_message_that_went_well_is_not_kept(inbox, speaker) -> None:
    inbox.heard("is massage safe", (speaker.answer("massage_safety"),), SURE, conversation="a", clinic=None)
    assert kept(inbox) == []


def test_thumbs_down_keeps_the_message_that_got_the_reply(inbox, store) -> None:
    store.append("a", [user("first"), bot("r1"), user("second", "short"), bot("r2"), bot("r3"), user("third")], after=0)
    inbox.rated_down("a", "r3")
    inbox.rated_down("a", "no such reply")
    (message,) = kept(inbox)
    assert (message.text, message.why, message.clinic) == ("second", ("thumbs_down",), "short")
    assert message.guesses == (("massage_safety", 0.612), ("decline", 0.2), ("source", 0.1))


def test_that_did_not_help_keeps_the_message_before(inbox, store, speaker) -> None:
    store.append("a", [user("is heat ok"), bot("r1"), user("that did not help"), bot("r2")], after=0)
    inbox.heard("that did not help", (speaker.smalltalk("unhappy"),), SURE, conversation="a", clinic=None)
    inbox.heard("useless", (speaker.smalltalk("unhappy"),), SURE, conversation="b", clinic=None)
    assert [(message.text, message.why) for message in kept(inbox)] == [("is heat ok", ("unhappy",)), ("useless", ("unhappy",))]


@pytest.mark.parametrize(("second", "topics", "guesses", "repeated"), [
    ("IS massage safe??", "massage_safety", (), True), ("could a rub harm me", "massage_safety", SURE, True),
    ("tell me more", "massage_safety", (("smalltalk_ack", 0.5),), False), ("who gives it", "massage_provider", SURE, False),
])
def test_question_asked_again_is_kept(inbox, speaker, second: str, topics: str, guesses, repeated: bool) -> None:
    inbox.heard("is massage safe", (speaker.answer("massage_safety"),), SURE, conversation="a", clinic=None)
    inbox.heard("is massage safe", (speaker.answer("massage_safety"),), SURE, conversation="b", clinic=None)
    inbox.heard(second, (speaker.answer(topics),), guesses, conversation="a", clinic=None)
    assert [message.why for message in kept(inbox)] == ([("repeated",)] if repeated else [])


def test_nothing_is_opened_for_a_clinic_without_an_inbox(inbox, store, speaker) -> None:
    inbox.heard("x", (speaker.not_covered(),), SURE, conversation="a", clinic="closed")
    inbox.close()
    assert not store.path.exists()


def test_deletion_while_a_message_waits_keeps_nothing(store, clinics, speaker) -> None:
    go = threading.Event()
    inbox = Inbox(store, clinics, mask=lambda text: text if go.wait(10) else "")
    inbox.heard(SECRET, (speaker.not_covered(),), SURE, conversation="a", clinic=None)
    store.delete("a")
    go.set()
    assert kept(inbox) == []


def test_masker_that_breaks_loses_one_message_and_says_none_of_its_words(store, clinics, speaker, caplog) -> None:
    def mask(text: str) -> str:
        if text == SECRET:
            raise RuntimeError(text)
        return text

    inbox = Inbox(store, clinics, mask=mask)
    with caplog.at_level(logging.DEBUG):
        for text in (SECRET, "fine"):
            inbox.heard(text, (speaker.not_covered(),), SURE, conversation="a", clinic=None)
        assert [message.text for message in kept(inbox)] == ["fine"]
    assert "RuntimeError" in caplog.text and SECRET not in caplog.text


def test_inbox_that_hangs_is_waited_for_by_nobody(store, clinics, speaker, monkeypatch, caplog) -> None:
    monkeypatch.setattr(keeping, "CLOSING_SECONDS", 0.1)
    go = threading.Event()
    inbox = Inbox(store, clinics, mask=lambda text: text if go.wait(30) else text)
    began = time.perf_counter()
    for n in range(keeping.WAITING_MOST * 2):
        inbox.heard(f"{SECRET} {n}", (speaker.not_covered(),), SURE, conversation="a", clinic=None)
    assert time.perf_counter() - began < 2.0 and "left out" in caplog.text and SECRET not in caplog.text
    inbox.close()
    go.set()


def test_inbox_works_again_after_it_was_closed(inbox, speaker) -> None:
    for text in ("one", "two"):
        inbox.heard(text, (speaker.not_covered(),), SURE, conversation="a", clinic=None)
        inbox.close()
    assert len(kept(inbox)) == 2


def test_days_are_the_clinics_where_they_are_fewer(inbox, store, speaker) -> None:
    inbox.heard("x", (speaker.not_covered(),), SURE, conversation="a", clinic="short")
    inbox.close()
    connection = store.connect()
    assert connection.execute("SELECT days FROM inbox").fetchall() == [(3,)]
    connection.close()


def test_withdrawal_follows_the_clinics_files(inbox, clinics, speaker) -> None:
    inbox.heard("x", (speaker.not_covered(),), SURE, conversation="a", clinic=None)
    inbox.close()
    clinics["demo"] = replace(clinics["demo"], inbox=False)
    inbox.withdraw()
    assert kept(inbox) == []


def test_guesses_leave_out_what_is_no_topic() -> None:
    assert best_guesses(json.loads(user("x"))["parse_data"]["intent_ranking"])[0] == ("massage_safety", 0.612)


@pytest.mark.model
def test_engine_tells_its_guesses(say) -> None:
    guesses = say("is foot massage safe for me?").guesses
    assert guesses[0][0] == "massage_safety" and 1 <= len(guesses) <= 3 and guesses[0][1] >= guesses[-1][1]


@pytest.mark.model
def test_engines_events_lead_from_a_reply_to_its_message(open_engine, tmp_path, clinics) -> None:
    import asyncio

    path = tmp_path / "conversations.sqlite3"
    with open_engine(path) as engine:
        answer = asyncio.run(engine.answer("does turmeric help nerve pain", conversation="a", clinic=None))
    store = ConversationStore(path)
    inbox = Inbox(store, clinics)
    inbox.rated_down("a", answer.replies[0].id)
    (message,) = kept(inbox)
    store.close()
    assert message.text == "does turmeric help nerve pain" and message.guesses[0][0] == "not_covered"
