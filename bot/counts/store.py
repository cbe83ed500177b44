"""The file of counts, var/counts.sqlite3: one table, (clinic, day, measure, item) -> value.

A file of its own beside the conversations': it is kept for two years where conversations are kept for days, may be copied
or handed on since nobody's words are in it, and whoever writes it keeps no message waiting. It is opened for each writing,
every few seconds, so that nothing stays open or locked in between, and without write-ahead logging, so that it is one file.
"""
from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bot.errors import SetupError

KEEP_DAYS = 731  # two years
BUSY_SECONDS = 2.0  # how long to wait for another process that writes
_SCHEMA = """
CREATE TABLE IF NOT EXISTS counts (
    clinic TEXT NOT NULL, day TEXT NOT NULL, measure TEXT NOT NULL, item TEXT NOT NULL, value INTEGER NOT NULL,
    PRIMARY KEY (clinic, day, measure, item)) WITHOUT ROWID"""
_ADD = """
INSERT INTO counts VALUES (?, ?, ?, ?, ?)
ON CONFLICT (clinic, day, measure, item) DO UPDATE SET value = value + excluded.value"""


class Key(NamedTuple):
    """What a number is of. `day` is a date of UTC as in 2026-11-23."""

    clinic: str
    day: str
    measure: str
    item: str


@dataclass(frozen=True, kw_only=True)
class Count:
    key: Key
    value: int


def add_counts(path: Path, added: Mapping[Key, int], *, today: dt.date) -> None:
    """Add to what is kept, all or nothing, and forget what is older than `KEEP_DAYS`. Several processes may do so at once.

    Raises:
        OSError, sqlite3.Error: it could not be written; the file stands as before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    oldest = (today - dt.timedelta(days=KEEP_DAYS)).isoformat()
    with _opened(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_SCHEMA)
        connection.executemany(_ADD, [(*key, value) for key, value in added.items()])
        connection.execute("DELETE FROM counts WHERE day < ?", (oldest,))
        connection.execute("COMMIT")


def read_counts(path: Path, *, first: dt.date, last: dt.date, clinic: str | None = None) -> list[Count]:
    """What was counted from `first` to `last`, both included; of one clinic where given.

    Raises:
        SetupError: the file cannot be read.
    """
    rows = _read(path, "SELECT clinic, day, measure, item, value FROM counts WHERE day BETWEEN ? AND ? "
                 "AND (? IS NULL OR clinic = ?)", (first.isoformat(), last.isoformat(), clinic, clinic))
    return [Count(key=Key(*row[:4]), value=row[4]) for row in rows]


def counted_clinics(path: Path) -> list[str]:
    """Ids of the clinics of which anything was counted."""
    return [row[0] for row in _read(path, "SELECT DISTINCT clinic FROM counts ORDER BY clinic")]


def first_day(path: Path) -> dt.date | None:
    """The oldest day of which anything was counted."""
    day = next(iter(_read(path, "SELECT min(day) FROM counts")), (None,))[0]
    return dt.date.fromisoformat(day) if day else None


def _read(path: Path, query: str, values: tuple[str | None, ...] = ()) -> list[tuple]:
    try:
        if not path.exists() or path.stat().st_size == 0:
            return []  # nothing was counted yet
        with _opened(path) as connection:
            return connection.execute(query, values).fetchall()
    except (OSError, sqlite3.Error) as error:
        raise SetupError(f"{path}: the counts cannot be read ({error}); mend the file's rights, or put a backup in its place"
                         ) from None


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a file that is there. Not read-only: what a killed process left half written must be undone first."""
    uri = f"{path.absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()  # undoes what was not committed
