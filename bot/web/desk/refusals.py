"""How a request to the desk ends when it cannot be done."""
from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):
    """Ends a request with a page that says why."""

    def __init__(self, status: int, text: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status, self.text, self.headers = status, text, dict(headers or {})


class SignInFirst(Exception):
    """Ends a request with the way to the sign-in page."""
