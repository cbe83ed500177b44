"""Reads the `hours` of a clinic's file."""
from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

from bot.hours import DAY_MINUTES, DAYS, Hours
from bot.yaml_files import YamlMapping

Spans = tuple[tuple[int, int], ...]
LONGEST_CLOSURE = 366  # days; a longer one is a slip in the year
_SPAN = re.compile(r"(\d{1,2}):([0-5]\d) ?- ?(\d{1,2}):([0-5]\d)")
_SPAN_FORM = 'must look like "8:00-17:00", or be a list of such times; put quotes around each'
_DATES = re.compile(r"(\d{4}-\d\d-\d\d) to (\d{4}-\d\d-\d\d)")
_DATE_FORM = "must be a list of dates such as 2026-12-25, or of spans such as 2026-12-24 to 2027-01-02"


def read_hours(file: YamlMapping) -> Hours:
    """The hours that a mapping of time_zone, open and, at will, closed tells.

    Raises:
        DataFileError: something is not understood, or two openings overlap.
    """
    file.expect(["time_zone", "open"], ["closed"])
    open_ = file.mapping("open")
    week: dict[str, Spans] = {}
    for key in open_:
        for day in _days(open_, key):
            if day in week:
                raise open_.fail(key, f"{day} stands twice; name each day once")
            week[day] = _spans(open_, key)
    if not week:
        raise file.fail("open", "names no day; leave hours out where there are none to tell")
    in_order = tuple(week.get(day, ()) for day in DAYS)
    _refuse_overlaps(file, in_order)
    return Hours(zone=_zone(file), week=in_order, closed=_closed(file))


def _zone(file: YamlMapping) -> ZoneInfo:
    name = file.text("time_zone")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not in the database, no path that may be one, a folder of it
        problem = f"{name!r} is no time zone; use a name such as America/New_York or Europe/London"
        raise file.fail("time_zone", problem) from None


def _days(file: YamlMapping, key: object) -> tuple[str, ...]:
    first, _, last = str(key).partition("-")
    last = last or first
    if first not in DAYS or last not in DAYS or DAYS.index(last) < DAYS.index(first):
        raise file.fail(str(key), f"unknown day; the days are {', '.join(DAYS)}, or a range such as mon-fri")
    return DAYS[DAYS.index(first):DAYS.index(last) + 1]


def _spans(file: YamlMapping, key: str) -> Spans:
    """(start, end) in minutes; an end at or before its start is the next day's."""
    texts = file[key] if isinstance(file[key], list) else [file[key]]
    spans = []
    for text in texts:
        match = _SPAN.fullmatch(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise file.fail(key, _SPAN_FORM)
        hour, minute, end_hour, end_minute = map(int, match.groups())
        start, end = hour * 60 + minute, end_hour * 60 + end_minute
        if start >= DAY_MINUTES or end > DAY_MINUTES or start == end:
            raise file.fail(key, f"{text}: times go from 0:00 to 24:00, and a closing time differs from its opening time")
        spans.append((start, end if end > start else end + DAY_MINUTES))
    if not spans:
        raise file.fail(key, _SPAN_FORM)
    return tuple(spans)


def _refuse_overlaps(file: YamlMapping, week: tuple[Spans, ...]) -> None:
    """Openings must rise and stay apart, over midnight and from Sunday to Monday too."""
    spans = [(day, day * DAY_MINUTES + start, day * DAY_MINUTES + end) for day, d in enumerate(week) for start, end in d]
    round_again = (spans[0][0], spans[0][1] + 7 * DAY_MINUTES, spans[0][2])
    for (day, _, end), (_, start, _) in zip(spans, [*spans[1:], round_again]):
        if start < end:
            raise file.fail("open", f"{DAYS[day]}: an opening begins before the one above it has ended")


def _closed(file: YamlMapping) -> frozenset[dt.date]:
    items = file.get("closed") or []
    if not isinstance(items, list):
        raise file.fail("closed", _DATE_FORM)
    return frozenset(date for item in items for date in _dates(file, item))


def _dates(file: YamlMapping, item: object) -> list[dt.date]:
    if isinstance(item, dt.date) and not isinstance(item, dt.datetime):
        return [item]
    match = _DATES.fullmatch(item.strip()) if isinstance(item, str) else None
    if match is None:
        raise file.fail("closed", f"{item}: {_DATE_FORM}")
    try:
        first, last = (dt.date.fromisoformat(text) for text in match.groups())
    except ValueError:
        raise file.fail("closed", f"{item}: no such date") from None
    days = (last - first).days
    if not 0 <= days <= LONGEST_CLOSURE:
        raise file.fail("closed", f"{item}: the last date must follow the first within {LONGEST_CLOSURE} days")
    return [first + dt.timedelta(days=n) for n in range(days + 1)]
