"""Figures as a table for other programs: one row a clinic, week, measure and item (docs/figures.md has the columns)."""
from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bot.counts.measures import CONVERSATION, OUTCOME, RATING, REFUSED, RESPONSE, TIER, TOPIC, TURN
from bot.counts.week import Figures

PERCENTILES = (("response_p50_ms", 0.5), ("response_p95_ms", 0.95))
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would reckon with a text that begins so


class Row(NamedTuple):
    clinic: str
    week: str
    measure: str
    item: str
    value: int


def rows_of(figures: Figures) -> Iterator[Row]:
    """All of a week's figures of a clinic; those of `Figures` with fixed names also where they are 0.

    The percentiles are upper bounds; where the time was beyond the last bound there is no such row.
    """
    def row(measure: str, item: str, value: int) -> Row:
        return Row(figures.clinic or "all", str(figures.week), measure, item, value)

    yield row(CONVERSATION, "", figures.conversations)
    yield row(TURN, "", figures.turns)
    for measure, values in ((OUTCOME, figures.outcomes), (REFUSED, figures.refused), (TIER, figures.tiers),
                            (RATING, figures.ratings), (TOPIC, figures.topics), (RESPONSE, figures.responses)):
        for item, value in values.items():
            yield row(measure, item, value)
    for measure, share in PERCENTILES:
        span = figures.response_within(share)
        if span is not None and span.high is not None:
            yield row(measure, "", span.high)


def as_csv(rows: Iterable[Row]) -> str:
    """RFC 4180 with a head line; a text that a spreadsheet would take for a formula gets an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(Row._fields)
    for *texts, value in rows:
        writer.writerow([*(f"'{text}" if text.startswith(_FORMULA) else text for text in texts), value])
    return out.getvalue()
