"""The audit log: who did what at the desk and when. It only grows, and never holds a visitor's words."""
from __future__ import annotations

import contextlib
import csv
import datetime as dt
import getpass
import io
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bot.desk.store import DeskStore
from bot.releases import Release, read_releases
from bot.settings import Settings

ACTIONS = (
    "signed in", "failed sign-in", "signed out", "filed", "filed for evaluation", "dropped", "trained", "compared",
    "shipped", "shipped by force", "rolled back", "taken back", "stopped a job",
    "user added", "user removed", "password changed",
)
_OF_RELEASE = {"ship": "shipped", "rollback": "rolled back", "taken back": "taken back"}
COLUMNS = ("number", "when", "who", "what", "detail")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would calculate


@dataclass(frozen=True, kw_only=True)
class Entry:
    """`at` in seconds since 1970; `who` is empty where nobody known tried to sign in."""

    number: int
    at: float
    who: str
    what: str
    detail: str

    @property
    def when(self) -> str:
        return dt.datetime.fromtimestamp(self.at, dt.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


class Audit:
    """The log in the desk's store."""

    def __init__(self, store: DeskStore, *, clock: Callable[[], float] = time.time) -> None:
        self._store, self._clock = store, clock

    def note(self, who: str, what: str, detail: str = "") -> None:
        """Write an entry down.

        Args:
            what: one of `ACTIONS`.
            detail: ids and names of files only.
        """
        if what not in ACTIONS:
            raise ValueError(f"{what!r} is no action of the audit log")
        with self._store.writing() as connection:
            connection.execute("INSERT INTO audit (at, who, what, detail) VALUES (?, ?, ?, ?)",
                               (self._clock(), who, what, detail))

    def ready(self) -> None:
        """Before something is done that must be noted: a log that cannot be had is told first.

        Raises:
            SetupError, sqlite3.Error: it cannot be had.
        """
        self._store.rows("SELECT 1 FROM audit LIMIT 1")

    def entries(self, *, most: int = -1, before: int | None = None) -> list[Entry]:
        """The newest first.

        Args:
            most: how many; -1 for all.
            before: only those with a smaller number.
        """
        rows = self._store.rows(
            "SELECT number, at, who, what, detail FROM audit WHERE ? IS NULL OR number < ? ORDER BY number DESC LIMIT ?",
            (before, before, most))
        return [Entry(number=number, at=at, who=who, what=what, detail=detail) for number, at, who, what, detail in rows]


def as_csv(entries: Iterable[Entry]) -> str:
    """With a line of `COLUMNS`; times in UTC. No cell is a formula to a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for entry in entries:
        writer.writerow([entry.number, *map(_as_text, (entry.when, entry.who, entry.what, entry.detail))])
    return out.getvalue()


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def os_user() -> str:
    """Who runs this process, for what is done on a command line."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's number without a name
        return f"user {os.getuid()}"


@contextlib.contextmanager
def opened_audit(settings: Settings) -> Iterator[Audit]:
    store = DeskStore(settings.desk_database)
    try:
        yield Audit(store)
    finally:
        store.close()


@contextlib.contextmanager
def noting_releases(settings: Settings, by: str) -> Iterator[None]:
    """Notes what somebody writes into the book of served models meanwhile, also where it ends in an error: a model that
    a server refused was shipped all the same, and taken back."""
    with opened_audit(settings) as audit:
        audit.ready()
        before = read_releases(settings.models).number
        try:
            yield
        finally:
            for entry in read_releases(settings.models).entries:
                if entry.number > before and entry.by == by and entry.action in _OF_RELEASE:
                    audit.note(by, *_words_of(entry))


def _words_of(entry: Release) -> tuple[str, str]:
    what = "shipped by force" if entry.forced_over else _OF_RELEASE[entry.action]
    return what, f"{entry.model}: {entry.reason}" if entry.reason else entry.model
