"""What is kept of conversations, in one SQLite file: events, feedback, the inbox (bot/inbox), and which were deleted.

Write-ahead logging with `synchronous=NORMAL`: a commit is in the file system before the reply leaves, so it
outlives a killed process; only a power cut may lose the last moments. Opened on first use, not at import.
"""
from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.errors import SetupError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    conversation TEXT NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (conversation, number)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS events_at ON events (at);
CREATE TABLE IF NOT EXISTS feedback (
    conversation TEXT NOT NULL, reply TEXT NOT NULL, rating TEXT NOT NULL, reason TEXT, at REAL NOT NULL,
    PRIMARY KEY (conversation, reply)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS shorter (conversation TEXT PRIMARY KEY, days INTEGER NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deleted (digest TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL, clinic TEXT NOT NULL, at REAL NOT NULL, days INTEGER NOT NULL,
    why TEXT NOT NULL, text TEXT NOT NULL, guesses TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS inbox_digest ON inbox (digest);
"""


@dataclass(frozen=True, kw_only=True)
class Rating:
    """`rating` is up or down; `at` in seconds since 1970."""

    rating: str
    at: float


class ConversationStore:
    """Safe to use from several threads and processes on one file."""

    def __init__(self, path: Path, *, keep_days: int = 30) -> None:
        self.path, self.keep_days = path, keep_days
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._lock_reading = threading.Lock()
        self._reading: sqlite3.Connection | None = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.touch(mode=0o600)  # before SQLite makes it readable for all
                connection = sqlite3.connect(self.path, check_same_thread=False, timeout=5.0)
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=NORMAL")
                connection.execute("PRAGMA secure_delete=ON")
                connection.executescript(_SCHEMA)
            except (OSError, sqlite3.Error) as error:
                raise SetupError(
                    f"{self.path}: cannot keep conversations ({error}); free space, mend the folder's rights, "
                    "or set FOOTNOTE_VAR to another folder"
                ) from None
            self._connection = connection
        return self._connection

    def connect(self) -> sqlite3.Connection:
        """Another connection to the file, for who writes beside the conversations."""
        with self._lock:
            self._open()
        connection = sqlite3.connect(self.path, check_same_thread=False, timeout=5.0)
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA secure_delete=ON")
        return connection

    def append(self, conversation: str, bodies: Iterable[str], *, after: int) -> int:
        """Keep events (JSON texts) numbered from `after` + 1 on; returns the last number. All or nothing.

        Of a deleted conversation nothing is kept, also when its last turn ends after the deletion.

        Raises:
            sqlite3.IntegrityError: somebody else has written event `after` + 1 meanwhile.
        """
        rows = [(conversation, after + n, body, time.time()) for n, body in enumerate(bodies, 1)]
        if rows:
            with self._lock, self._open() as connection:
                connection.execute("BEGIN IMMEDIATE")
                if not is_dead(connection, conversation):
                    connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", rows)
        return after + len(rows)

    def last_number(self, conversation: str) -> int:
        """The number of the newest event; 0 when nothing is kept."""
        with self._lock:
            row = self._open().execute(
                "SELECT max(number) FROM events WHERE conversation = ?", (conversation,)
            ).fetchone()
        return row[0] or 0

    def events(self, conversation: str) -> list[str]:
        with self._lock:
            rows = self._open().execute(
                "SELECT body FROM events WHERE conversation = ? ORDER BY number", (conversation,)
            ).fetchall()
        return [row[0] for row in rows]

    def conversations(self) -> list[str]:
        with self._lock:
            return [row[0] for row in self._open().execute("SELECT DISTINCT conversation FROM events")]

    def rate(self, conversation: str, reply: str, rating: str, reason: str | None) -> Rating | None:
        """Keep feedback on a reply; a second one replaces the first, which is returned."""
        with self._lock, self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            row = connection.execute(
                "SELECT rating, at FROM feedback WHERE conversation = ? AND reply = ?", (conversation, reply)).fetchone()
            connection.execute(
                "INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?, ?)",
                (conversation, reply, rating, reason, time.time()),
            )
        return None if row is None else Rating(rating=row[0], at=row[1])

    def keep_at_most(self, conversation: str, days: int) -> None:
        """Forget a conversation `days` after its newest event; no effect where that is later than `keep_days`.

        Where two clinics ask, the shorter time holds.
        """
        with self._lock, self._open() as connection:
            row = connection.execute("SELECT days FROM shorter WHERE conversation = ?", (conversation,)).fetchone()
            if days < (row[0] if row else self.keep_days):
                connection.execute("INSERT OR REPLACE INTO shorter VALUES (?, ?, ?)", (conversation, days, time.time()))

    def delete(self, conversation: str) -> None:
        """Forget everything of a conversation, and remember (by digest) that it is dead."""
        with self._lock, self._open() as connection:
            connection.execute("DELETE FROM events WHERE conversation = ?", (conversation,))
            connection.execute("DELETE FROM feedback WHERE conversation = ?", (conversation,))
            connection.execute("DELETE FROM shorter WHERE conversation = ?", (conversation,))
            connection.execute("DELETE FROM inbox WHERE digest = ?", (digest_of(conversation),))
            connection.execute("INSERT OR REPLACE INTO deleted VALUES (?, ?)", (digest_of(conversation), time.time()))
        with self._lock:
            self._open().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def is_deleted(self, conversation: str) -> bool:
        """By a connection of its own: a look-up in write-ahead mode waits for no writer."""
        with self._lock_reading:
            if self._reading is None:
                with self._lock:
                    self._open()
                self._reading = sqlite3.connect(self.path, check_same_thread=False, timeout=0.2, isolation_level=None)
            return is_dead(self._reading, conversation)

    def purge(self) -> int:
        """Forget conversations whose newest event is older than `keep_days`, or than their clinic's; returns how many."""
        now = time.time()
        before = now - self.keep_days * 86_400
        with self._lock, self._open() as connection:
            old = [row[0] for row in connection.execute(
                "SELECT conversation FROM events LEFT JOIN shorter USING (conversation) GROUP BY conversation "
                "HAVING max(events.at) < ? - coalesce(min(days), ?) * 86400", (now, self.keep_days)
            )]
            for conversation in old:
                connection.execute("DELETE FROM events WHERE conversation = ?", (conversation,))
                connection.execute("DELETE FROM inbox WHERE digest = ?", (digest_of(conversation),))
            connection.execute("DELETE FROM inbox WHERE at < ? - min(days, ?) * 86400", (now, self.keep_days))
            connection.execute(
                "DELETE FROM feedback WHERE at < ? - "
                "coalesce((SELECT days FROM shorter WHERE shorter.conversation = feedback.conversation), ?) * 86400",
                (now, self.keep_days))
            # The wish itself lasts as long as a token by which the conversation can go on.
            connection.execute(
                "DELETE FROM shorter WHERE at < ? AND conversation NOT IN (SELECT conversation FROM events) "
                "AND conversation NOT IN (SELECT conversation FROM feedback)", (before,))
            connection.execute("DELETE FROM deleted WHERE at < ?", (before,))  # their tokens have expired by now
        return len(old)

    def close(self) -> None:
        with self._lock_reading, self._lock:
            for connection in (self._reading, self._connection):
                if connection is not None:
                    connection.close()
            self._reading = self._connection = None


def is_dead(connection: sqlite3.Connection, conversation: str) -> bool:
    """Whether a conversation was deleted; asked within a transaction, nothing is written after the deletion."""
    row = connection.execute("SELECT 1 FROM deleted WHERE digest = ?", (digest_of(conversation),)).fetchone()
    return row is not None


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
