"""Runs the messages through the embedded engine, each row in a conversation of its own."""
from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bot.conversations import ConversationStore
from bot.engine import Answer, Answering, Engine
from bot.errors import EngineError
from bot.labelled_messages import Message, Row
from bot.settings import Settings
from bot.text import clean
from bot.training import latest_model

# More than a visitor waits: a busy machine must not turn a right answer into `unavailable`. The latency that is
# printed tells how long it took.
SECONDS = 30.0


class Fallback(Protocol):
    """What answers when the engine does not (`bot.web.last_resort.LastResort`)."""

    async def answer(self, text: str, *, clinic: str | None) -> Answer: ...


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A message and what came back; `failed`: not from the engine."""

    name: str
    group: str
    message: Message
    replies: list[dict[str, Any]]
    standing_tier: str | None
    milliseconds: float
    failed: bool = False


@contextmanager
def embedded_engine(settings: Settings, model: Path | None = None) -> Iterator[Engine]:
    """The engine over a store that is gone afterwards.

    Args:
        model: the one that fits this checkout if not given.

    Raises:
        SetupError: no model has been trained.
        EngineNotReady: it could not be loaded.
    """
    model = model or latest_model(settings)
    with tempfile.TemporaryDirectory(prefix="footnote-evaluation-") as folder:
        store = ConversationStore(Path(folder) / "conversations.sqlite3")
        engine = Engine(model, store, seconds=SECONDS)
        engine.start()
        try:
            engine.wait()
            yield engine
        finally:
            engine.close()
            store.close()


async def play(rows: Sequence[Row], engine: Answering, fallback: Fallback) -> list[Exchange]:
    """All messages in order, one at a time; where the engine fails, what a visitor would get over HTTP."""
    exchanges = []
    for row in rows:
        conversation = uuid.uuid4().hex
        for number, message in enumerate(row.messages, 1):
            text, failed = clean(message.text), False
            started = time.perf_counter()
            try:
                answer = await engine.answer(text, conversation=conversation, clinic=None)
            except EngineError:
                answer, failed = await fallback.answer(text, clinic=None), True
            exchanges.append(Exchange(
                name=row.name_of(number), group=row.group, message=message,
                replies=[reply.as_dict() for reply in answer.replies], standing_tier=answer.standing_tier,
                milliseconds=(time.perf_counter() - started) * 1000, failed=failed,
            ))
    return exchanges
