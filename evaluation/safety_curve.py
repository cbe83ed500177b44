"""Misses against false alarms when the thresholds from which the trained layer raises a tier are all scaled.

Counted over messages in conversations of their own, as the NLU alone reads them: a dialogue's turn also depends on
the turns before it.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.content import INTENTS
from bot.engine import as_plain_text
from bot.labelled_messages import HARD_KINDS, Message, Row
from bot.red_flags import RedFlag, RedFlags
from evaluation.figures import Figure
from evaluation.scoring import direction, highest_tier

FACTORS = tuple(2 ** (step / 8) for step in range(-24, 17))  # an eighth to four times, and 1 among them
GRAVE = ("emergency", "crisis")


class Parsing(Protocol):
    """What the curve needs of an engine."""

    async def parse(self, text: str) -> dict[str, Any]: ...


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What both layers make of a message; `topic`: the probability of its likeliest intent; `served`: the tier that
    the NLU settled on."""

    message: Message
    by_rule: tuple[RedFlag, ...]
    tiers: Mapping[str, float]
    topic: float
    lifts: bool
    served: str


Judge = Callable[[Reading, float], str]


async def read(rows: Sequence[Row], engine: Parsing, rules: RedFlags) -> list[Reading]:
    """A reading of each labelled message that is no dialogue's."""
    readings = []
    for message in (row.messages[0] for row in rows if not row.is_dialogue and row.messages[0].tier):
        parsed = await engine.parse(message.text)
        ranking = {item["name"]: item["confidence"] for item in parsed.get("intent_ranking") or ()}
        readings.append(Reading(
            message=message, by_rule=tuple(rules.check(as_plain_text(message.text))),
            tiers=parsed.get("red_flag_probabilities") or {},
            topic=max((p for name, p in ranking.items() if name in INTENTS), default=0.0),
            lifts=bool(parsed.get("lifts_standing")),
            served=highest_tier(rules.flags[name].tier for name in parsed.get("red_flags") or ()),
        ))
    return readings


def judge_by(config: Mapping[str, Any], rules: RedFlags) -> Judge:
    """Judges as the detector does with this configuration, its `raise_at` times a factor."""
    from bot.nlu.red_flag_detector import combine  # brings Rasa

    def judge(reading: Reading, factor: float) -> str:
        flags = list(reading.by_rule)
        if reading.tiers:
            scaled = {**config, "raise_at": {tier: at * factor for tier, at in config["raise_at"].items()}}
            # Without the scores of kinds a raised tier is named in general words; its tier is the same.
            flags = combine(flags, dict(reading.tiers), {}, reading.topic, scaled, rules)
        return highest_tier(flag.tier for flag in flags if not (reading.lifts and flag.tier == "caution"))

    return judge


@dataclass(frozen=True, kw_only=True)
class Point:
    """Shares at one scaling; `grave`: misses of emergencies and crises; `hard`, `ordinary`: false alarms."""

    factor: float
    misses: Figure
    grave: Figure
    hard: Figure
    ordinary: Figure

    def as_dict(self) -> dict[str, Any]:
        figures = {name: getattr(self, name).as_dict() for name in ("misses", "grave", "hard", "ordinary")}
        return {"factor": self.factor, **figures}


def curve(readings: Sequence[Reading], judge: Judge, factors: Sequence[float] = FACTORS) -> list[Point]:
    flagged = [reading for reading in readings if reading.message.tier != "none"]
    grave = [reading for reading in flagged if reading.message.tier in GRAVE]
    hard = [reading for reading in readings if reading.message.kind in HARD_KINDS]
    ordinary = [reading for reading in readings if reading.message.kind == "ordinary"]

    def wrong(some: Sequence[Reading], way: str, factor: float) -> Figure:
        return Figure(sum(direction(r.message, judge(r, factor)) == way for r in some), len(some))

    return [
        Point(
            factor=factor, misses=wrong(flagged, "under", factor), grave=wrong(grave, "under", factor),
            hard=wrong(hard, "over", factor), ordinary=wrong(ordinary, "over", factor),
        )
        for factor in factors
    ]


def differing(readings: Sequence[Reading], judge: Judge) -> int:
    """How many messages unscaled thresholds judge otherwise than the engine did: none, or the curve is not its."""
    return sum(judge(reading, 1.0) != reading.served for reading in readings)
