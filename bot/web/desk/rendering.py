"""Fills in the desk's templates. Everything is escaped; a name that nobody fills in is an error."""
from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).parent / "pages"
NAVIGATION = (("/", "Start"), ("/inbox", "Inbox"), ("/models", "Models"), ("/figures", "Figures"), ("/audit", "Audit"))


class Pages:
    """The templates. Pages that are not there are left out of the navigation."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        self._environment.filters.update(moment=moment, day=day, model=short_model, megabytes=megabytes)

    def render(self, request: Request, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """A page for whoever is signed in."""
        session = getattr(request.state, "session", None)
        paths = {getattr(route, "path", "") for route in request.app.routes}
        page = self._environment.get_template(name).render(
            user=session.user if session else None, token=session.form_token if session else "",
            path=request.url.path, navigation=[entry for entry in NAVIGATION if entry[0] in paths], **values)
        return HTMLResponse(page, status_code=status)


def moment(value: float | str) -> str:
    """Seconds since 1970, or an ISO time, as "2026-11-23 02:20 UTC"."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value).timestamp()
    return dt.datetime.fromtimestamp(value, dt.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def day(value: float) -> str:
    return dt.datetime.fromtimestamp(value).strftime("%Y-%m-%d")


def short_model(name: str) -> str:
    """The fingerprint of an archive's name, by which people know it."""
    return name.removeprefix("footnote-").removesuffix(".tar.gz")


def megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
