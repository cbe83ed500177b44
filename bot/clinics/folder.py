"""The clinics of a folder: each read when its file appears or changes, while visitors are being answered."""
from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, ItemsView, Iterator, Mapping, ValuesView
from pathlib import Path

from bot.clinics.clinic import DEFAULT_CLINIC, Clinic
from bot.clinics.clinic_file import read_clinic
from bot.errors import DataFileError
from bot.settings import ROOT

log = logging.getLogger(__name__)
LOOK_EVERY = 1.0  # seconds
PATIENCE = 0.1  # seconds; a file takes about a millisecond
Stamp = tuple[int, int, int]  # when changed (ns), size, inode


def soon(work: Callable[[], None]) -> None:
    """A changed file or two are read at once, lest the first visitor after an edit gets what it said before; many
    files are read on while visitors are answered."""
    thread = threading.Thread(target=work, name="footnote-clinics", daemon=True)
    thread.start()
    thread.join(PATIENCE)


def is_clinic_file(name: str) -> bool:
    """Whether a file means to be a clinic's: editors leave others beside it. One in .yaml is refused, not passed over."""
    return name.endswith((".yml", ".yaml")) and not name.startswith(".")


class Clinics(Mapping[str, Clinic]):
    """Clinics by id, as their files stand, give or take a second. Safe to use from several threads.

    A file that turns bad is reported once and changes nothing: its clinic stays as it was. One that was never good
    has no clinic. The default clinic stays even when its file goes.

    Args:
        folder: where the files are.
        regions: the regions that content/help_lines.yml has numbers for.
        clock: seconds that never run backwards.
        later: runs what a change asks for.

    Raises:
        DataFileError: there is no default clinic, or its file is bad.
    """

    def __init__(
        self, folder: Path, regions: Mapping[str, object], *, clock: Callable[[], float] = time.monotonic,
        later: Callable[[Callable[[], None]], None] = soon,
    ) -> None:
        self._folder, self._regions, self._clock, self._later = folder, regions, clock, later
        self._clinics: Mapping[str, Clinic] = {}
        self._stamps: Mapping[str, Stamp] = {}
        self._reading = threading.Lock()
        self._looked_at = clock()
        self._read(self._look() or {})
        if DEFAULT_CLINIC not in self._clinics:
            path = folder / f"{DEFAULT_CLINIC}.yml"
            if path.exists():
                raise read_clinic(path, regions)[1][0]
            raise DataFileError(path, "no such file; it is the clinic of last resort")

    def __getitem__(self, clinic_id: str) -> Clinic:
        self._notice_changes()
        return self._clinics[clinic_id]

    def __iter__(self) -> Iterator[str]:
        self._notice_changes()
        return iter(self._clinics)

    def __len__(self) -> int:
        self._notice_changes()
        return len(self._clinics)

    # All of one state: Mapping's own look each clinic up anew, and a clinic may go in between.

    def values(self) -> ValuesView[Clinic]:
        self._notice_changes()
        return self._clinics.values()

    def items(self) -> ItemsView[str, Clinic]:
        self._notice_changes()
        return self._clinics.items()

    def _notice_changes(self) -> None:
        """At most once a second, a look at the files' dates; never more than that while somebody waits."""
        now = self._clock()
        if now - self._looked_at < LOOK_EVERY or not self._reading.acquire(blocking=False):
            return
        self._looked_at = now
        try:
            stamps = self._look()
            if stamps is None or stamps == self._stamps:
                self._reading.release()
                return
            self._later(lambda: self._read_and_release(stamps))
        except BaseException:
            self._reading.release()
            raise

    def _read_and_release(self, stamps: Mapping[str, Stamp]) -> None:
        try:
            self._read(stamps)
        finally:
            self._reading.release()

    def _look(self) -> Mapping[str, Stamp] | None:
        """The files by name; None when the folder cannot be read just now."""
        stamps = {}
        try:
            with os.scandir(self._folder) as entries:
                for entry in entries:
                    if is_clinic_file(entry.name):
                        stamps[entry.name] = _stamp(entry)
        except OSError:
            return None
        return stamps

    def _read(self, stamps: Mapping[str, Stamp]) -> None:
        """Read what has changed; then put all clinics in place at once."""
        clinics = {}
        for name in sorted(stamps):
            path = self._folder / name
            before = self._clinics.get(path.stem)
            if stamps[name] == self._stamps.get(name):
                clinic: Clinic | None = before
            else:
                clinic, errors = read_clinic(path, self._regions)
                if errors:
                    _report(errors, kept=before is not None)
                    clinic = before
            if clinic is not None:
                clinics[clinic.id] = clinic
        if DEFAULT_CLINIC not in clinics and DEFAULT_CLINIC in self._clinics:
            log.error("%s: no such file; the default clinic stays as it was", self._folder / f"{DEFAULT_CLINIC}.yml")
            clinics[DEFAULT_CLINIC] = self._clinics[DEFAULT_CLINIC]
        self._clinics, self._stamps = clinics, stamps


def _stamp(entry: os.DirEntry[str]) -> Stamp:
    try:
        stat = entry.stat()
    except OSError:  # a link to nowhere; reading it will say so
        return (0, 0, 0)
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino)


def _report(errors: list[DataFileError], *, kept: bool) -> None:
    more = f" (and {len(errors) - 1} more; run: python -m bot clinic check)" if len(errors) > 1 else ""
    log.error("%s%s; %s", errors[0], more, "the clinic stays as it was" if kept else "the clinic is left out")


def load_clinics(regions: Mapping[str, object], folder: Path = ROOT / "clinics") -> Clinics:
    """The clinics of `folder`; see `Clinics` for the arguments and what is raised."""
    return Clinics(folder, regions)
