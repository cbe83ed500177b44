"""How each bot is spoken to over HTTP: its address, a message's JSON, and whether the answer is one."""
from __future__ import annotations

import uuid
from typing import Any, Protocol


class NoAnswer(Exception):
    """The bot replied, but not with an answer."""


class Dialect(Protocol):
    path: str
    ready_path: str  # answers 200 once messages can be answered

    def start(self) -> str | None:
        """A new conversation's name, where the client gives it."""

    def body(self, text: str, conversation: str | None) -> dict[str, Any]:
        """The JSON to send."""

    def read(self, answer: Any, conversation: str | None) -> str | None:
        """The conversation to go on with.

        Raises:
            NoAnswer: nothing was said, or only that nothing can be said now.
        """


class RestChannel:
    """Rasa's REST channel."""

    path, ready_path = "/webhooks/rest/webhook", "/"

    def start(self) -> str:
        return uuid.uuid4().hex

    def body(self, text: str, conversation: str | None) -> dict[str, Any]:
        return {"sender": conversation, "message": text}

    def read(self, answer: Any, conversation: str | None) -> str | None:
        if not isinstance(answer, list) or not any(message.get("text") for message in answer):
            raise NoAnswer
        return conversation


class FootnoteApi:
    """Footnote's API, version 1."""

    path, ready_path = "/api/v1/messages", "/api/v1/health"

    def start(self) -> None:
        return None

    def body(self, text: str, conversation: str | None) -> dict[str, Any]:
        return {"text": text} if conversation is None else {"text": text, "conversation": conversation}

    def read(self, answer: Any, conversation: str | None) -> str | None:
        replies = answer.get("replies") if isinstance(answer, dict) else None
        if not replies or any(reply["kind"] == "unavailable" for reply in replies):
            raise NoAnswer
        return str(answer["conversation"])
