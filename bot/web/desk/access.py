"""Who may do what at the desk: one table, asked before every route, whoever has added it. What is not in it is closed."""
from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from bot.desk.access.sessions import Session, Sessions
from bot.settings import Settings
from bot.web.desk.edge import LOOPBACK, called_host, without_port
from bot.web.desk.forms import read_form
from bot.web.desk.refusals import Refused, SignInFirst

ANYONE = "anyone"
READER, EDITOR, SHIPPER = "reader", "editor", "shipper"
# (method, path as the route is written) -> the least role
RULES: Mapping[tuple[str, str], str] = {
    ("GET", "/sign-in"): ANYONE, ("POST", "/sign-in"): ANYONE, ("POST", "/sign-out"): READER,
    ("GET", "/desk.css"): ANYONE, ("GET", "/desk.js"): ANYONE, ("GET", "/icon.svg"): ANYONE,
    ("GET", "/"): READER,
    ("GET", "/inbox"): READER, ("GET", "/inbox/{number}"): READER,
    ("POST", "/inbox/{number}/file"): EDITOR, ("POST", "/inbox/{number}/write"): EDITOR,
    ("GET", "/models"): READER, ("GET", "/models/comparison"): READER, ("GET", "/models/comparison.png"): READER,
    ("POST", "/models/train"): SHIPPER, ("POST", "/models/compare"): SHIPPER, ("POST", "/models/ship"): SHIPPER,
    ("POST", "/models/roll-back"): SHIPPER,
    ("GET", "/jobs/{number}"): READER, ("POST", "/jobs/{number}/stop"): SHIPPER,
    ("GET", "/figures"): READER, ("GET", "/figures.csv"): READER, ("GET", "/figures.css"): ANYONE,
    ("GET", "/audit"): READER, ("GET", "/audit.csv"): READER,
}
NO_VISIT = ("/jobs/{number}",)  # reloads itself
FORM_TOKEN = "token"
_PLAIN, _SECURE = "footnote_desk", "__Host-footnote_desk"


class Guard:
    """Asked before every route (a dependency of the application): lets it run, or raises.

    Leaves `session` (None where nobody is signed in) and `form` in the request's state.
    """

    def __init__(self, sessions: Sessions, settings: Settings) -> None:
        self._sessions, self._settings = sessions, settings

    async def __call__(self, request: Request) -> None:
        path = request.scope["route"].path
        request.state.session, request.state.form = None, {}
        least = RULES.get((request.method, path))
        if least is None:
            raise Refused(403, "Nobody may do this.")
        if request.method == "POST":
            request.state.form = await read_form(request)
        token = session_token(request, self._settings)
        if token and path not in ("/desk.css", "/desk.js", "/icon.svg"):
            request.state.session = await run_in_threadpool(
                self._sessions.find, token, is_visit=path not in NO_VISIT)
        if least != ANYONE:
            self._check(request, request.state.session, least)

    @staticmethod
    def _check(request: Request, session: Session | None, least: str) -> None:
        if session is None:
            raise SignInFirst
        if not session.user.may(least):
            raise Refused(403, f"Your role is {session.user.role}; this takes {least}.")
        if request.method == "POST" and not session.accepts(request.state.form.get(FORM_TOKEN, "")):
            raise Refused(403, "This form is not of your session. Go back, reload the page and try again.")


def session_token(request: Request, settings: Settings) -> str | None:
    return request.cookies.get(_SECURE if _is_secure(request, settings) else _PLAIN)


def keep_session(response: Response, request: Request, settings: Settings, token: str) -> None:
    secure = _is_secure(request, settings)
    response.set_cookie(_SECURE if secure else _PLAIN, token, httponly=True, samesite="strict", secure=secure, path="/")


def drop_session(response: Response, request: Request, settings: Settings) -> None:
    secure = _is_secure(request, settings)
    response.delete_cookie(_SECURE if secure else _PLAIN, httponly=True, samesite="strict", secure=secure, path="/")


def _is_secure(request: Request, settings: Settings) -> bool:
    """Whether the cookie must not travel without TLS: always, but on this machine itself."""
    return without_port(called_host(request.headers, trust_proxy=settings.trust_proxy)) not in LOOPBACK
