"""The inbox's table, in the conversation store's database: what is kept there goes when its conversation goes.

A connection of its own, so that neither waits for the other's Python lock. `bot.conversations` makes the table, and
empties it of a conversation in the same transaction as the rest.
"""
from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bot.conversations import ConversationStore, digest_of, is_dead

Guesses = tuple[tuple[str, float], ...]  # (intent, probability), the likeliest first


@dataclass(frozen=True, kw_only=True)
class KeptMessage:
    """A masked message. `why` holds one of `bot.inbox.reasons.REASONS` or more; `at` is in seconds since 1970."""

    id: int
    text: str
    why: tuple[str, ...]
    guesses: Guesses
    clinic: str
    at: float


class InboxStore:
    """Safe to use from several threads and processes on one file."""

    def __init__(self, conversations: ConversationStore) -> None:
        self._conversations = conversations
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._conversations.connect()
        return self._connection

    def keep(self, conversation: str, text: str, *, why: Iterable[str], guesses: Guesses, clinic: str, days: int) -> None:
        """Keep a masked message for `days`; said again in the same conversation, it only gains reasons.

        Of a deleted conversation nothing is kept.
        """
        digest = digest_of(conversation)
        with self._lock, self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            if is_dead(connection, conversation):
                return
            row = connection.execute("SELECT id, why FROM inbox WHERE digest = ? AND text = ?", (digest, text)).fetchone()
            if row is not None:
                reasons = " ".join(dict.fromkeys([*row[1].split(), *why]))
                connection.execute("UPDATE inbox SET why = ? WHERE id = ?", (reasons, row[0]))
                return
            connection.execute(
                "INSERT INTO inbox (digest, clinic, at, days, why, text, guesses) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (digest, clinic, time.time(), days, " ".join(why), text, json.dumps(guesses)))

    def messages(self, *, clinic: str | None = None, since: float = 0.0) -> list[KeptMessage]:
        """What is kept, the oldest first; of one clinic, and from a moment (seconds since 1970) on, where given."""
        with self._lock:
            rows = self._open().execute(
                "SELECT id, text, why, guesses, clinic, at FROM inbox WHERE at >= ? AND (? IS NULL OR clinic = ?) ORDER BY id",
                (since, clinic, clinic)).fetchall()
        return [_message(row) for row in rows]

    def message(self, message_id: int) -> KeptMessage | None:
        with self._lock:
            row = self._open().execute(
                "SELECT id, text, why, guesses, clinic, at FROM inbox WHERE id = ?", (message_id,)).fetchone()
        return None if row is None else _message(row)

    def remove(self, ids: Iterable[int]) -> None:
        with self._lock, self._open() as connection:
            connection.executemany("DELETE FROM inbox WHERE id = ?", [(number,) for number in ids])

    def withdraw(self, agreeing: Collection[str]) -> None:
        """Forget the messages of clinics that are not among `agreeing` (any more)."""
        with self._lock, self._open() as connection:
            kept = [row[0] for row in connection.execute("SELECT DISTINCT clinic FROM inbox")]
            connection.executemany("DELETE FROM inbox WHERE clinic = ?", [(name,) for name in kept if name not in agreeing])

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None


def _message(row: tuple[int, str, str, str, str, float]) -> KeptMessage:
    number, text, why, guesses, clinic, at = row
    return KeptMessage(
        id=number, text=text, why=tuple(why.split()), guesses=tuple((name, p) for name, p in json.loads(guesses)),
        clinic=clinic, at=at)
