"""The desk as one ASGI application. `create_desk` takes its collaborators, so that tests bring their own."""
from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from bot.desk.access.lockout import Lockout
from bot.desk.access.passwords import hash_of_nobody
from bot.desk.access.sessions import Sessions
from bot.desk.access.users import UserFile
from bot.desk.audit import Audit
from bot.desk.grouping import Vectors
from bot.desk.jobs import Jobs, cli_command
from bot.desk.store import DeskStore
from bot.desk.week_book import book_of
from bot.errors import DataFileError, FootnoteError, SetupError
from bot.inbox.store import InboxStore
from bot.settings import ROOT, Settings
from bot.web.desk.access import Guard
from bot.web.desk.audit_page import add_audit_page
from bot.web.desk.edge import Edge
from bot.web.desk.figures_page import add_figures
from bot.web.desk.inbox_pages import add_inbox_pages
from bot.web.desk.model_pages import add_model_pages
from bot.web.desk.refusals import Refused, SignInFirst
from bot.web.desk.rendering import FOLDER, Pages
from bot.web.desk.sign_in import add_sign_in
from bot.web.desk.start_page import add_start_page
from bot.web.failures import log_failure

ICON = FOLDER.parents[1] / "pages" / "icon.svg"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What the pages work with. `commands`: as `bot.desk.jobs.cli_command`; `root`: the checkout."""

    settings: Settings
    users: UserFile
    store: DeskStore
    inbox: InboxStore
    vectors: Vectors
    jobs: Jobs
    audit: Audit
    root: Path = ROOT
    commands: Callable[..., list[str]] = cli_command
    pages: Pages = field(default_factory=Pages)

    @property
    def sessions(self) -> Sessions:
        return Sessions(self.store, self.users)

    @property
    def lockout(self) -> Lockout:
        return Lockout(self.store)


def create_desk(desk: Desk) -> FastAPI:
    """The application; it opens nothing before its start-up."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(desk.jobs.clear)
        await run_in_threadpool(hash_of_nobody)
        yield
        await run_in_threadpool(desk.jobs.stop)

    app = FastAPI(
        title="Footnote's desk", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False, lifespan=lifespan,
        dependencies=[Depends(Guard(desk.sessions, desk.settings))],
    )
    app.add_middleware(Edge, hosts=desk.settings.desk_hosts, trust_proxy=desk.settings.trust_proxy)
    _add_refusals(app, desk.pages)
    _add_files(app)
    for add in (add_sign_in, add_start_page, add_inbox_pages, add_model_pages, add_audit_page):
        add(app, desk)
    add_figures(app, book_of(desk.settings, desk.inbox, lambda: desk.vectors), desk.pages.render)
    return app


def _add_files(app: FastAPI) -> None:
    def file(path: Path, kind: str) -> Callable[[], FileResponse]:
        def send() -> FileResponse:
            return FileResponse(path, media_type=kind)
        return send

    app.add_api_route("/desk.css", file(FOLDER / "desk.css", "text/css"), methods=["GET"])
    app.add_api_route("/desk.js", file(FOLDER / "desk.js", "text/javascript"), methods=["GET"])
    app.add_api_route("/icon.svg", file(ICON, "image/svg+xml"), methods=["GET"])


def _add_refusals(app: FastAPI, pages: Pages) -> None:
    """The mapping from exceptions to pages."""

    def refused(request: Request, error: Refused) -> Response:
        page = pages.render(request, "refused.html", status=error.status, text=error.text)
        page.headers.update(error.headers)
        return page

    def sign_in_first(request: Request, error: SignInFirst) -> Response:
        if request.method == "GET" and request.headers.get("sec-fetch-mode") in (None, "navigate"):
            return RedirectResponse(f"/sign-in?next={request.url.path}", status_code=303)
        return refused(request, Refused(401, "You are not signed in (any more). Sign in, and do it again."))

    def footnote_error(request: Request, error: FootnoteError) -> Response:
        broken = isinstance(error, (SetupError, DataFileError))
        if getattr(request.state, "session", None) is None:  # the text names paths and users
            log_failure("the desk cannot work", error)
            return refused(request, Refused(503, "The desk cannot work right now; its log says why."))
        return refused(request, Refused(503 if broken else 409, str(error)))

    def storage_error(request: Request, error: Exception) -> Response:
        log_failure("what the desk keeps could not be reached", error)
        return PlainTextResponse("What the desk keeps cannot be reached right now; try again in a minute.", status_code=503)

    def http_error(request: Request, error: HTTPException) -> Response:
        texts = {404: "There is no such page.", 405: "This page is not used in this way."}
        return refused(request, Refused(
            error.status_code, texts.get(error.status_code, "This cannot be done."), headers=error.headers))

    def no_number(request: Request, error: RequestValidationError) -> Response:
        return refused(request, Refused(404, "There is no such page."))

    for kind, handler in ((Refused, refused), (SignInFirst, sign_in_first), (FootnoteError, footnote_error),
                          (sqlite3.Error, storage_error), (HTTPException, http_error), (RequestValidationError, no_number)):
        app.add_exception_handler(kind, handler)  # type: ignore[arg-type]
