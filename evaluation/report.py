"""The evaluation in words: tables for people, one mapping for machines."""
from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.figures import Figure, percentiles, wilson
from evaluation.play import Exchange
from evaluation.scoring import ERROR_SORTS, Score

CONFUSIONS = 15
GROUPS_A_TABLE = 5


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Everything that one run found out; `groups` is by file, `copies` is where messages stand in data/ too.

    `dialogues` is apart: the messages of evaluation/dialogues, which no floor is held against.
    """

    model: str
    overall: Score
    groups: Mapping[str, Score]
    exchanges: Sequence[Exchange]
    complaints: Sequence[str]
    copies: Sequence[str]
    dialogues: Score | None = None
    dialogue_exchanges: Sequence[Exchange] = ()

    @property
    def failures(self) -> list[str]:
        """Names of the messages that the engine gave no answer to."""
        return [exchange.name for exchange in (*self.exchanges, *self.dialogue_exchanges) if exchange.failed]


def evaluate_exchanges(exchanges: Sequence[Exchange]) -> tuple[Score, dict[str, Score]]:
    """(score over all, score of each file)."""
    overall, groups = Score(), {}
    for exchange in exchanges:
        for score in (overall, groups.setdefault(exchange.group, Score())):
            score.add(exchange.name, exchange.message, exchange.replies, exchange.standing_tier)
    return overall, groups


def as_json(found: Evaluation) -> dict[str, Any]:
    """The content of results/evaluation.json."""
    return {
        "model": found.model,
        "messages": len(found.exchanges),
        "overall": as_values(found.overall.figures()),
        "files": {name: as_values(score.figures()) for name, score in found.groups.items()},
        "dialogues": as_values(found.dialogues.figures()) if found.dialogues else None,
        "latency_ms": percentiles([exchange.milliseconds for exchange in found.exchanges]),
        "below_floor": list(found.complaints),
        "unanswered": found.failures,
        "also_in_data": list(found.copies),
        "matrix": [[want, got, times] for (want, got), times in sorted(found.overall.matrix.items())],
        "errors": {sort: found.overall.errors[sort] for sort in ERROR_SORTS if sort in found.overall.errors},
    }


def as_values(figures: Mapping[str, Figure]) -> dict[str, Any]:
    return {name: figure.as_dict() for name, figure in figures.items()}


def as_lines(found: Evaluation, *, errors: int = 0) -> Iterator[str]:
    """What is printed."""
    yield f"{found.model}: {len(found.exchanges)} messages of {len(found.groups)} files"
    yield ""
    yield from figure_lines("all files", found.overall.figures())
    yield from tables({name: score.figures() for name, score in found.groups.items()}, GROUPS_A_TABLE)
    if found.dialogues:
        yield ""
        yield from figure_lines(f"dialogues, {len(found.dialogue_exchanges)} turns", found.dialogues.figures())
    yield ""
    yield from _confusions(found.overall)
    if errors:
        yield from _errors(found.overall, errors)
    yield ""
    latency = percentiles([exchange.milliseconds for exchange in found.exchanges])
    if latency["p50"] is not None:
        yield f"latency of the engine: p50 {latency['p50']:.1f} ms, p95 {latency['p95']:.1f} ms"
    yield from closing_lines(found.copies, found.failures, found.complaints)


def closing_lines(copies: Sequence[str], failures: Sequence[str], complaints: Sequence[str]) -> Iterator[str]:
    """What is wrong with the run: messages that are not unseen, unanswered ones, floors that do not hold."""
    for place in copies:
        yield f"not unseen: {place}"
    for name in failures:
        yield f"no answer of the engine: {name}"
    for complaint in complaints:
        yield f"below the floor: {complaint}"


def figure_lines(title: str, figures: Mapping[str, Figure]) -> Iterator[str]:
    """A line for each figure that something was counted for."""
    yield f"{title:26} share   95 % interval    counted"
    for name, figure in figures.items():
        if figure.total:
            low, high = wilson(figure.part, figure.total)
            yield f"{name:26} {figure.share:.3f}   {low:.3f} to {high:.3f}   {figure.part}/{figure.total}"


def tables(files: Mapping[str, Mapping[str, Figure]], at_once: int) -> Iterator[str]:
    """The figures side by side, `at_once` files a table."""
    all_names = list(files)
    for start in range(0, len(all_names), at_once):
        names = all_names[start:start + at_once]
        yield ""
        width = max(18, *(len(name) + 2 for name in names))
        yield f"{'by file':24}" + "".join(f"{name:>{width}}" for name in names)
        for key in files[names[0]]:
            if any(files[name][key].total for name in names):
                yield f"{key:24}" + "".join(f"{_cell(files[name][key]):>{width}}" for name in names)


def _cell(figure: Figure) -> str:
    if not figure.total:
        return "-"
    low, high = wilson(figure.part, figure.total)
    return f"{figure.share:.2f} {low:.2f}-{high:.2f}"


def _confusions(score: Score) -> Iterator[str]:
    worst = score.worst_confusions()
    if not worst:
        yield "no confusions"
        return
    yield f"worst confusions ({min(CONFUSIONS, len(worst))} of {len(worst)})"
    for want, got, times in worst[:CONFUSIONS]:
        yield f"{times:4}  {want} -> {got}"


def _errors(score: Score, errors: int) -> Iterator[str]:
    for sort in ERROR_SORTS:
        if sort in score.errors:
            yield ""
            yield f"{sort}: {len(score.errors[sort])}"
            for error in score.errors[sort][:errors]:
                yield f"  {json.dumps(error, ensure_ascii=False)}"
