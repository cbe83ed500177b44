"""A model's figures: models/<name>.figures.json, measured once for as long as what they depend on stays the same.

    model, sha256   which archive was measured
    conditions      digest of what else decides them: messages and floors, content, clinics, and the code that answers
    figures         {"messages" | "safety" | "dialogues": {id: {part, total, share, low, high}}}
    below_floor     a line for each floor that does not hold
    unanswered      names of messages that the engine did not answer
    topics          label -> [right, counted]
    messages        name -> {text, want, got, wrong}; `wrong` holds the sorts of errors, empty where all was right
"""
from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bot.errors import SetupError
from bot.model_record import beside, checksum, utc_now, write_json
from bot.settings import ROOT

CONDITIONS = ("evaluation", "content", "clinics", "actions", "bot")
APART = ("bot/counts", "bot/desk", "bot/inbox", "bot/web", "bot/widget", "bot/command_line.py", "bot/follower.py",
         "bot/releases.py", "bot/server_reports.py", "bot/start_model.py", "bot/model_record.py", "bot/training.py")  # these answer no message
SUFFIXES = (".py", ".yml", ".jsonl")
Tell = Callable[[str], None]


def conditions(root: Path = ROOT) -> str:
    digest = hashlib.sha256()
    apart = tuple(root / name for name in APART)
    for name in CONDITIONS:
        for path in sorted((root / name).rglob("*")):
            if path.suffix in SUFFIXES and not any(path == other or other in path.parents for other in apart):
                digest.update(f"{path.relative_to(root)}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def kept_figures(archive: Path, *, under: str | None = None) -> dict[str, Any] | None:
    """The figures of an archive; None where there are none of these bytes under these conditions."""
    try:
        found = json.loads(beside(archive, "figures").read_text(encoding="utf-8"))
        same = found["sha256"] == checksum(archive) and found["conditions"] == (under or conditions())
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if same else None


def figures_of(archive: Path, tell: Tell = print) -> dict[str, Any]:
    """The figures of an archive, measured first where they are not kept; that takes a minute or two.

    Raises:
        SetupError: it could not be measured.
    """
    under = conditions()
    found = kept_figures(archive, under=under)
    if found is None:
        tell(f"Measuring {archive.name} ...")
        found = {"model": archive.name, "sha256": checksum(archive), "conditions": under, "measured": utc_now(),
                 **_measure(archive, tell)}
        try:
            write_json(beside(archive, "figures"), found)
        except OSError as error:
            tell(f"{beside(archive, 'figures').name} cannot be kept: {error.strerror}; the next time measures anew")
    return found


def figures_of_both(
    first: Path | None, second: Path, tell: Tell = print
) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """`figures_of` two archives, at the same time where both must be measured."""
    with ThreadPoolExecutor(2) as pool:
        before, now = (pool.submit(figures_of, archive, tell) if archive else None for archive in (first, second))
        return before.result() if before else None, now.result()


def _measure(archive: Path, tell: Tell) -> dict[str, Any]:
    """In a process of its own: its memory goes with it, and a server that is asked to compare goes on answering."""
    with tempfile.TemporaryDirectory(prefix="footnote-measure-") as folder:
        out = Path(folder) / "figures.json"
        command = [sys.executable, "-m", "evaluation.measure", str(archive), str(out)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            said = []
            for line in process.stdout:
                said.append(line.rstrip())
                tell(f"  {archive.name}: {said[-1]}")
        if process.returncode != 0 or not out.is_file():
            raise SetupError(f"{archive.name} could not be measured: {said[-1] if said else 'no message'}")
        return json.loads(out.read_text(encoding="utf-8"))
