"""Reads a request's body: bounded while it arrives, strict JSON, then the fields that an address takes."""
from __future__ import annotations

import asyncio
import json
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from bot.text import MAX_CHARACTERS, clean
from bot.web.failures import ApiError

MAX_BYTES = 8 * 1024
MAX_SECONDS = 10.0  # a sender slower than this holds a connection for nothing
Body = TypeVar("Body", bound=BaseModel)

# What is left of a refused body is not read; the connection cannot be used again.
_CLOSE = {"connection": "close"}


async def read_body(request: Request, model: type[Body]) -> Body:
    """The body as `model`.

    Raises:
        ApiError: malformed, too_large, too_slow.
    """
    try:
        raw = await asyncio.wait_for(_read(request), MAX_SECONDS)
    except asyncio.TimeoutError:
        raise ApiError("too_slow", headers=_CLOSE) from None
    except ClientDisconnect:
        raise ApiError("malformed") from None
    try:
        return model.parse_obj(_parse(raw))
    except (ValueError, RecursionError):  # ValidationError, JSONDecodeError and UnicodeError are ValueErrors
        raise ApiError("malformed") from None


def read_text(text: str) -> str:
    """The visitor's text, cleaned.

    Raises:
        ApiError: empty_text, long_text.
    """
    text = clean(text)
    if not text:
        raise ApiError("empty_text")
    if len(text) > MAX_CHARACTERS:
        raise ApiError("long_text")
    return text


async def _read(request: Request) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:10]) > MAX_BYTES:
        raise ApiError("too_large", headers=_CLOSE)
    body = bytearray()
    async for chunk in request.stream():  # the announced length may be missing or a lie
        body += chunk
        if len(body) > MAX_BYTES:
            raise ApiError("too_large", headers=_CLOSE)
    return bytes(body)


def _parse(raw: bytes) -> dict[str, Any]:
    """JSON as RFC 8259 has it: UTF-8, no NaN, no key twice, no half of a surrogate pair.

    Raises:
        ValueError, RecursionError: it is not that, or no object.
    """
    value = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_unique)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate does not survive this
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key stands twice")
    return values


assert issubclass(ValidationError, ValueError)
