"""What waits: the inbox, and what is served."""
from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.responses import Response

from bot.desk.models import served_model
from bot.server_reports import live_reports
from bot.training import model_path

if TYPE_CHECKING:
    from bot.web.desk.app import Desk


def add_start_page(app: FastAPI, desk: Desk) -> None:
    def start(request: Request) -> Response:
        served, own = served_model(desk.settings), model_path(desk.settings)
        return desk.pages.render(
            request, "start.html", waiting=len(desk.inbox.messages()), served=served.name if served else None,
            own=own.name, own_is_trained=own.is_file(), servers=live_reports(desk.settings.models), job=desk.jobs.running())

    app.add_api_route("/", start, methods=["GET"])
