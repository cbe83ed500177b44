"""`python -m benchmarks.bench`: Footnote beside stock Rasa, in one run on this machine.

Both learn from data/nlu as it stands, both are served as their users serve them, and both get the same
messages. The rounds alternate (stock, Footnote, stock, Footnote, ...), one service up at a time, each round with
a fresh start; figures are medians over the rounds, least and most in brackets. The table goes to standard
output, everything measured to results/bench.json.

Stock Rasa trains for an hour or more; `--train-stock FILE.tar.gz` does that alone and once, and
`--stock-model FILE.tar.gz` reuses it.
"""
from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks import stock_project, table
from benchmarks.errors import BenchmarkError
from benchmarks.footnote_service import check_unchanged, footnote_service, prepare_footnote, train_footnote
from benchmarks.measure import QUICK, Plan, measure_round, measure_sizes
from benchmarks.messages import read_messages
from benchmarks.service import Service
from benchmarks.sizes import cpu_percent_of_others
from benchmarks.stock_service import stock_service

ROOT = Path(__file__).resolve().parent.parent
BUSY_PERCENT = 10.0  # of all cores, by others; beyond it the table says so


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    plan = QUICK if options.quick else Plan()
    try:
        with tempfile.TemporaryDirectory(prefix="footnote-bench-") as name:
            if options.train_stock:
                _train_stock(Path(name), options.train_stock.resolve(), plan)
                return 0
            report = run(Path(name), plan, options.stock_model and options.stock_model.resolve())
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("benchmarks: interrupted; everything that was started has been stopped", file=sys.stderr)
        return 130
    print("\n".join([report["table"], "", *(f"- {note}" for note in report["notes"])]))
    _say(f"Everything measured stands in {options.out}")
    return 0


def run(folder: Path, plan: Plan, stock_model: Path | None) -> dict[str, Any]:
    """Prepares, measures and sums up; leaves nothing running.

    Raises:
        BenchmarkError: see its text.
    """
    messages = read_messages(ROOT)
    began, busy = time.strftime("%Y-%m-%d %H:%M"), [cpu_percent_of_others()]
    stock, training = _prepare_stock(folder, plan, stock_model)
    footnote, footnote_seconds = _prepare_footnote(folder)
    services = {"stock": stock, "footnote": footnote}
    rounds: dict[str, list[dict[str, float]]] = {
        # A training cut short may be served, but its time compares with nothing.
        "stock": [{"training_s": training.seconds}] if training.is_whole else [],
        "footnote": [{"training_s": footnote_seconds}],
    }
    packages = {}
    for name, service in services.items():
        _say(f"{name}: a first start, to fill the page cache and see what it loads ...")
        sizes, packages[name] = measure_sizes(service, folder)
        check_unchanged(folder / "footnote")
        rounds[name].append(sizes)
    for number in range(plan.rounds):
        for name, service in services.items():
            _say(f"{name}: round {number + 1} of {plan.rounds} ...")
            busy.append(cpu_percent_of_others())
            rounds[name].append(measure_round(service, plan, messages, number, folder))
            check_unchanged(folder / "footnote")
    lines = table.rows(plan.clients, plan.early, plan.late)
    spreads = {name: table.spreads(figures) for name, figures in rounds.items()}
    return {
        "began": began, "ended": time.strftime("%Y-%m-%d %H:%M"), "machine": _machine(),
        "plan": asdict(plan), "stock_training": asdict(training), "others_cpu_percent": busy,
        "medians": {name: {key: asdict(value) for key, value in found.items()} for name, found in spreads.items()},
        "times_better": {
            row.figure: table.times_better(row, *(spreads[name][row.figure].median for name in services))
            for row in lines if all(row.figure in found for found in spreads.values())
        },
        "rounds": rounds, "packages_bytes": packages,
        "table": table.markdown(lines, spreads["stock"], spreads["footnote"]),
        "notes": _notes(plan, training, kept=stock_model is not None, busy=busy, rounds=rounds),
    }


def _prepare_stock(
    folder: Path, plan: Plan, kept: Path | None,
) -> tuple[Service, stock_project.Training]:
    project = folder / "stock"
    project.mkdir()
    stock_project.write_stock_project(project, plan.epochs)
    if kept is not None:
        return stock_service(project, kept), stock_project.read_training(kept)
    _say(f"stock: training, {plan.epochs} epochs ...")
    model = folder / "stock_model.tar.gz"
    training = stock_project.train_stock(project, model, plan.epochs)
    return stock_service(project, model), training


def _prepare_footnote(folder: Path) -> tuple[Service, float]:
    _say("footnote: training ...")
    own = folder / "footnote"
    own.mkdir()
    prepare_footnote(own)
    seconds = train_footnote(own)
    return footnote_service(own), seconds


def _train_stock(folder: Path, model: Path, plan: Plan) -> None:
    project = folder / "stock"
    project.mkdir()
    stock_project.write_stock_project(project, plan.epochs)
    _say(f"stock: training, {plan.epochs} epochs ...")
    training = stock_project.train_stock(project, model, plan.epochs)
    _say(f"Trained {model} in {training.seconds:g} s")


def _notes(
    plan: Plan, training: stock_project.Training, *, kept: bool, busy: Sequence[float],
    rounds: dict[str, list[dict[str, float]]],
) -> list[str]:
    """What a reader must know to judge the table."""
    notes = [
        "Stock Rasa is `rasa init`'s default pipeline and policies over the same phrases, `rasa run` and `rasa run "
        "actions`, one custom action. There are no stories, so TED and UnexpecTED have nothing to learn or predict.",
        "Stock Rasa keeps conversations in memory; Footnote writes every turn to SQLite on disk, checks red flags and "
        "limits what comes in.",
    ]
    if not training.is_whole:
        notes.append(
            f"Stock Rasa's epochs were {training.epochs}, not {stock_project.DEFAULT_EPOCHS}: its training time is "
            "left out. The network that serves is of the same size."
        )
    elif kept:
        notes.append(f"Stock Rasa's training was measured earlier, on {training.on}.")
    if training.phrases != stock_project.digest_of(stock_project.PHRASES):
        notes.append("The phrases have changed since stock Rasa was trained.")
    if plan.rounds < 3:
        notes.append("A quick run: it shows that the benchmark works, not how fast anything is.")
    if max(busy) > BUSY_PERCENT:
        notes.append(f"The machine was busy: others used up to {max(busy):.0f} % of its processors between the rounds.")
    for name, found in rounds.items():
        unanswered = sum(figures.get("unanswered", 0.0) for figures in found)
        if unanswered:
            notes.append(f"{name} left {unanswered:.0f} messages unanswered.")
    return notes


def _machine() -> dict[str, Any]:
    return {
        "system": platform.platform(), "processors": os.cpu_count(), "python": platform.python_version(),
        "rasa": metadata.version("rasa"), "tensorflow": metadata.version("tensorflow"),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description="Footnote beside stock Rasa.")
    parser.add_argument("--quick", action="store_true", help="few epochs and messages: only to see that it works")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "bench.json", help="where the JSON goes")
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--stock-model", type=Path, metavar="FILE.tar.gz", help="a stock model kept by --train-stock")
    either.add_argument("--train-stock", type=Path, metavar="FILE.tar.gz", help="train the stock model, keep it, stop")
    return parser


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
