"""Counts in memory while visitors are answered, and writes every few seconds.

A message waits for nothing here. What was counted since the last writing is lost with a killed process; where the file
cannot be written (full, locked, damaged), the counts wait in memory, and answering goes on.
"""
from __future__ import annotations

import datetime as dt
import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.conversations import Rating
from bot.counts.measures import RATING, counted_of_turn
from bot.counts.store import Key, add_counts
from bot.reply import Reply

log = logging.getLogger(__name__)
WRITE_EVERY = 5.0  # seconds; so much a killed process loses at most


def now_in_utc() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


class Counts:
    """Safe to use from several threads. Opens nothing before the first `write`.

    Args:
        path: the file; see `bot.counts.store`.
        clock: the time, aware; days are those of UTC.
    """

    def __init__(self, path: Path, *, clock: Callable[[], dt.datetime] = now_in_utc) -> None:
        self._path, self._clock = path, clock
        self._lock = threading.Lock()
        self._added: dict[Key, int] = {}
        self._writing = threading.Lock()
        self._written_on: dt.date | None = None
        self._failing = False

    def turn(self, clinic: str, replies: Sequence[Reply], *, seconds: float, begins: bool) -> None:
        """A message was answered; see `counted_of_turn`. Takes microseconds."""
        day = self._today().isoformat()
        keys = [Key(clinic, day, *what) for what in counted_of_turn(replies, seconds=seconds, begins=begins)]
        with self._lock:
            for key in keys:
                self._add(key, 1)

    def rated(self, clinic: str, rating: str, *, before: Rating | None) -> None:
        """A reply was rated; `before`: how the same reply was rated until now, which counts no more on its own day."""
        with self._lock:
            self._add(Key(clinic, self._today().isoformat(), RATING, rating), 1)
            if before is not None:
                day = dt.datetime.fromtimestamp(before.at, dt.timezone.utc).date()
                self._add(Key(clinic, day.isoformat(), RATING, before.rating), -1)

    def write(self) -> None:
        """Add what was counted since the last time to the file; never raises what a file or a disk may do."""
        with self._writing:
            today = self._today()
            with self._lock:
                added, self._added = self._added, {}
            if not added and self._written_on == today:  # once a day also without a message, to forget what is too old
                return
            try:
                add_counts(self._path, added, today=today)
            except (OSError, sqlite3.Error) as error:
                with self._lock:
                    for key, value in added.items():
                        self._add(key, value)
                if not self._failing:
                    log.error("%s cannot be written (%s: %s); counts wait in memory until it can",
                              self._path, type(error).__name__, error)
                self._failing = True
                return
            if self._failing:
                log.warning("%s is written again; no count was lost", self._path)
            self._written_on, self._failing = today, False

    def _add(self, key: Key, value: int) -> None:
        self._added[key] = self._added.get(key, 0) + value

    def _today(self) -> dt.date:
        return self._clock().date()
