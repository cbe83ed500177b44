"""`python -m bot desk figures`: what visitors asked in a week and what they got, as a table or as CSV."""
from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bot.conversations import ConversationStore
from bot.counts.rows import as_csv
from bot.counts.week import Figures, Week, span_of
from bot.desk.themes import Theme
from bot.desk.week_book import WeekBook, book_of
from bot.errors import SetupError
from bot.inbox.store import InboxStore
from bot.settings import read_settings

BAR = 20  # characters
MOST_TOPICS = 10
Line = tuple[str, int, int]  # (label, this week, the week before)


def add_figures(verbs: Any) -> None:
    verb = verbs.add_parser("figures", help="a week's conversations, questions, escalations, ratings, response times")
    verb.add_argument("--clinic", help="none: all together")
    verb.add_argument("--week", type=_week, help="as in 2026-W47; none: the current one")
    verb.add_argument("--csv", metavar="FILE", help="write rows for other programs instead, a clinic after the other; -: here")
    verb.add_argument("--words", action="store_true", help="show a masked message of each theme")
    verb.set_defaults(run=run_figures)


def run_figures(options: argparse.Namespace) -> int:
    settings = read_settings()
    store = InboxStore(ConversationStore(settings.database, keep_days=settings.keep_days))
    book = book_of(settings, store)
    try:
        known = book.clinics()
        if options.clinic and options.clinic not in known:
            raise SetupError(f"nothing was counted of {options.clinic!r}; counted were: {', '.join(known) or 'no clinic yet'}")
        week = options.week or Week.of(book.today())
        if options.csv:
            _write(as_csv(book.rows(week, clinic=options.clinic)), options.csv)
        else:
            print("\n".join(_lines(book, week, options)))
    finally:
        store.close()
    return 0


def _lines(book: WeekBook, week: Week, options: argparse.Namespace) -> Iterator[str]:
    now, before = (book.figures(which, clinic=options.clinic) for which in (week, week.before))
    yield f"{options.clinic or 'All clinics'}, {in_words(week, book.today())}, beside {week.before}"
    if not now.turns and not before.turns:
        yield "Nothing was counted in either week. Messages to a running server are; those to `ask` and `chat` are not."
        return
    yield ""
    yield from _table([
        ("", "this week", "before"),
        ("conversations", f"{now.conversations:,}", f"{before.conversations:,}"),
        ("turns", f"{now.turns:,}", f"{before.turns:,}"),
        ("turns a conversation", *(_number(figures.turns_a_conversation) for figures in (now, before))),
        ("half of the replies came within", *(_span(figures, 0.5) for figures in (now, before))),
        ("19 in 20 came within", *(_span(figures, 0.95) for figures in (now, before))),
    ])
    for title, lines in _charts(book, now, before):
        if lines:
            yield from ("", title, *_bars(lines))
    yield from ("", "Asked and not answered (clinics with `inbox: true`; what the inbox still keeps)")
    yield from _themes(book, book.themes(week, clinic=options.clinic), words=options.words)


def in_words(week: Week, today: dt.date) -> str:
    """As "week 2026-W47 (16 Nov to 22 Nov 2026)"."""
    first, last = week.days[0], week.days[-1]
    so_far = ", so far" if first <= today <= last else ""
    return f"week {week} ({first.day} {first:%b} to {last.day} {last:%b} {last.year}{so_far})"


def _charts(book: WeekBook, now: Figures, before: Figures) -> Iterator[tuple[str, list[Line]]]:
    yield "What came of the turns", [
        (f"{outcome:12} {_percent(now.share(outcome)):>5}", count, before.outcomes[outcome])
        for outcome, count in now.outcomes.items()]
    if now.outcomes["refused"] or before.outcomes["refused"]:
        yield "Refused as", [(kind.replace("_", " "), count, before.refused[kind]) for kind, count in now.refused.items()]
    top = list(now.topics.items())[:MOST_TOPICS]
    yield "Top questions", [(book.name_of(topic), count, before.topics.get(topic, 0)) for topic, count in top]
    yield "Escalations by tier", [(tier, count, before.tiers[tier]) for tier, count in now.tiers.items()]
    yield "Ratings", [(f"thumbs {rating}", count, before.ratings[rating]) for rating, count in now.ratings.items()]
    taken = [item for item in now.responses if now.responses[item] or before.responses[item]]
    yield "Response time", [(str(span_of(item)), now.responses[item], before.responses[item]) for item in taken]


def _bars(lines: Sequence[Line]) -> Iterator[str]:
    wide, most = max(len(label) for label, _, _ in lines), max(max(now, before) for _, now, before in lines)
    block = "█" if _can_say("█") else "#"
    for label, now, before in lines:
        bar = block * (round(now / most * BAR) or min(now, 1)) if most else ""
        yield f"  {label:{wide}}  {bar:{BAR}} {now:6,} ({before:,})"


def _can_say(character: str) -> bool:
    try:
        character.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _table(rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    widths = [max(len(row[n]) for row in rows) for n in range(3)]
    for name, *values in rows:
        yield "  " + "  ".join([f"{name:{widths[0]}}", *(f"{value:>{width}}" for value, width in zip(values, widths[1:]))])


def _themes(book: WeekBook, themes: Iterable[Theme], *, words: bool) -> Iterator[str]:
    nothing = True
    for theme in themes:
        nothing = False
        nearest = f", nearest topic: {book.name_of(theme.nearest)}" if theme.nearest else ""
        yield f"  {theme.messages:4} x  {book.name_of(theme.guess)}{nearest}"
        if words:
            yield f"          {theme.words}"
    if nothing:
        yield "  none"


def _span(figures: Figures, share: float) -> str:
    span = figures.response_within(share)
    return "-" if span is None else str(span)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _write(text: str, where: str) -> None:
    if where == "-":
        print(text.replace("\r\n", "\n"), end="")
        return
    try:
        Path(where).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise SetupError(f"{where} cannot be written: {error.strerror}; name another file") from None


def _week(text: str) -> Week:
    try:
        return Week.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
