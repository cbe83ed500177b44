"""Keeps a running server at what models/served.json names: looks once a second, loads beside, swaps, reports."""
from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from bot.errors import EngineNotReady, FootnoteError
from bot.model_record import utc_now
from bot.releases import BOOK, Release, read_releases
from bot.server_reports import Report, ReportFile
from bot.settings import Settings
from bot.training import check_release

log = logging.getLogger(__name__)
LOOK_EVERY = 1.0  # seconds
KEEP_SPARE = 300.0  # seconds: who sees a bad answer right after shipping takes the model back at once


class Swapping(Protocol):
    """What the follower needs of an engine (`bot.engine.Engine`)."""

    @property
    def model(self) -> str | None: ...

    def wait(self, seconds: float) -> None: ...

    def swap(self, path: Path) -> None: ...

    def drop_spare(self) -> None: ...


class Follower:
    """Follows the book for one engine, in a thread of its own.

    Args:
        number: the entry that the engine was started with; a newer one makes it swap.
        keep_spare: seconds that the model before stays in memory.
    """

    def __init__(
        self, settings: Settings, engine: Swapping, *, number: int, every: float = LOOK_EVERY,
        keep_spare: float = KEEP_SPARE, clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._engine, self._number = settings, engine, number
        self._every, self._keep_spare, self._clock = every, keep_spare, clock
        self._seen: tuple[int, int, int] | None = None  # the first look reads the book: it may be newer than `number`
        self._spare_until: float | None = None
        self._report = ReportFile(settings.models)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="footnote-follower", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5.0)
        self._report.remove()

    def _run(self) -> None:
        with contextlib.suppress(EngineNotReady):  # a model that works may still be shipped
            self._engine.wait(600.0)
        self._say("serving" if self._engine.model else "refused")
        while not self._stopping.wait(self._every):
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - the next look may go better; the old model serves meanwhile
                log.error("models/%s could not be followed: %s", BOOK, type(error).__name__)

    def look(self) -> None:
        """One look: swap when the book names something new, free what is not needed any more."""
        now = self._clock()
        if self._spare_until is not None and now >= self._spare_until:
            self._spare_until = None
            self._engine.drop_spare()
        self._report.beat()
        signature = _signature(self._settings.models / BOOK)
        if signature == self._seen:
            return
        self._seen = signature
        try:
            release = read_releases(self._settings.models).current
        except FootnoteError as error:
            log.error("%s; %s serves on", error, self._engine.model)
            return
        if release is not None and release.number != self._number:
            self._number = release.number
            self._follow(release)

    def _follow(self, release: Release) -> None:
        started = self._clock()
        self._say("loading")
        try:
            if release.model != self._engine.model:
                self._engine.swap(check_release(self._settings, release))
        except Exception as error:  # noqa: BLE001 - whatever it is, the old model serves on and the shipper is told
            message = str(error) if isinstance(error, FootnoteError) else f"{release.model}: {type(error).__name__}"
            log.error("%s; %s serves on", message, self._engine.model)
            self._say("refused", message=message, seconds=self._clock() - started)
            return
        self._spare_until = self._clock() + self._keep_spare
        log.warning("%s is served now", release.model)
        self._say("serving", seconds=self._clock() - started)

    def _say(self, state: str, *, message: str = "", seconds: float = 0.0) -> None:
        self._report.write(Report(
            server=self._report.server, state=state, model=self._engine.model, number=self._number, message=message,
            seconds=round(seconds, 2), at=utc_now(),
        ))


def _signature(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
