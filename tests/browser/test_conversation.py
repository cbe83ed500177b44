"""The conversation as a visitor meets it."""
from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import CLINIC, MESSAGES, ask

pytestmark = pytest.mark.browser


def reply(**values):
    return {"id": "a", "kind": "answer", "topic": "t", "tier": None, "text": "Some words.", "caveat": "Ask your doctor.",
            "detail": None, "sources": [], "suggestions": [], "links": [], **values}


def answer_with(page, *replies, standing=None):
    page.route(MESSAGES, lambda route: route.fulfill(
        json={"conversation": "t", "replies": list(replies), "standing_tier": standing}))


def menu(page, name):
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name=name).click()


# Before the first message

def test_before_the_first_message_it_says_what_this_is_what_is_kept_and_what_to_do_in_an_emergency(open_chat):
    page = open_chat()
    intro = page.locator(".intro")
    for words in ("computer program, not a doctor", "one article", "up to 30 days", "Chest pain", "Monday to Friday"):
        expect(intro).to_contain_text(words)
    expect(intro.get_by_role("link", name="Call 911")).to_have_attribute("href", "tel:911")
    expect(intro.get_by_role("link", name="Privacy")).to_have_attribute("href", "https://riverside.example/privacy")
    expect(intro.get_by_role("link", name="Call us: (555) 010-0199")).to_have_attribute("href", "tel:+15550100199")
    expect(page.locator(".strip").get_by_role("link", name="Call 911")).to_be_in_viewport()
    expect(page.get_by_role("heading", name="Riverside Foot Clinic")).to_be_visible()
    expect(page.locator("[part=header]").get_by_text("Open now")).to_be_visible()


def test_nothing_is_loaded_or_kept_before_the_first_use(open_page, address):
    seen = []
    page = open_page()
    page.on("request", lambda request: seen.append(request.url))
    loaded = page.evaluate("performance.getEntriesByType('resource').map(entry => new URL(entry.name).pathname)")
    assert sorted(path for path in loaded if not path.startswith("/pages/")) == ["/widget.js"]
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    page.get_by_role("button", name="Ask about your feet").click()
    page.locator(".panel:visible").wait_for()
    assert [url for url in seen if not url.startswith(address)] == []
    assert page.evaluate("[localStorage.length, document.cookie]") == [0, ""]


def test_an_example_starts_the_talk(open_chat):
    page = open_chat()
    page.get_by_role("button", name="Is foot massage safe?").click()
    expect(page.locator("[data-kind=answer]")).to_be_visible()
    expect(page.get_by_text("You might ask")).to_be_hidden()


def test_a_clinic_may_demand_consent_by_a_tap(open_chat, open_page):
    clinic = {**CLINIC, "consent": "We keep what you type.\n\nYou may ask us to delete it."}
    page = open_chat(clinic=clinic)
    expect(page.get_by_label("Your question")).to_be_hidden()
    expect(page.get_by_role("button", name="What is neuropathy?")).to_be_hidden()
    expect(page.locator(".strip").get_by_role("link", name="Call 911")).to_be_visible()
    assert page.evaluate("localStorage.length") == 0
    page.get_by_role("button", name="I agree").click()
    expect(page.get_by_label("Your question")).to_be_focused()
    ask(page, "is massage safe?")
    page.reload()
    expect(page.get_by_label("Your question")).to_be_visible()
    expect(page.get_by_role("button", name="I agree")).to_be_hidden()


@pytest.mark.parametrize("clinic", [None, {"colours": "red", "emergency": 7, "contact": [], "keep_days": "x", "name": 5}])
def test_a_missing_or_odd_clinic_leaves_a_chat_with_the_emergency_lines(open_chat, clinic):
    page = open_chat(clinic=clinic)
    expect(page.locator(".intro").get_by_role("link", name="Text 988")).to_have_attribute("href", "sms:988")
    expect(page.locator(".intro")).to_contain_text("30 days")
    ask(page, "is massage safe?")
    expect(page.locator("[data-kind=answer]")).to_be_visible()


def test_a_clinic_has_its_colours_greeting_and_booking(open_chat):
    clinic = {**CLINIC, "greeting": "Welcome to us.", "booking": "https://book.example/", "colours": {
        "accent": "#4a1d6b", "on_accent": "#fff0ff", "dark_accent": "url(x)"}}
    page = open_chat(clinic=clinic)
    expect(page.get_by_text("Welcome to us.")).to_be_visible()
    expect(page.get_by_role("link", name="Book a visit")).to_have_attribute("href", "https://book.example/")
    expect(page.locator("[part=header]")).to_have_css("background-color", "rgb(74, 29, 107)")
    assert "url" not in page.locator(".panel").get_attribute("style")


# Answers

def test_an_answer_shows_caveat_footnotes_with_their_standing_and_more(open_chat, house):
    page = open_chat()
    ask(page, "is massage safe?")
    topic = house.content.topics["massage_safety"]
    expect(page.get_by_label("Your question")).to_have_value("")
    expect(page.get_by_label("Your question")).to_be_focused()
    expect(page.locator(".words")).to_have_text("is massage safe?")
    answer = page.locator(".log .reply")
    expect(answer.locator(".caveat")).to_have_text(topic.caveat)
    expect(answer.locator("time")).to_contain_text(re.compile(r"\d+:\d\d"))
    detail = answer.get_by_text(topic.detail.split("\n")[0])
    expect(detail).to_be_hidden()
    answer.get_by_text("Tell me more").click()
    expect(detail).to_be_visible()
    answer.get_by_text("Where this comes from").click()
    notes = answer.locator("ol > li")
    assert notes.count() >= 3
    expect(notes.first).to_contain_text("Does foot massage help neuropathy? \u2013 Is massage safe when you have neuropathy?")
    for claim in topic.claims:
        expect(answer.locator("ol")).to_contain_text(claim.says)
        expect(answer.locator("ol")).to_contain_text(claim.wording)
    expect(answer.locator("ol")).to_contain_text("Partly backed by health sources")


def test_suggestions_and_choices_send_their_text(open_chat, engine):
    page = open_chat()
    ask(page, "what about it")
    page.locator("[data-kind=clarify] .choices button").nth(1).click()
    expect(page.locator(".words").last).to_have_text(engine.house.content.topics["massage_safety"].ask)
    page.locator("[data-kind=answer] .choices button").first.click()
    expect(page.locator("[data-kind=answer]")).to_have_count(2)


def test_an_answer_never_stands_without_a_caveat(open_chat):
    page = open_chat()
    answer_with(page, reply(caveat=None))
    ask(page, "hello")
    expect(page.locator(".caveat")).to_have_text("This does not replace advice from your doctor.")


def test_thumbs_and_a_reason_are_sent(open_chat, store):
    page = open_chat()
    ask(page, "is massage safe?")
    with page.expect_request("**/api/v1/feedback") as sent:
        page.get_by_role("button", name="This did not help").click()
    assert sent.value.post_data_json["rating"] == "down" and "reason" not in sent.value.post_data_json
    expect(page.get_by_text("I have noted that")).to_be_visible()
    expect(page.get_by_role("button", name="This did not help")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Tell us why").fill("too long")
    with page.expect_request("**/api/v1/feedback") as sent:
        page.keyboard.press("Enter")
    assert sent.value.post_data_json["reason"] == "too long"
    expect(page.get_by_label("Tell us why")).to_have_count(0)
    page.get_by_role("button", name="This helped").click()
    expect(page.get_by_role("button", name="This did not help")).to_have_attribute("aria-pressed", "false")


def test_replies_are_never_markup_and_other_links_never_links(open_chat):
    page = open_chat()
    answer_with(page, reply(
        text="<img src=x onerror=alert(1)>\n\n<b>b</b>", caveat="<i>c</i>",
        sources=[{"title": "s", "section": "s", "url": "javascript:1", "claims": 5}],
        links=[{"label": "x", "href": "javascript:alert(1)"}, {"label": "z", "href": "https:evil"}, {"label": "y", "href": "tel:1"}]))
    ask(page, "<script>alert(1)</script>")
    expect(page.locator(".reply .body p").first).to_have_text("<img src=x onerror=alert(1)>")
    expect(page.locator(".words")).to_have_text("<script>alert(1)</script>")
    assert page.locator(".log :is(img, b, script)").count() == 0
    assert page.locator(".reply a").evaluate_all("links => links.map(link => link.href)") == ["tel:1"]
    expect(page.locator(".reply")).to_contain_text("x")


@pytest.mark.parametrize("answer", [
    {"conversation": "t", "replies": [], "standing_tier": None}, {"replies": "x"}, [], 5, None,
    {"conversation": "t", "replies": [reply(text="")]}, {"conversation": "t", "replies": [reply(text="x" * 300_000)]},
])
def test_an_answer_that_is_none_is_told_as_a_failure(open_chat, answer):
    page = open_chat()
    page.route(MESSAGES, lambda route: route.fulfill(json=answer))
    ask(page, "hello")
    expect(page.locator(".failure")).to_contain_text("did not get through")
    expect(page.locator(".failure").get_by_role("link", name="Call 911")).to_be_visible()


def test_a_huge_reply_is_bounded(open_chat):
    page = open_chat()
    answer_with(page, *[reply(text="<b>" * 16_000, suggestions=[{"title": "t" * 9000, "text": "x"}])] * 2)
    ask(page, "hello")
    assert len(page.locator(".body").first.inner_text()) < 8100
    assert page.locator(".log").evaluate("e => e.scrollWidth <= e.clientWidth")


# Warnings

def test_a_warning_comes_on_top_and_can_be_called(open_chat):
    page = open_chat()
    ask(page, "what is neuropathy?")
    ask(page, "my chest hurts")
    card = page.get_by_role("alert").locator(".reply")
    expect(card).to_have_attribute("data-tier", "emergency")
    expect(card).to_contain_text("This may be an emergency")
    expect(card).to_contain_text("Call 911 now")
    expect(card.locator(".caveat")).to_be_visible()
    call = card.get_by_role("link", name="Call 911")
    expect(call).to_have_attribute("href", "tel:911")
    expect(call).to_be_in_viewport(ratio=1)
    assert call.bounding_box()["height"] >= 50


def test_a_warning_stays_in_view_while_it_holds_and_then_moves_to_where_it_was_said(open_chat, engine):
    page = open_chat()
    ask(page, "my chest hurts")
    ask(page, "is massage safe?")
    pinned = page.locator(".alerts .reply")
    expect(pinned.get_by_role("link", name="Call 911")).to_be_in_viewport(ratio=1)
    expect(pinned.get_by_text("This can get worse within hours.")).to_be_hidden()
    page.get_by_role("button", name="Read it again").click()
    expect(pinned.get_by_text("This can get worse within hours.")).to_be_visible()
    ask(page, "broken")
    expect(pinned).to_have_count(1)
    page.reload()
    expect(pinned.get_by_role("link", name="Call 911")).to_be_in_viewport(ratio=1)
    ask(page, "i have a sore")
    expect(pinned).to_have_attribute("data-tier", "urgent")
    expect(page.locator(".log .reply[data-tier=emergency]")).to_have_count(1)
    engine.standing.clear()
    ask(page, "is massage safe?")
    expect(page.locator(".alerts")).to_be_hidden()
    expect(page.locator(".log .alarm")).to_have_count(2)


def test_a_crisis_offers_call_and_text(open_chat):
    page = open_chat()
    ask(page, "i want to die")
    alert = page.get_by_role("alert")
    expect(alert.get_by_role("link", name="Call 988")).to_have_attribute("href", "tel:988")
    expect(alert.get_by_role("link", name="Text 988")).to_have_attribute("href", "sms:988")


def test_a_warning_of_an_unknown_rank_is_a_warning(open_chat):
    page = open_chat()
    answer_with(page, reply(kind="escalation", tier="new"), standing="new")
    ask(page, "hello")
    expect(page.get_by_role("alert")).to_contain_text("Please be seen today")


# Keeping it

def test_the_talk_is_there_after_a_reload_and_goes_on(open_chat, engine):
    page = open_chat()
    ask(page, "is massage safe?")
    page.reload()
    expect(page.locator(".words")).to_have_text("is massage safe?")
    expect(page.locator("[data-kind=answer]")).to_have_count(1)
    ask(page, "hello")
    assert engine.heard[-1][1] == engine.heard[-2][1]


def test_a_panel_that_was_closed_stays_closed_on_the_next_page(open_chat):
    page = open_chat()
    ask(page, "is massage safe?")
    page.get_by_role("button", name="Close the chat").click()
    page.reload()
    page.get_by_role("button", name="Ask about your feet").click()
    expect(page.locator("[data-kind=answer]")).to_have_count(1)


def test_what_is_older_than_the_clinic_keeps_is_gone(open_chat):
    page = open_chat(clinic={**CLINIC, "keep_days": 2})
    ask(page, "is massage safe?")
    page.evaluate("""() => {
        const record = JSON.parse(localStorage['%s']);
        record.at -= 3 * 86400000;
        localStorage['%s'] = JSON.stringify(record);
    }""".replace("%s", page.evaluate("Object.keys(localStorage)[0]")))
    page.reload()
    expect(page.locator(".intro")).to_be_visible()
    expect(page.locator(".words")).to_have_count(0)


def test_what_others_wrote_into_the_storage_does_no_harm(open_chat):
    page = open_chat()
    ask(page, "is massage safe?")
    key = page.evaluate("Object.keys(localStorage)[0]")
    for value in ("{", "[]", '{"version":1,"at":9e15,"turns":[{"id":1},{"who":"bot"},5],"tokens":{}}'):
        page.evaluate("([key, value]) => { localStorage[key] = value; }", [key, value])
        page.reload()
        expect(page.locator(".intro")).to_be_visible()
        ask(page, "is massage safe?")
        expect(page.locator("[data-kind=answer]").last).to_be_visible()


def test_start_over_starts_another_conversation(open_chat, engine):
    page = open_chat()
    ask(page, "my chest hurts")
    menu(page, "Start over")
    expect(page.locator(".reply")).to_have_count(0)
    expect(page.locator(".status:not(.offline)")).to_contain_text("fresh start")
    ask(page, "hello")
    assert engine.heard[-1][1] != engine.heard[-2][1]


def test_deletion_asks_then_deletes_every_talk_and_leaves_nothing_behind(open_chat, engine):
    page = open_chat()
    ask(page, "hello")
    menu(page, "Start over")
    ask(page, "hello again")
    ids = {conversation for _, conversation in engine.heard[-2:]}
    menu(page, "Delete my conversation")
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator(".words")).to_have_count(1)
    menu(page, "Delete my conversation")
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.locator(".status:not(.offline)")).to_have_text("All that you typed here is deleted.")
    expect(page.locator(".words")).to_have_count(0)
    assert len(ids) == 2
    assert ids <= set(engine.forgotten)
    assert page.evaluate("localStorage.length") == 0


def test_an_answer_that_comes_after_a_deletion_is_deleted_too(open_chat, engine):
    page = open_chat()
    held = []
    page.route(MESSAGES, lambda route: held.append(route))
    page.get_by_label("Your question").fill("hello")
    page.keyboard.press("Enter")
    expect(page.locator(".typing")).to_be_visible()
    menu(page, "Delete my conversation")
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.locator(".words")).to_have_count(0)
    before = len(engine.forgotten)
    with page.expect_response("**/api/v1/conversation"):
        held[0].continue_()
    assert len(engine.forgotten) == before + 1
    expect(page.locator(".reply")).to_have_count(0)


def test_the_talk_can_be_copied(open_chat):
    page = open_chat(permissions=["clipboard-read", "clipboard-write"])
    ask(page, "is massage safe?")
    menu(page, "Copy our talk")
    expect(page.locator(".status:not(.offline)")).to_contain_text("Copied")
    text = page.evaluate("navigator.clipboard.readText()")
    for words in ("Riverside Foot Clinic", "You, ", "is massage safe?", "Numb feet need extra care", "[1] Does foot massage help"):
        assert words in text


def test_the_talk_can_be_printed_by_itself(open_chat):
    page = open_chat(before="""
        HTMLIFrameElement.prototype.seen = null;
        const get = Object.getOwnPropertyDescriptor(HTMLIFrameElement.prototype, 'contentWindow').get;
        Object.defineProperty(HTMLIFrameElement.prototype, 'contentWindow', {get() {
            const inner = get.call(this);
            inner.print = () => { window.printed = inner.document.body.innerText; inner.onafterprint(); };
            return inner;
        }});
    """)
    ask(page, "is massage safe?")
    menu(page, "Print our talk")
    assert "is massage safe?" in page.evaluate("window.printed")
    assert "What we do" not in page.evaluate("window.printed")
    assert page.evaluate("document.querySelector('footnote-chat').shadowRoot.querySelector('iframe')") is None


# Two of them

def test_two_tabs_share_one_talk(open_chat, open_page, engine):
    page = open_chat()
    ask(page, "is massage safe?")
    other = open_page(context=page.context)
    other.get_by_role("button", name="Ask about your feet").click()
    expect(other.locator("[data-kind=answer]")).to_have_count(1)
    ask(other, "what is neuropathy?")
    expect(page.locator(".words")).to_have_count(2)
    ask(page, "hello")
    expect(other.locator(".words")).to_have_count(3)
    assert len({conversation for _, conversation in engine.heard[-3:]}) == 1
    menu(other, "Start over")
    expect(page.locator(".words")).to_have_count(0)


def test_an_answer_under_way_survives_another_tab(open_chat, open_page):
    page = open_chat()
    ask(page, "is massage safe?")
    held = []
    page.route(MESSAGES, lambda route: held.append(route))
    page.get_by_label("Your question").fill("what is neuropathy?")
    page.keyboard.press("Enter")
    expect(page.locator(".typing")).to_be_visible()
    other = open_page(context=page.context)
    other.get_by_role("button", name="Ask about your feet").click()
    ask(other, "hello")
    held[0].continue_()
    expect(page.locator("[data-kind=answer]")).to_have_count(3)
    expect(other.locator("[data-kind=answer]")).to_have_count(3)
    expect(other.locator(".failure")).to_have_count(0)


def test_deletion_in_one_tab_empties_the_other(open_chat, open_page):
    page = open_chat()
    ask(page, "hello")
    other = open_page(context=page.context)
    other.get_by_role("button", name="Ask about your feet").click()
    menu(other, "Delete my conversation")
    other.get_by_role("button", name="Yes, delete it").click()
    expect(page.locator(".words")).to_have_count(0)
    assert json.loads(page.evaluate("JSON.stringify(localStorage)")) == {}
