"""When a clinic is open: a week, a time zone and days off. No words here; see `bot.opening`."""
from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
LOOK_AHEAD = 366  # days; who opens no sooner is closed for good as far as a visitor is concerned
LONG = dt.timedelta(days=8)  # nobody who closes once a week is open as long


@dataclass(frozen=True, kw_only=True)
class Hours:
    """Opening times.

    `week` has one entry a day from Monday on: (start, end) in minutes from that day's midnight, rising and apart; an
    end beyond 1,440 is in the next day. On a date in `closed` nothing begins; what began the evening before goes on.
    """

    week: tuple[tuple[tuple[int, int], ...], ...]
    zone: ZoneInfo
    closed: frozenset[dt.date] = frozenset()

    def closes_at(self, now: dt.datetime) -> dt.datetime | None:
        """When the clinic, open at `now` (aware), closes, in local time; None when it is closed at `now`."""
        end = None
        for start, stop in self._openings(now):
            if end is None and start <= now < stop:
                end = stop
            elif end is not None and start == end:  # open through midnight, day after day
                end = stop
            elif end is not None or start > now:
                break
            if end is not None and end - now > LONG:
                break
        return end.astimezone(self.zone) if end else None

    def opens_at(self, now: dt.datetime) -> dt.datetime | None:
        """The next opening after `now` (aware), in local time; None when there is none within a year."""
        following = (start for start, _ in self._openings(now) if start > now)
        start = next(following, None)
        return start.astimezone(self.zone) if start else None

    def _openings(self, now: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        """Openings from the day before `now` on, in UTC: local times of one zone compare as if clocks never changed."""
        first = now.astimezone(self.zone).date() - dt.timedelta(days=1)
        for days in range(LOOK_AHEAD):
            date = first + dt.timedelta(days=days)
            if date not in self.closed:
                for start, end in self.week[date.weekday()]:
                    yield self._moment(date, start), self._moment(date, end)

    def _moment(self, date: dt.date, minutes: int) -> dt.datetime:
        """The clock's reading, not hours since midnight: a day on which clocks change still opens at eight."""
        days, minutes = divmod(minutes, DAY_MINUTES)
        clock = dt.time(minutes // 60, minutes % 60, tzinfo=self.zone)
        return dt.datetime.combine(date + dt.timedelta(days=days), clock).astimezone(dt.timezone.utc)
