"""Signing in and out."""
from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from bot.desk.access.passwords import matches
from bot.web.desk.access import drop_session, keep_session, session_token
from bot.web.limits import client_address

if TYPE_CHECKING:
    from bot.web.desk.app import Desk

_OWN_PATH = re.compile(r"/([a-z0-9]+([/.-][a-z0-9]+)*)?")


def add_sign_in(app: FastAPI, desk: Desk) -> None:
    def page(request: Request, *, after: str, status: int = 200, problem: str = "") -> Response:
        return desk.pages.render(request, "sign_in.html", status=status, after=_own(after), problem=problem)

    def form(request: Request) -> Response:
        return page(request, after=request.query_params.get("next", "/"))

    def sign_in(request: Request) -> Response:
        fields = request.state.form
        name, after = fields.get("name", "").strip(), _own(fields.get("next", "/"))
        peer = request.client.host if request.client else None
        address = client_address(peer, request.headers, trust_proxy=desk.settings.trust_proxy)
        wait = desk.lockout.attempt(name, address)
        if wait:
            said = page(request, after=after, status=429, problem=f"Too many tries. Wait {_in_words(wait)}, then try again.")
            said.headers["retry-after"] = str(wait)
            return said
        user = desk.users.get(name)
        if not matches(fields.get("password", ""), user and user.password) or user is None:
            desk.audit.note(user.name if user else "", "failed sign-in")
            return page(request, after=after, status=401, problem="The name or the password is wrong.")
        desk.lockout.succeeded(name, address)
        desk.audit.note(user.name, "signed in")
        before = session_token(request, desk.settings)
        if before:
            desk.sessions.end(before)
        response = RedirectResponse(after, status_code=303)
        keep_session(response, request, desk.settings, desk.sessions.begin(user))
        return response

    def sign_out(request: Request) -> Response:
        desk.sessions.end(session_token(request, desk.settings) or "")
        desk.audit.note(request.state.session.user.name, "signed out")
        response = RedirectResponse("/sign-in", status_code=303)
        drop_session(response, request, desk.settings)
        return response

    app.add_api_route("/sign-in", form, methods=["GET"])
    app.add_api_route("/sign-in", sign_in, methods=["POST"])
    app.add_api_route("/sign-out", sign_out, methods=["POST"])


def _own(path: str) -> str:
    """A path of the desk; the start page in place of anything else, such as another site's address."""
    return path if _OWN_PATH.fullmatch(path) else "/"


def _in_words(seconds: int) -> str:
    if seconds < 100:
        return f"{seconds} seconds"
    return f"{round(seconds / 60)} minutes"
