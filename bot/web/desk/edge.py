"""What meets every request of the desk first: whom it may come from, and the headers of every answer.

A page of another site must not act with the maintainer's session. `SameSite=Strict` keeps the cookie out of most of
that, but counts all ports of a machine, and all names below one domain, as one site: so the browser's own word on where
a request comes from decides (`Sec-Fetch-Site`, or else `Origin`). The `Host` is checked because a foreign name may be
made to lead to this machine (DNS rebinding): then its pages are "same-origin" with what they read.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from fastapi.responses import PlainTextResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.failures import log_failure

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_SAFE = ("GET", "HEAD")
HEADERS: Mapping[str, str] = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                               "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Edge:
    """Refuses what is not the desk's own, adds the headers, and answers what nobody else has caught.

    Args:
        hosts: names under which the desk may be called, without ports.
        trust_proxy: whether X-Forwarded-Host is our own proxy's word.
    """

    def __init__(self, app: ASGIApp, *, hosts: Sequence[str], trust_proxy: bool) -> None:
        self._app, self._hosts, self._trust_proxy = app, hosts, trust_proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        headers = Headers(scope=scope)
        host = called_host(headers, trust_proxy=self._trust_proxy)
        app: ASGIApp = self._app
        if without_port(host) not in self._hosts:
            app = PlainTextResponse("The desk is not called by this name; see FOOTNOTE_DESK_HOSTS.", status_code=421)
        elif not is_own(scope["method"], headers, host):
            app = PlainTextResponse(
                "The desk takes nothing from other sites' pages. Open its address yourself.", status_code=403)
        try:
            await app(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - the last place that can still give an answer
            log_failure("a request to the desk failed", error)
            if not started:
                failed = PlainTextResponse("Something went wrong here; the desk's log says where.", status_code=500)
                await failed(scope, receive, send_with_headers)


def called_host(headers: Mapping[str, str], *, trust_proxy: bool) -> str:
    """The name, and maybe the port, by which a browser called the desk."""
    forwarded = headers.get("x-forwarded-host", "").rpartition(",")[2].strip() if trust_proxy else ""
    return (forwarded or headers.get("host", "")).lower()


def without_port(host: str) -> str:
    return host[:host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]


def is_own(method: str, headers: Mapping[str, str], host: str) -> bool:
    """Whether a request comes from the desk's own pages, from the address bar, or from no browser.

    Without `Sec-Fetch-Site` (old browsers, and plain http to another machine) the origin must be ours. With it an
    opaque one may stand beside: under our referrer policy browsers send a form with "Origin: null".
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site != "same-origin" and not (site == "none" and method in _SAFE):
        return False
    return origin is None or (origin == "null" and site is not None) or _is_of(origin, host)


def _is_of(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
        default = {"http": 80, "https": 443}.get(parts.scheme)
        own = urlsplit(f"//{host}")
        return parts.hostname == own.hostname and (parts.port or default) == (own.port or default)
    except ValueError:  # a port that is none
        return False
