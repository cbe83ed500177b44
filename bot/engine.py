"""The only door to Rasa: load, answer, swap, forget.

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
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from bot.conversations import ConversationStore
from bot.errors import EngineError, EngineNotReady, EngineTimeout, ModelRefused
from bot.inbox.store import Guesses
from bot.reply import Reply
from bot.text import clean

if TYPE_CHECKING:
    from bot.rasa_model import RasaModel

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
        self._serving: RasaModel | None = None
        self._spare: RasaModel | None = None  # what was served before, in reach until `drop_spare`
        self._swapping = threading.Lock()
        self._locks: Any = None
        self._in_flight = 0
        self._readers = ThreadPoolExecutor(1, thread_name_prefix="footnote-reader")
        self.failure: Exception | None = None

    @property
    def model(self) -> str | None:
        return self._serving.path.name if self._serving is not None else None

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
        models = [model for model in (self._serving, self._spare) if model is not None]
        for model in models:
            model.trackers.forget(conversation)
        if models:
            forget_messages()

    def swap(self, path: Path) -> None:
        """Serve another model from the next message on. The caller's thread loads it, which takes seconds.

        A message that is being answered is answered by the old model; conversations go on, for they are kept in the
        store. The old model stays in memory until `drop_spare`, and a swap back to it loads nothing.

        Raises:
            ModelRefused: it cannot be loaded or fails its self-test; the old model serves on.
        """
        with self._swapping:
            if self._serving is not None and self._serving.path == path:
                return
            if self._spare is not None and self._spare.path == path:
                fresh = self._spare
            else:
                self._spare = None  # never three in memory
                fresh = self._load_beside(path)
            if self._serving is not None:
                fresh.trackers.go_on_from(self._serving.trackers)
            self._serving, self._spare, self.failure = fresh, self._serving, None

    def drop_spare(self) -> None:
        """Free the model that was served before."""
        with self._swapping:
            self._spare = None
            settle_memory()

    async def parse(self, text: str) -> dict[str, Any]:
        """The NLU's output for a message, outside any conversation (evaluation, maintenance)."""
        return await self._in_engine(self._model_or_raise().parse(as_plain_text(text)))

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
        from bot.rasa_model import RasaModel, new_locks
        from bot.turn import default_house

        default_house()
        from threadpoolctl import threadpool_limits

        threadpool_limits(1)  # small matrices: a second BLAS thread costs more than it brings
        # Modules and rules stay for good and are no longer looked through for garbage; models come and go.
        settle_memory()
        gc.freeze()
        self._locks = new_locks()
        model = RasaModel.load(self._path, self._store, self._locks)
        # The first messages pay for lazy parts (spaCy's vocabulary, ONNX Runtime's arena): pay now.
        for text in WARM_UP:
            self._loop.run_until_complete(model.parse(text))
        self._serving = model
        settle_memory()

    def _load_beside(self, path: Path) -> RasaModel:
        """Another model, tried out, while this one answers."""
        from bot.rasa_model import RasaModel, new_locks
        from bot.self_test import failures

        self._locks = self._locks or new_locks()  # there are none yet where the first model could not be loaded
        try:
            model = RasaModel.load(path, self._store, self._locks)
            wrong = asyncio.run(failures(model.rehearse))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the old model serves on
            why = (str(error).splitlines() or [""])[0]
            raise ModelRefused(f"{path.name} could not be loaded: {type(error).__name__}: {why}") from None
        if wrong:
            raise ModelRefused(f"{path.name} failed its self-test: {'; '.join(wrong)}")
        return model

    def _model_or_raise(self) -> RasaModel:
        if self._serving is None:
            raise EngineNotReady("the model is not loaded")
        return self._serving

    async def _in_engine(self, work: Coroutine[Any, Any, T]) -> T:
        if self._serving is None:
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
        if self._in_flight > 1:
            # Others are being answered: meanwhile another core can read this one (ONNX Runtime holds no lock).
            await self._loop.run_in_executor(self._readers, read_ahead, as_plain_text(text))
        # Taken once: a swap within this turn leaves it to the model that it began with.
        model = self._model_or_raise()
        try:
            replies, standing_tier, guesses = await model.answer(as_plain_text(text), conversation, clinic)
            if not replies:
                raise EngineError("the dialogue engine said nothing")
            return Answer(replies=replies, standing_tier=standing_tier, guesses=guesses)
        except BaseException as error:  # a cancelled turn (timeout) too
            # The tracker in memory may hold half a turn; the file holds the last whole one.
            model.trackers.forget(conversation)
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
    """Give back what loading or freeing left over."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
        ctypes.CDLL("libc.so.6").malloc_trim(0)
