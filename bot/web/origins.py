"""Which sites may call the API from a visitor's browser (CORS): this server's own pages, and those that clinics allow.

Checked on the request itself, too, not in the preflight only: browsers send some requests without a preflight, and a
preflight cannot know which clinic a message will name.
"""
from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.clinics import Clinic
from bot.web.failures import ApiError, error_response

API = "/api/v1/"
_PREFLIGHT = {
    "access-control-allow-methods": "GET, POST, DELETE", "access-control-allow-headers": "content-type",
    "access-control-max-age": "600",
}
_PORTS = {"http": 80, "https": 443}


class Cors:
    """Refuses what no clinic allows before it is read, and tells browsers which site may read the answer.

    Args:
        app: answers what is let in; calls `require_origin` once it knows of which clinic a request is.
        clinics: as they stand at the moment of each request.
        trust_proxy: whether X-Forwarded-Host is our own proxy's word.
    """

    def __init__(self, app: ASGIApp, *, clinics: Mapping[str, Clinic], trust_proxy: bool) -> None:
        self._app, self._clinics, self._trust_proxy = app, clinics, trust_proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(API):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = foreign_origin(headers, trust_proxy=self._trust_proxy)
        scope.setdefault("state", {})["foreign_origin"] = origin
        app: ASGIApp = self._app
        if origin is not None and not any(origin in clinic.allowed_origins for clinic in self._clinics.values()):
            app = error_response("origin_not_allowed")
            scope["state"]["origin_refused"] = True
        elif origin is not None and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            app = Response(status_code=204, headers=_PREFLIGHT)

        async def send_with_origin(message: Message) -> None:
            if message["type"] == "http.response.start":
                response = MutableHeaders(scope=message)
                response.add_vary_header("Origin")
                if origin is not None and not scope["state"].get("origin_refused"):
                    response["access-control-allow-origin"] = origin
                    response["access-control-expose-headers"] = "retry-after"
            await send(message)

        await app(scope, receive, send_with_origin)


def require_origin(request: Request, clinic: Clinic) -> None:
    """Refuse a site that others may allow, but not this clinic.

    Raises:
        ApiError: origin_not_allowed.
    """
    origin = request.state.foreign_origin
    if origin is not None and origin not in clinic.allowed_origins:
        request.state.origin_refused = True
        raise ApiError("origin_not_allowed")


def foreign_origin(headers: Mapping[str, str], *, trust_proxy: bool) -> str | None:
    """The site whose page sends the request; None where it is this server's own, or no browser.

    The scheme is not compared: behind a proxy that ends TLS this process sees http.
    """
    origin = headers.get("origin")
    if origin is None or headers.get("sec-fetch-site") == "same-origin":
        return None
    hosts = [headers.get("host", "")]
    if trust_proxy:
        hosts.append(headers.get("x-forwarded-host", "").rpartition(",")[2].strip())
    return None if any(host and _same_host(origin, host) for host in hosts) else origin


def _same_host(origin: str, host: str) -> bool:
    try:
        parts, own = urlsplit(origin), urlsplit(f"//{host}")
        default = _PORTS.get(parts.scheme)
        return parts.hostname == own.hostname and (parts.port or default) == (own.port or default)
    except ValueError:  # a port that is none
        return False
