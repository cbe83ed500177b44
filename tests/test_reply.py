"""A reply that says medical words without its caveat cannot be made; nor any other malformed one."""
from __future__ import annotations

import dataclasses
import json

import pytest

from bot.reply import CAVEATED_KINDS, KINDS, TIERS, Link, Reply, Source, Suggestion, tier_rank

ANSWER = {"kind": "answer", "text": "It may.", "topic": "massage_safety", "caveat": "Ask your doctor."}
ESCALATION = {"kind": "escalation", "text": "Call 911.", "tier": "emergency", "caveat": "I am no doctor."}
TALK = {"kind": "smalltalk", "text": "Hello.", "topic": "greet"}


def without(values: dict, key: str) -> dict:
    return {name: value for name, value in values.items() if name != key}


@pytest.mark.parametrize(("values", "message"), [
    (without(ANSWER, "caveat"), "a reply of kind answer needs a caveat"),
    (ANSWER | {"caveat": None}, "a reply of kind answer needs a caveat"),
    (ANSWER | {"caveat": " \n"}, "a reply of kind answer needs a caveat"),
    (without(ESCALATION, "caveat"), "a reply of kind escalation needs a caveat"),
    (ESCALATION | {"caveat": ""}, "a reply of kind escalation needs a caveat"),
    (without(ANSWER, "topic"), "a reply of kind answer needs a topic"),
    (without(TALK, "topic"), "a reply of kind smalltalk needs a topic"),
    (ANSWER | {"text": " "}, "a reply of kind answer needs a text"),
    (ANSWER | {"kind": "advice"}, f"kind 'advice' is none of {', '.join(KINDS)}"),
    (without(ESCALATION, "tier"), "a tier goes with a reply of kind escalation, and with no other"),
    (ANSWER | {"tier": "urgent"}, "a tier goes with a reply of kind escalation, and with no other"),
    (TALK | {"tier": "urgent"}, "a tier goes with a reply of kind escalation, and with no other"),
    (ESCALATION | {"tier": "none"}, "tier 'none' is none of caution, urgent, emergency, crisis"),
])
def test_malformed_reply_is_refused(values: dict, message: str) -> None:
    with pytest.raises(ValueError) as raised:
        Reply(**values)
    assert str(raised.value) == message


@pytest.mark.parametrize("kind", KINDS)
def test_only_answer_and_escalation_need_a_caveat(kind: str) -> None:
    values = {"kind": kind, "text": "x", "topic": "greet", "tier": "urgent" if kind == "escalation" else None}
    if kind in CAVEATED_KINDS:
        with pytest.raises(ValueError, match="needs a caveat"):
            Reply(**values)
    else:
        assert Reply(**values).caveat is None


def test_caveat_cannot_be_taken_away_afterwards() -> None:
    reply = Reply(**ANSWER)
    with pytest.raises(dataclasses.FrozenInstanceError):
        reply.caveat = None
    with pytest.raises(ValueError, match="needs a caveat"):
        dataclasses.replace(reply, caveat=None)
    with pytest.raises(ValueError, match="needs a caveat"):
        Reply.from_dict(reply.as_dict() | {"caveat": None})


@pytest.mark.parametrize("href", ["http://example.org", "javascript:alert(1)", "example.org", "", "data:text/html,x",
                                  " https://example.org", "HTTPS://example.org"])
def test_link_of_another_scheme_is_refused(href: str) -> None:
    with pytest.raises(ValueError) as raised:
        Link(label="x", href=href)
    assert str(raised.value) == "a link must start with one of tel:, sms:, https:, mailto:"


@pytest.mark.parametrize("href", ["tel:911", "sms:988", "https://example.org", "mailto:a@example.org"])
def test_link_of_a_known_scheme_is_kept(href: str) -> None:
    assert Link(label="x", href=href).href == href


FULL = Reply(
    **ANSWER, detail="More of it.",
    sources=(Source(title="Article", section="Introduction"), Source(title="NIH", section="pain", url="https://nih.gov")),
    suggestions=(Suggestion(title="Heat?", text="Does heat help?", topic="heat_therapy"),),
    links=(Link(label="Call 911", href="tel:911"),),
)


@pytest.mark.parametrize("reply", [FULL, Reply(**ESCALATION), Reply(**TALK)])
def test_reply_survives_the_way_through_json(reply: Reply) -> None:
    assert Reply.from_dict(json.loads(json.dumps(reply.as_dict()))) == reply


def test_json_has_the_shape_of_the_api() -> None:
    values = FULL.as_dict()
    assert set(values) == {
        "id", "kind", "topic", "tier", "text", "detail", "caveat", "sources", "suggestions", "links",
    }
    assert values["sources"][0] == {"title": "Article", "section": "Introduction", "url": None, "claims": []}
    assert values["suggestions"] == [{"title": "Heat?", "text": "Does heat help?", "topic": "heat_therapy"}]
    assert values["links"] == [{"label": "Call 911", "href": "tel:911"}]


def test_every_reply_has_an_id_of_its_own() -> None:
    assert len({Reply(**TALK).id for _ in range(100)}) == 100


def test_plain_text_holds_all_that_a_poorer_channel_can_show() -> None:
    assert FULL.as_text() == (
        "It may.\n\nMore of it.\n\nCall 911: 911\n\nAsk your doctor.\n\n[1] Article: Introduction\n\n[2] NIH: pain"
    )


def test_tiers_rise_from_none_to_crisis() -> None:
    assert [tier_rank(tier) for tier in (None, *TIERS)] == [0, 1, 2, 3, 4]
    assert TIERS == ("caution", "urgent", "emergency", "crisis")
    assert tier_rank("no such tier") == 0
