"""`python -m benchmarks.understanding --stock-model FILE.tar.gz`: who understands more, Footnote or stock Rasa?

Both have learned from data/nlu as it stands; both get every message of evaluation/messages that asks one thing and
reports no red flag, alone, and are scored by the same rules. `python -m benchmarks.bench --train-stock FILE.tar.gz`
makes stock Rasa's model (an hour or more).
"""
from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchmarkError
from benchmarks.stock_project import PHRASES, ROOT, digest_of, read_training, stock_environment
from bot.errors import FootnoteError
from bot.labelled_messages import Row, find_files, load_rows
from bot.settings import read_settings
from evaluation.figures import Figure
from evaluation.play import embedded_engine, play
from evaluation.scoring import Score

SHOWN = ("in_scope_accuracy", "topic_accuracy", "service_accuracy", "in_scope_refused", "refusals_answered")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.understanding", description=__doc__)
    parser.add_argument("--stock-model", type=Path, required=True, metavar="FILE.tar.gz")
    options = parser.parse_args(arguments)
    try:
        print("\n".join(lines_of(compare(options.stock_model.resolve()))))
    except (BenchmarkError, FootnoteError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    return 0


def compare(stock_model: Path) -> dict[str, dict[str, Figure]]:
    """Figures of `evaluation.scoring` for stock Rasa and for Footnote.

    Raises:
        BenchmarkError: stock's model is missing, was not trained to the end or on other phrases.
    """
    training = read_training(stock_model)
    if not training.is_whole or training.phrases != digest_of(PHRASES):
        raise BenchmarkError(
            f"{stock_model.name} was not trained to the end on data/nlu as it stands; make it anew with "
            f"python -m benchmarks.bench --train-stock {stock_model.name}"
        )
    rows = plain_questions(load_rows(find_files()))
    return {"stock": _stock(stock_model, rows), "footnote": _footnote(rows)}


def plain_questions(rows: Sequence[Row]) -> list[Row]:
    """Each message that asks one thing and reports no red flag, in a conversation of its own; its tier is not scored."""
    return [
        replace(row, id=f"{row.id}.{number}", messages=(replace(message, tier=None),))
        for row in rows if len(row.messages) == 1
        for number, message in enumerate(row.messages) if message.topic and message.tier in (None, "none")
    ]


def _stock(model: Path, rows: Sequence[Row]) -> dict[str, Figure]:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.stock_intents", str(model)], cwd=ROOT, env=stock_environment(), check=False,
        input=json.dumps([row.messages[0].text for row in rows]), capture_output=True, text=True,
    )
    if run.returncode != 0:
        raise BenchmarkError(f"stock Rasa could not read the messages: {run.stderr.strip().splitlines()[-1:]}")
    score = Score()
    for row, intent in zip(rows, json.loads(run.stdout.splitlines()[-1])):
        score.add(row.id, row.messages[0], [as_reply(intent)], None)
    return score.figures()


def as_reply(intent: str) -> dict[str, Any]:
    """The reply that a bot with this intent's answer would give: what `evaluation.scoring` reads."""
    from bot.content import TOPICS

    if intent in TOPICS:
        return {"kind": "answer", "topic": intent, "caveat": "not compared"}
    if intent.startswith("smalltalk_"):
        return {"kind": "smalltalk", "topic": intent.removeprefix("smalltalk_")}
    return {"kind": "clarify" if intent == "nlu_fallback" else intent}


def _footnote(rows: Sequence[Row]) -> dict[str, Figure]:
    from bot.turn import default_house
    from bot.web.last_resort import LastResort

    score = Score()
    with embedded_engine(read_settings()) as engine:
        for exchange in asyncio.run(play(rows, engine, LastResort(default_house()))):
            score.add(exchange.name, exchange.message, exchange.replies, exchange.standing_tier)
    return score.figures()


def lines_of(found: dict[str, dict[str, Figure]]) -> list[str]:
    """A table in Markdown; the difference in percentage points."""
    lines = ["| | stock Rasa | Footnote | points |", "|---|--:|--:|--:|"]
    for name in SHOWN:
        stock, ours = found["stock"][name], found["footnote"][name]
        points = 100 * ((ours.share or 0.0) - (stock.share or 0.0))
        lines.append(
            f"| {name} | {stock.share or 0.0:.3f} ({stock.part}/{stock.total}) "
            f"| {ours.share or 0.0:.3f} ({ours.part}/{ours.total}) | {points:+.1f} |")
    return lines


if __name__ == "__main__":
    sys.exit(main())
