"""The desk's page of figures: /figures, /figures.csv. Who may see them is the desk's to check, before it comes here."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, Response

from bot.counts.rows import as_csv
from bot.counts.week import Figures, Week, span_of
from bot.desk.week_book import WeekBook
from bot.errors import SetupError
from bot.web.desk.charts import Bar, Chart, bar_chart, stack_chart

PAGES = Path(__file__).parent / "pages"
MOST_TOPICS = 10


class Render(Protocol):
    """Fills a template of `pages/` in."""

    def __call__(self, request: Request, name: str, **values: Any) -> Response:
        ...


def add_figures(app: FastAPI, book: WeekBook, render: Render) -> None:
    """Add GET /figures?clinic=&week=&words=yes, GET /figures.csv?clinic=&week= and GET /figures.css.

    Where the counts cannot be read, the pages raise SetupError.
    """

    def page(request: Request) -> Response:
        clinic, week, problem = _asked(book, request.query_params)
        words = request.query_params.get("words") == "yes"
        return render(request, "figures.html", problem=problem, **page_values(book, week, clinic=clinic, words=words))

    def table(request: Request) -> Response:
        clinic, week, problem = _asked(book, request.query_params)
        if problem:
            raise HTTPException(404, problem)
        name = f"footnote-{week}-{clinic}.csv" if clinic else f"footnote-{week}.csv"
        return Response(as_csv(book.rows(week, clinic=clinic)), media_type="text/csv",
                        headers={"content-disposition": f'attachment; filename="{name}"'})

    def sheet() -> FileResponse:
        return FileResponse(PAGES / "figures.css", media_type="text/css")

    app.add_api_route("/figures", page, methods=["GET"], include_in_schema=False)
    app.add_api_route("/figures.csv", table, methods=["GET"], include_in_schema=False)
    app.add_api_route("/figures.css", sheet, methods=["GET"], include_in_schema=False)


def _asked(book: WeekBook, query: Mapping[str, str]) -> tuple[str | None, Week, str]:
    """(clinic or None for all, week, what is wrong with the question); what is wrong is left out."""
    clinic, week, problems = query.get("clinic") or None, Week.of(book.today()), []
    if clinic is not None and clinic not in book.clinics():
        problems.append(f"Nothing was counted of {clinic!r}; these are all clinics together.")
        clinic = None
    if query.get("week"):
        try:
            week = Week.parse(query["week"])
        except ValueError as error:
            problems.append(f"{error}; this is the current week.")
    return clinic, week, " ".join(problems)


def page_values(book: WeekBook, week: Week, *, clinic: str | None = None, words: bool = False) -> dict[str, Any]:
    """What figures.html shows.

    Raises:
        SetupError: the counts cannot be read.
    """
    now, before = (book.figures(which, clinic=clinic) for which in (week, week.before))
    weeks = book.weeks()
    try:
        themes, ungrouped = book.themes(week, clinic=clinic), None
    except SetupError as error:  # without the encoder nothing is grouped; the counts stand for themselves
        themes, ungrouped = [], str(error)
    return {
        "clinic": clinic, "clinics": book.clinics(), "week": week, "weeks": sorted({*weeks, week}, reverse=True),
        "so_far": week == weeks[0], "before": week.before if week > weeks[-1] else None,
        "after": week.after if week < weeks[0] else None, "counted": bool(now.turns or before.turns),
        "numbers": numbers(now, before), "charts": charts(book, now, before), "words": words, "ungrouped": ungrouped,
        "themes": [{"messages": theme.messages, "guess": book.name_of(theme.guess),
                    "nearest": book.name_of(theme.nearest) if theme.nearest else "", "words": theme.words if words else None}
                   for theme in themes],
    }


def numbers(now: Figures, before: Figures) -> list[tuple[str, str, str]]:
    """(name, this week, the week before) as texts."""
    def both(name: str, read: Callable[[Figures], str]) -> tuple[str, str, str]:
        return name, read(now), read(before)

    def within(share: float) -> Callable[[Figures], str]:
        return lambda figures: str(figures.response_within(share) or "–")

    def part(outcome: str) -> Callable[[Figures], str]:
        def read(figures: Figures) -> str:
            share = figures.share(outcome)
            return "–" if share is None else f"{figures.outcomes[outcome]:,} ({share:.0%})"
        return read

    def each(figures: Figures) -> str:
        return "–" if figures.turns_a_conversation is None else f"{figures.turns_a_conversation:.1f}"

    return [
        both("Conversations", lambda figures: f"{figures.conversations:,}"),
        both("Turns", lambda figures: f"{figures.turns:,}"),
        both("Turns a conversation", each),
        *(both(outcome.capitalize(), part(outcome)) for outcome in now.outcomes),
        both("Thumbs up, thumbs down", lambda figures: f"{figures.ratings['up']:,}, {figures.ratings['down']:,}"),
        both("Half of the replies came within (p50)", within(0.5)),
        both("19 in 20 came within (p95)", within(0.95)),
    ]


def charts(book: WeekBook, now: Figures, before: Figures) -> list[Chart]:
    """The page's charts; each shows nothing but what its own table says."""
    top = list(now.topics.items())[:MOST_TOPICS]
    marks = {str(now.response_within(share)): note for share, note in ((0.95, "p95"), (0.5, "p50"))}
    taken = [item for item in now.responses if now.responses[item] or before.responses[item]]
    return [
        stack_chart("days", "What came of the turns, by day (UTC)",
                    {f"{day:%a}": parts for day, parts in now.by_day.items()}, of="turns"),
        bar_chart("topics", "Top questions", [
            Bar(label=book.name_of(topic), now=count, before=before.topics.get(topic, 0)) for topic, count in top],
            of="question"),
        bar_chart("tiers", "Escalations by tier", [
            Bar(label=tier, now=count, before=before.tiers[tier]) for tier, count in now.tiers.items()],
            of="tier", label_width=92),
        bar_chart("refused", "Refused as", [
            Bar(label=kind.replace("_", " "), now=count, before=before.refused[kind])
            for kind, count in now.refused.items()],
            of="reason", label_width=104),
        bar_chart("ratings", "Ratings", [
            Bar(label=f"thumbs {rating}", now=count, before=before.ratings[rating])
            for rating, count in now.ratings.items()],
            of="rating", label_width=104),
        bar_chart("times", "Response time", [
            Bar(label=str(span_of(item)), now=now.responses[item], before=before.responses[item],
                note=marks.get(str(span_of(item)), "")) for item in taken], of="time", label_width=122),
    ]
