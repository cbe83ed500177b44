"""The figures of a clinic, or of all, in a week of ISO 8601: Monday to Sunday, the year's first Thursday in week 1."""
from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.counts.measures import (
    BOUNDS,
    CONVERSATION,
    OUTCOME,
    OUTCOMES,
    OVER,
    RATING,
    RATINGS,
    REFUSALS,
    REFUSED,
    RESPONSE,
    RESPONSE_ITEMS,
    TIER,
    TOPIC,
    TURN,
)
from bot.counts.store import Count, read_counts
from bot.reply import TIERS


@dataclass(frozen=True, order=True)
class Week:
    """`year` is the ISO year: 2026-12-31 is in week 53 of 2026, and so is 2027-01-03.

    Raises:
        ValueError: the year has no such week.
    """

    year: int
    number: int

    def __post_init__(self) -> None:
        dt.date.fromisocalendar(self.year, self.number, 1)

    @classmethod
    def of(cls, day: dt.date) -> Week:
        return cls(*day.isocalendar()[:2])

    @classmethod
    def parse(cls, text: str) -> Week:
        """Reads "2026-W47".

        Raises:
            ValueError: it is written otherwise, or the year has no such week; the text says which.
        """
        found = re.fullmatch(r"(20\d\d)-W(\d\d)", text, re.ASCII)
        if not found:
            raise ValueError(f"{text!r} is no week; write it as in 2026-W47")
        try:
            return cls(int(found[1]), int(found[2]))
        except ValueError:
            last = cls.of(dt.date(int(found[1]), 12, 28))
            raise ValueError(f"{found[1]} has no week {found[2]}; its last is {last}") from None

    @property
    def days(self) -> tuple[dt.date, ...]:
        first = dt.date.fromisocalendar(self.year, self.number, 1)
        return tuple(first + dt.timedelta(days=n) for n in range(7))

    @property
    def before(self) -> Week:
        return Week.of(self.days[0] - dt.timedelta(days=1))

    @property
    def after(self) -> Week:
        return Week.of(self.days[-1] + dt.timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02}"


@dataclass(frozen=True, kw_only=True)
class Span:
    """Milliseconds: more than `low`, at most `high` (None: more than the last bound, and nobody knows how much)."""

    low: int
    high: int | None

    def __str__(self) -> str:
        return f"more than {self.low} ms" if self.high is None else f"{self.low} to {self.high} ms"


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was counted in a week. `clinic` None: of all; `by_day`: the outcomes of each of the seven days.

    The mappings hold every name there is in a fixed order, with 0 where nothing was counted; `topics` only those that
    were answered, the most frequent first.
    """

    clinic: str | None
    week: Week
    conversations: int
    turns: int
    outcomes: Mapping[str, int]
    refused: Mapping[str, int]
    tiers: Mapping[str, int]
    ratings: Mapping[str, int]
    topics: Mapping[str, int]
    responses: Mapping[str, int]
    by_day: Mapping[dt.date, Mapping[str, int]]

    @property
    def turns_a_conversation(self) -> float | None:
        """Turns of the week for each conversation that began in it; None where none began."""
        return self.turns / self.conversations if self.conversations else None

    def share(self, outcome: str) -> float | None:
        """Of the turns, 0 to 1; None where there was none."""
        return self.outcomes[outcome] / self.turns if self.turns else None

    def response_within(self, share: float) -> Span | None:
        """Between which bounds the response time lies that `share` (0 to 1) of the turns kept; None without turns."""
        need = share * sum(self.responses.values())
        so_far = 0
        for item, turns in self.responses.items():
            so_far += turns
            if turns and so_far >= need:
                return span_of(item)
        return None


def figures_of(path: Path, week: Week, *, clinic: str | None = None) -> Figures:
    """Reads a week from the file of counts; all zero where nothing was counted.

    Raises:
        SetupError: the file cannot be read.
    """
    days = week.days
    return summed(read_counts(path, first=days[0], last=days[-1], clinic=clinic), week, clinic=clinic)


def summed(counts: Iterable[Count], week: Week, *, clinic: str | None = None) -> Figures:
    """Adds counts of one week up."""
    found: Counter[tuple[str, str]] = Counter()
    by_day = {day: Counter[str]() for day in week.days}
    for count in counts:
        key = count.key
        found[key.measure, key.item] += count.value
        if key.measure == OUTCOME:
            by_day[dt.date.fromisoformat(key.day)][key.item] += count.value

    def of(measure: str, items: Iterable[str]) -> dict[str, int]:
        # A rating that was taken back later may leave a day, and so a week, below nothing.
        return {item: max(0, found[measure, item]) for item in items}

    topics = sorted((item for measure, item in found if measure == TOPIC), key=lambda item: (-found[TOPIC, item], item))
    return Figures(
        clinic=clinic, week=week, conversations=found[CONVERSATION, ""], turns=found[TURN, ""], outcomes=of(OUTCOME, OUTCOMES),
        refused=of(REFUSED, REFUSALS), tiers=of(TIER, TIERS), ratings=of(RATING, RATINGS), topics=of(TOPIC, topics),
        responses=of(RESPONSE, RESPONSE_ITEMS),
        by_day={day: {outcome: counted[outcome] for outcome in OUTCOMES} for day, counted in by_day.items()},
    )


def span_of(item: str) -> Span:
    """What an item of the histogram stands for."""
    place = RESPONSE_ITEMS.index(item)
    return Span(low=BOUNDS[place - 1] if place else 0, high=None if item == OVER else BOUNDS[place])
