"""A clinic's hours in words; the words themselves are content/voice.yml's."""
from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.hours import DAY_MINUTES, DAYS, Hours

# What voice.yml gives: sentences and pieces of them by name.
PIECES = ("unknown", "days", "pair", "every_day", "times", "on_days", "all_day", "am", "pm", "noon", "midnight",
          "today", "tomorrow", "this_week", "later", "open", "open_until", "opens", "closed", "next_close", "next_open")


@dataclass(frozen=True, kw_only=True)
class HoursWords:
    """`weekdays` from Monday, `months` from January; `pieces` has the keys `PIECES`."""

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    pieces: Mapping[str, str]

    def say(self, piece: str, **blanks: str) -> str:
        return self.pieces[piece].format(**blanks)


@dataclass(frozen=True, kw_only=True)
class Opening:
    """Whether a clinic is open at a moment: `sentence` for a reply, `next` as a short label; None: not known."""

    open_now: bool | None
    sentence: str | None
    next: str | None


def opening(hours: Hours | None, words: HoursWords, now: dt.datetime) -> Opening:
    """What to tell of `hours` at `now` (aware)."""
    if hours is None:
        return Opening(open_now=None, sentence=None, next=None)
    closes = hours.closes_at(now)
    if closes is not None:
        if closes - now > dt.timedelta(days=1):  # a bare time would be taken for today's
            return Opening(open_now=True, sentence=words.say("open"), next=None)
        time = _clock(closes.hour * 60 + closes.minute, words)
        return Opening(
            open_now=True, sentence=words.say("open_until", time=time), next=words.say("next_close", time=time))
    opens = hours.opens_at(now)
    if opens is None:
        return Opening(open_now=False, sentence=words.say("closed"), next=None)
    when = _when(opens, now.astimezone(hours.zone), words)
    return Opening(open_now=False, sentence=words.say("opens", when=when), next=words.say("next_open", when=when))


def hours_text(hours: Hours | None, words: HoursWords) -> str:
    """The week in words, as "Monday to Friday, 8 am to 5 pm"."""
    if hours is None:
        return words.say("unknown")
    return "; ".join(
        words.say("on_days", days=_days(first, last, words), times=_times(hours.week[first], words))
        for first, last in _alike(hours)
    )


def _alike(hours: Hours) -> Iterator[tuple[int, int]]:
    """(first, last) day of each run of days with the same times, days off left out."""
    first = 0
    for day in range(1, len(DAYS) + 1):
        if day == len(DAYS) or hours.week[day] != hours.week[first]:
            if hours.week[first]:
                yield first, day - 1
            first = day


def _days(first: int, last: int, words: HoursWords) -> str:
    if last - first == len(DAYS) - 1:
        return words.say("every_day")
    if first == last:
        return words.weekdays[first]
    piece = "pair" if last - first == 1 else "days"
    return words.say(piece, first=words.weekdays[first], last=words.weekdays[last])


def _times(spans: tuple[tuple[int, int], ...], words: HoursWords) -> str:
    if spans == ((0, DAY_MINUTES),):
        return words.say("all_day")
    said = [words.say("times", start=_clock(start, words), end=_clock(end, words)) for start, end in spans]
    text = said[0]
    for more in said[1:]:
        text = words.say("pair", first=text, last=more)
    return text


def _clock(minutes: int, words: HoursWords) -> str:
    """Minutes from midnight as "8 am" or "12:30 pm"."""
    minutes %= DAY_MINUTES
    if minutes in (0, DAY_MINUTES // 2):
        return words.say("noon" if minutes else "midnight")
    hour, minute = divmod(minutes, 60)
    time = f"{hour % 12 or 12}:{minute:02}" if minute else f"{hour % 12 or 12}"
    return words.say("am" if hour < 12 else "pm", time=time)


def _when(opens: dt.datetime, now: dt.datetime, words: HoursWords) -> str:
    """Both in local time."""
    time, days = _clock(opens.hour * 60 + opens.minute, words), (opens.date() - now.date()).days
    if days < 2:
        return words.say("tomorrow" if days else "today", time=time)
    weekday = words.weekdays[opens.weekday()]
    if days < len(DAYS):
        return words.say("this_week", day=weekday, time=time)
    return words.say("later", day=weekday, date=f"{words.months[opens.month - 1]} {opens.day}", time=time)
