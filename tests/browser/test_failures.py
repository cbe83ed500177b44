"""What a visitor sees when something fails: never a dead end, never without the emergency line."""
from __future__ import annotations

from functools import partial

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MESSAGES, PHONE, ask

pytestmark = pytest.mark.browser


def test_a_failure_keeps_the_text_and_can_be_tried_again(open_chat):
    page = open_chat(expect_failures=True)
    page.route(MESSAGES, lambda route: route.abort())
    ask(page, "is massage safe?")
    notice = page.locator(".failure")
    expect(notice).to_contain_text("did not get through")
    expect(notice.get_by_role("link", name="Call 911")).to_have_attribute("href", "tel:911")
    expect(notice.get_by_role("link", name="Call us")).to_have_attribute("href", "tel:+15550100199")
    expect(page.locator(".words")).to_have_text("is massage safe?")
    page.reload()
    expect(notice).to_be_visible()
    page.unroute(MESSAGES)
    notice.get_by_role("button", name="Try again").click()
    expect(page.locator("[data-kind=answer]")).to_be_visible()
    expect(notice).to_have_count(0)
    expect(page.locator(".words")).to_have_count(1)


def test_an_unavailable_reply_can_be_tried_again(open_chat):
    page = open_chat()
    ask(page, "broken")
    reply = page.locator("[data-kind=unavailable]")
    expect(reply).to_contain_text("911")
    reply.get_by_role("button", name="Try again").click()
    page.locator(".panel:not([data-busy])").wait_for()
    expect(reply).to_have_count(1)
    expect(page.locator(".words")).to_have_count(1)


def _refuse(route, *, status, error):
    route.fulfill(status=status, headers={"retry-after": "7"} if status == 429 else {}, json=error)


def test_errors_are_told_in_our_words_not_the_servers(open_chat):
    page = open_chat(expect_failures=True)
    error = {"error": {"code": "x", "message": "The request is not the JSON that this address takes; see /api/docs."}}
    for status, words in [(429, "wait 7 seconds"), (500, "did not get through"), (503, "did not get through"),
                          (422, "in other words"), (413, "in other words"), (404, "did not get through"), (401, "did not get")]:
        page.unroute(MESSAGES)
        page.route(MESSAGES, partial(_refuse, status=status, error=error))
        ask(page, f"hello {status}")
        expect(page.locator(".failure").last).to_contain_text(words)
        expect(page.locator(".failure").last.get_by_role("link", name="Call 911")).to_be_visible()
    assert "JSON" not in page.locator(".log").inner_text()


def test_a_dead_token_starts_a_new_talk_with_the_same_words(open_chat, store, engine):
    page = open_chat(expect_failures=True)
    ask(page, "my chest hurts")
    store.delete(engine.heard[-1][1])
    ask(page, "is massage safe?")
    expect(page.locator(".log > .note")).to_contain_text("started a new one")
    expect(page.locator(".words")).to_have_count(2)
    expect(page.locator("[data-kind=answer]")).to_have_count(1)
    expect(page.locator(".alerts")).to_be_hidden()


def test_a_failed_rating_and_a_failed_deletion_are_told(open_chat):
    page = open_chat(expect_failures=True)
    ask(page, "hello")
    page.route("**/api/v1/feedback", lambda route: route.abort())
    page.get_by_role("button", name="This helped").click()
    expect(page.locator(".rating [role=status]")).to_contain_text("did not get through")
    page.route("**/api/v1/conversation", lambda route: route.abort())
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Delete my conversation").click()
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.locator(".status:not(.offline)")).to_contain_text("did not get through")
    expect(page.locator(".words")).to_have_count(1)
    ask(page, "still there?")
    expect(page.locator(".words")).to_have_count(2)


def test_a_server_that_dies_in_mid_answer_and_comes_back(open_chat, server):
    page = open_chat(expect_failures=True)
    page.get_by_label("Your question").fill("answer me slowly: is massage safe?")
    page.keyboard.press("Enter")
    expect(page.locator(".typing")).to_be_visible()
    server.stop()
    try:
        expect(page.locator(".failure")).to_be_visible()
        expect(page.locator(".strip").get_by_role("link", name="Call 911")).to_be_visible()
        ask(page, "are you there?")
        expect(page.locator(".failure")).to_have_count(2)
    finally:
        server.start()
    page.locator(".failure").first.get_by_role("button", name="Try again").click()
    expect(page.locator("[data-kind=answer]")).to_have_count(1)


def test_a_chat_that_cannot_be_loaded_gives_the_numbers_and_can_be_tried_again(open_page, server):
    page = open_page(expect_failures=True)
    server.stop()
    try:
        page.get_by_role("button", name="Ask about your feet").click()
        note = page.get_by_role("alert")
        expect(note).to_contain_text("cannot be reached")
        expect(note.get_by_role("link", name="Call 911")).to_have_attribute("href", "tel:911")
        expect(note.get_by_role("link", name="Text 988")).to_be_visible()
    finally:
        server.start()
    page.get_by_role("button", name="Ask about your feet").click()
    expect(page.locator(".panel:visible")).to_be_visible()
    expect(note).to_be_hidden()


def test_offline_is_told_and_passes(open_chat):
    page = open_chat(expect_failures=True)
    page.context.set_offline(True)
    expect(page.locator(".offline")).to_have_text("You are offline. Phone calls may still work.")
    ask(page, "is massage safe?")
    page.context.set_offline(False)
    expect(page.locator(".offline")).to_be_hidden()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("[data-kind=answer]")).to_be_visible()


def test_on_a_slow_network_it_says_that_it_is_at_it_and_takes_one_message_at_a_time(open_chat):
    page = open_chat(**PHONE)
    held = []
    page.route(MESSAGES, lambda route: held.append(route))
    page.get_by_label("Your question").fill("hello")
    page.keyboard.press("Enter")
    expect(page.locator(".typing")).to_be_visible()
    expect(page.locator(".status:not(.offline)")).to_have_text("One moment, I am looking that up.")
    page.get_by_label("Your question").fill("and another one")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your question")).to_have_value("and another one")
    page.get_by_role("button", name="Close the chat").click()
    page.get_by_role("button", name="Ask about your feet").click()
    expect(page.locator(".typing")).to_be_visible()
    held[0].continue_()
    expect(page.locator("[data-kind=answer]")).to_be_visible()
    assert len(held) == 1


def test_a_page_that_was_left_in_mid_answer_offers_to_try_again(open_chat):
    page = open_chat(expect_failures=True)
    page.route(MESSAGES, lambda route: None)
    page.get_by_label("Your question").fill("is massage safe?")
    page.keyboard.press("Enter")
    expect(page.locator(".typing")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Try again").wait_for()
    page.unroute(MESSAGES)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("[data-kind=answer]")).to_be_visible()


def test_blocked_storage_does_not_stop_the_chat(open_chat, engine):
    page = open_chat(before="""for (const name of ['localStorage', 'sessionStorage']) {
        Object.defineProperty(window, name, {get() { throw new DOMException('blocked', 'SecurityError'); }});
    }""")
    ask(page, "hello")
    ask(page, "is massage safe?")
    expect(page.locator(".words")).to_have_count(2)
    assert engine.heard[-1][1] == engine.heard[-2][1]


def test_full_storage_does_not_stop_the_chat(open_chat, engine):
    page = open_chat(before="Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }")
    ask(page, "hello")
    ask(page, "is massage safe?")
    expect(page.locator("[data-kind=answer]")).to_have_count(2)
    assert engine.heard[-1][1] == engine.heard[-2][1]


def test_without_javascript_the_page_gives_the_numbers(chromium, address):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_role("link", name="911")).to_be_visible()
    context.close()


def test_an_answer_from_before_starting_over_does_not_end_the_wait_for_the_next(open_chat, engine):
    page = open_chat()
    held = []
    page.route(MESSAGES, lambda route: held.append(route))
    page.get_by_label("Your question").fill("hello")
    page.keyboard.press("Enter")
    expect(page.locator(".typing")).to_be_visible()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Start over").click()
    page.get_by_label("Your question").fill("is massage safe?")
    page.keyboard.press("Enter")
    with page.expect_response(MESSAGES):
        held[0].continue_()
    page.wait_for_timeout(100)
    expect(page.locator(".typing")).to_be_visible()
    held[1].continue_()
    expect(page.locator("[data-kind=answer]")).to_have_count(1)
    assert page.evaluate("JSON.parse(Object.values(localStorage)[0]).tokens.length") == 2
