"""The widget's pure functions, apart from any element: its modules as they stand, imported in a browser."""
from __future__ import annotations

import pytest

from bot.web.widget_files import FOLDER

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def run(chromium):
    """Runs an expression over the modules `text` and `record`."""
    context = chromium.new_context(locale="en-US", timezone_id="Asia/Dubai")
    context.route("http://modules.example/**", lambda route: route.fulfill(
        body="" if route.request.url.endswith("/") else (FOLDER / route.request.url.rpartition("/")[2]).read_text(encoding="utf-8"),
        content_type="text/html" if route.request.url.endswith("/") else "text/javascript"))
    page = context.new_page()
    page.goto("http://modules.example/")
    yield lambda code, value=None: page.evaluate(
        "async (value) => { const text = await import('/text.js'), record = await import('/record.js');"
        f"return ({code}); }}", value)
    context.close()


@pytest.mark.parametrize(("href", "safe"), [
    ("tel:911", True), ("sms:988", True), ("mailto:a@b.example", True), ("https://a.example/", True),
    ("http://a.example/", False), ("javascript:alert(1)", False), (" javascript:alert(1)", False), ("data:text/html,x", False),
    ("https:evil", False), ("//a.example", False), ("", False), (None, False), (5, False), ("x\ntel:1", False),
])
def test_only_four_kinds_of_address_are_opened(run, href, safe):
    assert run("text.isSafe(value)", href) is safe


def test_names_are_filled_in_and_unknown_ones_left(run):
    assert run("text.fill('{a} and {b}', {a: 0})") == "0 and {b}"


@pytest.mark.parametrize(("model", "value", "shaped"), [
    ({"a": "x", "b": 1}, {"a": 5, "b": 2, "c": 3}, {"a": "x", "b": 2}), ({"a": [""]}, {"a": ["y", 1]}, {"a": ["y", ""]}),
    ({"a": [{"b": ""}]}, {"a": "no list"}, {"a": []}), ({"a": {"b": True}}, None, {"a": {"b": True}}), ([""], {"length": 3}, []),
])
def test_a_value_takes_the_shape_of_its_model(run, model, value, shaped):
    assert run("text.shaped(...value)", [model, value]) == shaped


def test_strings_and_lists_are_bounded(run):
    assert run("text.shaped('', 'x'.repeat(50000)).length") == 8001
    assert run("text.shaped([0], Array(5000).fill(1)).length") == 80


def test_an_answer_without_a_reply_is_refused(run):
    for value in (None, 5, {}, {"replies": []}, {"replies": [{"text": " "}]}):
        with pytest.raises(Exception, match="no reply"):
            run("text.readAnswer(value)", value)


def test_a_clinic_without_emergency_lines_has_ours(run):
    strings = {"name": "N", "greeting": "G", "emergency": {"links": ["ours"]}}
    assert run("text.readClinic(...value)", [{"emergency": {"links": []}, "name": None}, strings])["emergency"] == {"links": ["ours"]}
    assert run("text.readClinic(...value)", [None, strings])["keep_days"] == 30


@pytest.mark.parametrize(("stored", "turns"), [
    ('{"version":1,"at":1000,"turns":[{"id":"a","text":"x"}]}', 1), ('{"version":2,"at":1000,"turns":[{}]}', 0),
    ('{"version":1,"at":-900000000,"turns":[{}]}', 0), ("{", 0), ("null", 0), (None, 0),
])
def test_a_record_is_read_or_begun_anew(run, stored, turns):
    assert len(run("text.readRecord(value, 2000, 1)", stored)["turns"]) == turns


def test_a_time_of_another_day_names_the_day(run):
    noon = 1_750_000_000_000  # 2025-06-15, 19:06 in Dubai
    assert run("text.when(value, value, 'en-US').replace(/\\s/g, ' ')", noon) == "7:06 PM"
    assert run("text.when(value, value + 86400000, 'en-US').replace(/\\s/g, ' ')", noon) == "Jun 15, 7:06 PM"


TALK = """(() => {
    const one = text.readRecord(null, 0, 1);
    const answer = (kind, tier, standing_tier) => ({conversation: 'c', replies: [{kind, tier, text: 'x'}], standing_tier});
    const say = (...a) => { const id = record.ask(one, 'q', 1); record.absorb(one, id, answer(...a), 2); return id; };
    const pinned = () => one.turns.filter(turn => turn.pinned).map(turn => turn.reply.tier).join();
    %s
})()"""


@pytest.mark.parametrize(("code", "result"), [
    ("say('escalation', 'urgent', 'urgent'); return pinned();", "urgent"),
    ("say('escalation', 'urgent', 'urgent'); say('answer', '', 'urgent'); return pinned();", "urgent"),
    ("say('escalation', 'urgent', 'urgent'); say('escalation', 'emergency', 'emergency'); return pinned();", "emergency"),
    ("say('escalation', 'urgent', 'urgent'); say('answer', '', ''); return pinned();", ""),
    ("say('escalation', 'crisis', 'crisis'); say('unavailable', '', ''); return pinned();", "crisis"),
    ("say('escalation', 'crisis', 'crisis'); for (let n = 0; n < 99; n++) say('answer', '', 'crisis'); return pinned();", "crisis"),
    ("say('answer', '', ''); record.lose(one, 3); return [one.token, one.turns.at(-1).note].join();", ",fresh_after_end"),
    ("const id = record.ask(one, 'q', 1); record.fail(one, id, 'failed', 9); return record.questionOf(one, id).why;", "failed"),
    ("record.fail(one, 'nobody', 'failed', 9); return one.turns.length;", 0),
    ("const id = say('unavailable', '', ''); record.ask(one, 'q', 1, id); return one.turns.map(turn => turn.state).join();", "waiting"),
    ("for (let n = 0; n < 99; n++) say('answer', '', ''); return one.turns.length;", 60),
    ("say('answer', '', ''); record.remember(one, 'd'); record.startOver(one); return one.tokens.join() + one.turns.length;", "c,d0"),
    ("return new Set(Array.from({length: 50}, () => record.ask(one, 'q', 1))).size;", 50),
])
def test_steps_of_a_talk(run, code, result):
    assert run(TALK % code) == result


def test_a_transcript_names_who_said_what_and_leaves_notes_out(run):
    strings = {"you": "You", "bot": "Answer", "tiers": {"urgent": "Be seen"}, "lang": "en-US"}
    reply = {"tier": "urgent", "text": "Go.", "detail": "", "caveat": "Ask.", "links": [{"label": "Call", "href": "tel:1"}],
             "sources": [{"title": "T", "section": "S"}]}
    none = {**reply, "tier": "", "text": "", "caveat": "", "links": [], "sources": []}
    turns = [{"who": "you", "at": 0, "text": "Hi", "reply": none}, {"who": "note", "reply": none}, {"who": "bot", "at": 0, "text": "", "reply": reply}]
    lines = run("text.transcript(...value, 0)", [turns, strings])
    assert [words for _, words in lines] == ["Hi", "Be seen\n\nGo.\n\nCall (tel:1)\n\nAsk.\n\n[1] T: S"]
    assert [head.partition(",")[0] for head, _ in lines] == ["You", "Answer"]
