"""What was asked in a week and not answered: groups of the inbox's refused and unclear messages, told by their number."""
from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.counts.week import Week
from bot.desk.grouping import Encode, Group, group_messages
from bot.inbox.store import KeptMessage
from bot.intents import TOPICS

UNANSWERED = frozenset({"refused", "clarified"})  # reasons of bot.inbox.reasons


@dataclass(frozen=True, kw_only=True)
class Theme:
    """`guess`: the intent that the model most often took the messages for; `nearest`: the topic that it came nearest to,
    where the guess is none; None where the model was not asked. `words`: the masked message in the group's middle."""

    messages: int
    guess: str | None
    nearest: str | None
    words: str


def themes_of(messages: Sequence[KeptMessage], week: Week, encode: Callable[[], Encode]) -> list[Theme]:
    """The week's themes, the largest first.

    Args:
        messages: what the inbox keeps, of one clinic or of all.
        encode: gives the encoder; not called where there is nothing to group.
    """
    start = dt.datetime.combine(week.days[0], dt.time(), dt.timezone.utc).timestamp()
    end = dt.datetime.combine(week.after.days[0], dt.time(), dt.timezone.utc).timestamp()
    unanswered = [message for message in messages if start <= message.at < end and UNANSWERED.intersection(message.why)]
    return [_theme(group) for group in group_messages(unanswered, encode())] if unanswered else []


def _theme(group: Group) -> Theme:
    guess = _commonest(message.guesses[0][0] for message in group.messages if message.guesses)
    nearest = _commonest(
        next((name for name, _ in message.guesses if name in TOPICS), None) for message in group.messages)
    return Theme(messages=len(group.messages), guess=guess, nearest=None if guess in TOPICS else nearest,
                 words=" ".join(group.messages[0].text.split()))


def _commonest(names: Iterable[str | None]) -> str | None:
    return next((name for name, _ in Counter(name for name in names if name).most_common(1)), None)
