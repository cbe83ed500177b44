"""How the content becomes replies: which words, links and footnotes, and in which order within a turn."""
from __future__ import annotations

import dataclasses
import re

import pytest

from bot.compose import Speaker
from bot.content import HANDS_ON_TOPICS, SERVICES, SMALLTALK, TOPICS, HelpLines
from bot.red_flags import RedFlag
from bot.reply import TIERS

HANDS_OFF_TOPICS = [name for name in TOPICS if name not in HANDS_ON_TOPICS]


@pytest.fixture
def speaker(house) -> Speaker:
    return house.speaker(None)


def flag(tier: str, name: str = "a sign", **more) -> RedFlag:
    values = {
        "id": f"{tier}_{name}", "tier": tier, "name": name, "action": f"Act on {name}.", "why": "It matters.",
        "safety": "Be safe.", "source": "A body", "help_lines": (),
    }
    return RedFlag(**(values | more))


# Answers

@pytest.mark.parametrize("topic_id", TOPICS)
def test_answer_holds_the_topic_in_the_order_short_precautions_detail(speaker, topic_id: str) -> None:
    topic, reply = speaker.content.topics[topic_id], speaker.answer(topic_id)
    assert (reply.kind, reply.topic, reply.tier) == ("answer", topic_id, None)
    assert reply.text.split("\n\n")[0] == topic.short
    assert reply.text.split("\n\n")[1:] == [speaker.content.voice.precautions[name] for name in topic.precautions]
    assert (reply.detail, reply.caveat) == (topic.detail, topic.caveat)
    assert [(s.topic, s.text) for s in reply.suggestions] == [
        (name, speaker.content.topics[name].ask) for name in topic.related]


# Red flags

WORDS = {"reach_crisis": "call 116 123", "poison_name": "the poison center", "er": "A&E", "walk_in": "a doctor",
         "violence_help": "Tell somebody."}


@pytest.mark.parametrize(("region", "emergency", "crisis", "place", "foreign"), [
    ("us", "911", "call or text 988", "the ER", ["999", "116 123"]),
    ("uk", "999", "call Samaritans on 116 123", "A&E", ["911", "988", "the ER"]),
    ("ie", "112", "116 123 (or text HELLO to 50808)", "A&E", ["911", "988"]),
    ("ca", "911", "call or text 988", "the ER", ["999"]),
    ("au", "000", "call Lifeline on 13 11 14", "the emergency department", ["911", "988"]),
    ("nz", "111", "call or text 1737", "the emergency department", ["911", "988"]),
    ("eu", "112", "call 116 123", "the emergency department", ["911", "988"]),
    ("in", "112", "call Tele MANAS on 14416", "the emergency department", ["911", "988"]),
])
def test_a_region_has_its_own_numbers_and_words(
    house, region: str, emergency: str, crisis: str, place: str, foreign: list[str]
) -> None:
    speaker = Speaker(content=house.content, clinic=dataclasses.replace(house.clinics["demo"], region=region))
    flags = house.red_flags.flags
    in_crisis, stroke, sore = (speaker.escalate(flags[name]) for name in ("suicidal_thoughts", "stroke", "foot_ulcer"))
    said = speaker.unavailable().text + "".join(reply.text for reply in (in_crisis, stroke, sore))
    assert f"{emergency}" in stroke.text and crisis in in_crisis.text and place in sore.text
    assert in_crisis.links[0].href == house.content.help_lines[region].lines["crisis"][1]
    assert [number for number in foreign if number in said] == []


def test_every_red_flag_can_be_told_in_every_region(house) -> None:
    for region in house.content.help_lines:
        clinic = dataclasses.replace(house.clinics["demo"], region=region)
        speaker = Speaker(content=house.content, clinic=clinic)
        for red_flag in house.red_flags.flags.values():
            reply = speaker.escalate(red_flag)
            assert (reply.kind, reply.tier) == ("escalation", red_flag.tier)
            assert not re.search(r"[{}]", reply.text + "".join(link.label for link in reply.links)), red_flag.id
            assert reply.caveat and reply.sources and reply.links, red_flag.id


def test_escalation_says_what_to_do_first(speaker) -> None:
    reply = speaker.escalate(flag("urgent", action="Be seen today.", why="Because.", safety="Rest."))
    assert reply.text == "Be seen today.\n\nBecause.\n\nRest."


def test_escalation_fills_in_the_numbers_of_the_region(speaker) -> None:
    assert speaker.escalate(flag("emergency", action="Call {emergency} now.")).text.startswith("Call 911 now.")


@pytest.mark.parametrize(("tier", "help_lines", "hrefs"), [
    ("emergency", ("emergency",), ["tel:911"]),
    ("emergency", ("emergency", "poison"), ["tel:911", "tel:18002221222"]),
    ("crisis", ("crisis", "emergency"), ["tel:988", "sms:988", "tel:911"]),
    ("urgent", (), ["tel:+15550100199"]),
    ("urgent", ("emergency",), ["tel:911", "tel:+15550100199"]),
    ("caution", (), ["tel:+15550100199"]),
])
def test_escalation_links_the_lines_that_the_rule_asks_for(speaker, tier: str, help_lines, hrefs) -> None:
    assert [link.href for link in speaker.escalate(flag(tier, help_lines=help_lines)).links] == hrefs


def test_a_line_that_the_region_lacks_is_left_out(house) -> None:
    lines = {"emergency": ("112", "tel:112", None), "crisis": ("116 123", "tel:116123", None)}
    content = dataclasses.replace(
        house.content, help_lines={"eu": HelpLines(region="eu", lines=lines, words=WORDS, elsewhere=None)})
    speaker = Speaker(content=content, clinic=dataclasses.replace(house.clinics["demo"], region="eu"))
    reply = speaker.escalate(flag("emergency", action="Call {emergency}.", help_lines=("poison", "crisis", "emergency")))
    assert [link.href for link in reply.links] == ["tel:116123", "tel:112"]
    assert reply.text == "Call 112.\n\nIt matters.\n\nBe safe."


@pytest.mark.parametrize(("tier", "told"), [("emergency", True), ("crisis", True), ("urgent", False), ("caution", False)])
def test_who_is_elsewhere_is_told_so_in_an_emergency(speaker, tier: str, told: bool) -> None:
    elsewhere = speaker.content.help_lines["us"].elsewhere
    assert (elsewhere in speaker.escalate(flag(tier)).text) is told


@pytest.mark.parametrize(("tier", "caveat"), [
    ("emergency", "escalation"), ("urgent", "escalation"), ("crisis", "crisis"), ("caution", "caution"),
])
def test_caveat_fits_the_tier(speaker, tier: str, caveat: str) -> None:
    assert speaker.escalate(flag(tier)).caveat == speaker.content.voice.caveats[caveat]


@pytest.mark.parametrize(("tier", "href"), [
    ("crisis", "tel:988"), ("emergency", "tel:911"), ("urgent", "tel:+15550100199"), ("caution", "tel:+15550100199"),
])
def test_reminder_opens_the_answer_and_links_where_help_is(speaker, tier: str, href: str) -> None:
    plain = speaker.answer("massage_benefit")
    reply = speaker.with_reminder(plain, tier, "a blood thinner")
    assert (reply.kind, reply.topic, reply.caveat, reply.links[0].href) == ("answer", plain.topic, plain.caveat, href)
    assert reply.text.endswith(plain.text) and len(reply.text) > len(plain.text) + 20
    assert tier == "crisis" or "a blood thinner" in reply.text


# The rest

@pytest.mark.parametrize("name", SMALLTALK)
def test_small_talk_is_spoken(speaker, name: str) -> None:
    reply = speaker.smalltalk(name)
    assert (reply.kind, reply.topic) == ("smalltalk", name) and not re.search(r"[{}]", reply.text)


@pytest.mark.parametrize("name", [*SERVICES, "unavailable"])
def test_service_is_spoken_as_its_own_kind(speaker, name: str) -> None:
    reply = getattr(speaker, name)()
    assert reply.kind == name and not re.search(r"[{}]", reply.text)


@pytest.mark.parametrize("name", ["decline", "not_covered", "out_of_scope"])
def test_refusal_offers_something_that_it_can_answer(speaker, name: str) -> None:
    assert [s.topic for s in getattr(speaker, name)().suggestions] == list(speaker.content.voice.refusal_suggest)


def test_handoff_links_the_booking_page_where_there_is_one(house) -> None:
    assert [link.href for link in house.speaker(None).handoff().links] == ["tel:+15550100199"]
    clinic = dataclasses.replace(house.clinics["demo"], booking="https://book.example")
    links = Speaker(content=house.content, clinic=clinic).handoff().links
    assert [link.href for link in links] == ["tel:+15550100199", "https://book.example"]


def test_unavailable_names_the_emergency_number(speaker) -> None:
    reply = speaker.unavailable()
    assert "911" in reply.text and reply.links[0].href == "tel:911"


def test_privacy_names_the_days_that_are_kept(house) -> None:
    assert "7 days" in Speaker(content=house.content, clinic=house.clinics["demo"], keep_days=7).privacy().text


def test_a_clinic_with_braces_in_its_name_is_spoken_of_as_written(house) -> None:
    clinic = dataclasses.replace(house.clinics["demo"], name="Feet {phone} & Co")
    assert "Feet {phone} & Co" in Speaker(content=house.content, clinic=clinic).handoff().text


# A whole turn

def kinds(replies) -> list[str]:
    return [f"{reply.kind} {reply.tier or reply.topic}" for reply in replies]


@pytest.mark.parametrize("tier", TIERS)
def test_red_flag_comes_first(speaker, tier: str) -> None:
    replies = speaker.turn([flag(tier)], [speaker.answer("massage_safety")], standing=None, standing_name="")
    assert kinds(replies)[0] == f"escalation {tier}"


@pytest.mark.parametrize(("tier", "silent"), [("emergency", True), ("crisis", True), ("urgent", False), ("caution", False)])
@pytest.mark.parametrize("standing", [None, *TIERS])
def test_emergency_and_crisis_silence_everything_else(speaker, tier: str, silent: bool, standing: str | None) -> None:
    content = [speaker.answer("massage_safety"), speaker.smalltalk("greet")]
    replies = speaker.turn([flag(tier)], content, standing=standing, standing_name="a sign")
    if silent:
        assert kinds(replies) == [f"escalation {tier}"]
    else:
        assert kinds(replies)[-2:] == ["answer massage_safety", "smalltalk greet"]


@pytest.mark.parametrize(("tiers", "told"), [
    (["crisis", "emergency"], ["crisis", "emergency"]),
    (["crisis", "crisis", "emergency", "emergency"], ["crisis", "emergency"]),
    (["emergency", "emergency"], ["emergency"]),
    (["emergency", "urgent", "caution"], ["emergency"]),
    (["crisis", "caution"], ["crisis"]),
    (["urgent", "urgent", "caution"], ["urgent"]),
    (["caution"], ["caution"]),
    ([], []),
])
def test_most_severe_red_flag_is_told_and_crisis_and_emergency_both(speaker, tiers, told) -> None:
    flags = [flag(tier, f"sign {n}") for n, tier in enumerate(tiers)]
    replies = speaker.turn(flags, [], standing=None, standing_name="")
    assert [reply.tier for reply in replies] == told
    assert not flags or replies[0].text.startswith("Act on sign 0.")


@pytest.mark.parametrize("topic_id", HANDS_ON_TOPICS)
@pytest.mark.parametrize("standing", TIERS)
def test_standing_tier_opens_an_answer_that_invites_to_touch(speaker, topic_id: str, standing: str) -> None:
    plain = speaker.answer(topic_id)
    (reply,) = speaker.turn([], [plain], standing=standing, standing_name="a blood thinner")
    assert (reply.kind, reply.topic) == ("answer", topic_id) and reply.text.endswith(f"\n\n{plain.text}")


@pytest.mark.parametrize("topic_id", HANDS_OFF_TOPICS)
def test_standing_tier_is_not_shown_beside_other_answers(speaker, topic_id: str) -> None:
    replies = speaker.turn([], [speaker.answer(topic_id)], standing="urgent", standing_name="a sore")
    assert kinds(replies) == [f"answer {topic_id}"]


@pytest.mark.parametrize(("new", "standing", "shown"), [
    ("caution", "urgent", True), ("caution", "crisis", True), ("urgent", "caution", False), ("urgent", "urgent", False),
])
def test_standing_tier_is_shown_beside_a_new_one_only_where_it_is_higher(speaker, new, standing, shown: bool) -> None:
    plain = speaker.answer("massage_benefit")
    replies = speaker.turn([flag(new)], [plain], standing=standing, standing_name="a sign")
    assert kinds(replies) == [f"escalation {new}", "answer massage_benefit"]
    assert (replies[1].text != plain.text) is shown


def test_a_choice_that_offers_a_massage_answer_opens_with_the_warning_in_force(speaker) -> None:
    for offered, warned in (["massage_safety", "cause_sugar"], True), (["cause_sugar", "cause_injury"], False):
        reply = speaker.turn([], [speaker.clarify(offered)], standing="caution", standing_name="a blood thinner")[0]
        assert reply.kind == "clarify" and ("a blood thinner" in reply.text) is warned
