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
LEANING_WORDS = 8  # a longer message says itself what it is about
# Probability of the likeliest intent from which a short message stands on its own: in any case; where a word of its
# own names something ("and the tingling"); where that is no topic but a service; where it is none of the bot's concern.
STANDS_FROM, NAMES_FROM, SERVES_FROM, STRAYS_FROM = 0.3, 0.1, 0.2, 0.6
INSTEAD_FROM = 0.12  # of a topic that may be meant where a message seems none of the bot's concern


@dataclass(frozen=True, kw_only=True)
class FollowUps:
    """`phrases`: short messages by what they want, as `compare_key` makes them; `small_words`: words that name
    nothing, spaCy's stop words among them; `other_of`, `else_of`: the topic that "the other kind" and "what else" lead to, by the topic answered
    last; `keeps`: topics of which a massage question without a word of `massage_words` is asked on."""

    phrases: Mapping[str, frozenset[str]]
    small_words: frozenset[str] = frozenset()
    other_of: Mapping[str, str] = field(default_factory=dict)
    else_of: Mapping[str, str] = field(default_factory=dict)
    keeps: frozenset[str] = frozenset()
    massage_words: frozenset[str] = frozenset()


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
    file = read_mapping(path).expect([*PHRASES, *MAPPINGS, "small_words", "keeps", "massage_words"])
    from spacy.lang.en.stop_words import STOP_WORDS

    keeps = file.texts("keeps")
    for name in keeps:
        _known(file, "keeps", name)
    return FollowUps(
        phrases={name: frozenset(map(compare_key, file.texts(name))) for name in PHRASES},
        small_words=STOP_WORDS | frozenset(file.texts("small_words")), massage_words=frozenset(file.texts("massage_words")),
        keeps=frozenset(keeps), **{name: _topic_by_topic(file, name) for name in MAPPINGS},
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
    text: str, intent: str, ranking: Sequence[tuple[str, float]], *, last_topics: Sequence[str], offered: Sequence[str],
    follow_ups: FollowUps,
) -> Meaning:
    """What a message asks.

    Args:
        intent: of the message alone; `ranking`: (intent, probability), the likeliest first.
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
    words = said.split()
    if ranking and len(words) <= LEANING_WORDS:
        intent = _leaning(words, intent, [pair for pair in ranking if pair[0] != "nlu_fallback"], last, follow_ups)
    return Meaning(intent=intent, more=intent == last)


def _leaning(
    words: Sequence[str], intent: str, ranking: Sequence[tuple[str, float]], last: str, follow_ups: FollowUps
) -> str:
    """What a short message asks after topic `last`: what it names itself, else more of the same."""
    likeliest, sure = ranking[0] if ranking else (intent, 0.0)
    names_something = any(word not in follow_ups.small_words for word in words)
    if likeliest.startswith("massage_") and last in follow_ups.keeps and follow_ups.massage_words.isdisjoint(words):
        return last  # "is it safe?", "how long?" after heat
    if likeliest == "out_of_scope":
        if sure >= STRAYS_FROM:
            return intent
        meant = next((pair for pair in ranking[1:] if pair[0] in TOPICS), (last, 0.0))
        return meant[0] if names_something and meant[1] >= INSTEAD_FROM else last
    if sure >= STANDS_FROM:
        return intent
    enough = NAMES_FROM if likeliest in TOPICS else SERVES_FROM
    return likeliest if names_something and sure >= enough else last
