"""Ship a model to the running servers, or take it back.

Shipping is writing an entry into models/served.json; the servers follow it (`bot.follower`). Before that the archive
is checked and the model held against the served one; after it the servers say whether they took it.
"""
from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.desk.compare import Comparison, compare
from bot.desk.figures import Tell, figures_of_both
from bot.desk.models import served_model
from bot.errors import ModelRefused
from bot.model_record import checksum
from bot.releases import Release, Releases, add_releases, read_releases
from bot.server_reports import Report, live_reports
from bot.settings import Settings
from bot.training import check_release, servable

SERVERS_SECONDS = 90.0
LOOK_EVERY = 0.2


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """`reports`: what each running server made of it; empty where none runs."""

    release: Release
    reports: tuple[Report, ...]


def ship(
    settings: Settings, archive: Path, *, by: str, force: bool = False, reason: str | None = None, tell: Tell = print,
    compared: Callable[[Path | None, Path], Comparison] | None = None, wait: float = SERVERS_SECONDS,
) -> Shipped:
    """Serve a model.

    Args:
        force, reason: ship against objections; the reason is kept beside them in the book.
        compared: the comparison of (served, candidate); measured if not given.
        wait: seconds that the servers have to take it.

    Raises:
        ModelRefused: it is broken or foreign, there are objections, somebody else shipped meanwhile, or a running
            server refused it; what was served is served.
        SetupError: it could not be measured, or the book not written.
    """
    reason = (reason or "").strip() or None
    if force and reason is None:
        raise ModelRefused("shipping against objections needs a reason: --force --reason \"why\"")
    record = servable(archive)
    book = read_releases(settings.models)
    served = served_model(settings)
    if book.current is not None and book.current.model == archive.name and book.current.sha256 == record.sha256:
        raise ModelRefused(f"{archive.name} is what is served already")
    base = served if served is not None and served != archive and served.is_file() else None
    objections = (compared or _compared(tell))(base, archive).objections
    if objections and not force:
        raise ModelRefused("\n  ".join((f"{archive.name} is not shipped:", *objections,
                                        f"to ship it all the same: desk ship {archive.name} --force --reason \"why\"")))
    new = Release(
        model=archive.name, sha256=record.sha256, size=record.size, action="ship", by=by, reason=reason,
        forced_over=objections,
    )
    found = [_found(base, by)] if base is not None and not book.entries else []
    servable(archive)  # minutes may have passed since
    release = add_releases(settings.models, *found, new, expected=book.number).current
    return _taken_by_servers(settings, release, wait)


def rollback(
    settings: Settings, *, by: str, reason: str | None = None, wait: float = SERVERS_SECONDS
) -> Shipped:
    """Serve again what was served before the current model was shipped.

    Raises:
        ModelRefused: there is nothing before it, its archive is broken, or a server refused it.
        SetupError: the book cannot be read or written.
    """
    book = read_releases(settings.models)
    before = book.before_current()
    if before is None:
        raise ModelRefused("there is nothing to go back to: no model was served before this one")
    check_release(settings, before)
    release = add_releases(
        settings.models, _again(before, "rollback", by, (reason or "").strip() or None), expected=book.number).current
    return _taken_by_servers(settings, release, wait)


def _compared(tell: Tell) -> Callable[[Path | None, Path], Comparison]:
    def measured(first: Path | None, second: Path) -> Comparison:
        return compare(*figures_of_both(first, second, tell))

    return measured


def _found(archive: Path, by: str) -> Release:
    return Release(
        model=archive.name, sha256=checksum(archive), size=archive.stat().st_size, action="found", by=by)


def _again(release: Release, action: str, by: str, reason: str | None) -> Release:
    return Release(model=release.model, sha256=release.sha256, size=release.size, action=action, by=by, reason=reason)


def _taken_by_servers(settings: Settings, release: Release, wait: float) -> Shipped:
    """Wait for what the running servers say; where one refuses, all go back to what was served."""
    reports = _settled(settings, release.number, wait)
    refused = [report for report in reports if report.state == "refused" and report.number == release.number]
    silent = [report for report in reports if report.number != release.number or report.state == "loading"]
    if not refused:
        for report in silent:
            raise ModelRefused(f"{report.server} has said nothing within {wait:g} s; {release.model} stays shipped: "
                               "see its log, or run: desk rollback")
        return Shipped(release=release, reports=tuple(reports))
    why = f"{refused[0].server} refused it: {refused[0].message}"
    _take_back(settings, read_releases(settings.models), release, why)
    raise ModelRefused(why)


def _take_back(settings: Settings, book: Releases, release: Release, why: str) -> None:
    before = [entry for entry in book.entries if entry.number < release.number]
    if before and book.number == release.number:  # else somebody has decided otherwise meanwhile
        add_releases(settings.models, _again(before[-1], "taken back", release.by, why), expected=release.number)


def _settled(settings: Settings, number: int, wait: float) -> Sequence[Report]:
    """The servers' reports on an entry, once all that are alive have made up their minds."""
    until = time.monotonic() + wait
    while True:
        reports = live_reports(settings.models)
        settled = all(report.number >= number and report.state != "loading" for report in reports)
        if settled or any(report.number == number and report.state == "refused" for report in reports):
            return reports
        if time.monotonic() > until:
            return reports
        time.sleep(LOOK_EVERY)
