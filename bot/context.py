"""What a message means in its conversation: "and heat?", "how so", "tell me more", "the other kind", "yes" to a choice.

What is remembered stands in two of Rasa's slots: `last_topic`, the topic or the two that were answered last (small
talk in between does not end it), and `offered`, the topics of a clarifying question if that was the last reply.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.content import TOPICS
from bot.text import compare_key
from bot.yaml_files import YamlMapping, read_mapping

PHRASES = ("more", "yes", "first", "second", "third", "other", "else")
MAPPINGS = ("other_of", "else_of")


@dataclass(frozen=True, kw_only=True)
class FollowUps:
    """`phrases`: short messages by what they want, as `compare_key` makes them; `other_of`, `else_of`: the topic that
    "the other kind" and "what else" lead to, by the topic answered last."""

    phrases: Mapping[str, frozenset[str]]
    other_of: Mapping[str, str] = field(default_factory=dict)
    else_of: Mapping[str, str] = field(default_factory=dict)


NO_FOLLOW_UPS = FollowUps(phrases={name: frozenset() for name in PHRASES})


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """`intent`: what the message asks, its context read; `more`: the topic was answered just before."""

    intent: str
    more: bool = False


def load_follow_ups(path: Path) -> FollowUps:
    """
    Raises:
        DataFileError: a broken file, a missing or unknown key, an unknown topic.
    """
    file = read_mapping(path).expect([*PHRASES, *MAPPINGS])
    return FollowUps(
        phrases={name: frozenset(map(compare_key, file.texts(name))) for name in PHRASES},
        **{name: _topic_by_topic(file, name) for name in MAPPINGS},
    )


def _topic_by_topic(file: YamlMapping, key: str) -> dict[str, str]:
    pairs = file.mapping(key)
    found = {name: pairs.text(name) for name in pairs}
    for name in (*found, *found.values()):
        _known(file, key, name)
    return found


def _known(file: YamlMapping, key: str, name: str) -> None:
    if name not in TOPICS:
        raise file.fail(key, f"{name!r} is no topic; the topics are: {', '.join(TOPICS)}")


def read_meaning(
    text: str, intent: str, in_context: str | None = None, *, last_topics: Sequence[str], offered: Sequence[str],
    follow_ups: FollowUps,
) -> Meaning:
    """What a message asks.

    Args:
        intent: of the message alone; `in_context`: after the topics answered last (`bot.nlu.follow_ups`), if known.
        last_topics, offered: see the module.
    """
    said, phrases = compare_key(text), follow_ups.phrases
    named = ("first", "second", "third")
    if offered and said in phrases["yes"]:
        return Meaning(intent=offered[0])
    choice = offered or (last_topics if len(last_topics) > 1 else ())
    for place, name in zip(choice, named):
        if said in phrases[name]:
            return Meaning(intent=place, more=not offered)
    if not last_topics:
        return Meaning(intent=intent)
    last = last_topics[-1]
    if said in phrases["more"]:
        return Meaning(intent=last, more=True)
    for name, leads in (("other", follow_ups.other_of), ("else", follow_ups.else_of)):
        if said in phrases[name]:
            return Meaning(intent=leads.get(last, last), more=last not in leads)
    intent = in_context or intent
    return Meaning(intent=intent, more=intent == last)
