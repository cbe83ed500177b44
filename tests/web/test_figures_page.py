"""The desk's page of figures: what it shows, its charts and their tables, its CSV. Access is the desk's own business."""
from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
from dataclasses import replace
from html import unescape
from xml.etree import ElementTree

import jinja2
import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from bot.conversations import ConversationStore
from bot.counts.measures import OUTCOMES
from bot.counts.store import Key, add_counts
from bot.counts.week import Week
from bot.desk.week_book import WeekBook
from bot.errors import SetupError
from bot.inbox.store import InboxStore
from bot.web.desk.charts import FILLS, INK, PAPER, SOFT, Bar, bar_chart, nice_most, stack_chart
from bot.web.desk.charts import BAR as BAR_COLOUR
from bot.web.desk.figures_page import PAGES, add_figures
from tests.web.conftest import TestClient

SVG = "{http://www.w3.org/2000/svg}"
TODAY = dt.date(2026, 11, 18)
WORDS = "xylophone"
BASE = "<title>{% block title %}{% endblock %}</title>{% block head %}{% endblock %}<main>{% block main %}{% endblock %}</main>"
COUNTED = {
    ("conversation", ""): 7, ("turn", ""): 25, ("outcome", "answered"): 14, ("outcome", "refused"): 6,
    ("outcome", "escalated"): 5, ("refused", "decline"): 6, ("tier", "caution"): 3, ("tier", "crisis"): 2,
    ("topic", "heat_therapy"): 9,
    ("topic", "massage_safety"): 5, ("rating", "up"): 3, ("rating", "down"): 1, ("response_ms", "20"): 20,
    ("response_ms", "640"): 5,
}


def count(path, clinic: str, day: str, times: int = 1) -> None:
    add_counts(path, {Key(clinic, day, *what): times * n for what, n in COUNTED.items()}, today=TODAY)


@pytest.fixture
def book(tmp_path, monkeypatch):
    """Of demo, counted in two weeks, and harbour, counted in one, of which one message was refused."""
    path = tmp_path / "counts.sqlite3"
    count(path, "demo", "2026-11-17")
    count(path, "demo", "2026-11-10", 2)
    count(path, "harbour", "2026-11-18")
    conversations = ConversationStore(tmp_path / "conversations.sqlite3")
    inbox = InboxStore(conversations)
    monkeypatch.setattr("bot.inbox.store.time.time", lambda: dt.datetime(2026, 11, 17, tzinfo=dt.timezone.utc).timestamp())
    guesses = (("not_covered", 0.8), ("heat_therapy", 0.1))
    inbox.keep("c", f"<b>{WORDS}", why=["refused"], guesses=guesses, clinic="harbour", days=30)
    yield WeekBook(counts=path, inbox=inbox, titles={"heat_therapy": "Warm & <cold>?"}, today=lambda: TODAY,
                   encoder=lambda: lambda texts: np.eye(len(texts), dtype=np.float32))
    inbox.close()
    conversations.close()


@pytest.fixture
def get(book):
    """Gets an address of the page; a book may be brought along."""
    def fetch(address: str, book=book):
        app = FastAPI()
        loader = jinja2.ChoiceLoader([jinja2.DictLoader({"base.html": BASE}), jinja2.FileSystemLoader(PAGES)])
        templates = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
        add_figures(app, book, lambda request, name, **values: HTMLResponse(templates.get_template(name).render(values)))
        return TestClient(app).get(address)
    return fetch


def tables(html: str) -> list[list[list[str]]]:
    """Texts of the tables' cells, by table and row."""
    found = [re.findall(r"<tr>(.*?)</tr>", table, re.S) for table in re.findall(r"<table.*?</table>", html, re.S)]
    return [[re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in rows] for rows in found]


def charts(html: str) -> dict[str, ElementTree.Element]:
    """The page's drawings by their titles; parsing is the test that they are well-formed."""
    drawn = [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", html, re.S)]
    return {svg.find(f"{SVG}title").text: svg for svg in drawn}


def test_page_shows_the_week_beside_the_week_before(get) -> None:
    html = get("/figures?clinic=demo&week=2026-W47").text
    assert "demo, 16 November to 22 November 2026, so far" in html
    rows = {row[0]: row[1:] for row in tables(html)[0]}
    assert rows["Conversations"] == ["7", "14"] and rows["Escalated"] == ["5 (20%)", "10 (20%)"]
    assert rows["Turns a conversation"] == ["3.6", "3.6"]
    assert rows["Half of the replies came within (p50)"] == ["15 to 20 ms"] * 2
    assert rows["19 in 20 came within (p95)"] == ["480 to 640 ms"] * 2 and rows["Thumbs up, thumbs down"] == ["3, 1", "6, 2"]


def test_all_clinics_are_added_up_and_the_current_week_comes_first(get) -> None:
    rows = {row[0]: row[1:] for row in tables(get("/figures").text)[0]}
    assert rows["Turns"] == ["50", "50"]


def test_weeks_are_offered_from_the_first_to_the_current_one(get) -> None:
    html = get("/figures?week=2026-W46").text
    assert re.findall(r'<option value="(2026-W\d\d)"( selected)?', html) == [("2026-W47", ""), ("2026-W46", " selected")]
    assert "The week after" in html and "The week before</a>" not in html
    html = get("/figures?week=2026-W47").text
    assert "The week after" not in html and "The week before</a>" in html


@pytest.mark.parametrize("asked, says", [
    ("week=2026-47", "write it as in 2026-W47; this is the current week."), ("week=2025-W53", "its last is 2025-W52; this is"),
    ("clinic=%3Cb%3E", "Nothing was counted of &#39;&lt;b&gt;&#39;; these are all clinics together."),
])
def test_odd_question_is_told_and_left_out(get, asked, says) -> None:
    html = get(f"/figures?{asked}").text
    assert says in html and "All clinics, 16 November" in html and "<b>" not in html
    assert get(f"/figures.csv?{asked}").status_code == 404


@pytest.mark.parametrize("asked", ["", "?clinic=&week=", "?week=2026-W53", "?words=no&more=x"])
def test_question_may_leave_things_out(get, asked) -> None:
    assert 'role="alert"' not in get(f"/figures{asked}").text and get(f"/figures.csv{asked}").status_code == 200


def test_sheet_is_there(get) -> None:
    assert get("/figures.css").headers["content-type"].startswith("text/css") and "/figures.css" in get("/figures").text


def test_installation_that_counted_nothing_yet(get, book, tmp_path) -> None:
    html = get("/figures", replace(book, counts=tmp_path / "none")).text
    assert "Nothing was counted in this week or the one before." in html and "<svg" not in html


def test_page_without_a_current_turn_still_draws(get) -> None:
    html = get("/figures?week=2026-W48").text
    assert "–" in html and len(charts(html)) == 5 and "None." in html  # no question was answered


def test_damaged_counts_are_told(get, book, tmp_path) -> None:
    (tmp_path / "damaged").write_bytes(b"damaged" * 1000)
    for address in ("/figures", "/figures.csv"):
        with pytest.raises(SetupError, match="the counts cannot be read"):  # for the desk to make a page of
            get(address, replace(book, counts=tmp_path / "damaged"))


# charts


def test_charts_show_what_their_tables_say(get) -> None:
    html = get("/figures?clinic=demo").text
    drawn, (_, *behind) = charts(html), tables(html)
    assert list(drawn) == ["What came of the turns, by day (UTC)", "Top questions", "Escalations by tier", "Refused as",
                           "Ratings", "Response time"]
    stacks, *bars = drawn.values()
    head, *rows, _ = behind[0]
    told = {(day, row[0]): int(value) for row in rows for day, value in zip(head[1:-1], row[1:-1])}
    shown = {(r.get("data-column"), r.get("data-part")): r for r in stacks.iter(f"{SVG}rect") if r.get("data-part")}
    assert {key: int(rect.get("data-value")) for key, rect in shown.items()} == told and told["Tue", "escalated"] == 5
    proportional([(int(r.get("data-value")), float(r.get("height"))) for r in shown.values()])
    for svg, table in zip(bars, behind[1:]):
        rects = [r for r in svg.iter(f"{SVG}rect") if r.get("data-value")]
        assert [int(rect.get("data-value")) for rect in rects] == [int(row[1].replace(",", "")) for row in table[1:]]
        proportional([(int(rect.get("data-value")), float(rect.get("width"))) for rect in rects])
        told = "; ".join(f"{row[0]}: {row[1]}, the week before {row[2]}" for row in table[1:])
        assert unescape(told) == svg.find(f"{SVG}desc").text


def proportional(pairs) -> None:
    most, longest = max(pairs)
    assert most > 0 and all(math.isclose(length, value / most * longest, abs_tol=0.02) for value, length in pairs)


def test_chart_fits_its_picture_whatever_the_numbers() -> None:
    long = Bar(label="Can the immune system cause neuropathy?", now=1_234_567, before=0)
    before, nothing = Bar(label="x", now=0, before=1_234_567, note="p50"), dict.fromkeys(OUTCOMES, 0)
    for chart in (bar_chart("a", "A", [long, before], of="x"), bar_chart("b", "B", [before], of="x", label_width=122),
                  bar_chart("c", "C", [Bar(label="x", now=0, before=0)], of="x"),
                  stack_chart("d", "D", {"Mon 16": nothing | {"other": 99_999}}, of="x"),
                  stack_chart("e", "E", {"Mon 16": nothing}, of="x")):
        svg = ElementTree.fromstring(chart.svg)
        _, _, width, height = map(float, svg.get("viewBox").split())
        for rect in svg.iter(f"{SVG}rect"):
            if rect.get("x"):
                assert 0 <= float(rect.get("x")) <= float(rect.get("x")) + float(rect.get("width")) <= width
                assert 0 <= float(rect.get("y")) <= float(rect.get("y")) + float(rect.get("height")) <= height
        for text in svg.iter(f"{SVG}text"):
            assert text.get("text-anchor") or float(text.get("x")) + 7.5 * len(text.text) <= width, text.text


@pytest.mark.parametrize("value, most", [
    (0, 2), (1, 2), (2, 2), (3, 4), (9, 10), (10, 10), (11, 12), (41, 50), (204, 240), (999, 1000), (1001, 1200)])
def test_axis_ends_at_a_round_number_that_can_be_halved(value, most) -> None:
    assert nice_most(value) == most


def test_every_outcome_has_a_fill_of_its_own_that_does_not_need_colour() -> None:
    assert set(FILLS) == set(OUTCOMES)
    assert len({str(shapes) for _, shapes in FILLS.values()}) == len(FILLS)


def contrast(colour: str, other: str) -> float:
    def luminance(text: str) -> float:
        parts = [int(text[n:n + 2], 16) / 255 for n in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(colour), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_letters_and_shapes_stand_out() -> None:
    assert min(contrast(ink, PAPER) for ink in (INK, SOFT)) >= 7
    assert min(contrast(colour, PAPER) for colour in (BAR_COLOUR, *(colour for colour, _ in FILLS.values()))) >= 3


def test_page_keeps_a_strict_policy(get) -> None:
    html = get("/figures?words=yes").text
    assert " style=" not in html and "<style" not in html and "<script" not in html and not re.search(r"\son\w+=", html)


# themes and CSV


def test_themes_are_told_by_number_and_words_on_request_only(get) -> None:
    html = get("/figures").text
    assert ["1", "not covered", "Warm &amp; &lt;cold&gt;?"] in tables(html)[-1] and WORDS not in html and "words=yes" in html
    html = get("/figures?words=yes").text
    assert f"&lt;b&gt;{WORDS}" in html and f"<b>{WORDS}" not in html
    assert WORDS not in get("/figures?words=yes&clinic=demo").text


def test_page_stands_without_the_encoder(get, book) -> None:
    def broken():
        raise SetupError("the encoder is missing; run: make train")

    html = get("/figures", replace(book, encoder=broken)).text
    assert "They cannot be grouped: the encoder is missing" in html and "<svg" in html


def test_csv_has_the_numbers_of_the_page(get) -> None:
    response = get("/figures.csv?week=2026-W47")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="footnote-2026-W47.csv"'
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert {row["clinic"] for row in rows} == {"demo", "harbour"} and WORDS not in response.text
    assert [row["value"] for row in rows if row["measure"] == "theme"] == ["1"]
    of_demo = {(row["measure"], row["item"]): int(row["value"]) for row in rows if row["clinic"] == "demo"}
    assert COUNTED.items() <= of_demo.items()
    assert get("/figures.csv?clinic=demo").headers["content-disposition"].endswith('"footnote-2026-W47-demo.csv"')


def test_weeks_of_a_book(book, tmp_path) -> None:
    assert book.weeks() == [Week(2026, 47), Week(2026, 46)]
    assert replace(book, counts=tmp_path / "none").weeks() == [Week(2026, 47)]
    assert replace(book, today=lambda: dt.date(2026, 10, 1)).weeks() == [Week(2026, 40)]  # a clock that was put back
