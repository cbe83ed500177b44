"""For visitors of any age and ability: keyboard, screen reader, zoom, contrast, phones."""
from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import CLINIC, MESSAGES, PHONE, ask, axe

pytestmark = pytest.mark.browser

FOCUS = """() => {
    let e = document.activeElement;
    while (e.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
    return e.getAttribute('aria-label') ?? (e.id || e.textContent.trim().slice(0, 30));
}"""


def press(page, key, until=None):
    """Press a key, or press it until the focus is where it should be; gives the name of what has the focus."""
    for _ in range(40):
        page.keyboard.press(key)
        if until is None or page.evaluate(FOCUS) == until:
            return page.evaluate(FOCUS)
    raise AssertionError(f"{until} is not reached")


@pytest.mark.parametrize("options", [
    {}, {"color_scheme": "dark"}, {**PHONE}, {"viewport": {"width": 320, "height": 568}, "color_scheme": "dark"},
], ids=["desktop", "dark", "phone", "narrow dark"])
def test_axe_finds_nothing_in_any_state(open_page, options):
    page = open_page(expect_failures=True, clinic={**CLINIC, "consent": "We keep what you type."}, **options)
    assert axe(page) == [], "closed"
    page.get_by_role("button", name="Ask about your feet").click()
    page.locator(".panel:visible").wait_for()
    assert axe(page) == [], "consent"
    page.get_by_role("button", name="I agree").click()
    assert axe(page) == [], "before the first message"
    ask(page, "is massage safe?")
    for summary in page.locator("summary").all():
        summary.click()
    page.get_by_role("button", name="This helped").click()
    page.get_by_label("Tell us why").wait_for()
    assert axe(page) == [], "an answer"
    for text in ("what about it", "i have a sore", "broken", "i want to die"):
        ask(page, text)
        assert axe(page) == [], text
    page.route(MESSAGES, lambda route: route.abort())
    ask(page, "hello")
    page.get_by_role("button", name="Menu").click()
    assert axe(page) == [], "a failure, and the menu"
    page.get_by_role("button", name="Delete my conversation").click()
    assert axe(page) == [], "the question before a deletion"


def test_every_task_can_be_done_by_keyboard(open_page, engine):
    page = open_page()
    press(page, "Tab", until="Ask about your feet")
    page.keyboard.press("Enter")
    page.locator(".panel:visible").wait_for()
    assert page.evaluate(FOCUS) == "input"
    page.keyboard.type("is it safe")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("for me?")
    page.keyboard.press("Enter")
    expect(page.locator(".words")).to_have_text("is it safe\nfor me?")
    expect(page.locator("[data-kind=answer]")).to_be_visible()
    # more, a footnote, a suggestion, feedback: backwards from the form
    press(page, "Shift+Tab", until="This did not help")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Tell us why")).to_be_visible()
    press(page, "Tab")
    page.keyboard.type("It is too short")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Tell us why")).to_have_count(0)
    assert page.evaluate(FOCUS) == "This helped"
    press(page, "Shift+Tab", until="Where this comes from (5)")
    page.keyboard.press("Enter")
    expect(page.locator(".log ol")).to_be_visible()
    press(page, "Shift+Tab", until="Tell me more")
    page.keyboard.press("Space")
    expect(page.get_by_text("Soreness, bruises")).to_be_visible()
    press(page, "Tab", until="What should I check before a m")
    page.keyboard.press("Enter")
    expect(page.locator(".words")).to_have_count(2)
    # a warning's number, then start over, then close
    expect(page.locator(".panel")).not_to_have_attribute("data-busy", "")
    assert page.evaluate(FOCUS) == "input"
    page.keyboard.type("my chest hurts")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").get_by_role("link", name="Call 911")).to_be_visible()
    press(page, "Shift+Tab", until="Call 911")
    press(page, "Shift+Tab", until="Menu")
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUS) == "Start over"
    page.keyboard.press("Escape")
    assert page.evaluate(FOCUS) == "Menu"
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator(".words")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()
    assert page.evaluate(FOCUS) == "Ask about your feet"


def test_what_has_the_focus_can_be_seen(open_chat):
    page = open_chat()
    ask(page, "is massage safe?")
    for _ in range(14):
        page.keyboard.press("Shift+Tab")
        outline = page.evaluate("""() => {
            const e = document.querySelector('footnote-chat').shadowRoot.activeElement;
            if (!e) return null;
            const s = getComputedStyle(e), b = e.getBoundingClientRect();
            return [s.outlineStyle, parseFloat(s.outlineWidth), b.top < innerHeight && b.bottom > 0, e.outerHTML.slice(0, 60)];
        }""")
        if outline is not None:
            assert outline[:3] == ["solid", 3, True], outline


def test_live_regions_and_names_are_there_for_screen_readers(open_chat):
    page = open_chat()
    expect(page.get_by_role("dialog", name="Riverside Foot Clinic")).to_be_visible()
    expect(page.get_by_role("log", name="Our talk")).to_have_attribute("aria-live", "polite")
    page.route(MESSAGES, lambda route: route.fallback())
    ask(page, "is massage safe?")
    expect(page.locator(".reply .unseen")).to_have_text("Answer: ")
    expect(page.locator(".you .unseen")).to_have_text("You: ")
    ask(page, "my chest hurts")
    expect(page.get_by_role("alert")).to_contain_text("Call 911 now")
    expect(page.locator(".log")).not_to_contain_text("Call 911 now")


def test_on_a_phone_it_is_a_sheet_that_leaves_the_keyboard_closed_at_first(open_chat):
    page = open_chat(**PHONE)
    panel = page.locator(".panel")
    assert panel.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    assert panel.evaluate("e => e.matches(':modal')")
    assert page.evaluate(FOCUS) == "title"
    page.get_by_label("Your question").fill("my chest hurts")
    page.keyboard.press("Enter")
    call = page.get_by_role("alert").get_by_role("link", name="Call 911")
    expect(call).to_be_in_viewport(ratio=1)
    assert page.evaluate(FOCUS) != "input"
    # the on-screen keyboard covers half of the screen
    page.evaluate("""() => {
        for (const [name, value] of [['height', 420], ['offsetTop', 0]]) Object.defineProperty(visualViewport, name, {value});
        visualViewport.dispatchEvent(new Event('resize'));
    }""")
    assert panel.bounding_box()["height"] == 420
    for part in (call, page.get_by_label("Your question"), page.get_by_role("button", name="Close the chat")):
        box = part.bounding_box()
        assert box["y"] + min(box["height"], 40) <= 420
    page.get_by_role("button", name="Close the chat").tap()
    expect(panel).to_be_hidden()
    page.reload()
    expect(panel).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), [(320, 568), (320, 256), (640, 450)])
def test_narrow_and_zoomed_nothing_is_lost(open_chat, width, height):
    page = open_chat(viewport={"width": width, "height": height})
    ask(page, "is massage safe? " + "x" * 300)
    for summary in page.locator("summary").all():
        summary.click()
    ask(page, "my chest hurts")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for selector in (".panel", ".log", ".alerts"):
        assert page.locator(selector).evaluate("e => e.scrollWidth <= e.clientWidth"), selector
    for part in (page.get_by_role("alert").get_by_role("link", name="Call 911"), page.get_by_label("Your question"),
                 page.get_by_role("button", name="Menu"), page.get_by_role("button", name="Close the chat")):
        part.scroll_into_view_if_needed()
        expect(part).to_be_in_viewport(ratio=.9)


def test_turning_a_phone_keeps_what_was_typed_and_the_focus(open_chat):
    page = open_chat(**PHONE)
    page.get_by_label("Your question").fill("half a ques")
    page.set_viewport_size({"width": 844, "height": 600})
    expect(page.get_by_label("Your question")).to_have_value("half a ques")
    expect(page.get_by_label("Your question")).to_be_focused()
    assert page.locator(".panel").evaluate("e => e.matches(':popover-open')")


def test_text_is_at_least_17_pixels_and_targets_44(open_chat):
    page = open_chat()
    ask(page, "i want to die")
    ask(page, "is massage safe?")
    page.get_by_role("button", name="This helped").click()
    page.get_by_label("Tell us why").wait_for()
    assert page.locator(".reply .body p, .words, .caveat, textarea, button").evaluate_all(
        "all => all.filter(e => parseFloat(getComputedStyle(e).fontSize) < 17).map(e => e.outerHTML)") == []
    assert page.locator(".panel :is(button, a, textarea, input, summary)").evaluate_all("""all => all.filter(e => {
        const box = e.getBoundingClientRect();
        return box.width && (box.height < 44 || box.width < 44);
    }).map(e => e.outerHTML)""") == []


def test_the_readers_own_font_size_counts(open_chat):
    page = open_chat(before="document.addEventListener('DOMContentLoaded', () => {"
                            "document.documentElement.style.fontSize = '32px'; })")
    assert page.locator(".greeting").evaluate("e => parseFloat(getComputedStyle(e.parentElement).fontSize)") == 34


def test_nothing_moves_for_who_wants_no_motion(open_chat):
    page = open_chat(reduced_motion="reduce")
    page.route(MESSAGES, lambda route: None)
    page.get_by_label("Your question").fill("hello")
    page.keyboard.press("Enter")
    expect(page.locator(".typing")).to_be_visible()
    assert page.evaluate("document.querySelector('footnote-chat').shadowRoot.getAnimations().length") == 0


def test_forced_colours_keep_the_edges(open_chat):
    page = open_chat(forced_colors="active")
    ask(page, "my chest hurts")
    for selector in (".alarm", ".alarm .call", ".words", ".panel > form button"):
        expect(page.locator(selector).first).to_have_css("border-top-style", "solid")


def test_a_page_may_set_the_scheme(open_page, address):
    page = open_page(color_scheme="dark", before="""document.addEventListener('DOMContentLoaded', () => {
        document.querySelector('[data-clinic]').dataset.scheme = 'light'; }, {capture: true});
        new MutationObserver(() => document.querySelector('script[data-clinic]')?.setAttribute('data-scheme', 'light'))
            .observe(document, {childList: true, subtree: true});""")
    page.get_by_role("button", name="Ask about your feet").click()
    expect(page.locator(".panel")).to_have_css("background-color", "rgb(255, 255, 255)")


def test_it_is_ready_to_be_read_from_right_to_left(open_page):
    page = open_page()
    page.route("**/widget/*/panel.en.js", lambda route: route.fulfill(
        body=re.sub(r'dir:"ltr"', 'dir:"rtl"', route.fetch().text()), content_type="text/javascript"))
    page.get_by_role("button", name="Ask about your feet").click()
    ask(page, "is massage safe?")
    words, close = page.locator(".words").bounding_box(), page.get_by_role("button", name="Close the chat").bounding_box()
    title = page.get_by_role("heading", name="Riverside Foot Clinic").bounding_box()
    log = page.locator(".log").bounding_box()
    assert close["x"] < title["x"] + title["width"] / 2
    assert words["x"] < log["x"] + log["width"] / 2


def test_the_api_page_is_readable_without_the_network(open_page):
    page = open_page("/api/docs")
    expect(page.get_by_role("heading", name="POST /api/v1/messages")).to_be_visible()
    expect(page.get_by_text("1 to 1,000 characters").first).to_be_visible()
