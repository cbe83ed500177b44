"""Slows down who guesses passwords: after some failures a name, or an address, must wait, ever longer.

Kept in the desk's store, so that a restart gives no new guesses. Names that nobody has are counted alike, or the answer
would tell which names there are.
"""
from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable

from bot.desk.store import DeskStore

OF_NAME, OF_ADDRESS = 5, 10  # failures in a row; several people may share an address
FIRST, LONGEST = 60.0, 3600.0  # seconds
LAPSES = 86_400.0  # seconds after the last failure


class Lockout:
    """Counts failed sign-ins.

    Args:
        clock: seconds since 1970.
    """

    def __init__(self, store: DeskStore, *, clock: Callable[[], float] = time.time) -> None:
        self._store, self._clock = store, clock

    def attempt(self, name: str, address: str) -> int:
        """0 when a password may be tried, else the whole seconds to wait.

        The try counts as failed until `succeeded` says otherwise: many at once get no more guesses than one by one.
        """
        now = self._clock()
        keys = ((_key_of_name(name), OF_NAME), (f"address {address}", OF_ADDRESS))
        with self._store.writing() as connection:
            connection.execute("DELETE FROM failures WHERE at < ?", (now - LAPSES,))
            found = {
                key: connection.execute("SELECT count, until FROM failures WHERE key = ?", (key,)).fetchone() or (0, 0.0)
                for key, _ in keys
            }
            wait = max(until for _, until in found.values()) - now
            if wait > 0:
                return math.ceil(wait)
            for key, most in keys:
                count = found[key][0] + 1
                delay = min(FIRST * 2.0 ** min(count - most, 20), LONGEST) if count >= most else 0.0
                connection.execute("INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?)", (key, count, now, now + delay))
        return 0

    def succeeded(self, name: str, address: str) -> None:
        """The last try was right. The name is free again; the address only gets this try back, or whoever knows one
        password could guess others for ever."""
        with self._store.writing() as connection:
            connection.execute("DELETE FROM failures WHERE key = ?", (_key_of_name(name),))
            connection.execute("UPDATE failures SET count = count - 1, until = 0 WHERE key = ?", (f"address {address}",))

    def forget(self, name: str) -> None:
        """Let a name try again: its password was set anew."""
        with self._store.writing() as connection:
            connection.execute("DELETE FROM failures WHERE key = ?", (_key_of_name(name),))


def _key_of_name(name: str) -> str:
    # Some type their password into the field of the name: so much of a digest finds it again, and gives nothing away.
    return f"name {hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"
