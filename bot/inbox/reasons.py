"""Why a message is worth a human look: read off its replies, and off the model's guesses."""
from __future__ import annotations

from collections.abc import Sequence

from bot.inbox.store import Guesses
from bot.reply import Reply

REASONS = ("refused", "clarified", "low_margin", "thumbs_down", "escalated", "unhappy", "repeated")
LEAST_MARGIN = 0.15  # between the probabilities of the first and the second guess
_KINDS = {"not_covered": "refused", "out_of_scope": "refused", "clarify": "clarified", "escalation": "escalated"}


def reasons_of(replies: Sequence[Reply], guesses: Guesses) -> tuple[str, ...]:
    """The reasons that the turn itself gives; none: it went as it should."""
    found = {_KINDS[reply.kind] for reply in replies if reply.kind in _KINDS}
    if any(reply.kind == "smalltalk" and reply.topic == "unhappy" for reply in replies):
        found.add("unhappy")
    if not found and any(reply.kind == "answer" for reply in replies) and len(guesses) > 1 and (
            guesses[0][1] - guesses[1][1] < LEAST_MARGIN):
        found.add("low_margin")
    return tuple(reason for reason in REASONS if reason in found)


def answered_topics(replies: Sequence[Reply]) -> frozenset[str]:
    return frozenset(reply.topic for reply in replies if reply.kind == "answer" and reply.topic)
