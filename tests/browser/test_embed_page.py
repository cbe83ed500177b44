"""/embed in Chromium: colours with their contrast, and the tag to copy."""
from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def page(open_page):
    # The widget has tests of its own; here it may be missing.
    page = open_page("/embed?clinic=harbour", expect_failures=True)
    page.get_by_text("enough").wait_for()
    return page


def pick(page, label: str, colour: str) -> None:
    page.get_by_label(label).fill(colour)


def test_the_tag_names_this_server_and_the_clinic(page, address) -> None:
    assert page.locator("#tag").inner_text() == (
        f'<script type="module" src="{address}/widget.js" data-clinic="harbour" '
        'data-colours="#1d4e89 #ffffff"></script>')


def test_the_clinics_colours_come_with_their_contrast(page) -> None:
    assert page.locator("#contrast").inner_text() == "Contrast 8.38 to 1: enough."
    assert '#1d4e89' in page.locator("#settings").inner_text()


@pytest.mark.parametrize(("colour", "line", "fails"), [
    ("#777777", "Contrast 4.47 to 1: too little. At least 4.5 to 1 is needed, so take a lighter or a darker color.", True),
    ("#767676", "Contrast 4.54 to 1: enough.", False),
])
def test_a_colour_that_cannot_be_read_cannot_be_copied(page, colour: str, line: str, fails: bool) -> None:
    pick(page, "Color of buttons", colour)
    assert page.locator("#contrast").inner_text() == line
    assert page.get_by_role("button", name="Copy the lines").is_disabled() is fails
    assert page.locator("#sample").evaluate("e => getComputedStyle(e).backgroundColor") == (
        "rgb(119, 119, 119)" if fails else "rgb(118, 118, 118)")


def test_a_picked_colour_reaches_the_widget_whenever_it_comes(page) -> None:
    accent = "e => e.style.getPropertyValue('--footnote-accent')"
    page.evaluate("document.querySelector('footnote-chat') ?? document.body.append(document.createElement('footnote-chat'))")
    widget = page.locator("footnote-chat").first
    assert widget.evaluate(accent) == "", "until then the clinic's own colours show"
    pick(page, "Color of buttons", "#702020")
    assert widget.evaluate(accent) == "#702020"
    page.evaluate("document.body.append(Object.assign(document.createElement('footnote-chat'), {id: 'late'}))")
    page.wait_for_function("document.getElementById('late').style.getPropertyValue('--footnote-accent') === '#702020'")


def test_the_tag_is_copied_or_marked(page) -> None:
    page.get_by_role("button", name="Copy the tag").click()
    page.wait_for_function("document.getElementById('copied').textContent !== ''")
    said = page.locator("#copied").inner_text()
    assert said == "Copied." or page.evaluate("getSelection().toString()").startswith("<script")


def test_another_clinic_is_shown_by_its_id(page) -> None:
    page.get_by_label("Clinic id").fill("demo")
    page.get_by_role("button", name="Show it").click()
    page.wait_for_url("**/embed?clinic=demo")
    assert 'data-clinic="demo"' in page.locator("#tag").inner_text()


def test_an_unknown_clinic_is_said_to_be_one(open_page) -> None:
    page = open_page("/embed?clinic=nowhere", expect_failures=True)
    assert page.get_by_role("alert").inner_text() == "There is no clinic “nowhere” here. You see Riverside Foot Clinic."


@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_is_cut_off(open_page, width: int, tmp_path) -> None:
    page = open_page("/embed?clinic=harbour", expect_failures=True, viewport={"width": width, "height": 900})
    page.get_by_text("enough").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=str(tmp_path / f"embed-{width}.png"), full_page=True)
