"""Every error that the API speaks of, in one shape: `{"error": {"code", "message"}}`.

No message is made from what the visitor sent, and no log line either: an exception's text may quote it, so
only its class and the place in our code are logged.
"""
from __future__ import annotations

import logging
import sqlite3
import traceback
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.errors import SetupError

log = logging.getLogger(__name__)

# code -> (status, message)
ERRORS: Mapping[str, tuple[int, str]] = {
    "malformed": (400, "The request is not the JSON that this address takes; see /api/docs."),
    "bad_token": (401, "The conversation token is not genuine, has expired, or its conversation was deleted."),
    "origin_not_allowed": (403, "The clinic does not allow this site to use its chat; see allowed_origins in its file."),
    "not_found": (404, "There is nothing at this address; see /api/docs."),
    "unknown_clinic": (404, "No clinic has this id."),
    "method_not_allowed": (405, "This address does not take this method; see /api/docs."),
    "too_slow": (408, "The request took too long to arrive."),
    "too_large": (413, "The request is larger than 8 KiB."),
    "empty_text": (422, "The text is empty."),
    "long_text": (422, "The text is longer than 1,000 characters."),
    "too_many_requests": (429, "Too many requests from this address; try again later."),
    "failed": (500, "Something went wrong here. Nothing is wrong with the request."),
    "unavailable": (503, "This is not possible right now; try again in a minute."),
}
_CODES_OF_STATUS = {404: "not_found", 405: "method_not_allowed"}


def content_policy(*, image_from: str | None = None) -> str:
    """What a browser may do with anything from here: pages load only our own files, and nobody frames them.

    Args:
        image_from: one more origin for pictures: where a clinic keeps its logo.
    """
    images = "img-src 'self' data:" + (f" {image_from}" if image_from else "")
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; {images}; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


HEADERS: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": content_policy(),
}


class ApiError(Exception):
    """Ends a request with one of `ERRORS`."""

    def __init__(self, code: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code, self.headers = code, headers


def error_body(code: str) -> dict[str, dict[str, str]]:
    return {"error": {"code": code, "message": ERRORS[code][1]}}


def error_response(code: str, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(error_body(code), status_code=ERRORS[code][0], headers=dict(headers or {}))


def log_failure(what: str, error: BaseException) -> None:
    """One line: the class of the failure and where in the code, never its text."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown place"
    log.error("%s: %s at %s", what, type(error).__name__, place)


def handle_errors(app: FastAPI) -> None:
    """Give `app` the mapping from exceptions to errors, and the headers of every response."""

    async def api_error(request: Request, error: ApiError) -> JSONResponse:
        return error_response(error.code, headers=error.headers)

    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        code = _CODES_OF_STATUS.get(error.status_code, "malformed" if error.status_code < 500 else "failed")
        return error_response(code, headers=error.headers)

    async def storage_error(request: Request, error: Exception) -> JSONResponse:
        log_failure("what is kept could not be reached", error)
        return error_response("unavailable")

    app.add_exception_handler(ApiError, api_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(sqlite3.Error, storage_error)
    app.add_exception_handler(SetupError, storage_error)
    app.add_middleware(Outermost)


class Outermost:
    """Adds the headers and answers what nobody else has caught.

    In place of Starlette's handler for `Exception`, which raises again after it has answered: the server
    would then log the exception with its text.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        # An API reply is one visitor's; a page is everybody's, but must be the one that fits this version.
        caching = "no-store" if scope["path"].startswith("/api/v") else "no-cache"

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                said = {name.decode("latin-1") for name, _ in message["headers"]}  # by the address itself: it knows better
                extra = {**HEADERS, "cache-control": caching}
                message["headers"] += [(k.encode(), v.encode()) for k, v in extra.items() if k not in said]
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - the last place that can still give an answer
            log_failure("a request failed", error)
            if not started:
                await error_response("failed")(scope, receive, send_with_headers)
