"""The widget on other people's pages: it breaks nothing there, and nothing there breaks it."""
from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ask

pytestmark = pytest.mark.browser


@pytest.fixture
def guest(open_page, host, address):
    """Opens a page of another site with this HTML; `{tag}` in it is the widget's script tag."""
    def open_(body="{tag}", *, headers=None, **options):
        tag = f'<script type="module" src="{address}/widget.js" data-clinic="demo"></script>'
        host.pages["/"] = (headers or {}, f"<!doctype html><html lang=en><title>Host</title><body>{body.replace('{tag}', tag)}")
        return open_page(f"{host.address}/", **options)
    return open_


def open_chat_on(page, ground=None):
    (ground or page).get_by_role("button", name="Ask about your feet").click()
    (ground or page).locator(".panel:visible").wait_for()


def chats(page):
    return page.evaluate("[...document.querySelectorAll('footnote-chat')].map(e => e.getAttribute('clinic'))")


def test_a_strict_content_security_policy_is_enough(guest, address):
    policy = (f"default-src 'none'; script-src {address}; connect-src {address}; base-uri 'none'; form-action 'none'; "
              "require-trusted-types-for 'script'")
    page = guest("<h1>Host</h1>{tag}", headers={"content-security-policy": policy},
                 before="window.print = () => {}; window.refused = []; "
                        "document.addEventListener('securitypolicyviolation', event => refused.push(event.violatedDirective))")
    open_chat_on(page)
    ask(page, "is massage safe?")
    ask(page, "my chest hurts")
    expect(page.locator(".alerts")).to_have_css("display", "block")
    expect(page.locator(".panel")).to_have_css("position", "fixed")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Print our talk").click()
    page.get_by_role("button", name="Close the chat").click()
    assert page.evaluate("refused") == []
    assert page.evaluate("document.querySelector('footnote-chat').shadowRoot.querySelectorAll('style, link').length") == 0


HOSTILE = """
<style>
  * { font: 3px/1 monospace !important; color: #eee !important; background: #eee !important; position: static !important;
      visibility: hidden !important; transform: rotate(9deg) !important; letter-spacing: 9px !important; opacity: .1 !important;
      display: inline !important; text-transform: uppercase !important; padding: 0 !important; float: left !important; }
  footnote-chat { display: none !important; width: 1px !important; height: 1px !important; overflow: hidden !important; }
  button, .panel, .launcher, dialog { display: none !important; }
</style>
<div id="panel"></div><form name="input"></form><a id="footnote">x</a>
<script>
  Array.prototype.evil = Object.prototype.evil = function () { throw new Error('iterated'); };
  for (const name of ['panel', 'el', 'strings', 'chat', 'words', 'css', 'files', 'e', 't']) window[name] = 'taken';
  document.addEventListener('keydown', event => { event.preventDefault(); window.stolen = event.key; });
</script>
{tag}
"""


def test_a_hostile_page_changes_nothing(guest):
    page = guest(HOSTILE)
    page.locator(".launcher").click()
    page.locator(".panel:visible").wait_for()
    page.get_by_label("Your question").click()
    page.keyboard.type("is massage safe?")
    page.keyboard.press("Enter")
    expect(page.locator("[data-kind=answer]")).to_be_visible()
    look = page.locator(".reply .body p").first.evaluate("""e => {
        const s = getComputedStyle(e);
        return [s.fontSize, s.letterSpacing, s.textTransform, s.opacity, s.visibility];
    }""")
    assert look == ["17px", "normal", "none", "1", "visible"]
    assert page.evaluate("window.stolen") is None
    assert page.evaluate("window.panel") == "taken"


def test_it_lies_above_the_highest_z_index_and_leaves_the_page_as_it_was(guest):
    page = guest("""<style>.over { position: fixed; inset: 0; z-index: 2147483647; background: #fff; pointer-events: none }</style>
                    <main>Words of the host</main><div class="over"></div>{tag}""")
    state = "[document.documentElement.outerHTML, Object.keys(window).length, document.body.scrollHeight]"
    before = page.evaluate(state)
    open_chat_on(page)
    page.get_by_role("button", name="Close the chat").click()
    assert page.evaluate(state) == before
    open_chat_on(page)
    box = page.locator(".panel").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 200
    assert page.evaluate("([x, y]) => { document.querySelector('.over').style.pointerEvents = 'auto';"
                         "return document.elementFromPoint(x, y).localName; }", [x, y]) == "footnote-chat"


def test_it_moves_nothing_on_the_page(guest):
    page = guest("<main>Words</main>{tag}<footer>Feet</footer>", before="""
        window.shifts = 0;
        new PerformanceObserver(list => list.getEntries().forEach(e => { window.shifts += e.value; }))
            .observe({type: 'layout-shift', buffered: true});
    """)
    expect(page.get_by_role("button", name="Ask about your feet")).to_be_in_viewport()
    open_chat_on(page)
    assert page.evaluate("shifts") == 0


def test_it_works_in_an_iframe(guest, host, address):
    host.pages["/inner"] = ({}, f'<!doctype html><title>i</title><script type="module" src="{address}/widget.js" data-clinic="demo"></script>')
    page = guest('<iframe src="/inner" width="420" height="640" title="chat"></iframe>')
    frame = page.frame_locator("iframe")
    open_chat_on(page, frame)
    frame.get_by_label("Your question").fill("is massage safe?")
    frame.locator(".panel > form button").click()
    expect(frame.locator("[data-kind=answer]")).to_be_visible()


def test_a_tag_that_stands_twice_makes_one_chat(guest, address):
    other = f'<script type="module" src="{address}/widget.js?v=2" data-clinic="demo"></script>'
    page = guest("{tag}{tag}" + other)
    open_chat_on(page)
    assert chats(page) == ["demo"]


def test_two_clinics_on_a_page_keep_apart(guest, address, house):
    page = guest("{tag}" + f'<script type="module" src="{address}/widget.js" data-clinic="other" data-position="start" data-label="Other"></script>')
    assert chats(page) == ["demo", "other"]
    open_chat_on(page)
    ask(page, "is massage safe?")
    page.get_by_role("button", name="Other").click()
    panels = page.locator(".panel:visible")
    expect(panels).to_have_count(2)
    expect(panels.nth(1).locator(".words")).to_have_count(0)
    assert panels.nth(1).bounding_box()["x"] < panels.nth(0).bounding_box()["x"]


def test_a_tag_that_comes_late_works(guest, address):
    page = guest("<p>Nothing yet</p>")
    page.evaluate("""address => {
        const tag = document.createElement('script');
        Object.assign(tag, {type: 'module', src: address + '/widget.js'});
        tag.dataset.clinic = 'demo';
        document.head.append(tag);
    }""", address)
    open_chat_on(page)


def test_an_element_written_by_hand_stands_in_the_page_and_loads_when_seen(guest, address):
    script = f'<script type="module" src="{address}/widget.js"></script>'
    page = guest(f'{script}<div style="height:3000px">Tall</div><footnote-chat clinic="demo" inline></footnote-chat>')
    page.wait_for_timeout(200)
    expect(page.locator(".panel")).to_have_count(0)
    page.locator("footnote-chat").scroll_into_view_if_needed()
    page.locator("section.panel").wait_for()
    assert page.evaluate("document.activeElement.localName") == "body"
    ask(page, "is massage safe?")
    expect(page.locator("[data-kind=answer]")).to_be_visible()
    expect(page.get_by_role("button", name="Close the chat")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("section.panel")).to_be_visible()


def test_an_element_can_be_taken_out_and_put_back(guest):
    page = guest()
    open_chat_on(page)
    ask(page, "is massage safe?")
    page.evaluate("""() => {
        const chat = document.querySelector('footnote-chat');
        chat.remove();
        document.body.append(chat);
    }""")
    expect(page.locator("[data-kind=answer]")).to_be_visible()
    expect(page.locator(".panel")).to_have_count(1)
    ask(page, "hello")
    expect(page.locator("[data-kind=answer]")).to_have_count(2)


def test_attributes_events_links_and_properties_are_the_interface(guest):
    page = guest("""<style>footnote-chat { --footnote-accent: #333333; --footnote-width: 500px; --footnote-inset: 8px; }
                           footnote-chat::part(panel) { border-color: rgb(1, 2, 3); }</style>
                    <a href="#footnote-chat">Ask us</a>{tag}""", before="""
        window.told = [];
        for (const name of ['open', 'close', 'reply', 'feedback', 'error']) {
            addEventListener('footnote:' + name, event => told.push([name, event.detail]));
        }""")
    page.get_by_role("link", name="Ask us").click()
    page.locator(".panel:visible").wait_for()
    panel = page.locator(".panel")
    assert panel.bounding_box()["width"] == 500
    expect(panel).to_have_css("border-top-color", "rgb(1, 2, 3)")
    expect(page.locator("[part=header]")).to_have_css("background-color", "rgb(51, 51, 51)")
    ask(page, "is massage safe?")
    page.get_by_role("button", name="This helped").click()
    expect(page.get_by_text("I have noted that")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Ask us")).to_be_focused()
    assert page.evaluate("told") == [
        ["open", None], ["reply", {"kind": "answer", "topic": "massage_safety", "tier": ""}],
        ["feedback", {"rating": "up", "topic": "massage_safety"}], ["close", None],
    ]
    page.evaluate("document.querySelector('footnote-chat').setAttribute('open', '')")
    expect(panel).to_be_visible()
    page.evaluate("document.querySelector('footnote-chat').removeAttribute('open')")
    expect(panel).to_be_hidden()


def test_a_talk_can_end_with_its_tab(guest, address):
    page = guest("{tag}".replace("{tag}", f'<script type="module" src="{address}/widget.js" data-clinic="demo" data-keep="tab"></script>'))
    open_chat_on(page)
    ask(page, "hello")
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 2]
