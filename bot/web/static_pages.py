"""The demo page, the API's page and the page on which a clinic tries its widget: our own files, filled in."""
from __future__ import annotations

import html
import string
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse
from starlette.staticfiles import StaticFiles

from bot.clinics import DEFAULT_CLINIC
from bot.turn import House
from bot.web.failures import content_policy

FOLDER = Path(__file__).parent / "pages"
MOST_OF_AN_ID = 60  # characters that are shown of what somebody typed in place of an id


def add_pages(app: FastAPI, house: House) -> None:
    """Serve `/`, `/embed`, `/api/docs` and what they load, all from this machine."""

    async def index() -> HTMLResponse:
        return HTMLResponse(demo_page(house))

    async def embed(request: Request) -> HTMLResponse:
        asked = request.query_params.get("clinic") or DEFAULT_CLINIC
        logo = house.speaker(asked).clinic.logo
        policy = content_policy(image_from=f"https://{urlsplit(logo).netloc}" if logo else None)
        return HTMLResponse(embed_page(house, asked), status_code=200 if asked in house.clinics else 404,
                            headers={"content-security-policy": policy})

    async def docs() -> FileResponse:
        return FileResponse(FOLDER / "docs.html", media_type="text/html")

    app.add_api_route("/", index, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_api_route("/embed", embed, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_api_route("/api/docs", docs, methods=["GET", "HEAD"], include_in_schema=False)
    app.mount("/pages", StaticFiles(directory=FOLDER), name="pages")


def demo_page(house: House) -> str:
    """index.html with the default clinic in place of its $names.

    Raises:
        KeyError: the page names what nobody fills in.
    """
    speaker = house.speaker(None)
    clinic = speaker.clinic
    lines = speaker.region.lines
    emergency, crisis = lines["emergency"], lines["crisis"]
    values = {
        "clinic": clinic.name, "phone": clinic.phone, "phone_href": clinic.phone_href, "hours": speaker.hours_text(),
        "emergency": emergency[0], "emergency_href": emergency[1],
        "crisis": crisis[0], "crisis_href": crisis[1],
    }
    return _filled("index.html", values)


def embed_page(house: House, clinic_id: str) -> str:
    """embed.html for a clinic; for the default one, and saying so, where there is no clinic of this id."""
    clinic = house.speaker(clinic_id).clinic
    unknown = clinic.id != clinic_id
    return _filled("embed.html", {
        "clinic": clinic.id, "name": clinic.name, "accent": clinic.colours["accent"],
        "on_accent": clinic.colours["on_accent"], "unknown": "" if unknown else "hidden",
        "asked": clinic_id[:MOST_OF_AN_ID],
    })


def _filled(name: str, values: Mapping[str, str]) -> str:
    page = string.Template((FOLDER / name).read_text(encoding="utf-8"))
    return page.substitute({key: html.escape(value) for key, value in values.items()})
