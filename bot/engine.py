"""The only door to Rasa: load, answer, forget.

Rasa runs in a thread of its own with its own event loop, so that a slow or hanging message never keeps the
web server from answering others, from saying `unavailable`, or from checking red flags.
"""
from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import logging
import re
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from bot.conversations import ConversationStore
from bot.errors import EngineError, EngineNotReady, EngineTimeout
from bot.inbox.earlier import best_guesses
from bot.inbox.store import Guesses
from bot.reply import Reply
from bot.text import clean

log = logging.getLogger(__name__)
WARM_UP = ("is massage safe?", "what causes neuropathy and can massage help with it", "my left arm went numb")
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`guesses` holds (intent, probability) of the likeliest intents; none where the model was not asked."""

    replies: tuple[Reply, ...]
    standing_tier: str | None
    guesses: Guesses = ()


class Answering(Protocol):
    """What the web layer and the terminal need of an engine."""

    @property
    def model(self) -> str | None:
        """The name of the model that answers; None while there is none."""

    async def answer(self, text: str, *, conversation: str, clinic: str | None) -> Answer:
        """The replies to a message.

        Raises:
            EngineNotReady, EngineTimeout, EngineError: no answer; the conversation stands as before.
        """

    async def forget(self, conversation: str) -> None:
        """Drop what the engine holds of a conversation in memory."""


class Engine:
    """Rasa's Agent, embedded.

    Args:
        model: the trained model file (.tar.gz).
        store: where conversations are kept.
        seconds: how long one message may take.
    """

    def __init__(self, model: Path, store: ConversationStore, *, seconds: float = 3.0) -> None:
        self._path, self._store, self._seconds = model, store, seconds
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._agent: Any = None
        self._trackers: Any = None
        self._in_flight = 0
        self._readers = ThreadPoolExecutor(1, thread_name_prefix="footnote-reader")
        self.failure: Exception | None = None

    @property
    def model(self) -> str | None:
        return self._path.name if self._agent is not None else None

    def start(self) -> None:
        """Begin loading in the background; `wait` for the end of it."""
        self._thread = threading.Thread(target=self._run, name="footnote-engine", daemon=True)
        self._thread.start()

    def wait(self, seconds: float = 120.0) -> None:
        """Until the model is loaded.

        Raises:
            EngineNotReady: it could not be loaded, or not in time.
        """
        if not self._ready.wait(seconds):
            raise EngineNotReady(f"the model was not loaded within {seconds:g} s")
        if self.failure is not None:
            raise EngineNotReady(f"{self._path.name} could not be loaded: {self.failure}; run: make train")

    def close(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=5.0)
        self._readers.shutdown(wait=False)

    async def answer(self, text: str, *, conversation: str, clinic: str | None = None) -> Answer:
        return await self._in_engine(self._answer(text, conversation, clinic))

    async def forget(self, conversation: str) -> None:
        if self._trackers is not None:
            self._trackers.forget(conversation)
            forget_messages()

    async def parse(self, text: str) -> dict[str, Any]:
        """The NLU's output for a message, outside any conversation (evaluation, maintenance)."""
        return await self._in_engine(self._agent_or_raise().parse_message(as_plain_text(text)))

    # inside the engine's thread

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._load()
        except Exception as error:  # noqa: BLE001 - whatever goes wrong, red flags are still answered without us
            self.failure = error
            log.error("the model could not be loaded: %s: %s", type(error).__name__, error)
        finally:
            self._ready.set()
        self._loop.run_forever()

    def _load(self) -> None:
        from bot.lean_imports import leave_out_heavy_modules, quieten_rasa

        quieten_rasa()
        leave_out_heavy_modules()
        from bot.rasa_agent import load_agent
        from bot.tracker_store import KeptTrackerStore
        from bot.turn import default_house

        default_house()
        from threadpoolctl import threadpool_limits

        threadpool_limits(1)  # small matrices: a second BLAS thread costs more than it brings
        self._trackers = KeptTrackerStore(None, self._store)
        self._agent = load_agent(self._path, self._trackers)
        # The first messages pay for lazy parts (spaCy's vocabulary, ONNX Runtime's arena): pay now.
        for text in WARM_UP:
            self._loop.run_until_complete(self._agent.parse_message(text))
        settle_memory()

    def _agent_or_raise(self) -> Any:
        if self._agent is None:
            raise EngineNotReady("the model is not loaded")
        return self._agent

    async def _in_engine(self, work: Coroutine[Any, Any, T]) -> T:
        if self._agent is None:
            work.close()
            raise EngineNotReady("the model is not loaded")
        self._in_flight += 1
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self._seconds)
        except asyncio.TimeoutError:
            raise EngineTimeout(f"no answer within {self._seconds:g} s") from None
        finally:
            self._in_flight -= 1

    async def _answer(self, text: str, conversation: str, clinic: str | None) -> Answer:
        from rasa.core.channels.channel import UserMessage

        from bot.rasa_agent import ReplyChannel

        if self._in_flight > 1:
            # Others are being answered: meanwhile another core can read this one (ONNX Runtime holds no lock).
            await self._loop.run_in_executor(self._readers, read_ahead, as_plain_text(text))
        channel = ReplyChannel()
        message = UserMessage(
            as_plain_text(text), channel, conversation, input_channel=channel.name(), metadata={"clinic": clinic},
        )
        try:
            await self._agent.handle_message(message)
            replies = tuple(Reply.from_dict(values) for values in channel.replies)
            if not replies:
                raise EngineError("the dialogue engine said nothing")
            tracker = await self._trackers.retrieve(conversation)
            parse_data = (tracker.latest_message.parse_data or {}) if tracker and tracker.latest_message else {}
            return Answer(
                replies=replies, standing_tier=tracker.get_slot("standing_tier") if tracker else None,
                guesses=best_guesses(parse_data.get("intent_ranking") or ()),
            )
        except BaseException as error:  # a cancelled turn (timeout) too
            # The tracker in memory may hold half a turn; the file holds the last whole one.
            self._trackers.forget(conversation)
            if isinstance(error, EngineError) or not isinstance(error, Exception):
                raise
            # The class only: an exception's text may quote the visitor.
            raise EngineError(f"the dialogue engine failed: {type(error).__name__}") from None


def as_plain_text(text: str) -> str:
    """The message as Rasa may read it: `/restart` and `/intent{...}` are words here, never commands."""
    # Slashes and any space between them, no-break spaces too: Rasa trims a message before it looks for its slash.
    return re.sub(r"^[/\s]+", "", clean(text)) or "?"


def read_ahead(text: str) -> None:
    """Leave a message's sentence vector where the pipeline will look for it."""
    from bot.nlu.featurizer import shared_encoder
    from bot.nlu.normalize import normalize

    shared_encoder().encode([normalize(text)])


def forget_messages() -> None:
    """Drop the latest messages, of whomever, that reading parts keep in memory to save a second reading."""
    from bot.nlu.featurizer import shared_encoder
    from bot.nlu.ngrams import analyze
    from bot.red_flags import default_red_flags

    shared_encoder().forget_texts()
    analyze.cache_clear()
    default_red_flags().forget_messages()


def settle_memory() -> None:
    """What is loaded by now stays: no longer looked through for garbage; what loading left over goes back."""
    gc.collect()
    gc.freeze()
    with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
        ctypes.CDLL("libc.so.6").malloc_trim(0)
