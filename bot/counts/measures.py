"""What is counted of a turn: measures and their items.

An item is a name of ours (a topic, a tier, a kind of reply, a bound in milliseconds), never made of what a visitor typed.

    conversation        begun
    turn                messages that got a reply
    outcome             one of OUTCOMES a turn: they add up to the turns
    refused             one of REFUSALS a refused turn: they add up to the outcome "refused"
    tier                the highest tier of an escalated turn: they add up to the outcome "escalated"
    topic               a topic that was answered; a turn may answer two, also below an escalation
    reply               a reply by its kind; a turn may have several
    response_ms         one bound a turn: it took at most so many milliseconds, and more than the bound below
    rating              up or down, the last one of a reply
"""
from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from bot.reply import Reply, tier_rank

CONVERSATION, TURN, OUTCOME, REFUSED, TIER, TOPIC, REPLY, RESPONSE, RATING = MEASURES = (
    "conversation", "turn", "outcome", "refused", "tier", "topic", "reply", "response_ms", "rating")
OUTCOMES = ("answered", "clarified", "refused", "escalated", "unavailable", "other")
REFUSALS = ("not_covered", "out_of_scope", "decline")
RATINGS = ("up", "down")
OUTCOME_OF_KIND = {
    "escalation": "escalated", "answer": "answered", "clarify": "clarified", **dict.fromkeys(REFUSALS, "refused"),
    "unavailable": "unavailable", **dict.fromkeys(("smalltalk", "handoff", "source", "privacy"), "other"),
}
# Of a turn with several replies: a danger sign is what it was about, and an answer helps more than what stands beside it.
_FIRST = ("escalated", "answered", "clarified", "refused", "unavailable", "other")
# Upper bounds of the histogram in ms, from 10 on each at most half as much again as the one before: so exact are p50 and p95.
BOUNDS = (5, 10, 15, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640, 960, 1300, 1900, 2600, 3500, 5000)
OVER = "over"  # more than the last bound
RESPONSE_ITEMS = (*(str(bound) for bound in BOUNDS), OVER)


def counted_of_turn(replies: Sequence[Reply], *, seconds: float, begins: bool) -> Iterator[tuple[str, str]]:
    """(measure, item) of each thing that a turn adds one to.

    Args:
        replies: what the visitor was told; at least one.
        seconds: from the message to its replies.
        begins: whether the conversation began with it.
    """
    if begins:
        yield CONVERSATION, ""
    yield TURN, ""
    outcome = outcome_of(replies)
    yield OUTCOME, outcome
    if outcome == "refused":
        yield REFUSED, next(reply.kind for reply in replies if reply.kind in REFUSALS)
    if outcome == "escalated":
        yield TIER, max((reply.tier for reply in replies if reply.kind == "escalation"), key=tier_rank)
    for topic in sorted({reply.topic for reply in replies if reply.kind == "answer"}):
        yield TOPIC, topic
    for reply in replies:
        yield REPLY, reply.kind
    yield RESPONSE, RESPONSE_ITEMS[bisect_left(BOUNDS, seconds * 1000)]


def outcome_of(replies: Sequence[Reply]) -> str:
    """What a turn came to, one of `OUTCOMES`."""
    return min((OUTCOME_OF_KIND[reply.kind] for reply in replies), key=_FIRST.index)
