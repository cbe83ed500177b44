"""What each running server says of the model that it serves: models/servers/<name>.json, one file a process.

So whoever ships is told whether the servers took the model, and training spares the archives that are in use.
"""
from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from bot.model_record import write_json

log = logging.getLogger(__name__)
FOLDER = "servers"
BEAT_EVERY, DEAD_AFTER = 5.0, 20.0  # seconds; the file's date is the heartbeat


@dataclass(frozen=True, kw_only=True)
class Report:
    """`state`: serving, loading or refused; `number`: the entry of models/served.json that it is about; `message`:
    why refused; `seconds`: from seeing the entry on; `at`: an ISO time in UTC."""

    server: str
    state: str
    model: str | None
    number: int
    message: str = ""
    seconds: float = 0.0
    at: str = ""


class ReportFile:
    """This process's own."""

    def __init__(self, models: Path) -> None:
        self._path = models / FOLDER / f"{socket.gethostname()}-{os.getpid()}.json"
        self._beaten = time.monotonic()

    @property
    def server(self) -> str:
        return self._path.stem

    def write(self, report: Report) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_json(self._path, asdict(report))
        except OSError as error:  # a folder that may not be written: serving does not depend on it
            log.warning("%s cannot be written: %s", self._path, error.strerror)

    def beat(self) -> None:
        """Say that the process is alive, if that is due."""
        if time.monotonic() - self._beaten >= BEAT_EVERY:
            self._beaten = time.monotonic()
            with contextlib.suppress(OSError):
                os.utime(self._path)

    def remove(self) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def live_reports(models: Path) -> list[Report]:
    """What the servers that are alive say."""
    reports = []
    for path in sorted((models / FOLDER).glob("*.json")):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # it ends just now
            if time.time() - path.stat().st_mtime <= DEAD_AFTER and not _has_ended(path.stem):
                values = json.loads(path.read_text(encoding="utf-8"))
                reports.append(Report(**{field.name: values[field.name] for field in fields(Report)}))
    return reports


def _has_ended(server: str) -> bool:
    """Whether a process of this machine is gone; one that was killed leaves its file."""
    host, _, process = server.rpartition("-")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:  # another user's
        return False
    return False
