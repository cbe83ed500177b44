"""Whatever is typed: well-formed replies, the caveat where it is due, and no word of the visitor in any log."""
from __future__ import annotations

import asyncio
import json
import logging
import uuid

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from bot.content import HANDS_ON_TOPICS, INTENTS, SMALLTALK, TOPICS
from bot.reply import CAVEATED_KINDS, KINDS, LINK_SCHEMES, TIERS, Reply, tier_rank
from bot.settings import ROOT
from bot.text import MAX_CHARACTERS
from bot.yaml_files import read_mapping

pytestmark = pytest.mark.model
# The same messages on every run; a failing one is shown as it is, since making it smaller takes minutes.
FUZZ = {"deadline": None, "derandomize": True, "database": None, "suppress_health_check": list(HealthCheck),
        "phases": (Phase.explicit, Phase.generate)}
SENTINEL = "zqxvisitorword"
EXAMPLES = 500
REPLY_KEYS = {"id", "kind", "topic", "tier", "text", "detail", "caveat", "sources", "suggestions", "links"}


def real_phrases() -> list[str]:
    phrases = []
    for intent in INTENTS:
        examples = read_mapping(ROOT / "data" / "nlu" / f"{intent}.yml")["nlu"][0]["examples"].splitlines()
        phrases += [line[2:] for line in examples[::9]]
    for path in sorted((ROOT / "data" / "red_flags").glob("*.txt")):
        phrases += path.read_text(encoding="utf-8").splitlines()[::12]
    return phrases


def mutate(phrase: str, changes: list[tuple[str, float, str]]) -> str:
    """A phrase with slips of the finger in it."""
    for what, where, sign in changes:
        at = int(where * len(phrase))
        if what == "drop":
            phrase = phrase[:at] + phrase[at + 1:]
        elif what == "double":
            phrase = phrase[:at] + phrase[at:at + 1] * 2 + phrase[at + 1:]
        elif what == "insert":
            phrase = phrase[:at] + sign + phrase[at:]
        elif what == "upper":
            phrase = phrase[:at] + phrase[at:].upper()
        elif what == "cut":
            phrase = phrase[:at]
        else:
            phrase = phrase[at:] + " " + phrase[:at]
    return phrase


PHRASE = st.sampled_from(real_phrases())
SIGN = st.one_of(st.characters(), st.sampled_from("\u200b\u202e\ufeff\x00\x07\x1b🦶'\"/\\{}[]()<>\n\t\u00a0\ud800"))
CHANGE = st.tuples(st.sampled_from(["drop", "double", "insert", "upper", "cut", "turn"]), st.floats(0, 1), SIGN)
MARKUP = st.sampled_from([
    "<b>%s</b>", "<script>%s</script>", "[%s](x)", "/%s", '/%s{"a": "b"}', "{%s}", "{{%s}}", "```%s```", "%s\x00", "\x1b[31m%s",
    "http://example.org/%s", "' OR 1=1; %s --", "%s\r\n\r\n%s", "**%s**", '{"text": "%s"}', "&lt;%s&gt;", "@%s", "- %s",
])
MESSAGES = st.one_of(
    st.text(max_size=200),
    st.text(alphabet=SIGN, max_size=60),
    st.builds(mutate, PHRASE, st.lists(CHANGE, min_size=1, max_size=4)),
    st.builds(mutate, PHRASE, st.lists(CHANGE, min_size=1, max_size=4)),
    st.builds(lambda one, two, by: f"{one}{by}{two}", PHRASE, PHRASE, st.sampled_from([" ", ". ", " and ", "\n", "? "])),
    st.builds(lambda form, phrase: form.replace("%s", phrase), MARKUP, PHRASE),
    st.builds(lambda part, times: (part * times)[:MAX_CHARACTERS], st.one_of(PHRASE, SIGN), st.integers(1, MAX_CHARACTERS)),
)


def assert_well_formed(reply: Reply) -> None:
    assert isinstance(reply, Reply) and reply.kind in KINDS and reply.text.strip()
    assert reply.kind != "unavailable", "the engine itself never says so"
    if reply.kind in CAVEATED_KINDS:
        assert reply.caveat and reply.caveat.strip()
    if reply.kind == "answer":
        assert reply.topic in TOPICS and reply.sources
    if reply.kind == "smalltalk":
        assert reply.topic in SMALLTALK
    assert (reply.tier in TIERS) if reply.kind == "escalation" else reply.tier is None
    assert reply.kind != "escalation" or reply.links
    assert reply.kind != "clarify" or reply.suggestions
    assert all(link.href.startswith(LINK_SCHEMES) and link.label for link in reply.links)
    assert all(suggestion.text and suggestion.topic in TOPICS for suggestion in reply.suggestions)
    values = json.loads(json.dumps(reply.as_dict()))
    assert set(values) == REPLY_KEYS
    assert SENTINEL not in json.dumps(values), "a reply never repeats the visitor"


def assert_well_ordered(replies: tuple[Reply, ...]) -> None:
    escalated = [reply.kind == "escalation" for reply in replies]
    assert escalated == sorted(escalated, reverse=True), "red flags first"
    if any(reply.tier in ("emergency", "crisis") for reply in replies):
        assert all(escalated), "nothing else beside an emergency"
    assert len({reply.id for reply in replies}) == len(replies)


def test_any_message_gets_well_formed_replies_and_leaves_no_trace(engine, caplog, capfd) -> None:
    caplog.set_level(logging.INFO)
    seen: dict[str, int] = {}

    @settings(max_examples=EXAMPLES, **FUZZ)
    @given(MESSAGES)
    @example("")
    @example("?" * MAX_CHARACTERS)
    @example("\ud800")
    @example("a" * MAX_CHARACTERS)
    @example("🦶" * MAX_CHARACTERS)
    @example("no " * 333)
    @example("/restart")
    @example("\n" * 50 + "1")
    @example("how many mg of gabapentin should i take")
    @example("is massage safe?")
    @example("my toe turned black overnight")
    @example("hello")
    def check(text: str) -> None:
        message = f"{text[:MAX_CHARACTERS - len(SENTINEL) - 1]} {SENTINEL}"
        answer = asyncio.run(engine.answer(message, conversation=uuid.uuid4().hex))
        assert answer.replies
        for reply in answer.replies:
            assert_well_formed(reply)
            seen[reply.kind] = seen.get(reply.kind, 0) + 1
        assert_well_ordered(answer.replies)
        told = max((tier_rank(reply.tier) for reply in answer.replies), default=0)
        assert tier_rank(answer.standing_tier) == told, "what a first message tells is what stands"

    check()
    captured = capfd.readouterr()
    assert SENTINEL not in caplog.text
    assert SENTINEL not in captured.out + captured.err
    assert {"answer", "escalation", "smalltalk", "decline"} <= set(seen), seen


@pytest.mark.parametrize("opening", ["I take warfarin", "my toe turned black overnight", "I want to die"])
def test_any_later_message_gets_the_standing_tier_beside_hands_on_answers(engine, house, opening: str) -> None:
    """Fuzzed messages within one conversation: a tier told is never lost, nor left out where it is due."""
    conversation = uuid.uuid4().hex
    standing = asyncio.run(engine.answer(opening, conversation=conversation)).standing_tier
    assert standing

    @settings(max_examples=40, **FUZZ)
    @given(st.one_of(st.sampled_from([house.content.topics[name].ask for name in TOPICS]), st.text(max_size=40)))
    def check(text: str) -> None:
        answer = asyncio.run(engine.answer(text, conversation=conversation))
        assert tier_rank(answer.standing_tier) >= tier_rank(standing)
        hands_on = [reply for reply in answer.replies if reply.topic in HANDS_ON_TOPICS]
        if hands_on and answer.replies[0].kind != "escalation":
            speaker, text = house.speaker(None), hands_on[0].text
            plain = [speaker.answer(hands_on[0].topic).text, speaker.more(hands_on[0].topic).text]
            assert any(text.endswith(p) and text != p for p in plain), "the warning opens the answer"
            assert hands_on[0].links, "and says whom to call"

    check()
