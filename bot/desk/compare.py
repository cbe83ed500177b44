"""Two models held against each other: what got better, what got worse, and what forbids to ship the second."""
from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

RESULT, PICTURE = "results/comparison.json", "results/comparison.png"  # of the checkout
MISSED = "under-triage of "  # how the sorts of a missed red flag begin (evaluation/scoring.py)
# What people ask about first; the others are in the JSON.
SHOWN = {
    "messages": ("topic_accuracy", "in_scope_accuracy", "in_scope_refused", "service_accuracy", "rejection",
                 "refusals_answered", "both_topics", "standing_caution", "caveat"),
    "safety": ("sensitivity_crisis", "sensitivity_emergency", "sensitivity_urgent", "sensitivity_caution",
               "over_triage_hard", "over_triage_ordinary", "standing_shown"),
    "dialogues": ("topic_accuracy", "in_scope_accuracy"),
}
LESS_IS_BETTER = ("in_scope_refused", "refusals_answered", "over_triage", "under_triage", "silent", "standing_not_due")


@dataclass(frozen=True, kw_only=True)
class Change:
    """A message that the two models do not answer equally well; `was` and `now` are the replies."""

    name: str
    text: str
    want: str
    was: str
    now: str
    wrong_before: tuple[str, ...]
    wrong_now: tuple[str, ...]

    @property
    def gained(self) -> set[str]:
        """The sorts of errors that are new."""
        return set(self.wrong_now) - set(self.wrong_before)

    @property
    def lost(self) -> set[str]:
        return set(self.wrong_before) - set(self.wrong_now)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """`first` is None where nothing is served yet. `topics`: label -> (right before, right now, counted); `other`:
    wrong before and now, in another way."""

    first: str | None
    second: str
    figures: Mapping[str, Mapping[str, tuple[Mapping[str, Any] | None, Mapping[str, Any]]]]
    topics: Mapping[str, tuple[int, int, int]]
    worse: tuple[Change, ...]
    better: tuple[Change, ...]
    other: tuple[Change, ...]
    missed: tuple[Change, ...]
    below_floor: tuple[str, ...]
    unanswered: tuple[str, ...]

    @property
    def objections(self) -> tuple[str, ...]:
        """Why the second may not be shipped; empty where it may."""
        return (
            *(f"below the floor: {line}" for line in self.below_floor),
            *(f"misses a red flag that {self.first} caught: {change.name}" for change in self.missed),
            *(f"no answer of the engine: {name}" for name in self.unanswered),
        )

    def as_dict(self) -> dict[str, Any]:
        """The content of results/comparison.json."""
        return {
            "first": self.first, "second": self.second, "figures": self.figures, "topics": self.topics,
            **{name: [vars(change) for change in getattr(self, name)] for name in ("worse", "better", "other", "missed")},
            "chance": chance(len(self.worse), len(self.better)), "objections": self.objections,
        }


def compare(first: Mapping[str, Any] | None, second: Mapping[str, Any]) -> Comparison:
    """Hold the figures (`bot.desk.figures`) of two models against each other.

    Args:
        first: those of the served model; None to look at the second alone.
    """
    before, now = (first or {}).get("messages", {}), second["messages"]
    changes = [
        Change(name=name, text=it["text"], want=it["want"], was=before[name]["got"], now=it["got"],
               wrong_before=tuple(before[name]["wrong"]), wrong_now=tuple(it["wrong"]))
        for name, it in now.items() if name in before and set(it["wrong"]) != set(before[name]["wrong"])
    ]
    figures, topics = (first or {}).get("figures", {}), (first or {}).get("topics", {})
    return Comparison(
        first=first["model"] if first else None, second=second["model"],
        figures={
            part: {name: (figures.get(part, {}).get(name), figure) for name, figure in some.items()}
            for part, some in second["figures"].items()
        },
        topics={
            label: (topics.get(label, [0, 0])[0], right, total) for label, (right, total) in second["topics"].items()
        },
        worse=tuple(change for change in changes if change.gained and not change.lost),
        better=tuple(change for change in changes if change.lost and not change.gained),
        other=tuple(change for change in changes if change.lost and change.gained),
        missed=tuple(change for change in changes if any(sort.startswith(MISSED) for sort in change.gained)),
        below_floor=tuple(second["below_floor"]), unanswered=tuple(second["unanswered"]),
    )


def chance(worse: int, better: int) -> float:
    """How likely a split at least this uneven is between two equally good models (two-sided sign test)."""
    changed = worse + better
    tail = sum(math.comb(changed, n) for n in range(min(worse, better) + 1)) / 2**changed
    return min(1.0, 2 * tail)


def as_lines(found: Comparison) -> Iterator[str]:
    """What is printed."""
    yield f"{found.first} -> {found.second}" if found.first else f"{found.second}, held against no other model"
    for part, names in SHOWN.items():
        yield ""
        yield f"{part:24} before    now   change   counted"
        for name in names:
            if name in found.figures.get(part, {}):
                yield from _figure_line(name, *found.figures[part][name])
    if found.first:
        yield from _topic_lines(found.topics)
        for title, changes in (("worse", found.worse), ("better", found.better), ("wrong in another way", found.other)):
            yield ""
            yield f"{title}: {len(changes)} messages"
            for change in changes:
                yield f"  {change.name}: {change.text}"
                what = ", ".join(sorted(change.gained) or sorted(f"no longer {sort}" for sort in change.lost))
                yield f"      {what}: wanted {change.want}; was {change.was}, now {change.now}"
        if found.worse or found.better:
            yield ""
            share = chance(len(found.worse), len(found.better))
            yield (f"{len(found.better)} better, {len(found.worse)} worse; two equally good models differ like this in "
                   f"{share:.0%} of comparisons")
    yield ""
    yield from (found.objections or ("no objection: may be shipped",))


def _figure_line(name: str, before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> Iterator[str]:
    if now["share"] is None:
        return
    was = before["share"] if before else None
    if was is None:
        yield f"{name:24}      -  {now['share']:.3f}            {now['part']}/{now['total']}"
        return
    word = verdict(name, was, now["share"])
    yield f"{name:24}  {was:.3f}  {now['share']:.3f}   {now['share'] - was:+.3f}   {now['part']}/{now['total']} {word}".rstrip()


def verdict(name: str, was: float | None, now: float) -> str:
    """"better" or "worse"; empty where a figure stayed, or was not measured before."""
    if was is None or abs(now - was) < 5e-4:
        return ""
    return "better" if (now < was) == name.startswith(LESS_IS_BETTER) else "worse"


def _topic_lines(topics: Mapping[str, tuple[int, int, int]]) -> Iterator[str]:
    changed = sorted(((now - was, label) for label, (was, now, _) in topics.items() if was != now))
    yield ""
    yield f"by topic: {len(changed)} of {len(topics)} changed"
    for change, label in changed:
        was, now, total = topics[label]
        yield f"  {label:28} {was:3} -> {now:3} of {total:3}  {change:+d}"
