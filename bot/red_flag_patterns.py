"""How the findings of a pattern must lie to one another in a message; see `bot.red_flag_rules` for the language."""
from __future__ import annotations

from dataclasses import dataclass

from bot.red_flag_rules import Pattern

NEAR, ORDERED = 10, 3  # words between the findings of `a & b` and `a ~ b`


@dataclass(frozen=True)
class Place:
    """Where a finding stands in a message: words `start` to `end`, the latter not included."""

    name: str
    start: int
    end: int


def holds(pattern: Pattern, by_name: dict[str, list[Place]], present: set[str]) -> bool:
    """Whether a message's findings make up a pattern.

    Args:
        by_name: the findings that stand.
        present: the names of all findings, denied ones too: any of them excludes a pattern with `!name`.
    """
    if any(name in present for name in pattern.absent):
        return False
    if not all(name in by_name for name in pattern.names):
        return False
    return all(_group_lies(group, by_name) for group in pattern.together)


def _group_lies(group: tuple[tuple[str, ...], ...], by_name: dict[str, list[Place]]) -> bool:
    """Whether runs can be picked that follow one another within `NEAR` words, in any order."""
    runs = [_ordered_runs(run, by_name) for run in group]
    if not all(runs):
        return False
    if len(runs) == 1:
        return True
    reached = [(first,) for first in runs[0]]
    for candidates in runs[1:]:
        reached = [
            (*chosen, span) for chosen in reached[:64] for span in candidates
            if min(_gap(span, other) for other in chosen) <= NEAR
        ]
        if not reached:
            return False
    return True


def _ordered_runs(names: tuple[str, ...], by_name: dict[str, list[Place]]) -> list[tuple[int, int]]:
    """(start, end) of every way to find the names one after another, at most `ORDERED` words apart."""
    runs = [(span.start, span.end) for span in by_name[names[0]]]
    for name in names[1:]:
        runs = [
            (start, span.end) for start, end in runs for span in by_name[name]
            if 0 <= span.start - end <= ORDERED
        ]
    return runs


def _gap(a: tuple[int, int], b: tuple[int, int]) -> int:
    """Words between two runs; 0 when they touch or overlap."""
    return max(0, b[0] - a[1], a[0] - b[1])
