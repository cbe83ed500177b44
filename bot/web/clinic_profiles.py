"""GET /api/v1/clinics/{clinic}: what a widget shows before the first message."""
from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response

from bot.clinic_profile import clinic_profile
from bot.clinics import Clinic
from bot.turn import House
from bot.web import schemas
from bot.web.failures import ApiError
from bot.web.origins import require_origin

SECONDS = 60  # how long "open now" may lag behind the clock


def add_clinic_profiles(app: FastAPI, house: House) -> None:
    async def clinic(request: Request, clinic: str) -> Response:
        """The clinic's name, contact, hours, colours and links, and the signs of an emergency."""
        require_origin(request, named_clinic(house.clinics, clinic))
        body = json.dumps(clinic_profile(house.speaker(clinic)), ensure_ascii=False).encode()
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {"cache-control": f"public, max-age={SECONDS}", "etag": tag}
        known = {known.strip().removeprefix("W/") for known in request.headers.get("if-none-match", "").split(",")}
        if tag in known:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="application/json", headers=headers)

    responses: dict[int | str, dict[str, Any]] = {
        200: {"model": schemas.ClinicOut}, **{status: {"model": schemas.ErrorOut} for status in (403, 404)}}
    app.add_api_route(
        "/api/v1/clinics/{clinic}", clinic, methods=["GET"], summary="What a clinic's widget shows", responses=responses)


def named_clinic(clinics: Mapping[str, Clinic], clinic_id: str) -> Clinic:
    """The clinic of an id.

    Raises:
        ApiError: unknown_clinic.
    """
    clinic = clinics.get(clinic_id)
    if clinic is None:
        raise ApiError("unknown_clinic")
    return clinic
