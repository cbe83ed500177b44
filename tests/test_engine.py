"""The embedded engine with the trained model: what it says, what it keeps, and what it survives."""
from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from bot.content import SERVICES, SMALLTALK, TOPICS
from bot.conversations import ConversationStore
from bot.engine import Engine, as_plain_text
from bot.errors import EngineError, EngineNotReady, EngineTimeout
from bot.settings import ROOT
from bot.turn import Turn, default_house
from bot.yaml_files import read_mapping

SECRET = "zqxsecret"
THINNER = "a blood thinner or easy bleeding"  # what "I take warfarin" is called from then on
pytestmark = pytest.mark.model


def first_phrase(intent: str) -> str:
    return read_mapping(ROOT / "data" / "nlu" / f"{intent}.yml")["nlu"][0]["examples"].splitlines()[0][2:]


def kinds(answer) -> list[str]:
    return [f"{reply.kind} {reply.tier or reply.topic}" for reply in answer.replies]


def kept_texts(database: Path, conversation: str) -> list[str]:
    store = ConversationStore(database)
    try:
        events = [json.loads(body) for body in store.events(conversation)]
    finally:
        store.close()
    return [event["text"] for event in events if event["event"] == "user"]


def warned(answer, tier: str, name: str) -> list[str]:
    """The kinds of replies, once the first is seen to open with the warning that stands."""
    opening = default_house().speaker(None).fill(default_house().content.voice.standing[tier], name=name)
    assert answer.standing_tier == tier and answer.replies[0].text.startswith(opening), answer.replies[0].text
    return kinds(answer)


@pytest.fixture
def conversation() -> str:
    return uuid.uuid4().hex


# What it says

@pytest.mark.parametrize("topic_id", TOPICS)
def test_question_of_a_suggestion_is_answered_with_its_topic(say, house, topic_id: str) -> None:
    assert kinds(say(house.content.topics[topic_id].ask)) == [f"answer {topic_id}"]


@pytest.mark.parametrize(("intent", "expected"), [
    *((f"smalltalk_{name}", f"smalltalk {name}") for name in SMALLTALK), *((name, f"{name} None") for name in SERVICES),
])
def test_first_phrase_of_an_intent_gets_its_kind(say, intent: str, expected: str) -> None:
    assert kinds(say(first_phrase(intent))) == [expected]


@pytest.mark.parametrize(("text", "tier"), [
    ("my dad's face is drooping and he slurs his words", "emergency"), ("I want to kill myself", "crisis"),
    ("there is an open sore on my numb foot and I have diabetes", "urgent"), ("I take warfarin", "caution"),
])
def test_red_flag_is_escalated_and_stays_in_force(say, conversation: str, text: str, tier: str) -> None:
    told = say(text, conversation=conversation)
    assert (told.replies[0].kind, told.replies[0].tier, told.standing_tier) == ("escalation", tier, tier)
    later = say("Is foot massage safe with neuropathy?", conversation=conversation)
    assert warned(later, tier, told.replies[0].sources[0].section) == ["answer massage_safety"]
    assert say("Is foot massage safe with neuropathy?").standing_tier is None, "other conversations know nothing of it"


def test_warning_is_taken_back_when_the_visitor_takes_it_back(say, conversation: str) -> None:
    assert say("I'm pregnant, is massage safe?", conversation=conversation).standing_tier == "caution"
    lifted = say("I misread, I'm not pregnant", conversation=conversation)
    assert lifted.standing_tier is None
    assert lifted.replies[0].text.startswith(default_house().content.voice.lines["standing_lifted"])
    later = say("Is foot massage safe with neuropathy?", conversation=conversation)
    assert kinds(later) == ["answer massage_safety"] and later.standing_tier is None


def test_two_questions_in_one_message_get_both_answers_in_order(say) -> None:
    answer = say("Does heat help neuropathy? And is massage safe?")
    assert kinds(answer) == ["answer heat_therapy", "answer massage_safety"]


def test_unknown_clinic_is_answered_for_by_the_default_one(say) -> None:
    assert "Riverside Foot Clinic" in say("Can I talk to a person?", clinic="nowhere").replies[0].text


def test_parse_shows_what_the_nlu_makes_of_a_message(engine) -> None:
    parsed = asyncio.run(engine.parse("is massage safe?"))
    assert parsed["intent"]["name"] == "massage_safety" and parsed["red_flags"] == []
    assert parsed["intent_ranking"][0]["confidence"] <= 1.0


# Text is text

@pytest.mark.parametrize(("text", "plain"), [
    ("/restart", "restart"), ("//  /restart", "restart"), ("/\u00a0/restart", "restart"), ("\u2003/restart", "restart"),
    ("\u200b/restart", "restart"), ("/", "?"), ("", "?"), (" \u200b\x00 ", "?"), ("a/b", "a/b"), ("\n/x\n", "x"),
])
def test_message_never_begins_with_rasas_sign_of_a_command(text: str, plain: str) -> None:
    assert as_plain_text(text) == plain


@pytest.mark.parametrize("text", [
    "/restart", "/session_start", "/back", "/\u00a0/restart", "/action_listen", '/smalltalk_greet{"standing_tier": null}',
    "/red_flag", "/nlu_fallback", 'EXTERNAL: {"x": 1}', "[foot](body_part) {\"entity\": \"x\"}", "[x](y)", "<b>x</b><script>",
    "@@@ {{utter_greet}} {emergency} %s ${x}", "/massage_safety@0.9",
])
def test_commands_and_markup_are_ordinary_text(say, engine, conversation: str, text: str) -> None:
    assert say("I take warfarin", conversation=conversation).standing_tier == "caution"
    answer = say(text, conversation=conversation)
    assert answer.standing_tier == "caution", "the conversation goes on"
    assert answer.replies
    tracker = asyncio.run(engine._serving.trackers.retrieve(conversation))
    assert tracker.latest_message.text == as_plain_text(text)
    assert tracker.latest_message.entities == []


def test_intent_typed_as_a_command_is_not_obeyed(say) -> None:
    assert kinds(say("/red_flag")) != kinds(say("my dad's face is drooping"))
    assert say("/red_flag").standing_tier is None


# What it keeps

def test_conversation_goes_on_in_a_new_engine(open_engine, tmp_path: Path, conversation: str) -> None:
    database = tmp_path / "conversations.sqlite3"
    with open_engine(database) as engine:
        asyncio.run(engine.answer("I take warfarin", conversation=conversation))
        assert engine.model
    with open_engine(database) as engine:
        answer = asyncio.run(engine.answer("is massage safe?", conversation=conversation))
    assert warned(answer, "caution", THINNER) == ["answer massage_safety"]
    assert kept_texts(database, conversation) == ["I take warfarin", "is massage safe?"]


PROGRAM = """
import asyncio, pathlib, sys
from bot.conversations import ConversationStore
from bot.engine import Engine
model, database, conversation = sys.argv[1:]
engine = Engine(pathlib.Path(model), ConversationStore(pathlib.Path(database)), seconds=60.0)
engine.start()
engine.wait(300)
number = 0
while True:
    text = "I take warfarin" if number == 0 else f"is massage safe? question {number}"
    asyncio.run(engine.answer(text, conversation=conversation))
    print(text, flush=True)
    number += 1
"""


def test_killed_process_loses_no_acknowledged_turn(model_file, open_engine, tmp_path: Path, conversation: str) -> None:
    database = tmp_path / "conversations.sqlite3"
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", PROGRAM, str(model_file), str(database), conversation],
                               cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        acknowledged = [process.stdout.readline().strip() for _ in range(8)]
        time.sleep(0.015)  # somewhere within a turn
    finally:
        os.kill(process.pid, signal.SIGKILL)
        acknowledged += process.stdout.read().splitlines()
        process.wait()
    assert acknowledged[0] == "I take warfarin" and len(acknowledged) >= 8
    kept = kept_texts(database, conversation)
    assert kept[:len(acknowledged)] == acknowledged and len(kept) <= len(acknowledged) + 1
    with open_engine(database) as engine:
        answer = asyncio.run(engine.answer("is massage safe?", conversation=conversation))
    assert warned(answer, "caution", THINNER) == ["answer massage_safety"]


def messages_in_memory() -> int:
    from bot.nlu.featurizer import shared_encoder
    from bot.nlu.ngrams import analyze
    from bot.red_flags import default_red_flags

    rules = default_red_flags()
    caches = (shared_encoder()._recent, analyze, rules._findings.read, rules._matched, rules.reader._words)
    return sum(cache.cache_info().currsize for cache in caches)


def test_forgotten_and_deleted_conversation_starts_anew(engine, say, conversation: str) -> None:
    say("I take warfarin", conversation=conversation)
    asyncio.run(engine.forget(conversation))
    assert say("is massage safe?", conversation=conversation).standing_tier == "caution", "the file still has it"
    asyncio.run(engine.forget(conversation))
    assert not messages_in_memory(), "a deletion leaves no visitor's words behind"
    engine._store.delete(conversation)
    assert kinds(say("is massage safe?", conversation=conversation)) == ["answer massage_safety"]


# What it survives

def test_crash_within_an_action_is_an_engine_error_and_the_conversation_goes_on(
    say, engine, conversation: str, monkeypatch, caplog
) -> None:
    say("I take warfarin", conversation=conversation)
    with monkeypatch.context() as broken:
        def crash(turn):
            raise RuntimeError(SECRET)

        broken.setattr(Turn, "replies", crash)
        with pytest.raises(EngineError) as raised:
            say(f"is massage safe? {SECRET}", conversation=conversation)
    assert str(raised.value) == "the dialogue engine failed: RuntimeError"
    assert SECRET not in caplog.text
    answer = say("is massage safe?", conversation=conversation)
    assert warned(answer, "caution", THINNER) == ["answer massage_safety"]
    kept = kept_texts(engine._store.path, conversation)
    assert kept == ["I take warfarin", "is massage safe?"], "of the broken turn nothing is kept"


def test_silent_action_is_an_engine_error(say, conversation: str, monkeypatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Turn, "replies", lambda turn: [])
        with pytest.raises(EngineError, match="^the dialogue engine said nothing$"):
            say("is massage safe?", conversation=conversation)
    assert kinds(say("is massage safe?", conversation=conversation)) == ["answer massage_safety"]


def test_slow_turn_times_out_for_its_visitor_and_the_next_is_answered(engine, say, conversation: str, monkeypatch) -> None:
    real = Turn.replies

    def slow(turn):
        time.sleep(1.5)
        return real(turn)

    with monkeypatch.context() as slowed:
        slowed.setattr(Turn, "replies", slow)
        slowed.setattr(engine, "_seconds", 0.3)
        before = time.monotonic()
        with pytest.raises(EngineTimeout) as raised:
            say("is massage safe?", conversation=conversation)
        assert time.monotonic() - before < 1.4, "the visitor does not wait for the slow turn"
        assert str(raised.value) == "no answer within 0.3 s"
        time.sleep(1.6)
    assert kinds(say("is massage safe?", conversation=conversation)) == ["answer massage_safety"]


def test_many_visitors_at_once_get_their_own_answers(engine) -> None:
    async def ask_all():
        texts = ["Is foot massage safe with neuropathy?", "hello", "I take warfarin"] * 6
        return texts, await asyncio.gather(*(engine.answer(text, conversation=uuid.uuid4().hex) for text in texts))

    texts, answers = asyncio.run(ask_all())
    expected = {"Is": "answer massage_safety", "hello": "smalltalk greet", "I": "escalation caution"}
    assert [kinds(answer)[0] for answer in answers] == [expected[text.split()[0]] for text in texts]


def test_one_visitor_who_sends_twice_at_once_gets_two_answers(engine, conversation: str) -> None:
    async def ask_twice():
        return await asyncio.gather(*(engine.answer(t, conversation=conversation) for t in ("hello", "I take warfarin")))

    first, second = asyncio.run(ask_twice())
    assert kinds(first) == ["smalltalk greet"] and kinds(second)[0] == "escalation caution"
    assert sorted(kept_texts(engine._store.path, conversation)) == ["I take warfarin", "hello"]


def test_engine_that_has_not_loaded_says_so(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "none.tar.gz", ConversationStore(tmp_path / "c.sqlite3"))
    assert engine.model is None
    with pytest.raises(EngineNotReady, match="^the model is not loaded$"):
        asyncio.run(engine.answer("hello", conversation="c"))
    with pytest.raises(EngineNotReady, match="^the model was not loaded within 0.01 s$"):
        engine.wait(0.01)
    asyncio.run(engine.forget("c"))
    engine.close()


@pytest.mark.parametrize("content", [None, b"", b"not a model"])
def test_model_that_cannot_be_loaded_is_told_with_the_cure(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "footnote-broken.tar.gz"
    if content is not None:
        path.write_bytes(content)
    engine = Engine(path, ConversationStore(tmp_path / "c.sqlite3"))
    engine.start()
    with pytest.raises(EngineNotReady) as raised:
        engine.wait(120)
    assert str(raised.value).startswith("footnote-broken.tar.gz could not be loaded: ")
    assert str(raised.value).endswith("; run: make train") and "\n" not in str(raised.value)
    assert engine.model is None and engine.failure is not None
    engine.close()
