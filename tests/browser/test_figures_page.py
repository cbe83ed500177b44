"""The desk's page of figures in a real Chromium: readable on a phone and a desktop, to axe, and under a strict policy."""
from __future__ import annotations

import datetime as dt

import jinja2
import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from bot.content import load_content
from bot.conversations import ConversationStore
from bot.counts.measures import OUTCOMES, REFUSALS, RESPONSE_ITEMS
from bot.counts.store import Key, add_counts
from bot.desk.week_book import WeekBook
from bot.inbox.store import InboxStore
from bot.reply import TIERS
from bot.web.desk.figures_page import PAGES, add_figures
from tests.browser.conftest import Server, axe

pytestmark = pytest.mark.browser
TODAY = dt.date(2026, 11, 22)
POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'"
BASE = ("<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        "<link rel=icon href='data:,'><title>{% block title %}{% endblock %}</title>{% block head %}{% endblock %}"
        "<main>{% block main %}{% endblock %}</main></html>")


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    """The address of a page full of figures, with the longest titles there are."""
    folder = tmp_path_factory.mktemp("figures")
    titles = {topic.id: topic.title for topic in load_content().topics.values()}
    longest = sorted(titles, key=lambda name: -len(titles[name]))
    for n in range(14):
        day = (TODAY - dt.timedelta(days=n)).isoformat()
        items = {("turn", ""): 900, ("conversation", ""): 300, **{("outcome", name): 150 for name in OUTCOMES},
                 **{("refused", name): 50 for name in REFUSALS}, **{("tier", tier): 30 + n for tier in TIERS},
                 **{("topic", name): 100 - place for place, name in enumerate(longest[:12])},
                 **{("response_ms", item): 40 for item in RESPONSE_ITEMS}, ("rating", "up"): 20, ("rating", "down"): 9}
        add_counts(folder / "counts.sqlite3", {Key("demo", day, *what): value for what, value in items.items()}, today=TODAY)
    inbox = InboxStore(ConversationStore(folder / "conversations.sqlite3"))
    book = WeekBook(counts=folder / "counts.sqlite3", inbox=inbox, titles=titles, today=lambda: TODAY,
                    encoder=lambda: lambda texts: np.eye(len(texts), dtype=np.float32))
    app = FastAPI()

    @app.middleware("http")
    async def strictly(request, call):
        response = await call(request)
        response.headers["content-security-policy"] = POLICY
        return response

    loader = jinja2.ChoiceLoader([jinja2.DictLoader({"base.html": BASE}), jinja2.FileSystemLoader(PAGES)])
    templates = jinja2.Environment(loader=loader, autoescape=True)
    add_figures(app, book, lambda request, name, **values: HTMLResponse(templates.get_template(name).render(values)))
    server = Server(app)
    server.start()
    yield server.address
    server.stop()
    inbox.close()


@pytest.fixture
def open_figures(chromium, figures):
    """Opens the page at a width; complaints of the console fail the test. axe comes in past the page's policy."""
    contexts, complaints = [], []

    def open_(width: int, address: str = "/figures", **options):
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(figures + address)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def show_tables(page) -> None:
    for summary in page.locator("summary").all():
        summary.click()


@pytest.mark.parametrize("width", [390, 1280])
def test_page_fits_the_screen_with_all_tables_open(open_figures, width) -> None:
    page = open_figures(width)
    assert page.locator("figure svg").count() == 6
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    show_tables(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("figure table:visible").count() == 6


@pytest.mark.parametrize("width", [390, 1280])
def test_letters_are_large_enough_and_stay_within_their_picture(open_figures, width) -> None:
    found = open_figures(width).evaluate("""() => [...document.querySelectorAll('svg')].flatMap(svg => {
        const picture = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('text')].map(text => {
            const box = text.getBoundingClientRect(), out = Math.max(picture.left - box.left, box.right - picture.right);
            return {text: text.textContent, height: box.height, out};
        });
    })""")
    assert len(found) > 60
    assert [item for item in found if item["height"] < 11 or item["out"] > 1] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_figures, scheme) -> None:
    page = open_figures(390, "/figures?words=yes", bypass_csp=True, color_scheme=scheme)
    show_tables(page)
    assert axe(page) == []


def test_week_and_clinic_are_chosen_by_keyboard(open_figures) -> None:
    page = open_figures(1280)
    page.get_by_label("Clinic").select_option("demo")
    page.get_by_label("Week", exact=True).select_option("2026-W46")
    page.get_by_role("button", name="Show").press("Enter")
    page.wait_for_url("**/figures?clinic=demo&week=2026-W46")
    assert page.get_by_role("heading", name="demo, 9 November to 15 November 2026").is_visible()
    page.get_by_role("link", name="The week after").press("Enter")
    page.wait_for_url("**/figures?clinic=demo&week=2026-W47")
