"""When a clinic is open, by its own clock: over midnight, over days off, over the days on which clocks change."""
from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from bot.hours import DAYS, Hours
from bot.opening import hours_text, opening

NEW_YORK = "America/New_York"
MON, THU, FRI, SAT, SUN = dt.date(2026, 6, 1), dt.date(2026, 6, 4), dt.date(2026, 6, 5), dt.date(2026, 6, 6), dt.date(2026, 6, 7)
NOON, FIVE, EIGHT = 12 * 60, 17 * 60, 8 * 60


def hours(zone: str = NEW_YORK, closed=(), **week) -> Hours:
    return Hours(week=tuple(tuple(week.get(day, ())) for day in DAYS), zone=ZoneInfo(zone), closed=frozenset(closed))


WEEKDAYS = {day: [(EIGHT, FIVE)] for day in DAYS[:5]}
OFFICE = hours(**WEEKDAYS)


def at(date: dt.date, clock: str, zone: str = NEW_YORK, *, fold: int = 0) -> dt.datetime:
    return dt.datetime.combine(date, dt.time.fromisoformat(clock), tzinfo=ZoneInfo(zone)).replace(fold=fold)


@pytest.fixture
def words(house):
    return house.content.voice.hours


@pytest.mark.parametrize(("date", "clock", "is_open"), [
    (MON, "07:59", False), (MON, "08:00", True), (MON, "16:59", True), (MON, "17:00", False), (SAT, "12:00", False),
])
def test_open_from_the_first_minute_until_before_the_last(date, clock, is_open: bool) -> None:
    assert (OFFICE.closes_at(at(date, clock)) is not None) is is_open


def test_the_clinics_clock_counts_and_not_the_visitors() -> None:
    assert OFFICE.closes_at(at(MON, "22:30", "Asia/Tokyo")) is not None  # 9:30 in New York
    assert OFFICE.closes_at(at(MON, "09:30", "Asia/Tokyo")) is None
    assert OFFICE.closes_at(dt.datetime(2026, 6, 1, 12, 0, tzinfo=dt.timezone.utc)) == at(MON, "17:00")


@pytest.mark.parametrize(("date", "clock", "opens"), [
    (MON, "07:00", (MON, "08:00")), (MON, "08:00", (dt.date(2026, 6, 2), "08:00")), (FRI, "17:00", (dt.date(2026, 6, 8), "08:00")),
    (SAT, "23:59", (dt.date(2026, 6, 8), "08:00")),
])
def test_the_next_opening(date, clock, opens) -> None:
    assert OFFICE.opens_at(at(date, clock)) == at(*opens)


# Midnight

NIGHTS = hours(fri=[(22 * 60, 26 * 60)], sun=[(20 * 60, 27 * 60)])


@pytest.mark.parametrize(("date", "clock", "closes"), [
    (FRI, "21:59", None), (FRI, "23:00", (SAT, "02:00")), (SAT, "01:59", (SAT, "02:00")), (SAT, "02:00", None),
    (SUN, "23:30", (dt.date(2026, 6, 8), "03:00")), (MON, "02:30", (MON, "03:00")),
])
def test_an_opening_over_midnight_ends_the_next_day(date, clock, closes) -> None:
    assert NIGHTS.closes_at(at(date, clock)) == (at(*closes) if closes else None)


def test_midnight_between_two_openings_closes_nothing() -> None:
    around = hours(fri=[(EIGHT, 24 * 60)], sat=[(0, NOON)])
    assert around.closes_at(at(FRI, "23:59")) == around.closes_at(at(SAT, "00:00")) == at(SAT, "12:00")
    assert around.closes_at(at(FRI, "07:00")) is None


def test_open_day_and_night_has_no_end_that_matters(words) -> None:
    always = hours(**{day: [(0, 24 * 60)] for day in DAYS})
    assert always.closes_at(at(MON, "12:00")) - at(MON, "12:00") > dt.timedelta(days=7)
    now = opening(always, words, at(MON, "12:00"))
    assert (now.open_now, now.sentence, now.next) == (True, "We are open now.", None)
    assert hours_text(always, words) == "Every day, day and night"


# Days off

def test_a_day_off_is_closed_and_the_evening_before_ends_as_it_should() -> None:
    off = hours(fri=[(22 * 60, 26 * 60)], sat=[(EIGHT, FIVE)], closed=[SAT])
    assert off.closes_at(at(SAT, "01:00")) == at(SAT, "02:00")
    assert off.closes_at(at(SAT, "12:00")) is None
    assert off.opens_at(at(SAT, "03:00")) == at(dt.date(2026, 6, 12), "22:00")


def test_a_clinic_that_does_not_open_within_a_year_is_only_closed(words) -> None:
    gone = hours(closed=[MON + dt.timedelta(days=n) for n in range(-2, 400)], **WEEKDAYS)
    now = opening(gone, words, at(MON, "12:00"))
    assert (now.open_now, now.sentence, now.next) == (False, "We are closed now.", None)


# Clocks that change: New York on 2026-03-08 (2:00 is 3:00) and 2026-11-01 (2:00 is 1:00), London on 2026-10-25

@pytest.mark.parametrize("date", [dt.date(2026, 3, 8), dt.date(2026, 11, 1)])
def test_eight_is_eight_on_the_day_that_clocks_change(date: dt.date) -> None:
    sundays = hours(sun=[(EIGHT, FIVE)])
    assert sundays.closes_at(at(date, "07:59")) is None
    assert sundays.closes_at(at(date, "08:00")) == at(date, "17:00")
    assert sundays.opens_at(at(date - dt.timedelta(days=1), "12:00")) == at(date, "08:00")
    assert sundays.opens_at(at(date - dt.timedelta(days=1), "12:00")).hour == 8


def test_a_night_in_which_clocks_change_is_as_long_as_it_is() -> None:
    nights = hours(sat=[(22 * 60, 30 * 60)])
    before = at(dt.date(2026, 3, 7), "22:00")
    assert nights.closes_at(before).timestamp() - before.timestamp() == 7 * 3600
    before = at(dt.date(2026, 10, 31), "22:00")
    assert nights.closes_at(before).timestamp() - before.timestamp() == 9 * 3600


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    """London, 2026-10-25: an opening that ends at 1:00 is over in both of the hours from 1 to 2."""
    nights = hours("Europe/London", sat=[(22 * 60, 25 * 60)], sun=[(90, 300)])
    day = dt.date(2026, 10, 25)
    assert nights.closes_at(at(day, "00:59", "Europe/London")) is not None
    assert nights.closes_at(at(day, "01:15", "Europe/London", fold=0)) is None
    assert nights.closes_at(at(day, "01:15", "Europe/London", fold=1)) is not None, "since the first 1:30 it is open again"


def test_a_time_that_the_clocks_leave_out_is_not_lost() -> None:
    early = hours(sun=[(150, 300)])  # 2:30 does not exist on 2026-03-08
    assert early.closes_at(at(dt.date(2026, 3, 8), "03:45")) == at(dt.date(2026, 3, 8), "05:00")


# Words

@pytest.mark.parametrize(("date", "clock", "sentence", "label"), [
    (MON, "09:00", "We are open now until 5 pm.", "Closes at 5 pm"),
    (MON, "06:00", "We are closed now. We open today at 8 am.", "Opens today at 8 am"),
    (MON, "17:00", "We are closed now. We open tomorrow at 8 am.", "Opens tomorrow at 8 am"),
    (MON, "00:00", "We are closed now. We open today at 8 am.", "Opens today at 8 am"),
    (FRI, "18:00", "We are closed now. We open on Monday at 8 am.", "Opens on Monday at 8 am"),
    (SUN, "18:00", "We are closed now. We open tomorrow at 8 am.", "Opens tomorrow at 8 am"),
])
def test_opening_is_told_in_plain_words(words, date, clock: str, sentence: str, label: str) -> None:
    now = opening(OFFICE, words, at(date, clock))
    assert (now.sentence, now.next) == (sentence, label)
    assert now.open_now is sentence.startswith("We are open")


def test_an_opening_more_than_a_week_away_is_told_with_its_date(words) -> None:
    off = hours(closed=[MON + dt.timedelta(days=n) for n in range(7)], **WEEKDAYS)
    assert opening(off, words, at(MON, "09:00")).next == "Opens on Monday, June 8, at 8 am"
    assert opening(off, words, at(dt.date(2026, 6, 2), "09:00")).next == "Opens on Monday at 8 am"


def test_today_is_the_clinics_today(words) -> None:
    """It is Tuesday in Tokyo, and still Monday at the clinic."""
    assert opening(OFFICE, words, at(dt.date(2026, 6, 2), "07:00", "Asia/Tokyo")).next == "Opens tomorrow at 8 am"


def test_a_clinic_without_hours_says_nothing_of_them(words) -> None:
    now = opening(None, words, at(MON, "09:00"))
    assert now.open_now is now.sentence is now.next is None
    assert hours_text(None, words) == "please call us for our hours"


@pytest.mark.parametrize(("week", "text"), [
    (WEEKDAYS, "Monday to Friday, 8 am to 5 pm"),
    ({"mon": [(EIGHT, NOON)], "tue": [(EIGHT, NOON)]}, "Monday and Tuesday, 8 am to 12 noon"),
    ({"mon": [(EIGHT, NOON), (13 * 60 + 30, FIVE)]}, "Monday, 8 am to 12 noon and 1:30 pm to 5 pm"),
    ({"mon": [(EIGHT, NOON)], "wed": [(EIGHT, NOON)]}, "Monday, 8 am to 12 noon; Wednesday, 8 am to 12 noon"),
    ({**WEEKDAYS, "sun": [(18 * 60, 24 * 60)]}, "Monday to Friday, 8 am to 5 pm; Sunday, 6 pm to 12 midnight"),
    ({day: [(15, 12 * 60 + 5)] for day in DAYS}, "Every day, 12:15 am to 12:05 pm"),
    ({"sat": [(22 * 60, 26 * 60)]}, "Saturday, 10 pm to 2 am"),
])
def test_the_week_is_told_in_plain_words(words, week, text: str) -> None:
    assert hours_text(hours(**week), words) == text
