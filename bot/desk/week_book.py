"""Where a week's figures are looked up: the counts, and for the themes the inbox. The command line's and the page's."""
from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.content import load_content
from bot.counts.counting import now_in_utc
from bot.counts.rows import Row, rows_of
from bot.counts.store import counted_clinics, first_day
from bot.counts.week import Figures, Week, figures_of
from bot.desk.grouping import Encode
from bot.desk.themes import Theme, themes_of
from bot.inbox.store import InboxStore
from bot.settings import Settings

THEME = "theme"


@dataclass(frozen=True, kw_only=True)
class WeekBook:
    """`counts`: the file; `titles`: of topics, by id; `encoder`: gives the encoder, asked for only where the inbox has
    something to group; `today`: in UTC, as the counts' days are."""

    counts: Path
    inbox: InboxStore
    titles: Mapping[str, str]
    encoder: Callable[[], Encode]
    today: Callable[[], dt.date]

    def clinics(self) -> list[str]:
        """Ids of the clinics of which anything was counted."""
        return counted_clinics(self.counts)

    def weeks(self) -> list[Week]:
        """From the current week back to the first of which anything is kept."""
        week = Week.of(self.today())
        first = min(Week.of(first_day(self.counts) or self.today()), week)
        weeks = [week]
        while weeks[-1] > first:
            weeks.append(weeks[-1].before)
        return weeks

    def figures(self, week: Week, *, clinic: str | None = None) -> Figures:
        return figures_of(self.counts, week, clinic=clinic)

    def themes(self, week: Week, *, clinic: str | None = None) -> list[Theme]:
        """Of clinics with an inbox, for as long as it keeps their messages."""
        return themes_of(self.inbox.messages(clinic=clinic), week, self.encoder)

    def rows(self, week: Week, *, clinic: str | None = None) -> list[Row]:
        """Of a clinic; without one of each, one below the other."""
        rows = []
        for name in [clinic] if clinic else self.clinics():
            rows += rows_of(self.figures(week, clinic=name))
            rows += [Row(name, str(week), THEME, f"{place} {theme.guess or 'unknown'}", theme.messages)
                     for place, theme in enumerate(self.themes(week, clinic=name), 1)]
        return rows

    def name_of(self, intent: str | None) -> str:
        """What people call an intent: a topic's title."""
        return self.titles.get(intent or "") or (intent or "no guess").replace("_", " ")


def book_of(settings: Settings, inbox: InboxStore, encoder: Callable[[], Encode] | None = None) -> WeekBook:
    """The book of this installation.

    Args:
        encoder: gives the encoder; None: it is loaded when a theme first needs it, and kept.
    """
    @lru_cache(maxsize=1)
    def load() -> Encode:
        from bot.nlu.encoder import SentenceEncoder

        return SentenceEncoder.load(settings.encoder_folder).encode

    return WeekBook(
        counts=settings.counts, inbox=inbox, encoder=encoder or load, today=lambda: now_in_utc().date(),
        titles={topic.id: topic.title for topic in load_content().topics.values()})
