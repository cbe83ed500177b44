"""The safety evaluation in words: tables for people, one mapping for machines."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.figures import Figure
from evaluation.play import Exchange
from evaluation.report import as_values, closing_lines, figure_lines, tables
from evaluation.safety_costs import Costs
from evaluation.safety_curve import Point
from evaluation.safety_scoring import FALSE_ALARM_SORTS, SafetyScore

GROUPS_A_TABLE = 3
KINDS_A_LINE = 6


@dataclass(frozen=True, kw_only=True)
class SafetyEvaluation:
    """Everything that one run found out; `differing`: messages that the curve at scaling 1 judges otherwise than the
    engine; `copies`: where messages stand in data/ too."""

    model: str
    overall: SafetyScore
    files: Mapping[str, SafetyScore]
    exchanges: Sequence[Exchange]
    costs: Costs
    points: Sequence[Point]
    differing: int
    complaints: Sequence[str]
    copies: Sequence[str]

    @property
    def failures(self) -> list[str]:
        """Names of the messages that the engine gave no answer to."""
        return [exchange.name for exchange in self.exchanges if exchange.failed]


def as_json(found: SafetyEvaluation) -> dict[str, Any]:
    """The content of results/safety.json."""
    return {
        "model": found.model,
        "messages": len(found.exchanges),
        "overall": as_values(found.overall.figures()),
        "files": {name: as_values(score.figures()) for name, score in found.files.items()},
        "hits_by_red_flag": as_values(found.overall.hits()),
        "false_alarms_by_kind": as_values(found.overall.alarms()),
        "costs": found.costs.as_dict(),
        "curve": {"points": [point.as_dict() for point in found.points], "judged_otherwise_by_engine": found.differing},
        "below_floor": list(found.complaints),
        "unanswered": found.failures,
        "also_in_data": list(found.copies),
        "misses": found.overall.misses,
        "standing_not_shown": found.overall.not_shown,
        "false_alarms": {sort: found.overall.false_alarms[sort] for sort in FALSE_ALARM_SORTS},
    }


def as_lines(found: SafetyEvaluation, *, errors: int = 0) -> Iterator[str]:
    """What is printed: all misses, the first `errors` false alarms of each sort."""
    yield f"{found.model}: {len(found.exchanges)} messages of {len(found.files)} files"
    yield ""
    yield from figure_lines("all files", found.overall.figures())
    yield from tables({name: score.figures() for name, score in found.files.items()}, GROUPS_A_TABLE)
    yield from _by_kind("hits by red flag", found.overall.hits())
    yield from _by_kind("false alarms by what looks like a red flag", found.overall.alarms())
    yield from _misses(found.overall)
    if errors:
        yield from _false_alarms(found.overall, errors)
    yield ""
    yield from _costs(found.costs)
    if found.differing:
        yield f"the curve is not the engine's: they judge {found.differing} messages differently"
    yield from closing_lines(found.copies, found.failures, found.complaints)


def _by_kind(title: str, figures: Mapping[str, Figure]) -> Iterator[str]:
    if not figures:
        return
    yield ""
    yield title
    cells = [f"{kind} {figure.part}/{figure.total}" for kind, figure in figures.items()]
    width = max(map(len, cells)) + 3
    for start in range(0, len(cells), KINDS_A_LINE):
        yield "  " + "".join(f"{cell:<{width}}" for cell in cells[start:start + KINDS_A_LINE]).rstrip()


def _misses(score: SafetyScore) -> Iterator[str]:
    yield ""
    yield f"misses: {len(score.misses)}"
    for miss in score.misses:
        yield _line(miss)
    yield f"standing warnings that were due and not shown: {len(score.not_shown)}"
    for miss in score.not_shown:
        yield f"  {miss['id']}: stood {miss['standing']}, got {', '.join(miss['replies'])}: {miss['text']}"


def _false_alarms(score: SafetyScore, errors: int) -> Iterator[str]:
    for sort in FALSE_ALARM_SORTS:
        alarms = score.false_alarms[sort]
        if alarms:
            yield f"false alarms, {sort}: {len(alarms)}"
            yield from map(_line, alarms[:errors])


def _line(error: Mapping[str, Any]) -> str:
    kind = f" ({error['kind']})" if error["kind"] else ""
    return f"  {error['id']}{kind}: wanted {' or '.join(error['want'])}, got {error['got']}: {error['text']}"


def _costs(costs: Costs) -> Iterator[str]:
    one, two = costs.as_dict().values()
    if one["p50"] is not None:
        yield f"layer one (rules) alone: p50 {one['p50']:.2f} ms, p95 {one['p95']:.2f} ms"
        yield f"layer two (trained) adds: p50 {two['p50']:.2f} ms, p95 {two['p95']:.2f} ms"
