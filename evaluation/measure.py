"""Measure one model for the desk: `python -m evaluation.measure MODEL.tar.gz OUT.json`.

All messages, dialogues and red flags of evaluation/ in one run, with what came of each message, so that two models
can be held against each other. It judges nothing: a model below a floor is written down like any other.
"""
from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.engine import Answering
from bot.labelled_messages import DIALOGUES, MESSAGES, SAFETY, Row, find_files, load_rows
from bot.settings import read_settings
from evaluation.command import exit_code
from evaluation.evaluate_safety import safety_floors
from evaluation.floors import below, load_floors
from evaluation.play import Exchange, Fallback, embedded_engine, play
from evaluation.report import as_values, evaluate_exchanges
from evaluation.safety_scoring import reminder_openings, score_rows
from evaluation.scoring import Score, label_of, reached_tier

FOLDERS = {"messages": MESSAGES, "dialogues": DIALOGUES, "safety": SAFETY}
ROWS_AT_ONCE = 200  # between two lines on how far it is


def main(arguments: Sequence[str] | None = None) -> int:
    model, out = (Path(argument) for argument in (sys.argv[1:] if arguments is None else arguments))

    def work() -> bool:
        rows = {name: load_rows(find_files(folder=folder)) for name, folder in FOLDERS.items()}
        load_floors(), safety_floors()  # complain before the work
        from bot.turn import default_house
        from bot.web.last_resort import LastResort

        house = default_house()
        with embedded_engine(read_settings(), model) as engine:
            found = measure(rows, engine, LastResort(house), openings=reminder_openings(house.content.voice))
        out.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
        return True

    return exit_code(work)


def measure(
    rows: Mapping[str, Sequence[Row]], engine: Answering, fallback: Fallback, *, openings: Sequence[str]
) -> dict[str, Any]:
    """Play the rows of each folder of `FOLDERS` and score them: see `bot.desk.figures` for what is in it."""
    exchanges = {name: _play(name, some, engine, fallback) for name, some in rows.items()}
    overall, _ = evaluate_exchanges(exchanges["messages"])
    safety, _ = score_rows(rows["safety"], exchanges["safety"], openings)
    not_shown = {f"safety/{said['id']}" for said in safety.not_shown}
    every = [(name, exchange) for name, some in exchanges.items() for exchange in some]
    return {
        "figures": {
            "messages": as_values(overall.figures()), "safety": as_values(safety.figures()),
            "dialogues": as_values(evaluate_exchanges(exchanges["dialogues"])[0].figures()),
        },
        "below_floor": [*below(load_floors(), overall.figures()), *below(safety_floors(), safety.figures())],
        "unanswered": [f"{name}/{exchange.name}" for name, exchange in every if exchange.failed],
        "topics": topics(overall.matrix),
        "messages": {
            (full := f"{name}/{exchange.name}"): outcome(exchange, not_shown=full in not_shown) for name, exchange in every
        },
    }


def _play(name: str, rows: Sequence[Row], engine: Answering, fallback: Fallback) -> list[Exchange]:
    exchanges: list[Exchange] = []
    for start in range(0, len(rows), ROWS_AT_ONCE):
        exchanges += asyncio.run(play(rows[start:start + ROWS_AT_ONCE], engine, fallback))
        print(f"{name} {min(start + ROWS_AT_ONCE, len(rows))}/{len(rows)}", flush=True)
    return exchanges


def topics(matrix: Counter[tuple[str, str]]) -> dict[str, list[int]]:
    """label -> [right, counted]."""
    totals: Counter[str] = Counter()
    for (want, _), times in matrix.items():
        totals[want] += times
    return {label: [matrix[label, label], total] for label, total in sorted(totals.items())}


def outcome(exchange: Exchange, *, not_shown: bool = False) -> dict[str, Any]:
    """What was expected of a message, what it got, and each way in which that is wrong (sorts of `scoring`).

    Args:
        not_shown: the words of the reply do not show a warning that stands (see `safety_scoring`).
    """
    message, score = exchange.message, Score()
    score.add(exchange.name, message, exchange.replies, exchange.standing_tier)
    flagged = message.tier not in (None, "none")
    want = [*filter(None, (message.topic, *message.topics)), *([message.tier] if flagged else [])]
    tier = reached_tier(exchange.replies)
    got = [label_of(reply) for reply in exchange.replies if reply["kind"] != "escalation"]
    return {
        "text": message.text, "want": " + ".join(want) or "no red flag",
        "got": " + ".join([*([tier] if tier != "none" else []), *got]),
        "wrong": [*score.errors, *(["standing warning not in the words"] if not_shown else [])],
    }


if __name__ == "__main__":
    sys.exit(main())
