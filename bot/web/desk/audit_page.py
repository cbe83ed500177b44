"""The audit log, to be read and taken along."""
from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.responses import Response

from bot.desk.audit import as_csv

if TYPE_CHECKING:
    from bot.web.desk.app import Desk

A_PAGE = 100  # entries


def add_audit_page(app: FastAPI, desk: Desk) -> None:
    def audit(request: Request) -> Response:
        asked = request.query_params.get("before", "")
        before = int(asked) if asked.isdecimal() and len(asked) < 16 else None
        entries = desk.audit.entries(most=A_PAGE, before=before)
        older = entries[-1].number if len(entries) == A_PAGE else None
        return desk.pages.render(request, "audit.html", entries=entries, older=older, newest=before is None)

    def audit_csv(request: Request) -> Response:
        return Response(as_csv(desk.audit.entries()), media_type="text/csv; charset=utf-8",
                        headers={"content-disposition": 'attachment; filename="footnote-audit.csv"'})

    app.add_api_route("/audit", audit, methods=["GET"])
    app.add_api_route("/audit.csv", audit_csv, methods=["GET"])
