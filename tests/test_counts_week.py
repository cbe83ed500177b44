"""Weeks and their borders, the figures of a week, and the table for other programs."""
from __future__ import annotations

import csv
import datetime as dt
import io

import pytest

from bot.counts.counting import WRITE_EVERY
from bot.counts.measures import BOUNDS, MEASURES, OUTCOMES, RATINGS, REFUSALS, RESPONSE_ITEMS
from bot.counts.rows import PERCENTILES, Row, as_csv, rows_of
from bot.counts.store import KEEP_DAYS, Count, Key, add_counts
from bot.counts.week import Figures, Span, Week, figures_of, summed
from bot.desk.week_book import THEME
from bot.reply import TIERS
from bot.settings import ROOT

WEEK = Week(2026, 47)
MONDAY, SUNDAY = dt.date(2026, 11, 16), dt.date(2026, 11, 22)


def count(measure: str, item: str = "", value: int = 1, *, clinic: str = "demo", day: dt.date = MONDAY) -> Count:
    return Count(key=Key(clinic, day.isoformat(), measure, item), value=value)


def figures(*counts: Count) -> Figures:
    return summed(counts, WEEK, clinic="demo")


@pytest.mark.parametrize("day, week", [
    ("2026-11-16", "2026-W47"), ("2026-11-22", "2026-W47"), ("2026-11-23", "2026-W48"),
    ("2026-12-31", "2026-W53"), ("2027-01-03", "2026-W53"), ("2027-01-04", "2027-W01"),
    ("2024-12-30", "2025-W01"), ("2025-12-28", "2025-W52"), ("2025-12-29", "2026-W01"),
])
def test_day_belongs_to_its_iso_week(day, week) -> None:
    assert str(Week.of(dt.date.fromisoformat(day))) == week and dt.date.fromisoformat(day) in Week.parse(week).days


@pytest.mark.parametrize("week, before, after", [
    ("2026-W47", "2026-W46", "2026-W48"), ("2026-W01", "2025-W52", "2026-W02"), ("2026-W53", "2026-W52", "2027-W01"),
    ("2027-W01", "2026-W53", "2027-W02"), ("2025-W52", "2025-W51", "2026-W01"),
])
def test_weeks_follow_each_other_over_the_end_of_the_year(week, before, after) -> None:
    found = Week.parse(week)
    assert (str(found.before), str(found.after)) == (before, after)
    assert found.before.days[-1] + dt.timedelta(days=1) == found.days[0] and len(found.days) == 7
    assert found.before < found < found.after


@pytest.mark.parametrize("text, says", [
    ("2025-W53", "2025 has no week 53; its last is 2025-W52"), ("2026-W00", "2026 has no week 00; its last is 2026-W53"),
    ("2026-47", "write it as in 2026-W47"), ("2026-W7", "write it as"), ("", "write it as"), ("2026-W47 ", "write it as"),
    ("9999-W01", "write it as"), ("٢٠٢٦-W47", "write it as"),
])
def test_no_week_is_refused_with_the_cure(text, says) -> None:
    with pytest.raises(ValueError, match=says):
        Week.parse(text)


def test_week_is_read_from_monday_to_sunday_and_no_further(tmp_path) -> None:
    path = tmp_path / "counts.sqlite3"
    around = [MONDAY - dt.timedelta(days=1), MONDAY, SUNDAY, SUNDAY + dt.timedelta(days=1)]
    add_counts(path, {Key("demo", day.isoformat(), "turn", ""): 10 ** n for n, day in enumerate(around)}, today=SUNDAY)
    add_counts(path, {Key("harbour", MONDAY.isoformat(), "turn", ""): 7}, today=SUNDAY)
    assert figures_of(path, WEEK, clinic="demo").turns == 110 and figures_of(path, WEEK).turns == 117
    assert figures_of(path, WEEK.before).turns == 1 and figures_of(path, WEEK.after).turns == 1000


def test_figures_of_a_week_where_nothing_was_counted(tmp_path) -> None:
    found = figures_of(tmp_path / "none", WEEK)
    assert found.turns == found.conversations == 0 and found.topics == {}
    assert found.share("answered") is found.turns_a_conversation is found.response_within(0.5) is None
    assert set(found.outcomes) == set(OUTCOMES) and set(found.by_day) == set(WEEK.days)
    assert sum(sum(day.values()) for day in found.by_day.values()) == 0


def test_figures_are_summed_over_days() -> None:
    found = figures(
        count("conversation", value=4), count("turn", value=6), count("turn", value=4, day=SUNDAY),
        count("outcome", "answered", 6), count("outcome", "escalated", 3, day=SUNDAY), count("outcome", "other", 1),
        count("tier", "crisis", 3),
        count("topic", "heat_therapy", 2), count("topic", "massage_safety", 2), count("topic", "cause_sugar", 1),
        count("topic", "cause_sugar", 2, day=SUNDAY), count("rating", "up", 2))
    assert (found.turns, found.turns_a_conversation, found.share("answered"), found.tiers["crisis"]) == (10, 2.5, 0.6, 3)
    assert list(found.topics.items()) == [("cause_sugar", 3), ("heat_therapy", 2), ("massage_safety", 2)]
    assert found.by_day[SUNDAY]["escalated"] == 3 and found.by_day[MONDAY]["answered"] == 6
    assert sum(found.outcomes.values()) == found.turns


def test_rating_taken_back_in_a_later_week_leaves_no_negative_number() -> None:
    assert figures(count("rating", "up", -2), count("rating", "up", 1)).ratings == {"up": 0, "down": 0}


@pytest.mark.parametrize("turns, share, span", [
    ({"20": 1}, 0.5, Span(low=15, high=20)),
    ({"5": 50, "20": 50}, 0.5, Span(low=0, high=5)),
    ({"5": 49, "20": 51}, 0.5, Span(low=15, high=20)),
    ({"5": 95, "5000": 5}, 0.95, Span(low=0, high=5)),
    ({"5": 94, "5000": 6}, 0.95, Span(low=3500, high=5000)),
    ({"over": 1}, 0.5, Span(low=5000, high=None)),
    ({"5": 1, "over": 1}, 1.0, Span(low=5000, high=None)),
])
def test_percentile_is_told_as_the_bounds_between_which_it_lies(turns, share, span) -> None:
    assert figures(*(count("response_ms", item, n) for item, n in turns.items())).response_within(share) == span


def test_percentile_lies_between_its_bounds_whatever_the_times() -> None:
    times = sorted(1.07 ** n for n in range(130))  # 1 ms to 6 s
    counts = [count("response_ms", next((str(b) for b in BOUNDS if t <= b), "over")) for t in times]
    for share in (0.5, 0.95, 0.99, 1.0):
        true = times[-(-int(share * 1000) * len(times) // 1000) - 1]
        span = figures(*counts).response_within(share)
        assert span.low < true and (span.high is None or true <= span.high)


# the table


def test_rows_are_one_a_measure_and_item_and_agree_with_the_figures() -> None:
    found = figures(count("turn", value=3), count("outcome", "answered", 3), count("topic", "heat_therapy", 3),
                    count("response_ms", "20", 2), count("response_ms", "over", 1))
    rows = list(rows_of(found))
    values = {(row.measure, row.item): row.value for row in rows}
    assert len(values) == len(rows) == 3 + len(OUTCOMES) + len(REFUSALS) + len(TIERS) + 2 + 1 + len(RESPONSE_ITEMS)
    assert {(row.clinic, row.week) for row in rows} == {("demo", "2026-W47")}
    assert values["turn", ""] == 3 and values["topic", "heat_therapy"] == 3 and values["outcome", "refused"] == 0
    assert values["response_p50_ms", ""] == 20 and ("response_p95_ms", "") not in values  # beyond the last bound


def test_csv_is_read_back_as_it_was() -> None:
    rows = [Row("demo", "2026-W47", "theme", '1 "quoted", and more', 2), Row("demo", "2026-W47", "turn", "", 0)]
    text = as_csv(rows)
    assert text.startswith("clinic,week,measure,item,value\r\n") and text.endswith("\r\n")
    read = [tuple(row) for row in csv.reader(io.StringIO(text, newline=""))]
    assert read[1:] == [(*row[:4], str(row.value)) for row in rows]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_reckon_with_is_neutralised(start) -> None:
    (_, row) = csv.reader(io.StringIO(as_csv([Row(f"{start}1", "w", "m", f"{start}cmd|x", 5)]), newline=""))
    assert row == [f"'{start}1", "w", "m", f"'{start}cmd|x", "5"]


def test_docs_name_every_measure_item_and_column() -> None:
    text = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
    measures = (*MEASURES, *(name for name, _ in PERCENTILES), THEME)
    names = (*measures, *OUTCOMES, *REFUSALS, *TIERS, *RATINGS, *Row._fields, "over", str(BOUNDS[0]), str(BOUNDS[-1]))
    assert [name for name in names if f"`{name}`" not in text] == []
    assert f"every {WRITE_EVERY:g}\nseconds" in text and "two\nyears" in text and KEEP_DAYS // 365 == 2
