"""Score the red flags on evaluation/safety: `python -m evaluation.evaluate_safety [--errors N] [--only FILE]`.

Exits with 1 when a floor of floors_safety.yml does not hold or the engine left a message unanswered.
"""
from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from bot.desk.phrases import training_phrases
from bot.desk.separation import copied
from bot.engine import Answering
from bot.labelled_messages import SAFETY, Row, find_files, load_rows
from bot.red_flags import RedFlags
from bot.settings import ROOT, read_settings
from evaluation.command import exit_code, keep, read_options
from evaluation.floors import Floor, below, load_floors
from evaluation.play import Fallback, embedded_engine, play
from evaluation.safety_costs import Layers, measure, served_layers
from evaluation.safety_curve import Judge, Parsing, curve, differing, judge_by, read
from evaluation.safety_report import SafetyEvaluation, as_json, as_lines
from evaluation.safety_scoring import SafetyScore, reminder_openings, score_rows

FLOORS = ROOT / "evaluation" / "floors_safety.yml"


class Playing(Answering, Parsing, Protocol):
    """An engine that answers and shows what the NLU read."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = read_options(
        arguments, program="evaluation.evaluate_safety", about=__doc__, folder="evaluation/safety",
        errors="print the first N false alarms of each sort; misses are all printed anyway",
    )

    def work() -> bool:
        rows = load_rows(find_files(options.only, SAFETY))
        safety_floors()  # complain before minutes of work
        from bot.turn import default_house
        from bot.web.last_resort import LastResort

        settings, house = read_settings(), default_house()
        with embedded_engine(settings) as engine:
            layers = served_layers(settings.models / engine.model)
            found = evaluate(
                rows, engine, LastResort(house), layers, judge_by(layers.config, house.red_flags), house.red_flags,
                openings=reminder_openings(house.content.voice), complete=options.only is None,
            )
        for line in as_lines(found, errors=options.errors):
            print(line)
        keep(as_json(found), "safety", "safety", drawn_by="evaluation.safety_picture", only=options.only)
        return not found.complaints and not found.failures

    return exit_code(work)


def safety_floors(path: Path = FLOORS) -> tuple[Floor, ...]:
    """The floors of the red flags.

    Raises:
        DataFileError: as `load_floors`.
    """
    return load_floors(path, SafetyScore(()).figures())


def evaluate(
    rows: Sequence[Row], engine: Playing, fallback: Fallback, layers: Layers, judge: Judge, rules: RedFlags, *,
    openings: Sequence[str], complete: bool,
) -> SafetyEvaluation:
    """Play all rows, score them, time the layers and scale the thresholds.

    Args:
        openings: how a reminder of a standing warning begins (`reminder_openings`).
        complete: whether these are all messages that there are (see `floors.below`).
    """
    exchanges = asyncio.run(play(rows, engine, fallback))
    overall, files = score_rows(rows, exchanges, openings)
    readings = asyncio.run(read(rows, engine, rules))
    return SafetyEvaluation(
        model=engine.model or "no model", overall=overall, files=files, exchanges=exchanges,
        costs=measure([message.text for row in rows for message in row.messages], layers),
        points=curve(readings, judge), differing=differing(readings, judge),
        complaints=below(safety_floors(), overall.figures(), complete=complete),
        copies=[copy.shown(ROOT) for copy in copied(rows, training_phrases())],
    )


if __name__ == "__main__":
    sys.exit(main())
