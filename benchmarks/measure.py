"""One round of measuring one service."""
from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.load import around_turn, long_conversation, percentile, short_conversations
from benchmarks.messages import take
from benchmarks.service import Service, up
from benchmarks.sizes import MB, distributions_behind, memory_of

MAX_UNANSWERED = 0.02  # of the messages; beyond it the figures would say nothing


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is measured.

    Args:
        epochs: of stock Rasa's neural components.
        rounds: per service, in turns; each starts the service anew.
        warm_up: messages before anything is timed.
        messages: per round with 1 client, and again with 8.
        conversations: long ones, per round.
        early, late: the turns that are compared in them.
    """

    epochs: int = 100
    rounds: int = 3
    warm_up: int = 20
    messages: int = 300
    clients: int = 8
    conversations: int = 3
    early: int = 10
    late: int = 150


QUICK = Plan(epochs=1, rounds=1, warm_up=3, messages=24, conversations=1, early=5, late=20)


def measure_round(service: Service, plan: Plan, messages: list[str], number: int, folder: Path) -> dict[str, float]:
    """Figures by name; every service gets the same messages in the same round.

    Raises:
        BenchmarkError: it did not start, or left too much unanswered.
    """
    start = number * (plan.warm_up + 2 * plan.messages)
    with up(service, folder) as bot:
        short_conversations(bot.port, service.dialect, take(messages, start, plan.warm_up), clients=1)
        start += plan.warm_up
        one = short_conversations(bot.port, service.dialect, take(messages, start, plan.messages), clients=1)
        start += plan.messages
        many = short_conversations(
            bot.port, service.dialect, take(messages, start, plan.messages), clients=plan.clients,
        )
        turns = [take(messages, start + 31 * talk, plan.late + 2) for talk in range(plan.conversations)]
        long = [long_conversation(bot.port, service.dialect, texts) for texts in turns]
        memory = memory_of(bot.pids)
        unanswered = one.unanswered + many.unanswered + sum(talk.unanswered for talk in long)
        said = 2 * plan.messages + sum(map(len, turns))
        if unanswered > MAX_UNANSWERED * said:
            raise BenchmarkError(
                f"{service.name} left {unanswered} of {said} messages unanswered; it said last: {bot.last_words()}"
            )
    figures = {
        "first_answer_s": bot.seconds,
        "p50_ms": percentile(one.milliseconds, 50), "p95_ms": percentile(one.milliseconds, 95),
        "p99_ms": percentile(one.milliseconds, 99),
        "per_second_1": one.per_second, "per_second_many": many.per_second,
        "p50_many_ms": percentile(many.milliseconds, 50), "p95_many_ms": percentile(many.milliseconds, 95),
        "early_ms": _median_around([talk.milliseconds for talk in long], plan.early),
        "late_ms": _median_around([talk.milliseconds for talk in long], plan.late),
        "rss_mb": memory.rss, "unanswered": float(unanswered),
    }
    if memory.pss is not None:
        figures["pss_mb"] = memory.pss
    return figures


def measure_sizes(service: Service, folder: Path) -> tuple[dict[str, float], dict[str, int]]:
    """Figures by name, and the bytes of each package loaded. Also the start that fills the page cache."""
    with up(service, folder, probed=True) as bot:
        packages = distributions_behind(bot.module_files(), service.data_distributions)
    models = sum(path.stat().st_size for path in service.model_files)
    return {"packages_mb": sum(packages.values()) / MB, "models_mb": models / MB}, packages


def _median_around(talks: Sequence[Sequence[float]], turn: int) -> float:
    return statistics.median(ms for talk in talks for ms in around_turn(talk, turn))
