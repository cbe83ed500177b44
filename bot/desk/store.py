"""What the desk keeps besides the checkout, in var/desk.sqlite3: sessions, failed sign-ins, jobs and the audit log.

Nothing in it is a visitor's. Opened on first use, not at import.
"""
from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bot.errors import SetupError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (
    digest TEXT PRIMARY KEY, user TEXT NOT NULL, password TEXT NOT NULL, began REAL NOT NULL, seen REAL NOT NULL
    ) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures (
    key TEXT PRIMARY KEY, count INTEGER NOT NULL, at REAL NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, model TEXT NOT NULL, by TEXT NOT NULL, began REAL NOT NULL,
    ended REAL, code INTEGER, lines TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS audit_stays BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER IF NOT EXISTS audit_is_as_written BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
"""


class DeskStore:
    """Safe to use from several threads and processes on one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all that is done in it is kept, or nothing, and nobody else writes meanwhile.

        Raises:
            SetupError: the file cannot be had.
            sqlite3.Error: it cannot be written (now).
        """
        with self._lock, self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._open().execute(query, values).fetchall()

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.touch(mode=0o600)  # before SQLite makes it readable for all
                connection = sqlite3.connect(self.path, check_same_thread=False, timeout=5.0)
                connection.execute("PRAGMA journal_mode=WAL")
                connection.executescript(_SCHEMA)
            except (OSError, sqlite3.Error) as error:
                raise SetupError(f"{self.path}: the desk cannot keep its records ({error}); free space, mend the folder's "
                                 "rights, or set FOOTNOTE_VAR to another folder") from None
            self._connection = connection
        return self._connection
