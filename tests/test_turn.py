"""One turn: what the NLU made of a message and what is in force, to replies and to what is in force next."""
from __future__ import annotations

import pytest

from bot.content import SERVICES, SMALLTALK, TOPICS
from bot.turn import CLARIFY_AT_MOST, CLARIFY_WITHIN, Turn, read_turn

FLAGS = {"caution": "blood_thinner", "urgent": "foot_ulcer", "emergency": "stroke", "crisis": "suicidal_thoughts"}


@pytest.fixture
def turn(house):
    """A turn out of the NLU's output as Rasa hands it over."""

    def make(intent="massage_safety", *, ranking=(), flags=(), asked=None, also=(), lifts=False, standing=None,
             text="", earlier=()) -> Turn:
        parse_data = {
            "intent": {"name": "red_flag" if flags else intent, "confidence": 1.0}, "asked_intent": asked or intent,
            "intent_ranking": [{"name": name, "confidence": p} for name, p in ranking],
            "red_flags": [FLAGS.get(name, name) for name in flags], "also_asked": list(also), "lifts_standing": lifts,
            "text": text,
        }
        return read_turn(house, parse_data=parse_data, clinic=None, standing_tier=standing,
                         standing_flag=FLAGS.get(standing), earlier=earlier)

    return make


def said(turn: Turn) -> list[str]:
    return [f"{reply.kind} {reply.tier or reply.topic}" for reply in turn.replies()]


def test_the_flags_of_these_tests_exist_with_their_tiers(house) -> None:
    assert {tier: house.red_flags.flags[name].tier for tier, name in FLAGS.items()} == {tier: tier for tier in FLAGS}


@pytest.mark.parametrize("intent", TOPICS)
def test_topic_is_answered(turn, intent: str) -> None:
    assert said(turn(intent)) == [f"answer {intent}"]


@pytest.mark.parametrize("name", SMALLTALK)
def test_small_talk_is_returned(turn, name: str) -> None:
    assert said(turn(f"smalltalk_{name}")) == [f"smalltalk {name}"]


@pytest.mark.parametrize("name", SERVICES)
def test_service_is_rendered(turn, name: str) -> None:
    assert said(turn(name)) == [f"{name} None"]


def test_two_topics_are_answered_in_the_order_asked(turn) -> None:
    assert said(turn("heat_therapy", also=["massage_safety"])) == ["answer heat_therapy", "answer massage_safety"]


def test_what_is_no_topic_is_not_answered_beside_one(turn) -> None:
    assert said(turn("heat_therapy", also=["handoff", "no_such"])) == ["answer heat_therapy"]


# Red flags

@pytest.mark.parametrize(("flags", "expected"), [
    (["caution"], ["escalation caution", "answer massage_safety"]),
    (["urgent"], ["escalation urgent", "answer massage_safety"]),
    (["urgent", "caution"], ["escalation urgent", "answer massage_safety"]),
    (["emergency"], ["escalation emergency"]),
    (["crisis"], ["escalation crisis"]),
    (["crisis", "emergency"], ["escalation crisis", "escalation emergency"]),
])
def test_red_flags_come_first_and_severe_ones_alone(turn, flags, expected) -> None:
    assert said(turn(flags=flags)) == expected


@pytest.mark.parametrize("intent", [*(f"smalltalk_{name}" for name in SMALLTALK), *SERVICES, "nlu_fallback"])
@pytest.mark.parametrize("tier", FLAGS)
def test_beside_a_red_flag_only_a_question_on_a_topic_is_answered(turn, intent: str, tier: str) -> None:
    assert said(turn(intent, flags=[tier])) == [f"escalation {tier}"]


def test_a_red_flag_that_the_content_no_longer_knows_is_passed_over(turn) -> None:
    assert said(turn(flags=["no_such_flag"], asked="massage_safety")) == ["answer massage_safety"]


# A standing tier

@pytest.mark.parametrize("standing", FLAGS)
def test_standing_tier_comes_with_a_hands_on_answer(turn, house, standing: str) -> None:
    replies = turn("massage_benefit", standing=standing).replies()
    assert [reply.kind for reply in replies] == ["answer"]
    assert replies[0].text.endswith(turn("massage_benefit").replies()[0].text)
    assert replies[0].text != turn("massage_benefit").replies()[0].text
    assert standing == "crisis" or house.red_flags.flags[FLAGS[standing]].name in replies[0].text


@pytest.mark.parametrize("intent", ["neuropathy_definition", "smalltalk_greet", "handoff"])
def test_standing_tier_is_silent_elsewhere(turn, intent: str) -> None:
    assert turn(intent, standing="urgent").replies()[0].text == turn(intent).replies()[0].text


def test_standing_tier_comes_where_only_the_second_topic_is_hands_on(turn) -> None:
    plain = turn("cause_sugar", also=["massage_safety"]).replies()
    reminded = turn("cause_sugar", also=["massage_safety"], standing="caution").replies()
    assert [reply.topic for reply in reminded] == ["cause_sugar", "massage_safety"]
    assert reminded[0].text == plain[0].text and reminded[1].text != plain[1].text


def test_lifting_is_acknowledged_and_the_question_answered_without_the_warning(turn) -> None:
    lifted = turn("massage_safety", lifts=True, standing="caution")
    assert said(lifted) == ["answer massage_safety"]
    assert lifted.replies()[0].text == "\n\n".join(
        [lifted.speaker.content.voice.lines["standing_lifted"], turn("massage_safety").replies()[0].text])


def test_lifting_answers_nothing_that_was_not_asked(turn) -> None:
    assert said(turn("smalltalk_ack", lifts=True, standing="caution")) == ["smalltalk ack"]


def test_lifting_what_does_not_stand_changes_nothing(turn) -> None:
    assert said(turn("massage_safety", lifts=True)) == ["answer massage_safety"]


@pytest.mark.parametrize(("flags", "lifts", "standing", "after"), [
    ([], False, None, (None, None)),
    (["caution"], False, None, ("caution", FLAGS["caution"])),
    (["urgent"], False, "caution", ("urgent", FLAGS["urgent"])),
    (["urgent"], False, "urgent", ("urgent", FLAGS["urgent"])),
    (["caution"], False, "urgent", ("urgent", None)),
    (["emergency"], False, "crisis", ("crisis", None)),
    (["crisis", "emergency"], False, "urgent", ("crisis", FLAGS["crisis"])),
    ([], False, "emergency", ("emergency", None)),
    ([], True, "caution", (None, None)),
    ([], True, None, (None, None)),
    (["caution"], True, "urgent", ("urgent", None)),
    (["urgent"], True, None, ("urgent", FLAGS["urgent"])),
    ([], True, "crisis", ("crisis", None)),
])
def test_highest_tier_stands_until_it_is_lifted(turn, flags, lifts, standing, after) -> None:
    assert turn(flags=flags, lifts=lifts, standing=standing).standing_after() == after


def test_crisis_stays_in_mind_whatever_is_said(turn) -> None:
    reminded = turn("massage_safety", lifts=True, standing="crisis").replies()
    assert reminded[0].text != turn("massage_safety").replies()[0].text


@pytest.mark.parametrize("text", ["my doctor cleared me", "I misread, I'm not pregnant"])
def test_words_that_take_a_warning_back_are_known(house, text: str) -> None:
    assert house.red_flags.lifts(text)


@pytest.mark.parametrize("text", [
    "I have not been cleared yet", "I haven't been cleared by my doctor", "the doctor never gave me the ok",
    "I am still pregnant, nobody gave me the ok", "what if my doctor said it is ok?", "has my doctor said it is ok?",
])
def test_words_that_deny_or_ask_about_it_take_no_warning_back(house, text: str) -> None:
    assert not house.red_flags.lifts(text)


# An unclear message

@pytest.mark.parametrize(("ranking", "offered"), [
    ([("nlu_fallback", 0.9), ("massage_safety", 0.2), ("massage_benefit", 0.19)], ["massage_safety", "massage_benefit"]),
    ([("massage_safety", 0.2), ("handoff", 0.19), ("cause_sugar", 0.1)], ["massage_safety", "cause_sugar"]),
    ([("massage_safety", CLARIFY_WITHIN), ("cause_sugar", CLARIFY_WITHIN - 0.001)], ["massage_safety"]),
    ([(name, 0.1) for name in TOPICS], list(TOPICS[:CLARIFY_AT_MOST])),
    ([("smalltalk_ack", 0.2), ("massage_safety", 0.1)], ["massage_safety"]),
])
def test_unclear_message_is_met_with_the_likely_topics(turn, ranking, offered) -> None:
    (reply,) = turn("nlu_fallback", ranking=ranking).replies()
    assert reply.kind == "clarify"
    assert [suggestion.topic for suggestion in reply.suggestions] == offered


@pytest.mark.parametrize(("ranking", "kind"), [
    ([], "out_of_scope"),
    ([("nlu_fallback", 0.9)], "out_of_scope"),
    ([("massage_safety", 0.01)], "out_of_scope"),
    ([("nlu_fallback", 0.9), ("handoff", 0.25), ("massage_safety", 0.2)], "handoff"),
    ([("decline", 0.25), ("massage_safety", 0.2)], "decline"),
    ([("out_of_scope", 0.25), ("massage_safety", 0.2)], "out_of_scope"),
])
def test_unclear_message_is_refused_where_a_refusal_is_likeliest(turn, ranking, kind: str) -> None:
    assert [reply.kind for reply in turn("nlu_fallback", ranking=ranking).replies()] == [kind]


def test_nothing_known_of_a_message_is_out_of_scope(house) -> None:
    turn = read_turn(house, parse_data={}, clinic=None, standing_tier=None, standing_flag=None)
    assert said(turn) == ["out_of_scope None"]


# A warning in two halves, and one played down

@pytest.mark.parametrize(("earlier", "text", "tier"), [
    (["my legs feel weak"], "since yesterday it moved up to my hips", "emergency"),
    (["I can't feel my feet"], "I got a blister", "urgent"),
    (["my wound smells", "is that bad"], "and I feel confused", "emergency"),
])
def test_what_two_messages_report_together_is_escalated(turn, house, earlier, text: str, tier: str) -> None:
    rules = house.red_flags
    assert all(flag.tier != tier for flag in rules.check(text))
    assert any(flag.tier == tier for flag in rules.check_with(text, earlier)), "the rows must be halves of something"
    assert turn("cause_sugar", text=text, earlier=earlier).replies()[0].tier == tier


def test_what_earlier_messages_reported_alone_is_not_told_again(turn) -> None:
    earlier = ["there is an open sore on my numb foot"]
    assert said(turn("massage_timing", text="how long does a session take", earlier=earlier)) == ["answer massage_timing"]


@pytest.mark.parametrize("tier", list(FLAGS))
@pytest.mark.parametrize("text", ["maybe I'm overreacting", "it's painless so no rush", "forget I said it"])
def test_who_plays_a_warning_down_hears_it_again(turn, tier: str, text: str) -> None:
    replies = turn("smalltalk_ack", text=text, standing=tier).replies()
    assert [(reply.kind, reply.tier) for reply in replies] == [("escalation", tier)]
    assert replies[0].links and replies[0].caveat
    assert said(turn("smalltalk_ack", text=text)) == ["smalltalk ack"], "with no warning in force it is small talk"


def test_a_question_beside_it_is_answered_below_an_urgent_warning_only(turn) -> None:
    text = "it doesn't hurt so no rush, how is the massage done"
    assert said(turn("massage_techniques", text=text, standing="urgent")) == ["escalation urgent", "answer massage_techniques"]
    assert said(turn("massage_techniques", text=text, standing="emergency")) == ["escalation emergency"]


@pytest.mark.parametrize(("intent", "last", "shown"), [
    ("not_covered", None, True),  # "which oil?"
    ("out_of_scope", "massage_benefit", True),  # "can I use a ball then?"
    ("out_of_scope", "neuropathy_causes", False),
    ("privacy", "massage_benefit", False),
])
def test_a_standing_warning_is_shown_with_a_refusal_near_massage(house, intent: str, last: str | None, shown: bool) -> None:
    parse_data = {"text": "a long enough message that leans on nothing that was said before it", "intent": {"name": intent},
                  "intent_ranking": [{"name": intent, "confidence": 0.9}]}
    asked = read_turn(house, parse_data=parse_data, clinic=None, standing_tier="caution",
                      standing_flag=FLAGS["caution"], last_topic=last)
    plain = read_turn(house, parse_data=parse_data, clinic=None, standing_tier=None, standing_flag=None, last_topic=last)
    assert (asked.replies()[0].text != plain.replies()[0].text) is shown


def heard(house, text: str, *, of_another: bool = False, flags: tuple[str, ...] = ()) -> Turn:
    parse_data = {"text": text, "intent": {"name": "massage_benefit"}, "red_flags": list(flags),
                  "intent_ranking": [{"name": "massage_benefit", "confidence": 0.9}]}
    return read_turn(house, parse_data=parse_data, clinic=None, standing_tier="caution",
                     standing_flag=FLAGS["caution"], of_another=of_another)


def test_another_persons_question_does_not_inherit_a_warning(house) -> None:
    reminded = heard(house, "does massage help?").replies()[0].text
    asked = heard(house, "ok. asking for my brother now, he is 30 and well. does massage help him?")
    assert asked.of_another and asked.replies()[0].text != reminded
    assert heard(house, "and how often?", of_another=True).of_another, "until the visitor turns back"
    assert heard(house, "and what about me?", of_another=True).replies()[0].text == reminded
    assert asked.standing_after() == ("caution", None), "it stands all the while"


def test_a_new_report_ends_the_talk_of_another_person(house) -> None:
    assert not heard(house, "my other client is pregnant", of_another=True, flags=(FLAGS["caution"],)).of_another


@pytest.mark.parametrize(("text", "lifts"), [
    ("the surgeon gave his blessing, no restrictions", True), ("had the scan today, no clot", True),
    ("my cardiologist says I can", True), ("my cardiologist says I can't", False), ("the doctor is a good man", False),
    ("no restrictions on my diet", False), ("should my doctor give the go ahead", False), ("that was not my bottle", True),
])
def test_what_a_clinician_cleared_is_lifted(house, text: str, lifts: bool) -> None:
    assert house.red_flags.lifts(text) is lifts
