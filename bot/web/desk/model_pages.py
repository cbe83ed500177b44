"""Models as pages: what there is and what is served; train, compare, ship, take back; and how such a job goes."""
from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from jinja2 import UndefinedError

from bot.desk.compare import PICTURE, RESULT, SHOWN, verdict
from bot.desk.models import named_model, served_model
from bot.errors import ModelRefused, SetupError
from bot.model_record import read_record
from bot.releases import read_releases
from bot.server_reports import live_reports
from bot.training import model_path, trained_models
from bot.web.desk.inbox_pages import Number
from bot.web.desk.refusals import Refused

if TYPE_CHECKING:
    from bot.web.desk.app import Desk

ENTRIES, JOBS = 20, 10  # that are shown
MOST_REASON = 300  # characters


def add_model_pages(app: FastAPI, desk: Desk) -> None:
    pages = ModelPages(desk)
    for path, page in (("/models", pages.models), ("/models/comparison", pages.comparison),
                       ("/models/comparison.png", pages.picture), ("/jobs/{number}", pages.job)):
        app.add_api_route(path, page, methods=["GET"])
    for path, begin in (("/models/train", pages.train), ("/models/compare", pages.compare), ("/models/ship", pages.ship),
                        ("/models/roll-back", pages.roll_back), ("/jobs/{number}/stop", pages.stop)):
        app.add_api_route(path, begin, methods=["POST"])


class ModelPages:
    """`/models`, `/jobs` and what is below them."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._settings = desk, desk.settings

    def models(self, request: Request) -> Response:
        book, own = read_releases(self._settings.models), model_path(self._settings)
        served = served_model(self._settings)
        before = book.before_current()
        return self._desk.pages.render(
            request, "models.html", models=[_kept(path) for path in trained_models(self._settings)],
            served=served.name if served else None, own=own.name, own_is_trained=own.is_file(),
            book=list(reversed(book.entries))[:ENTRIES], before=before.model if before else None,
            servers=live_reports(self._settings.models), jobs=self._desk.jobs.latest(JOBS), running=self._desk.jobs.running(),
            compared=(self._desk.root / RESULT).is_file())

    def train(self, request: Request) -> Response:
        return self._begin(request, "train")

    def compare(self, request: Request) -> Response:
        model, served = self._asked_model(request), served_model(self._settings)
        return self._begin(request, "compare", model=model, against=served.name if served and served.is_file() else "")

    def ship(self, request: Request) -> Response:
        reason, force = _reason(request), bool(request.state.form.get("force"))
        if force and not reason:
            raise Refused(422, "Shipping against objections needs a reason.")
        return self._begin(request, "ship", model=self._asked_model(request), reason=reason, force=force)

    def roll_back(self, request: Request) -> Response:
        if read_releases(self._settings.models).before_current() is None:
            raise ModelRefused("there is nothing to go back to: no model was served before this one")
        return self._begin(request, "rollback", reason=_reason(request))

    def job(self, request: Request, number: Number) -> Response:
        job = self._desk.jobs.job(number)
        if job is None:
            raise Refused(404, "There is no such job (any more).")
        return self._desk.pages.render(request, "job.html", job=job)

    def stop(self, request: Request, number: Number) -> Response:
        running = self._desk.jobs.running()
        if running is not None and running.number == number:
            self._desk.audit.note(request.state.session.user.name, "stopped a job", running.kind)
            self._desk.jobs.stop()
        return RedirectResponse(f"/jobs/{number}", status_code=303)

    def comparison(self, request: Request) -> Response:
        """What the latest comparison found."""
        path = self._desk.root / RESULT
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return self._desk.pages.render(
                request, "comparison.html", found=found, tables=_tables(found["figures"]), topics=_changed(found["topics"]),
                at=path.stat().st_mtime, has_picture=(self._desk.root / PICTURE).is_file())
        except FileNotFoundError:
            raise Refused(404, "No models have been compared yet.") from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, UndefinedError):
            raise Refused(503, f"{RESULT} cannot be read; compare again.") from None

    def picture(self, request: Request) -> Response:
        path = self._desk.root / PICTURE
        if not path.is_file():
            raise Refused(404, "There is no such picture.")
        return FileResponse(path, media_type="image/png")

    def _begin(self, request: Request, kind: str, **how: Any) -> Response:
        by = request.state.session.user.name
        command = self._desk.commands(kind, by=by, **how)
        job = self._desk.jobs.start(kind, command, by=by, model=how.get("model", ""))
        return RedirectResponse(f"/jobs/{job.number}", status_code=303)

    def _asked_model(self, request: Request) -> str:
        """The name of an archive that there is; nothing else from a form reaches a command line."""
        try:
            return named_model(self._settings, request.state.form.get("model", "")).name
        except SetupError as error:
            raise Refused(422, str(error)) from None


def _reason(request: Request) -> str:
    """One line, as it is kept in the book and handed to a command line."""
    asked = request.state.form.get("reason", "")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in asked).split())[:MOST_REASON]


def _kept(path: FilePath) -> dict[str, Any]:
    try:
        trained, problem = read_record(path).trained, ""
    except ModelRefused as error:
        trained, problem = path.stat().st_mtime, str(error)
    return {"name": path.name, "trained": trained, "size": path.stat().st_size, "problem": problem}


def _tables(figures: Mapping[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """(part, rows) of the figures that people ask about first."""
    tables = []
    for part, names in SHOWN.items():
        some = figures.get(part, {})
        rows = [_figure(name, *some[name]) for name in names if name in some and some[name][1]["share"] is not None]
        tables.append((part, rows))
    return tables


def _figure(name: str, before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name.replace("_", " "), "before": before["share"] if before else None, "now": now["share"],
            "part": now["part"], "total": now["total"],
            "verdict": verdict(name, before["share"] if before else None, now["share"])}


def _changed(topics: Mapping[str, Any]) -> list[tuple[str, int, int, int]]:
    return sorted((label, was, now, total) for label, (was, now, total) in topics.items() if was != now)
