"""Messages that lean on what was said before."""
from __future__ import annotations

from pathlib import Path

import pytest

from bot.compose import Speaker
from bot.content import TOPICS
from bot.context import STANDS_FROM, STRAYS_FROM, FollowUps, Meaning, load_follow_ups, read_meaning
from bot.errors import DataFileError
from bot.settings import ROOT
from bot.turn import read_turn

SURE = (("out_of_scope", STRAYS_FROM),)
UNSURE = (("nlu_fallback", 0.9), ("out_of_scope", STANDS_FROM - 0.1))


@pytest.fixture(scope="module")
def follow_ups() -> FollowUps:
    return load_follow_ups(ROOT / "content" / "follow_ups.yml")


def meant(follow_ups: FollowUps, text: str, *, ranking=SURE, last="cause_sugar", offered=()) -> Meaning:
    return read_meaning(text, "out_of_scope", ranking, last_topics=(last or "").split(), offered=offered, follow_ups=follow_ups)


@pytest.mark.parametrize("text", ["Tell me more!", "go on", "how so?", "WHY", "In what way?", "and...", "¿por qué?"])
def test_who_asks_on_gets_more_of_the_same_topic(follow_ups, text: str) -> None:
    assert meant(follow_ups, text) == Meaning(intent="cause_sugar", more=True)
    assert meant(follow_ups, text, last=None) == Meaning(intent="out_of_scope"), "there is nothing to go on with"


def test_a_short_unclear_message_stays_with_the_topic(follow_ups) -> None:
    assert meant(follow_ups, "and too little?", ranking=UNSURE) == Meaning(intent="cause_sugar", more=True)
    assert meant(follow_ups, "and too little?", ranking=SURE) == Meaning(intent="out_of_scope"), "it is clear by itself"
    long = "and then what about the people who live on the other side of town from here"
    assert meant(follow_ups, long, ranking=UNSURE) == Meaning(intent="out_of_scope")


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
                  "intent_ranking": [{"name": "out_of_scope", "confidence": STANDS_FROM - 0.1}],
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


@pytest.mark.parametrize(("text", "last", "ranking", "intent"), [
    ("and the tingling", "nerves_motor", [("nerves_sensory", 0.2)], "nerves_sensory"),  # names something
    ("and when it is?", "nerves_motor", [("nerves_sensory", 0.2)], "nerves_motor"),  # names nothing
    ("and the tingling", "nerves_motor", [("nerves_sensory", 0.05)], "nerves_motor"),  # nothing that is known
    ("diesel smoke?", "cause_injury", [("out_of_scope", 0.5), ("cause_toxins", 0.3)], "cause_toxins"),
    ("subdivisions?", "nerves_overview", [("out_of_scope", 0.5), ("source", 0.1)], "nerves_overview"),
    ("who won the cup?", "nerves_overview", [("out_of_scope", 0.9)], "out_of_scope"),
    ("for how long?", "heat_therapy", [("massage_timing", 0.9)], "heat_therapy"),
    ("for how many sessions?", "heat_therapy", [("massage_timing", 0.9)], "massage_timing"),
    ("for how long?", "massage_benefit", [("massage_timing", 0.9)], "massage_timing"),
    ("the other kind?", "nerves_sensory", [("out_of_scope", 0.9)], "nerves_motor"),
    ("what else", "cause_sugar", [("out_of_scope", 0.9)], "neuropathy_causes"),
    ("what else", "massage_safety", [("out_of_scope", 0.9)], "massage_safety"),
    ("and the first one?", "heat_therapy massage_benefit", [("out_of_scope", 0.9)], "heat_therapy"),
    ("the second", "heat_therapy massage_benefit", [("out_of_scope", 0.9)], "massage_benefit"),
    ("and why", "heat_therapy massage_benefit", [("out_of_scope", 0.9)], "massage_benefit"),
])
def test_a_short_message_is_read_after_what_was_answered(follow_ups, text: str, last: str, ranking, intent: str) -> None:
    said = read_meaning(text, ranking[0][0], ranking, last_topics=last.split(), offered=(), follow_ups=follow_ups)
    assert said.intent == intent


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
    ("keeps: [heat_therapy, treatment_medication]", "keeps: heat_therapy", "keeps: must be a list of texts"),
    ("keeps: [heat_therapy", "keeps: [heating", "keeps: 'heating' is no topic"),
    ("cause_sugar: neuropathy_causes", "cause_sugar: reasons", "else_of: 'reasons' is no topic"),
])
def test_broken_follow_ups_name_their_file(tmp_path: Path, old: str, new: str, error: str) -> None:
    with pytest.raises(DataFileError, match=error) as told:
        load_follow_ups(broken(tmp_path, old, new))
    assert "follow_ups.yml" in str(told.value)


def test_the_speaker_opens_more_with_a_line_of_its_own(house) -> None:
    speaker: Speaker = house.speaker(None)
    assert speaker.more("heat_therapy").text.startswith(house.content.voice.lines["more"])
