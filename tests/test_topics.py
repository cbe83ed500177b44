"""The same checks over every topic, and over everything else that visitors read in voice.yml.

What may never be said, and how hard a text may be to read, is from the medical reference of the project
(F1 house target, F3 never say); `make validate` holds the topics to it, too.
"""
from __future__ import annotations

import re

import pytest
import textstat

from bot.content import HANDS_ON_TOPICS, TOPICS, load_content
from bot.desk.wording import GRADE, grade, load_never_say
from bot.red_flags import RedFlag
from bot.settings import ROOT
from bot.yaml_files import read_mapping

NEVER_SAY = load_never_say()


@pytest.mark.parametrize(("text", "wrong"), [
    ("Massage cures it.", True), ("It does not cure neuropathy.", False), ("There is no cure so far.", False),
    ("Can it be cured?", False), ("It is the best way.", True), ("It will help you.", True), ("No one will promise that.", False),
    ("Take 20 mg.", True), ("You probably have a clot.", True), ("You have diabetes.", True), ("Do not worry.", True),
    ("Call now if you have not done so.", False), ("It heals, there is no doubt.", True), ("Your health comes first.", False),
    ("The article says it cures. Health sources do not back that up.", False),
    ("The article says it cures. Many agree.", True), ("If it doesn't hurt, it's fine.", True),
    ("Have it checked, even if it does not hurt.", False), ("Call today if you have diabetes.", False),
])
def test_the_check_tells_claims_from_denials(text: str, wrong: bool) -> None:
    assert bool(NEVER_SAY.said(text)) is wrong


# Every topic

@pytest.fixture(params=TOPICS)
def topic(request: pytest.FixtureRequest, house):
    return house.content.topics[request.param]


def test_topic_has_an_answer(topic) -> None:
    for words in (topic.title, topic.ask, topic.short, topic.detail, topic.caveat):
        assert words.strip()
    assert topic.title.endswith("?") and topic.ask.endswith("?")
    assert topic.short[-1] == topic.caveat[-1] == "."


@pytest.mark.parametrize("part", ["short", "detail", "caveat"])
def test_topic_reads_at_grade_8_or_below(topic, part: str) -> None:
    text = getattr(topic, part)
    assert grade(text) <= GRADE, text


def test_topic_says_the_short_answer_in_two_sentences(topic) -> None:
    assert textstat.sentence_count(topic.short) <= 2, topic.short


def test_topic_caveat_names_the_doctor(topic) -> None:
    assert re.search(r"\b(?:doctor|health professional)", topic.caveat, re.IGNORECASE), topic.caveat
    assert "doctor" in topic.caveat.lower()


def test_topic_says_nothing_that_is_never_said(topic) -> None:
    for text in (topic.title, topic.ask, topic.short, topic.detail, topic.caveat,
                 *(source.supports for source in topic.sources), *(claim.wording for claim in topic.claims)):
        assert NEVER_SAY.said(text) == []


def test_topic_uses_the_corrected_terms(topic) -> None:
    for text in (topic.title, topic.ask, topic.short, topic.detail, topic.caveat, *(s.supports for s in topic.sources)):
        assert not NEVER_SAY.wrong_terms.search(text), text


def test_topic_is_plain_text_without_braces(topic) -> None:
    for text in (topic.title, topic.ask, topic.short, topic.detail, topic.caveat):
        assert not re.search(r"[{}<>*_#`]|https?:", text), text


def test_topic_leads_on_to_other_topics(topic) -> None:
    assert 1 <= len(topic.related) <= 3 and len(set(topic.related)) == len(topic.related)
    assert topic.id not in topic.related and set(topic.related) <= set(TOPICS)


def test_topic_has_footnotes(topic, house) -> None:
    sources = house.speaker(None).answer(topic.id).sources
    sections = [source for source in sources if source.title == house.content.article_title]
    assert sections, "an answer stands on the article"
    assert {source.section for source in sections} == {house.content.sections[claim.section] for claim in topic.claims}
    assert len(sections) == len({source.section for source in sections}), "a section is one footnote"
    assert [s.title for s in sources[len(sections):]] == [s.name for s in topic.sources]
    assert all(source.section.strip() for source in sources)


def test_topic_that_corrects_the_article_names_who_says_otherwise(topic) -> None:
    if any(claim.standing in ("unsupported", "wrong") for claim in topic.claims):
        assert topic.sources, "a claim is called unsupported or wrong on somebody's authority"


def test_topic_review_has_a_name_and_a_date_or_neither(topic) -> None:
    assert (topic.reviewed_by is None) == (topic.reviewed_on is None)


# Warnings that go with touch and heat

@pytest.mark.parametrize("topic_id", [name for name in TOPICS if name.startswith("massage_")])
def test_massage_answer_carries_the_massage_precaution(house, topic_id: str) -> None:
    assert house.content.voice.precautions["massage"] in house.speaker(None).answer(topic_id).text


def test_heat_answer_carries_the_burn_warning(house) -> None:
    assert house.content.voice.precautions["heat"] in house.speaker(None).answer("heat_therapy").text


def test_precautions_say_what_they_are_for(house) -> None:
    precautions = house.content.voice.precautions
    assert "ask your doctor" in precautions["massage"].lower()
    assert "burn" in precautions["heat"] and "numb" in precautions["heat"]


def test_topics_that_invite_to_touch_or_warm_the_foot_are_known_as_such() -> None:
    assert {name for name in TOPICS if name.startswith("massage_")} | {"heat_therapy"} <= set(HANDS_ON_TOPICS)


# The other words that visitors read

def voice_texts() -> dict[str, str]:
    """Every text of voice.yml by its key; read from the file, so that none can be forgotten."""
    texts: dict[str, str] = {}

    def walk(value, key: str) -> None:
        if isinstance(value, str):
            texts[key] = value
        elif isinstance(value, dict):
            for name, inner in value.items():
                if name not in ("suggest", "refusal_suggest"):
                    walk(inner, f"{key}.{name}".lstrip("."))

    walk(dict(read_mapping(ROOT / "content" / "voice.yml")), "")
    return texts


VOICE = voice_texts()


@pytest.fixture(params=sorted(VOICE))
def voice_text(request: pytest.FixtureRequest, house) -> str:
    blanks = {"time": "8 am", "day": "Monday", "date": "May 3", "when": "tomorrow at 8 am", "days": "Monday", "times": "8 am",
              "first": "Monday", "last": "Friday", "start": "8 am", "end": "5 pm"}
    return house.speaker(None).fill(VOICE[request.param], name="a blood thinner", **blanks)


def test_all_of_the_voice_is_checked_here() -> None:
    voice = load_content().voice
    assert len(VOICE) == sum(map(len, (
        voice.caveats, voice.precautions, voice.standing, voice.holding, voice.smalltalk, voice.lines, voice.links,
        voice.hours.pieces)))


def test_voice_reads_at_grade_8_or_below(voice_text: str) -> None:
    assert grade(voice_text) <= GRADE, voice_text


def test_voice_says_nothing_that_is_never_said(voice_text: str) -> None:
    assert NEVER_SAY.said(voice_text) == [] and not NEVER_SAY.wrong_terms.search(voice_text)


def test_voice_is_plain_text_with_every_blank_filled(voice_text: str) -> None:
    assert not re.search(r"[{}<>*_#`]", voice_text), voice_text


def test_signs_of_an_emergency_are_plain_words(house) -> None:
    block = house.content.emergency_signs
    speaker = house.speaker(None)
    for text in (speaker.fill(block.heading), speaker.fill(block.crisis), *block.signs):
        assert grade(text) <= GRADE and NEVER_SAY.said(text) == [] and not re.search(r"[{}<>*_#`]", text), text


@pytest.mark.parametrize(("key", "number"), [
    ("after_greeting", "911"), ("switched_off", "911"), ("smalltalk.greet.text", "911"), ("smalltalk.distress.text", "988"), ("handoff", "911"), ("unavailable", "911"),
    ("unavailable", "988"), ("standing.emergency", "911"), ("standing.crisis", "988"), ("links.emergency", "911"),
    ("links.crisis_call", "988"), ("links.crisis_text", "988"),
])
def test_voice_names_the_number_to_call(house, key: str, number: str) -> None:
    assert number in house.speaker(None).fill(VOICE[key], name="x")


@pytest.mark.parametrize("key", ["smalltalk.greet.text", "after_greeting", "caveats.escalation", "caveats.crisis", "caveats.caution"])
def test_voice_says_that_it_is_no_doctor(key: str) -> None:
    assert re.search(r"not a doctor", VOICE[key])


@pytest.mark.parametrize("tier", ["caution", "urgent", "emergency"])
def test_standing_warning_keeps_hands_off(tier: str) -> None:
    assert re.search(r"no massage|not massage", VOICE[f"standing.{tier}"], re.IGNORECASE)


def test_red_flags_say_nothing_that_is_never_said(house) -> None:
    def words(flag: RedFlag) -> str:
        return f"{flag.name}. {flag.action} {flag.why} {flag.safety}"

    assert {flag.id: said for flag in house.red_flags.flags.values() if (said := NEVER_SAY.said(words(flag)))} == {}
