"""What is said when the dialogue engine says nothing: red flags by rule, and one `unavailable` reply."""
from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.engine import Answer
from bot.turn import House
from bot.web.failures import log_failure

CHECK_SECONDS = 1.0
CHECKS_AT_ONCE = 32  # threads; further checks wait within their second
T = TypeVar("T")


async def within(seconds: float, work: Awaitable[T]) -> T:
    """The result of `work`.

    Raises:
        asyncio.TimeoutError: `work` did not end in time, or was cancelled.

    On time even when `work` will not be cancelled: `asyncio.wait_for` waits for the cancelled work
    to end, which is for ever when the work hangs.
    """
    task = asyncio.ensure_future(work)
    # Read the late result of a task that was given up, lest asyncio logs its exception with the text.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        task.cancel()
    if not done or task.cancelled():  # cancelled by somebody else: this request goes on
        raise asyncio.TimeoutError
    return task.result()


class LastResort:
    """Answers without the engine. A check that hangs costs its thread, never the visitor."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._free = threading.Semaphore(CHECKS_AT_ONCE)

    async def answer(self, text: str, *, clinic: str | None) -> Answer:
        """Red flags of `text` and the `unavailable` reply; only the latter when the check fails, too."""
        speaker = self._house.speaker(clinic)
        try:
            flags = await within(CHECK_SECONDS, self._in_thread(lambda: self._house.red_flags.check(text)))
            replies = speaker.turn(flags, [speaker.unavailable()], standing=None, standing_name="")
            return Answer(replies=tuple(replies), standing_tier=flags[0].tier if flags else None)
        except Exception as error:  # noqa: BLE001 - the unavailable reply names the emergency number
            log_failure("red flags could not be checked", error)
            return Answer(replies=(speaker.unavailable(),), standing_tier=None)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """The result of `work`, done in a daemon thread.

        Not in a pool: a hanging check would take one of its threads for good and keep the process from ending.
        """
        while not self._free.acquire(blocking=False):
            await asyncio.sleep(0.01)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def run() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - handed to who waits
                _tell(loop, future, error=error)
            else:
                _tell(loop, future, result=result)
            finally:
                self._free.release()

        threading.Thread(target=run, name="footnote-red-flags", daemon=True).start()
        return await future


def _tell(loop: asyncio.AbstractEventLoop, future: asyncio.Future[T], **outcome: object) -> None:
    def settle() -> None:
        if future.done():
            return
        if "error" in outcome:
            future.set_exception(outcome["error"])  # type: ignore[arg-type]
        else:
            future.set_result(outcome["result"])  # type: ignore[arg-type]

    try:
        loop.call_soon_threadsafe(settle)
    except RuntimeError:  # the loop has closed meanwhile; nobody waits
        pass
