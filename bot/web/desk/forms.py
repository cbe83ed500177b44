"""What a form of the desk sends: few short fields, read with bounds."""
from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qsl

from fastapi import Request

from bot.web.desk.refusals import Refused

MOST_BYTES, MOST_FIELDS, SECONDS = 65_536, 40, 10.0


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields; of one that comes twice, the last.

    Raises:
        Refused: no form, a large one, or one that does not arrive.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Refused(415, "This address takes a form of the desk.")
    try:
        body = await asyncio.wait_for(_bounded(request), SECONDS)
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"))
    except asyncio.TimeoutError:
        raise Refused(408, "The form took too long to arrive.") from None
    except ValueError:  # no UTF-8, too many fields
        raise Refused(400, "This is no form of the desk.") from None


async def _bounded(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise Refused(413, "The form is too large.")
    return bytes(body)
