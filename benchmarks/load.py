"""The load: many short conversations at once, or one long one."""
from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from benchmarks.client import Client
from benchmarks.dialects import Dialect

MESSAGES_A_CONVERSATION = 5
AROUND = 2  # turns before and after the one in question that its median is taken over


@dataclass(frozen=True, kw_only=True)
class Load:
    milliseconds: list[float]
    per_second: float
    unanswered: int


def short_conversations(port: int, dialect: Dialect, texts: Sequence[str], *, clients: int) -> Load:
    """All `texts`, shared out among clients that each wait for an answer before saying the next thing."""
    shares = [texts[number::clients] for number in range(clients)]
    interrupted = threading.Event()
    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        try:
            done = list(pool.map(lambda share: _say_all(port, dialect, share, unless=interrupted), shares))
        except BaseException:
            interrupted.set()  # the pool waits for its threads, and these would say all they have
            raise
    seconds = time.perf_counter() - began
    return Load(
        milliseconds=[ms for share, _ in done for ms in share], per_second=len(texts) / seconds,
        unanswered=sum(unanswered for _, unanswered in done),
    )


def long_conversation(port: int, dialect: Dialect, texts: Sequence[str]) -> Load:
    """All `texts` in one conversation; `milliseconds` stands in their order."""
    began = time.perf_counter()
    milliseconds, unanswered = _say_all(port, dialect, texts, unless=threading.Event(), a_conversation=len(texts))
    return Load(
        milliseconds=milliseconds, per_second=len(texts) / (time.perf_counter() - began), unanswered=unanswered,
    )


def percentile(values: Sequence[float], percent: int) -> float:
    """Between the two nearest values, as numpy has it.

    >>> percentile([10.0, 20.0, 30.0], 75)
    25.0
    """
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def around_turn(milliseconds: Sequence[float], turn: int) -> list[float]:
    """What the turns around `turn` (counted from 1) took."""
    return list(milliseconds[max(0, turn - 1 - AROUND):turn + AROUND])


def _say_all(
    port: int, dialect: Dialect, texts: Sequence[str], *, unless: threading.Event,
    a_conversation: int = MESSAGES_A_CONVERSATION,
) -> tuple[list[float], int]:
    client = Client(port, dialect)
    try:
        milliseconds = []
        for number, text in enumerate(texts):
            if unless.is_set():
                break
            if number and number % a_conversation == 0:
                client.start_over()
            milliseconds.append(1000 * client.say(text))
        return milliseconds, client.unanswered
    finally:
        client.close()
