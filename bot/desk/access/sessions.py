"""Who is signed in. The browser holds a random id; the desk keeps its digest, so that the table opens no door."""
from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.desk.access.users import User, UserFile
from bot.desk.store import DeskStore

IDLE, LONGEST = 30 * 60.0, 12 * 3600.0  # seconds
_NOTED_EVERY = 15.0  # seconds; a page with its files is one visit, not four


@dataclass(frozen=True, kw_only=True)
class Session:
    """`form_token` must come with whatever changes something: a foreign page cannot know it."""

    user: User
    form_token: str

    def accepts(self, form_token: str) -> bool:
        """Whether a form is one of this session's; takes as long for a wrong token as for the right one."""
        return hmac.compare_digest(self.form_token.encode(), form_token.encode("utf-8", "replace"))


class Sessions:
    """Ends a session at sign-out, after `IDLE` without a request and `LONGEST` in all, when the user is removed, and
    when the password changes, whoever does so in whatever process.

    Args:
        clock: seconds since 1970: sessions outlive the process.
    """

    def __init__(self, store: DeskStore, users: UserFile, *, clock: Callable[[], float] = time.time) -> None:
        self._store, self._users, self._clock = store, users, clock

    def begin(self, user: User) -> str:
        """A new session; its id, which is nowhere else from here on but in the browser."""
        token, now = secrets.token_urlsafe(32), self._clock()
        with self._store.writing() as connection:
            connection.execute("DELETE FROM sessions WHERE seen < ? OR began < ?", (now - IDLE, now - LONGEST))
            connection.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?)",
                               (_digest(token), user.name, _digest(user.password), now, now))
        return token

    def find(self, token: str, *, is_visit: bool = True) -> Session | None:
        """The session of an id; None where there is none (any more).

        Args:
            is_visit: whether the time without a request begins anew; not for a page that reloads itself.
        """
        digest, now = _digest(token), self._clock()
        rows = self._store.rows("SELECT user, password, began, seen FROM sessions WHERE digest = ?", (digest,))
        if not rows:
            return None
        name, password, began, seen = rows[0]
        user = self._users.get(name)
        if user is None or _digest(user.password) != password or now - began > LONGEST or now - seen > IDLE:
            self.end(token)
            return None
        if is_visit and now - seen > _NOTED_EVERY:
            with self._store.writing() as connection:
                connection.execute("UPDATE sessions SET seen = ? WHERE digest = ?", (now, digest))
        return Session(user=user, form_token=_digest(f"form {token}"))

    def end(self, token: str) -> None:
        with self._store.writing() as connection:
            connection.execute("DELETE FROM sessions WHERE digest = ?", (_digest(token),))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
