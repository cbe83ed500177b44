"""A clinic in what is said: its hours, its own words, its topics, and nothing of that where a visitor is in danger."""
from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from bot.clinic_profile import clinic_profile
from bot.clinics import Clinic, OwnWords
from bot.compose import Speaker
from bot.content import HANDS_ON_TOPICS, SMALLTALK, TOPICS
from bot.reply import Reply
from bot.turn import House, read_turn

OPEN = dt.datetime(2026, 6, 1, 15, 0, tzinfo=dt.timezone.utc)  # a Monday: 11 am in New York, 4 pm in London
CLOSED = dt.datetime(2026, 6, 1, 23, 0, tzinfo=dt.timezone.utc)


@pytest.fixture
def demo(house) -> Clinic:
    return house.clinics["demo"]


@pytest.fixture
def speak(house, demo):
    """A speaker for the demo clinic with some settings changed."""

    def make(*, now: dt.datetime = OPEN, **changes) -> Speaker:
        return Speaker(content=house.content, clinic=dataclasses.replace(demo, **changes), clock=lambda: now)

    return make


@pytest.fixture
def turn(house, demo):
    """A turn at a clinic with some settings changed."""

    def make(intent: str, *, ranking=(), also=(), flags=(), lifts=False, standing=None, offered=(), last_topic=None, text="",
             **changes):
        clinics = {"demo": dataclasses.replace(demo, **changes)}
        parse_data = {
            "intent": {"name": "red_flag" if flags else intent}, "asked_intent": intent, "also_asked": list(also), "text": text,
            "intent_ranking": [{"name": name, "confidence": p} for name, p in ranking], "red_flags": list(flags),
            "lifts_standing": lifts,
        }
        return read_turn(
            dataclasses.replace(house, clinics=clinics), parse_data=parse_data, clinic=None, offered=offered,
            last_topic=last_topic, standing_tier=standing, standing_flag="blood_thinner" if standing else None)

    return make


# Handoff and greeting

@pytest.mark.parametrize(("now", "says"), [
    (OPEN, "at (555) 010-0199. We are open now until 5 pm. Hours: Monday to Friday, 8 am to 5 pm. In an emergency"),
    (CLOSED, "at (555) 010-0199. We are closed now. We open tomorrow at 8 am. Hours: Monday"),
])
def test_handoff_tells_whether_the_clinic_is_open(speak, now: dt.datetime, says: str) -> None:
    assert says in speak(now=now).handoff().text


def test_handoff_of_a_clinic_without_hours_asks_to_call(speak) -> None:
    text = speak(hours=None).handoff().text
    assert "at (555) 010-0199. Hours: please call us for our hours. In" in text


def test_the_house_asks_the_clock_anew_for_every_reply(house) -> None:
    moments = iter([OPEN, CLOSED])
    speaker = dataclasses.replace(house, clock=lambda: next(moments)).speaker(None)
    assert "open now" in speaker.handoff().text and "closed now" in speaker.handoff().text


def test_own_greeting_comes_before_what_a_visitor_must_know(speak) -> None:
    text = speak(greeting="Welcome to {clinic}!").smalltalk("greet").text
    assert text.startswith("Welcome to {clinic}!\n\n") and "not a doctor" in text and "call 911" in text
    assert speak(greeting="Welcome!").smalltalk("thanks").text == speak().smalltalk("thanks").text


@pytest.mark.parametrize(("clinic_days", "told"), [(None, 30), (14, 14), (90, 30)])
def test_a_clinic_may_keep_less_than_the_server_and_never_more(house, demo, clinic_days, told: int) -> None:
    clinics = {"demo": dataclasses.replace(demo, keep_days=clinic_days)}
    speaker = dataclasses.replace(house, clinics=clinics, keep_days=30).speaker(None)
    assert f"up to {told} days" in speaker.privacy().text and clinic_profile(speaker)["keep_days"] == told


@pytest.mark.parametrize(("region", "labels"), [
    ("us", ["Call 911", "Call 988", "Text 988"]), ("uk", ["Call 999", "Call 116 123", "Text 85258"]),
    ("au", ["Call 000", "Call 13 11 14"]),
])
def test_a_link_says_the_number_that_it_calls(speak, region: str, labels: list[str]) -> None:
    links = speak(region=region).help_links(["emergency", "crisis"])
    assert [link.label for link in links] == labels
    for link in links:
        assert link.href.partition(":")[2] == link.label.partition(" ")[2].replace(" ", "")


# Own words

@pytest.mark.parametrize("topic_id", TOPICS)
@pytest.mark.parametrize("own", [OwnWords(short="Ours."), OwnWords(detail="Ours."), OwnWords(short="Ours.", detail="Ours.")])
def test_own_words_leave_caveat_and_precautions_standing(speak, topic_id: str, own: OwnWords) -> None:
    plain, speaker = speak().answer(topic_id), speak(own_words={topic_id: own})
    reply, precautions = speaker.answer(topic_id), plain.text.split("\n\n")[1:]
    assert (reply.kind, reply.topic, reply.caveat) == ("answer", topic_id, plain.caveat)
    assert reply.text.split("\n\n") == [own.short or plain.text.split("\n\n")[0], *precautions]
    assert reply.detail == (own.detail or plain.detail)
    assert (topic_id in HANDS_ON_TOPICS and "massage" in topic_id) <= bool(precautions)
    more = speaker.more(topic_id)
    assert more.caveat == plain.caveat and more.text.endswith("\n\n".join([reply.detail, *precautions]))


def test_the_clinic_stands_for_its_own_words_and_the_article_for_its_own(speak) -> None:
    plain = speak().answer("massage_provider").sources
    partly = speak(own_words={"massage_provider": OwnWords(short="Ours.")}).answer("massage_provider").sources
    wholly = speak(own_words={"massage_provider": OwnWords(short="Ours.", detail="Ours.")}).answer("massage_provider").sources
    assert [(s.title, s.section) for s in wholly] == [("Riverside Foot Clinic", "in its own words")]
    assert partly == wholly + plain
    assert speak(own_words={"massage_provider": OwnWords(short="Ours.")}).answer("massage_safety").sources[0].title != (
        "Riverside Foot Clinic")


def test_own_words_with_braces_are_said_as_written(speak) -> None:
    assert speak(own_words={"cause_sugar": OwnWords(short="{phone}")}).answer("cause_sugar").text == "{phone}"


def test_a_standing_warning_opens_own_words_too(turn) -> None:
    own = {"massage_provider": OwnWords(short="Ours.")}
    (reply,) = turn("massage_provider", standing="caution", own_words=own).replies()
    assert "blood thinner" in reply.text and "Ours." in reply.text


# Topics switched off

OFF = frozenset({"massage_safety", "massage_benefit", "heat_therapy"})


def assert_handed_off(reply: Reply) -> None:
    assert (reply.kind, reply.topic, reply.detail) == ("handoff", None, None)
    assert reply.text.startswith("Riverside Foot Clinic would like to talk with you about that in person.")
    assert "911" in reply.text and reply.links[0].href == "tel:+15550100199"


@pytest.mark.parametrize("topic_id", TOPICS)
def test_a_topic_that_is_switched_off_is_handed_to_the_clinic(turn, speak, topic_id: str) -> None:
    (reply,) = turn(topic_id, topics_off={topic_id}).replies()
    assert_handed_off(reply)
    assert_handed_off(speak(topics_off={topic_id}).more(topic_id))
    assert turn(topic_id).replies()[0].kind == "answer"


def test_a_clinic_that_takes_bookings_offers_one_there_too(speak) -> None:
    reply = speak(topics_off=OFF, booking="https://book.example").answer("massage_safety")
    assert [link.href for link in reply.links] == ["tel:+15550100199", "https://book.example"]


def test_what_is_switched_off_is_never_suggested(speak) -> None:
    speaker = speak(topics_off=OFF)
    replies = [
        *(speaker.answer(name) for name in TOPICS), *(speaker.smalltalk(name) for name in SMALLTALK), speaker.decline(),
        speaker.not_covered(), speaker.out_of_scope(), speaker.clarify(TOPICS),
    ]
    suggested = {suggestion.topic for reply in replies for suggestion in reply.suggestions}
    assert suggested and not suggested & OFF
    assert OFF <= {s.topic for name in TOPICS for s in speak().answer(name).suggestions}, "or this proves nothing"


@pytest.mark.parametrize("name", ["decline", "not_covered", "out_of_scope"])
def test_a_refusal_offers_something_whatever_is_switched_off(speak, house, name: str) -> None:
    speaker = speak(topics_off=frozenset(house.content.voice.refusal_suggest))
    offered = [s.topic for s in getattr(speaker, name)().suggestions]
    assert len(offered) == 3 and not set(offered) & set(house.content.voice.refusal_suggest)


RANKING = [("massage_safety", 0.3), ("cause_sugar", 0.2), ("heat_therapy", 0.1)]


def test_a_clarifying_question_leaves_out_what_is_switched_off(turn) -> None:
    (reply,) = turn("nlu_fallback", ranking=RANKING, topics_off=OFF).replies()
    assert reply.kind == "clarify" and [s.topic for s in reply.suggestions] == ["cause_sugar"]


def test_where_all_that_is_likely_is_switched_off_the_clinic_is_named(turn) -> None:
    (reply,) = turn("nlu_fallback", ranking=[RANKING[0], RANKING[2]], topics_off=OFF).replies()
    assert_handed_off(reply)


def test_two_topics_that_are_switched_off_are_handed_off_once(turn) -> None:
    replies = turn("massage_safety", also=["heat_therapy", "cause_sugar"], topics_off=OFF).replies()
    assert [reply.kind for reply in replies] == ["handoff", "answer"]
    assert [reply.kind for reply in turn("cause_sugar", also=["heat_therapy"], topics_off=OFF).replies()] == ["answer", "handoff"]


def test_a_warning_taken_back_does_not_hide_the_handoff(turn) -> None:
    (reply,) = turn("massage_safety", lifts=True, standing="caution", topics_off=OFF).replies()
    assert reply.kind == "handoff" and "leave that warning out" in reply.text and "in person" in reply.text


# Danger

def test_red_flags_cannot_be_switched_off(turn, house) -> None:
    """Not even by a clinic that has switched every topic off, which the loader refuses."""
    for flag in house.red_flags.flags.values():
        replies = turn("massage_safety", flags=[flag.id], topics_off=frozenset(TOPICS)).replies()
        assert (replies[0].kind, replies[0].tier) == ("escalation", flag.tier)


# What the widget shows

def test_profile_holds_what_the_clinic_says(house) -> None:
    speaker = dataclasses.replace(house, clock=lambda: OPEN).speaker("harbour")
    profile = clinic_profile(speaker)
    assert profile["hours"] == {
        "text": "Monday to Wednesday, 8:30 am to 12:30 pm and 1:30 pm to 5 pm; Thursday, 8:30 am to 12:30 pm and 1:30 pm to 7 pm; "
                "Friday, 8:30 am to 4 pm; Saturday, 9 am to 12 noon",
        "open_now": True, "next": "Closes at 5 pm"}
    assert profile["emergency"]["heading"] == "Call 999 now for any of these:"
    assert [link["href"] for link in profile["emergency"]["links"]] == ["tel:999", "tel:116123", "sms:85258"]
    assert "911" not in str(profile) and "988" not in str(profile)
    assert profile["links"] == {"privacy": "https://www.harbourfeet.example/privacy", "terms": None}


@pytest.mark.parametrize("sign", ["face", "arm or leg goes weak", "speech", "chest", "breathe", "Legs that suddenly get weak",
                                  "urine", "cold and pale or blue"])
def test_signs_of_an_emergency_can_be_read_without_asking(speak, sign: str) -> None:
    assert sign in " ".join(clinic_profile(speak())["emergency"]["signs"])


def test_a_house_is_made_with_the_clock_of_the_wall(house: House) -> None:
    assert abs((house.clock() - dt.datetime.now(dt.timezone.utc)).total_seconds()) < 5
