"""The demo page and the API's page: our own files, with the clinic's and the region's numbers filled in."""
from __future__ import annotations

import html
import string
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse
from starlette.staticfiles import StaticFiles

from bot.clinics import DEFAULT_CLINIC
from bot.turn import House

FOLDER = Path(__file__).parent / "pages"


def add_pages(app: FastAPI, house: House) -> None:
    """Serve `/`, `/api/docs` and what they load, all from this machine."""
    demo = demo_page(house)

    async def index() -> HTMLResponse:
        return HTMLResponse(demo)

    async def docs() -> FileResponse:
        return FileResponse(FOLDER / "docs.html", media_type="text/html")

    app.add_api_route("/", index, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_api_route("/api/docs", docs, methods=["GET", "HEAD"], include_in_schema=False)
    app.mount("/pages", StaticFiles(directory=FOLDER), name="pages")


def demo_page(house: House) -> str:
    """index.html with the default clinic in place of its $names.

    Raises:
        KeyError: the page names what nobody fills in.
    """
    clinic = house.clinics[DEFAULT_CLINIC]
    lines = house.content.help_lines[clinic.region].lines
    emergency, crisis = lines["emergency"], lines["crisis"]
    values = {
        "clinic": clinic.name, "phone": clinic.phone, "phone_href": clinic.phone_href, "hours": clinic.hours,
        "emergency": emergency[0], "emergency_href": emergency[1],
        "crisis": crisis[0], "crisis_href": crisis[1], "keep_days": str(house.keep_days),
    }
    page = string.Template((FOLDER / "index.html").read_text(encoding="utf-8"))
    return page.substitute({name: html.escape(value) for name, value in values.items()})
