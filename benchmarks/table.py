"""From figures to medians, ratios and a Markdown table."""
from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table.

    Args:
        figure: its name in the figures.
        more_is_better: a rate, and not a cost.
    """

    figure: str
    label: str
    unit: str
    more_is_better: bool = False


@dataclass(frozen=True, kw_only=True)
class Spread:
    median: float
    least: float
    most: float


def rows(clients: int, early: int, late: int) -> list[Row]:
    """The table's lines, in order."""
    return [
        Row(figure="training_s", label="training", unit="s"),
        Row(figure="first_answer_s", label="start to first answer", unit="s"),
        Row(figure="p50_ms", label="message, 1 client, p50", unit="ms"),
        Row(figure="p95_ms", label="message, 1 client, p95", unit="ms"),
        Row(figure="p99_ms", label="message, 1 client, p99", unit="ms"),
        Row(figure="per_second_1", label="messages a second, 1 client", unit="/s", more_is_better=True),
        Row(figure="per_second_many", label=f"messages a second, {clients} clients", unit="/s", more_is_better=True),
        Row(figure="p95_many_ms", label=f"message, {clients} clients, p95", unit="ms"),
        Row(figure="early_ms", label=f"message at turn {early} of one conversation", unit="ms"),
        Row(figure="late_ms", label=f"message at turn {late} of one conversation", unit="ms"),
        Row(figure="growth", label=f"turn {late} against turn {early}", unit="times"),
        Row(figure="rss_mb", label="resident memory after the load, RSS", unit="MB"),
        Row(figure="pss_mb", label="resident memory after the load, PSS", unit="MB"),
        Row(figure="packages_mb", label="installed packages that serving loads", unit="MB"),
        Row(figure="models_mb", label="model files", unit="MB"),
    ]


def spreads(rounds: Sequence[Mapping[str, float]]) -> dict[str, Spread]:
    """Median, least and most of each figure over the rounds that have it; and the growth over a conversation."""
    grown = [
        {**figures, "growth": figures["late_ms"] / figures["early_ms"]} if "late_ms" in figures else figures
        for figures in rounds
    ]
    names = dict.fromkeys(name for figures in grown for name in figures)
    found = {name: [figures[name] for figures in grown if name in figures] for name in names}
    return {
        name: Spread(median=statistics.median(values), least=min(values), most=max(values))
        for name, values in found.items()
    }


def times_better(row: Row, stock: float, footnote: float) -> float | None:
    """How many times better Footnote does; below 1 it does worse. None where a side is zero.

    >>> times_better(Row(figure="p50_ms", label="", unit="ms"), 100.0, 20.0)
    5.0
    """
    over, under = (footnote, stock) if row.more_is_better else (stock, footnote)
    return over / under if under and over else None


def markdown(lines: Sequence[Row], stock: Mapping[str, Spread], footnote: Mapping[str, Spread]) -> str:
    """The table. Figures that a side lacks show as a dash."""
    out = ["| | stock Rasa | Footnote | Footnote does better by |", "|---|--:|--:|--:|"]
    for row in lines:
        left, right = stock.get(row.figure), footnote.get(row.figure)
        if left is None and right is None:
            continue
        ratio = times_better(row, left.median, right.median) if left and right else None
        better = "-" if ratio is None else f"{number(ratio)} times"
        out.append(f"| {row.label} | {_cell(left, row.unit)} | {_cell(right, row.unit)} | {better} |")
    return "\n".join(out)


def number(value: float) -> str:
    """As precise as such a measurement is, no more.

    >>> [number(value) for value in (0.1234, 9.876, 98.76, 1234.5)]
    ['0.12', '9.9', '99', '1,234']
    """
    if abs(value) < 1:
        return f"{value:.2f}"
    return f"{value:.1f}" if abs(value) < 9.95 else f"{value:,.0f}"


def _cell(spread: Spread | None, unit: str) -> str:
    if spread is None:
        return "-"
    middle, least, most = (number(value) for value in (spread.median, spread.least, spread.most))
    around = "" if least == most else f" ({least}-{most})"
    return f"{middle} {unit}{around}"
