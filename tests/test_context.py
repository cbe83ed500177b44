"""Messages that lean on what was said before."""
from __future__ import annotations

from pathlib import Path

import pytest

from bot.compose import Speaker
from bot.content import TOPICS
from bot.context import FollowUps, Meaning, load_follow_ups, read_meaning
from bot.errors import DataFileError
from bot.settings import ROOT
from bot.turn import read_turn

@pytest.fixture(scope="module")
def follow_ups() -> FollowUps:
    return load_follow_ups(ROOT / "content" / "follow_ups.yml")


def meant(follow_ups: FollowUps, text: str, *, in_context=None, last="cause_sugar", offered=()) -> Meaning:
    return read_meaning(
        text, "out_of_scope", in_context, last_topics=(last or "").split(), offered=offered, follow_ups=follow_ups)


@pytest.mark.parametrize("text", ["Tell me more!", "go on", "how so?", "WHY", "In what way?", "and...", "¿por qué?"])
def test_who_asks_on_gets_more_of_the_same_topic(follow_ups, text: str) -> None:
    assert meant(follow_ups, text) == Meaning(intent="cause_sugar", more=True)
    assert meant(follow_ups, text, last=None) == Meaning(intent="out_of_scope"), "there is nothing to go on with"


def test_what_the_model_reads_in_context_counts(follow_ups) -> None:
    assert meant(follow_ups, "and too little?", in_context="cause_sugar") == Meaning(intent="cause_sugar", more=True)
    assert meant(follow_ups, "and heat?", in_context="heat_therapy") == Meaning(intent="heat_therapy")
    assert meant(follow_ups, "and heat?") == Meaning(intent="out_of_scope"), "a message too long for it stands alone"
    assert meant(follow_ups, "x", in_context="heat_therapy", last=None) == Meaning(intent="out_of_scope")


@pytest.mark.parametrize(("text", "topic"), [
    ("yes", "massage_safety"), ("Yes please", "massage_safety"), ("the second one", "heat_therapy"), ("2", "heat_therapy"),
    ("the last one", "out_of_scope"),
])
def test_a_choice_is_answered_by_its_place(follow_ups, text: str, topic: str) -> None:
    assert meant(follow_ups, text, last=None, offered=("massage_safety", "heat_therapy")).intent == topic
    assert meant(follow_ups, text, last=None).intent == "out_of_scope", "nothing was offered"


def turn(house, text: str, intent: str, **context):
    ranking = [{"name": intent, "confidence": 0.9}]
    parse_data = {"text": text, "intent": {"name": intent}, "asked_intent": intent, "intent_ranking": ranking}
    return read_turn(house, parse_data=parse_data, clinic=None, standing_tier=None, standing_flag=None, **context)


@pytest.mark.parametrize("topic", TOPICS)
def test_more_is_not_the_same_text_again(house, topic: str) -> None:
    first, again = (turn(house, "x", topic, last_topic=last).replies()[0] for last in (None, topic))
    assert (again.kind, again.topic) == ("answer", topic)
    assert again.text != first.text and house.content.topics[topic].detail in again.text
    assert again.caveat == first.caveat and again.sources == first.sources
    for name in house.content.topics[topic].precautions:
        assert house.content.voice.precautions[name] in again.text, "the precaution is always said"


def test_a_report_is_not_taken_for_a_follow_up(house) -> None:
    parse_data = {"text": "my toe is black", "intent": {"name": "red_flag"}, "asked_intent": "out_of_scope",
                  "intent_ranking": [{"name": "out_of_scope", "confidence": 0.2}], "asked_in_context": "massage_benefit",
                  "red_flags": ["black_toe"]}
    replies = read_turn(house, parse_data=parse_data, clinic=None, standing_tier=None, standing_flag=None,
                        last_topic="massage_benefit").replies()
    assert [reply.kind for reply in replies] == ["escalation"], "no more on massage, which nobody asked for"


def test_a_second_choice_in_a_row_is_not_given(house) -> None:
    ranking = [{"name": "massage_safety", "confidence": 0.3}, {"name": "massage_benefit", "confidence": 0.2}]
    parse_data = {"text": "hm that rubbing thing for feet and what it might do to me", "intent": {"name": "nlu_fallback"},
                  "asked_intent": "nlu_fallback", "intent_ranking": ranking}
    said = [
        read_turn(house, parse_data=parse_data, clinic=None, standing_tier=None, standing_flag=None, offered=offered)
        .replies()[0].kind for offered in ((), ("heat_therapy",))
    ]
    assert said == ["clarify", "answer"]


@pytest.mark.parametrize(("text", "last", "intent"), [
    ("the other kind?", "nerves_sensory", "nerves_motor"),
    ("what else", "cause_sugar", "neuropathy_causes"),
    ("what else", "massage_safety", "massage_safety"),
    ("and the first one?", "heat_therapy massage_benefit", "heat_therapy"),
    ("the second", "heat_therapy massage_benefit", "massage_benefit"),
    ("and why", "heat_therapy massage_benefit", "massage_benefit"),
])
def test_known_words_are_read_after_what_was_answered(follow_ups, text: str, last: str, intent: str) -> None:
    assert meant(follow_ups, text, in_context="out_of_scope", last=last).intent == intent


def test_two_topics_of_a_turn_are_remembered_in_their_order(house) -> None:
    ranking = [{"name": "heat_therapy", "confidence": 0.9}]
    parse_data = {"text": "does heat or massage help", "intent": {"name": "heat_therapy"}, "intent_ranking": ranking,
                  "also_asked": ["massage_benefit"]}
    asked = read_turn(house, parse_data=parse_data, clinic=None, standing_tier=None, standing_flag=None)
    topics, _ = asked.context_after(asked.replies())
    assert topics == "heat_therapy massage_benefit"
    assert turn(house, "the first one", "out_of_scope", last_topic=topics).intent == "heat_therapy"


def broken(tmp_path: Path, old: str, new: str) -> Path:
    text = (ROOT / "content" / "follow_ups.yml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "follow_ups.yml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(("old", "new", "error"), [
    ("second:\n", "zweites:\n", "zweites: unknown key|second is missing"),
    ("other_of:\n", "other_of: heat_therapy\nelse_like:\n", "else_like: unknown key"),
    ("cause_sugar: neuropathy_causes", "cause_sugar: reasons", "else_of: 'reasons' is no topic"),
])
def test_broken_follow_ups_name_their_file(tmp_path: Path, old: str, new: str, error: str) -> None:
    with pytest.raises(DataFileError, match=error) as told:
        load_follow_ups(broken(tmp_path, old, new))
    assert "follow_ups.yml" in str(told.value)


def test_the_speaker_opens_more_with_a_line_of_its_own(house) -> None:
    speaker: Speaker = house.speaker(None)
    assert speaker.more("heat_therapy").text.startswith(house.content.voice.lines["more"])
