"""What is served, and what was: models/served.json, a book that only grows.

Its last entry is in force. Without the file nothing was ever shipped, and a server serves what fits its checkout.
"""
from __future__ import annotations

import contextlib
import fcntl
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from bot.errors import ModelRefused, SetupError
from bot.model_record import utc_now, write_json

BOOK, LOCK = "served.json", ".served.lock"
ACTIONS = ("found", "ship", "rollback", "taken back")
ENTRIES_KEPT = 200
LOCK_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Release:
    """One entry. `action`: `found` is what was served before the first shipping, `taken back` what came back because
    a server refused the model; `forced_over` holds the objections that a `reason` was given against."""

    number: int = 0
    model: str
    sha256: str
    size: int
    action: str
    by: str
    at: str = ""
    reason: str | None = None
    forced_over: tuple[str, ...] = ()


@dataclass(frozen=True)
class Releases:
    """The book, oldest first."""

    entries: tuple[Release, ...] = ()

    @property
    def current(self) -> Release | None:
        return self.entries[-1] if self.entries else None

    @property
    def number(self) -> int:
        return self.current.number if self.current else 0

    def before_current(self) -> Release | None:
        """What was served before the current model was shipped: where a rollback leads."""
        if not self.entries:
            return None
        name = self.entries[-1].model
        starts = (n for n, e in enumerate(self.entries) if e.model == name and e.action in ("found", "ship"))
        shipped = max(starts, default=0)
        return next((entry for entry in reversed(self.entries[:shipped]) if entry.model != name), None)

    def in_use(self) -> set[str]:
        """Archives that must stay on the disk."""
        return {entry.model for entry in (self.current, self.before_current()) if entry is not None}


def read_releases(models: Path) -> Releases:
    """The book; empty where nothing was shipped.

    Raises:
        SetupError: it is there and cannot be read.
    """
    path = models / BOOK
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["entries"]
        entries = tuple(
            Release(**{field.name: row[field.name] for field in fields(Release)} | {"forced_over": tuple(row["forced_over"])})
            for row in rows
        )
        if any(e.action not in ACTIONS or not isinstance(e.number, int) or Path(e.model).name != e.model for e in entries):
            raise ValueError
    except FileNotFoundError:
        return Releases()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SetupError(
            f"{path} cannot be read ({type(error).__name__}); restore it, or delete it to serve what fits the checkout"
        ) from None
    return Releases(entries)


def add_releases(models: Path, *new: Release, expected: int) -> Releases:
    """Write entries into the book; they get their numbers and the time here.

    Args:
        expected: the number of the entry that the decision was made on.

    Raises:
        ModelRefused: somebody else has shipped meanwhile; nothing is written.
        SetupError: the book cannot be written; what was served is served.
    """
    try:
        with _locked(models):
            book = read_releases(models)
            if book.number != expected:
                current = book.current
                raise ModelRefused(
                    f"{current.by} has shipped {current.model} meanwhile ({current.at}); compare with that one first")
            numbered = (replace(entry, number=expected + n, at=utc_now()) for n, entry in enumerate(new, 1))
            book = Releases((*book.entries, *numbered)[-ENTRIES_KEPT:])
            write_json(models / BOOK, {"entries": [asdict(entry) for entry in book.entries]})
    except OSError as error:
        raise SetupError(f"{models / BOOK} cannot be written: {error.strerror}; nothing has changed") from None
    return book


@contextlib.contextmanager
def _locked(models: Path) -> Iterator[None]:
    """One writer at a time, over all processes of the machine."""
    with open(models / LOCK, "w", encoding="utf-8") as stream:
        until = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise SetupError(f"somebody else has been writing {models / BOOK} for {LOCK_SECONDS:g} s; "
                                     "try again") from None
                time.sleep(0.05)
        yield
