"""The demo page as a visitor meets it."""
from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

MESSAGES = "**/api/v1/messages"


def ask(page, text):
    page.get_by_label("Your question").fill(text)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#footnote-chat")).not_to_have_attribute("data-busy", "")


def test_before_the_first_message_the_page_says_what_this_is(open_page):
    page = open_page()
    intro = page.locator(".fn-intro")
    for words in ("computer program, not a doctor", "one article", "In an emergency, call 911", "call or text 988",
                  "30 days"):
        expect(intro).to_contain_text(words)
    expect(intro.get_by_role("link", name="911")).to_have_attribute("href", "tel:911")
    expect(page.get_by_role("link", name="Call (555) 010-0199")).to_have_attribute("href", "tel:+15550100199")


def test_an_answer_shows_caveat_footnotes_and_more(open_page, house):
    page = open_page()
    ask(page, "is massage safe?")
    topic = house.content.topics["massage_safety"]
    expect(page.get_by_label("Your question")).to_have_value("")
    expect(page.get_by_label("Your question")).to_be_focused()
    answer = page.locator(".fn-log .fn-reply")
    expect(page.locator(".fn-words")).to_have_text("is massage safe?")
    expect(answer.locator(".fn-caveat")).to_have_text(topic.caveat)
    assert answer.locator(".fn-sources li").count() >= 2
    expect(answer.locator("details p").first).to_be_hidden()
    answer.get_by_text("More", exact=True).click()
    expect(answer.locator("details p").first).to_be_visible()


def test_the_log_and_the_warnings_are_live_regions(open_page):
    page = open_page()
    expect(page.get_by_role("log", name="Our talk")).to_have_attribute("aria-live", "polite")
    ask(page, "my chest hurts")
    expect(page.get_by_role("alert")).to_contain_text("Call 911 now")


def test_an_escalation_looks_different_and_can_be_called(open_page):
    page = open_page()
    ask(page, "what is neuropathy?")
    ask(page, "my chest hurts")
    card = page.locator(".fn-alerts .fn-reply")
    expect(card).to_have_attribute("data-tier", "emergency")
    expect(card).to_contain_text("This may be an emergency")
    expect(card.locator(".fn-caveat")).to_be_visible()
    call = card.get_by_role("link", name="Call 911")
    expect(call).to_have_attribute("href", "tel:911")
    expect(call).to_be_in_viewport()
    assert call.bounding_box()["height"] >= 44

    def width(locator):
        return locator.evaluate("e => getComputedStyle(e).borderLeftWidth")
    assert width(card) != width(page.locator(".fn-log .fn-reply").first)


def test_a_warning_stays_on_top_while_it_holds_and_then_moves_to_the_log(open_page, engine):
    page = open_page()
    ask(page, "my chest hurts")
    ask(page, "is massage safe?")
    expect(page.locator(".fn-alerts .fn-reply")).to_have_count(1)
    ask(page, "broken")
    expect(page.locator(".fn-alerts .fn-reply")).to_have_count(1)
    ask(page, "i have a sore")
    expect(page.locator(".fn-alerts .fn-reply")).to_have_attribute("data-tier", "urgent")
    expect(page.locator(".fn-log .fn-reply[data-tier=emergency]")).to_have_count(1)
    engine.standing.clear()
    ask(page, "is massage safe?")
    expect(page.locator(".fn-alerts .fn-reply")).to_have_count(0)
    expect(page.locator(".fn-log .fn-reply[data-kind=escalation]")).to_have_count(2)


def test_a_crisis_offers_call_and_text(open_page):
    page = open_page()
    ask(page, "i want to die")
    alert = page.get_by_role("alert")
    expect(alert.get_by_role("link", name="Call 988")).to_have_attribute("href", "tel:988")
    expect(alert.get_by_role("link", name="Text 988")).to_have_attribute("href", "sms:988")


def test_suggestions_send_their_text(open_page, engine):
    page = open_page()
    ask(page, "what about it")
    page.locator(".fn-reply[data-kind=clarify] .fn-choice").nth(1).click()
    expect(page.locator(".fn-words").last).to_have_text(engine.house.content.topics["massage_safety"].ask)
    expect(page.locator(".fn-reply[data-kind=answer]")).to_be_visible()


def test_an_example_starts_the_talk(open_page):
    page = open_page()
    page.get_by_role("button", name="Is foot massage safe?").click()
    expect(page.locator(".fn-reply[data-kind=answer]")).to_be_visible()
    expect(page.locator(".fn-examples")).to_have_count(0)


def test_everything_can_be_done_by_keyboard(open_page):
    page = open_page()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the chat")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "fn-input":
            break
    page.keyboard.type("is it safe")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("for me?")
    page.keyboard.press("Enter")
    expect(page.locator(".fn-words")).to_have_text("is it safe\nfor me?")
    expect(page.locator(".fn-reply")).to_be_visible()
    outline = page.evaluate("""() => {
        const style = getComputedStyle(document.activeElement);
        return [document.activeElement.id, style.outlineStyle, parseFloat(style.outlineWidth)];
    }""")
    assert outline[:2] == ["fn-input", "solid"]
    assert outline[2] >= 2
    names = []
    for _ in range(3):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.textContent"))
    assert names == ["Send", "Start over", "Delete my conversation"]


def test_the_talk_goes_on_after_a_reload(open_page, engine):
    page = open_page()
    ask(page, "is massage safe?")
    page.reload()
    expect(page.locator(".fn-status")).to_contain_text("Our talk goes on")
    ask(page, "hello")
    assert engine.heard[-1][1] == engine.heard[-2][1]


def test_start_over_starts_another_conversation(open_page, engine):
    page = open_page()
    ask(page, "my chest hurts")
    page.get_by_role("button", name="Start over").click()
    expect(page.locator(".fn-reply")).to_have_count(0)
    ask(page, "hello")
    assert engine.heard[-1][1] != engine.heard[-2][1]


def test_a_failure_keeps_the_text_and_can_be_tried_again(open_page):
    page = open_page(expect_failures=True)
    page.route(MESSAGES, lambda route: route.abort())
    ask(page, "is massage safe?")
    notice = page.locator(".fn-failure")
    expect(notice).to_contain_text("did not get through")
    expect(notice.get_by_role("link", name="Call 911")).to_have_attribute("href", "tel:911")
    expect(page.locator(".fn-words")).to_have_text("is massage safe?")
    page.unroute(MESSAGES)
    notice.get_by_role("button", name="Try again").click()
    expect(page.locator(".fn-reply[data-kind=answer]")).to_be_visible()
    expect(notice).to_have_count(0)
    expect(page.locator(".fn-words")).to_have_count(1)


def test_an_unavailable_reply_can_be_tried_again(open_page):
    page = open_page()
    ask(page, "broken")
    reply = page.locator(".fn-reply[data-kind=unavailable]")
    expect(reply).to_contain_text("911")
    reply.get_by_role("button", name="Try again").click()
    expect(page.locator("#footnote-chat")).not_to_have_attribute("data-busy", "")
    expect(reply).to_have_count(1)


@pytest.mark.parametrize(("status", "headers", "words"), [
    (429, {"retry-after": "7"}, "wait 7 seconds"), (500, {}, "did not get through"), (503, {}, "did not get through"),
])
def test_errors_are_told_in_words(open_page, status, headers, words):
    page = open_page(expect_failures=True)
    page.route(MESSAGES, lambda route: route.fulfill(status=status, headers=headers, json={"error": {}}))
    ask(page, "hello")
    expect(page.locator(".fn-failure")).to_contain_text(words)


def test_a_refused_message_comes_back_to_be_changed(open_page):
    page = open_page(expect_failures=True)
    page.route(MESSAGES, lambda route: route.fulfill(status=422, json={"error": {}}))
    ask(page, "hello")
    expect(page.get_by_label("Your question")).to_have_value("hello")
    expect(page.locator(".fn-words")).to_have_count(0)


def test_a_dead_token_starts_a_new_talk_with_the_same_words(open_page, store, engine):
    page = open_page(expect_failures=True)
    ask(page, "hello")
    store.delete(engine.heard[-1][1])
    ask(page, "is massage safe?")
    expect(page.locator(".fn-note")).to_contain_text("started a new one")
    expect(page.locator(".fn-words")).to_have_count(2)
    expect(page.locator(".fn-reply[data-kind=answer]")).to_have_count(2)


def test_deletion_asks_then_deletes_every_talk_of_the_tab(open_page, engine):
    page = open_page()
    ask(page, "hello")
    page.get_by_role("button", name="Start over").click()
    ask(page, "hello again")
    ids = {conversation for _, conversation in engine.heard[-2:]}
    page.get_by_role("button", name="Delete my conversation").click()
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator(".fn-words")).to_have_count(1)
    page.get_by_role("button", name="Delete my conversation").click()
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.locator(".fn-status")).to_have_text("All that you typed here is deleted.")
    expect(page.locator(".fn-words")).to_have_count(0)
    assert len(ids) == 2
    assert ids <= set(engine.forgotten)
    assert page.evaluate("sessionStorage.getItem('footnote.conversation')") is None
    assert json.loads(page.evaluate("sessionStorage.getItem('footnote.conversations')")) == []


def test_a_deletion_that_fails_says_so_and_keeps_the_talk(open_page):
    page = open_page(expect_failures=True)
    ask(page, "hello")
    page.route("**/api/v1/conversation", lambda route: route.abort())
    page.get_by_role("button", name="Delete my conversation").click()
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.locator(".fn-status")).to_contain_text("could not delete")
    expect(page.locator(".fn-words")).to_have_count(1)
    ask(page, "still there?")
    expect(page.locator(".fn-words")).to_have_count(2)


def test_an_answer_that_comes_after_a_deletion_is_deleted_too(open_page, engine):
    page = open_page()
    held = []
    page.route(MESSAGES, lambda route: held.append(route))
    page.get_by_label("Your question").fill("hello")
    page.keyboard.press("Enter")
    page.wait_for_timeout(100)
    page.get_by_role("button", name="Delete my conversation").click()
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.locator(".fn-words")).to_have_count(0)
    before = len(engine.forgotten)
    with page.expect_response("**/api/v1/conversation"):
        held[0].continue_()
    assert len(engine.forgotten) == before + 1
    expect(page.locator(".fn-reply")).to_have_count(0)


def test_thumbs_are_kept_and_shown(open_page, store):
    page = open_page()
    ask(page, "is massage safe?")
    page.get_by_role("button", name="This did not help").click()
    expect(page.get_by_text("I have noted that")).to_be_visible()
    expect(page.get_by_role("button", name="This did not help")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="This helped").click()
    expect(page.get_by_role("button", name="This did not help")).to_have_attribute("aria-pressed", "false")


def test_replies_are_never_markup_and_other_links_never_links(open_page):
    page = open_page()
    reply = {"id": "a", "kind": "answer", "topic": "t", "tier": None, "text": "<img src=x onerror=alert(1)>\n\n<b>b</b>",
             "caveat": "<i>c</i>", "detail": None, "sources": [{"title": "s", "section": "s", "url": "javascript:1"}],
             "suggestions": [], "links": [{"label": "x", "href": "javascript:alert(1)"}, {"label": "y", "href": "tel:1"}]}
    page.route(MESSAGES, lambda route: route.fulfill(
        json={"conversation": "t", "replies": [reply], "standing_tier": None}))
    ask(page, "<script>alert(1)</script>")
    expect(page.locator(".fn-reply .fn-text p").first).to_have_text("<img src=x onerror=alert(1)>")
    expect(page.locator(".fn-words")).to_have_text("<script>alert(1)</script>")
    assert page.locator(".fn-log img, .fn-log b, .fn-log script").count() == 0
    assert page.locator(".fn-reply a").evaluate_all("links => links.map(link => link.href)") == ["tel:1"]


def test_blocked_storage_does_not_stop_the_chat(open_page, engine):
    page = open_page(before="Object.defineProperty(window, 'sessionStorage', {get() { throw new Error('blocked'); }})")
    ask(page, "hello")
    ask(page, "is massage safe?")
    assert engine.heard[-1][1] == engine.heard[-2][1]


def test_without_javascript_the_numbers_are_there(chromium, address):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    section = page.locator("#footnote-chat")
    expect(section.get_by_role("link", name="911")).to_be_visible()
    expect(section.get_by_role("link", name="988")).to_be_visible()
    context.close()


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_scrolls_sideways(open_page, width):
    page = open_page(viewport={"width": width, "height": 700})
    ask(page, "my chest hurts")
    ask(page, "is massage safe? " + "x" * 300)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for selector in (".fn-log", ".fn-alerts"):
        assert page.locator(selector).evaluate("e => e.scrollWidth <= e.clientWidth")


CONTRAST = """() => {
    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const rgb = (color) => {
        canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
    const ground = (element) => {
        for (let e = element; e; e = e.parentElement) {
            const color = rgb(getComputedStyle(e).backgroundColor);
            if (color[3] === 255) return color;
        }
        return [255, 255, 255, 255];
    };
    const poor = [];
    for (const e of document.body.querySelectorAll('*')) {
        if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
        if (!e.checkVisibility()) continue;
        const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
        const ratio = (a + .05) / (b + .05);
        if (ratio < 7) poor.push(`${e.tagName}.${e.className} ${ratio.toFixed(2)} ${e.textContent.slice(0, 30)}`);
    }
    return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_a_contrast_of_7_to_1(open_page, scheme):
    page = open_page(color_scheme=scheme)
    assert page.evaluate(CONTRAST) == []
    for text in ("is massage safe?", "i have a sore", "i want to die", "my chest hurts", "broken"):
        ask(page, text)
    page.get_by_role("button", name="This helped").first.click()
    page.get_by_role("button", name="Delete my conversation").click()
    assert page.evaluate(CONTRAST) == []


def test_text_is_at_least_17_pixels_and_targets_44(open_page):
    page = open_page()
    ask(page, "is massage safe?")
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") == 17
    small = page.locator("#footnote-chat").locator("button, a.fn-call, textarea").evaluate_all(
        "all => all.filter(e => e.getBoundingClientRect().height < 44).map(e => e.textContent)")
    assert small == []


def test_nothing_moves_for_who_wants_no_motion(open_page):
    page = open_page(reduced_motion="reduce")
    held = []
    page.route(MESSAGES, lambda route: held.append(route))
    page.get_by_label("Your question").fill("hello")
    page.keyboard.press("Enter")
    expect(page.locator(".fn-status")).to_contain_text("looking that up")
    assert page.evaluate("document.getAnimations().length") == 0
    held[0].continue_()
    expect(page.locator(".fn-reply")).to_be_visible()


def test_forced_colors_keep_the_edges(open_page):
    page = open_page(forced_colors="active")
    ask(page, "my chest hurts")
    assert page.locator(".fn-alerts .fn-reply").evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"


def test_the_api_page_is_readable_without_the_network(open_page):
    page = open_page("/api/docs")
    expect(page.get_by_role("heading", name="POST /api/v1/messages")).to_be_visible()
    expect(page.get_by_text("1 to 1,000 characters").first).to_be_visible()
