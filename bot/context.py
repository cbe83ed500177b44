"""What a message means in its conversation: "and heat?", "how so", "tell me more", "yes" to a choice.

What is remembered stands in two of Rasa's slots: `last_topic`, the topic that was answered last (small talk in
between does not end it), and `offered`, the topics of a clarifying question if that was the last reply.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.content import TOPICS
from bot.text import compare_key
from bot.yaml_files import read_mapping

FOLLOW_UPS = ("more", "yes", "second", "third")
LEANING_WORDS = 8  # a longer message says itself what it is about
LEANS_BELOW = 0.3  # probability of the likeliest intent from which a short message stands on its own


@dataclass(frozen=True, kw_only=True)
class FollowUps:
    """Short messages by what they want, as `compare_key` makes them."""

    phrases: Mapping[str, frozenset[str]]


NO_FOLLOW_UPS = FollowUps(phrases={name: frozenset() for name in FOLLOW_UPS})


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """`intent`: what the message asks, its context read; `more`: the topic was answered just before."""

    intent: str
    more: bool = False


def load_follow_ups(path: Path) -> FollowUps:
    """
    Raises:
        DataFileError: a broken file, a missing or unknown key.
    """
    file = read_mapping(path).expect(FOLLOW_UPS)
    return FollowUps(phrases={name: frozenset(map(compare_key, file.texts(name))) for name in FOLLOW_UPS})


def read_meaning(
    text: str, intent: str, ranking: Sequence[tuple[str, float]], *, last_topic: str | None, offered: Sequence[str],
    follow_ups: FollowUps,
) -> Meaning:
    """What a message asks.

    Args:
        intent: of the message alone; `ranking`: (intent, probability), the likeliest first.
        last_topic, offered: see the module.
    """
    said, phrases = compare_key(text), follow_ups.phrases
    for number, name in enumerate(("yes", "second", "third")):
        if said in phrases[name] and number < len(offered):
            return Meaning(intent=offered[number])
    if last_topic is None:
        return Meaning(intent=intent)
    if said in phrases["more"]:
        return Meaning(intent=last_topic, more=True)
    sure = max((p for name, p in ranking if name != "nlu_fallback"), default=0.0)
    if len(said.split()) <= LEANING_WORDS and sure < LEANS_BELOW:
        return Meaning(intent=last_topic, more=True)
    return Meaning(intent=intent, more=intent == last_topic and intent in TOPICS)
