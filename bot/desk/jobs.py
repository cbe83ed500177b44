"""Long work at the desk's page: verbs of the command line, one at a time, each in processes of its own.

A job goes on when nobody watches it, and ends with the desk, however that ends (`bot.desk.tied`). What it said and how
it ended is kept in the desk's store.
"""
from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.desk.audit import Audit
from bot.desk.store import DeskStore
from bot.errors import FootnoteError
from bot.settings import ROOT

MOST_LINES, LONGEST_LINE = 2_000, 400  # characters
KEPT = 50  # jobs
ENDING_SECONDS = 15.0
KINDS = {"train": "Train a model", "compare": "Compare models", "ship": "Ship a model", "rollback": "Take the model back"}
_NOTED = {"train": "trained", "compare": "compared"}  # shipping writes into the audit log by itself


class JobRefused(FootnoteError):
    """A job cannot be started now."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """`ended` None: it runs; `code` None then, and where the desk was killed meanwhile. Times in seconds since 1970."""

    number: int
    kind: str
    model: str
    by: str
    began: float
    ended: float | None = None
    code: int | None = None
    lines: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return KINDS[self.kind]

    @property
    def state(self) -> str:
        """One of running, done, objections (a comparison that speaks against shipping), failed, cut off."""
        if self.ended is None:
            return "running"
        if self.code is None:
            return "cut off"
        if self.code == 0:
            return "done"
        compared = self.kind == "compare" and any(line.startswith("written: ") for line in self.lines)
        return "objections" if compared else "failed"


def cli_command(
    kind: str, *, by: str, model: str = "", against: str = "", reason: str = "", force: bool = False
) -> list[str]:
    """The command line of a kind of job.

    Args:
        model: an archive's name: what is compared or shipped.
        against: the one that is served; none: the model is looked at alone.
        by, reason: stand behind their option's "=", so that they pass for no option.
    """
    if kind == "train":
        return [sys.executable, "-m", "bot", "train"]
    desk = [sys.executable, "-m", "bot", "desk", kind]
    if kind == "compare":
        return [*desk, against or model, model]
    told = [f"--by={by}", *([f"--reason={reason}"] if reason else []), *(["--force"] if force else [])]
    return [*desk, model, *told] if kind == "ship" else [*desk, *told]


class Jobs:
    """Starts and watches jobs.

    Args:
        root: where commands run.
        clock: seconds since 1970.
    """

    def __init__(self, store: DeskStore, audit: Audit, *, root: Path = ROOT, clock: Callable[[], float] = time.time) -> None:
        self._store, self._audit, self._root, self._clock = store, audit, root, clock
        self._lock = threading.Lock()
        self._running: Job | None = None
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None

    def clear(self) -> None:
        """At the desk's start: what seems to run was cut off with the desk before."""
        with self._store.writing() as connection:
            connection.execute("UPDATE jobs SET ended = began WHERE ended IS NULL")
            connection.execute("DELETE FROM jobs WHERE number <= (SELECT max(number) FROM jobs) - ?", (KEPT,))

    def start(self, kind: str, command: Sequence[str], *, by: str, model: str = "") -> Job:
        """Raises:
            JobRefused: another one runs, or the command cannot be started.
        """
        with self._lock:
            if self._running is not None:
                raise JobRefused(f"one at a time: {self._running.by} has started “{self._running.title}”, which still runs")
            began = self._clock()
            with self._store.writing() as connection:
                number = connection.execute("INSERT INTO jobs (kind, model, by, began) VALUES (?, ?, ?, ?)",
                                            (kind, model, by, began)).lastrowid
            job = Job(number=number or 0, kind=kind, model=model, by=by, began=began)
            self._lines.clear()
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "bot.desk.tied", *command], cwd=self._root, text=True, errors="replace",
                    env={**os.environ, "PYTHONUNBUFFERED": "1"}, start_new_session=True,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            except OSError as error:
                self._keep(job, None)
                raise JobRefused(f"“{job.title}” cannot be started: {error.strerror}") from None
            self._running = job
            self._thread = threading.Thread(target=self._watch, args=(job, self._process), name="footnote-job", daemon=True)
            self._thread.start()
        return job

    def running(self) -> Job | None:
        with self._lock:
            return self._running and replace(self._running, lines=tuple(self._lines))

    def job(self, number: int) -> Job | None:
        """A job with what it has said; None: there is none."""
        running = self.running()
        if running is not None and running.number == number:
            return running
        rows = self._store.rows("SELECT number, kind, model, by, began, ended, code, lines FROM jobs WHERE number = ?",
                                (number,))
        job = _job(rows[0]) if rows else None
        # Its end could not be written down: the disk was full.
        return replace(job, ended=job.began) if job is not None and job.ended is None else job

    def latest(self, most: int) -> list[Job]:
        """The newest first, without what those that have ended said."""
        rows = self._store.rows("SELECT number, kind, model, by, began, ended, code, "
                                "CASE WHEN kind = 'compare' THEN substr(lines, -200) ELSE '' END "
                                "FROM jobs ORDER BY number DESC LIMIT ?", (most,))
        return [_job(row) for row in rows]

    def stop(self) -> None:
        """End the job that runs, if one does; returns once it has ended."""
        with self._lock:
            process, thread = self._process, self._thread
        if process is not None and thread is not None and process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
            thread.join(ENDING_SECONDS)

    def _watch(self, job: Job, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process:
            for line in process.stdout:
                with self._lock:
                    self._lines.append(line.rstrip()[:LONGEST_LINE])
        code = process.returncode
        with self._lock:
            try:
                self._keep(job, code)
                if job.kind in _NOTED:
                    done = replace(job, ended=job.began, code=code, lines=tuple(self._lines))
                    self._audit.note(job.by, _NOTED[job.kind], f"{job.model} {done.state}".strip())
            finally:
                self._running = self._process = self._thread = None

    def _keep(self, job: Job, code: int | None) -> None:
        with self._store.writing() as connection:
            connection.execute("UPDATE jobs SET ended = ?, code = ?, lines = ? WHERE number = ?",
                               (self._clock(), code, "\n".join(self._lines), job.number))


def _job(row: Sequence) -> Job:
    number, kind, model, by, began, ended, code, lines = row
    return Job(number=number, kind=kind, model=model, by=by, began=began, ended=ended, code=code,
               lines=tuple(lines.split("\n")) if lines else ())
