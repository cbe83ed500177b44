"""Serves the widget: a short-lived loader, and the chat itself under the hash of what it is made of.

All is read, packed and compressed once, when the application is made; the folder is bot/widget.
"""
from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response

from bot.settings import ROOT
from bot.web.failures import ApiError
from bot.web.pack import pack_css, pack_modules, pack_script

FOLDER = ROOT / "bot" / "widget"
LOADER = "widget"
LOADER_CACHING = "public, max-age=300"
FOR_EVER = "public, max-age=31536000, immutable"
_STRINGS = "strings."


@dataclass(frozen=True)
class File:
    """One script as it is sent, plain and compressed."""

    body: bytes
    zipped: bytes
    etag: str

    @classmethod
    def of(cls, text: str) -> File:
        body = text.encode()
        return cls(body, gzip.compress(body, 9, mtime=0), f'"{hashlib.sha256(body).hexdigest()[:20]}"')


@dataclass(frozen=True)
class WidgetFiles:
    """The loader, and by name the chat in each language; `version` is the hash of the latter."""

    loader: File
    panels: Mapping[str, File]
    version: str


def load_widget(folder: Path = FOLDER) -> WidgetFiles:
    """What bot/widget is served as.

    Raises:
        ValueError, KeyError: its modules or strings do not fit together.
    """
    modules = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.js"))}
    css = {path.stem: pack_css(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.css"))}
    loader = pack_script(modules.pop(LOADER))
    script = pack_modules(modules, "panel")
    panels, words = {}, {}
    for path in sorted(folder.glob(f"{_STRINGS}*.json")):
        strings = json.loads(path.read_text(encoding="utf-8"))
        name = f"panel.{strings['lang']}.js"
        panels[name] = File.of(f"{script}export const style={_js(css['panel'])},strings={_js(strings)}")
        words[strings["lang"]] = {
            "file": name, "open": strings["open"], "unreachable": strings["unreachable"],
            "links": strings["emergency"]["links"],
        }
    version = hashlib.sha256(b"".join(panels[name].body for name in sorted(panels))).hexdigest()[:12]
    served = {"files": f"widget/{version}", "css": css["launcher"], "words": words}
    return WidgetFiles(File.of(loader.replace("$served", _js(served))), panels, version)


def _js(value: Any) -> str:
    """`value` as JavaScript; the keys are names, which need no quotes there."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{_js(part)}" for key, part in value.items()) + "}"
    return "[" + ",".join(map(_js, value)) + "]" if isinstance(value, list) else json.dumps(value, ensure_ascii=False)


def add_widget(app: FastAPI, files: WidgetFiles) -> None:
    """Serve /widget.js and /widget/<version>/<name>.

    Any page may load them: a module script needs that said. They hold nothing of a clinic or a visitor.
    """

    async def loader(request: Request) -> Response:
        return _response(request, files.loader, LOADER_CACHING)

    async def panel(request: Request, version: str, name: str) -> Response:
        if name not in files.panels:
            raise ApiError("not_found")
        # Another version is asked for by a loader from before an update, and gets what there is, but not to keep.
        return _response(request, files.panels[name], FOR_EVER if version == files.version else "no-cache")

    app.add_api_route("/widget.js", loader, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_api_route("/widget/{version}/{name}", panel, methods=["GET", "HEAD"], include_in_schema=False)


def _response(request: Request, file: File, caching: str) -> Response:
    headers = {
        "cache-control": caching, "etag": file.etag, "vary": "accept-encoding", "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
    }
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    body = file.body
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["content-encoding"] = file.zipped, "gzip"
    return Response(body, headers=headers, media_type="text/javascript")
