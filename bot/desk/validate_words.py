"""Whether what visitors read is easy, promises nothing that nobody can keep, and can be filled in for every region."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bot.compose import Speaker
from bot.content import Topic
from bot.desk.problems import Problem
from bot.desk.project import Project
from bot.desk.wording import GRADE, NeverSay, grade
from bot.red_flag_rules import Kind
from bot.yaml_files import line_at, read_mapping

READ = ("short", "detail", "caveat")  # of a topic, what is read as running text
FEWEST_WORDINGS, FEWEST_NEAR_MISSES = 8, 4  # a pattern without near misses grows until it catches everything
# What a text of the voice is filled with besides the clinic's own.
_BLANKS = {"name": "a blood thinner", "time": "8 am", "day": "Monday", "date": "May 3", "when": "tomorrow at 8 am",
           "days": "Monday", "times": "8 am", "first": "Monday", "last": "Friday", "start": "8 am", "end": "5 pm"}
_NO_TEXTS = ("suggest", "refusal_suggest", "weekdays", "months")  # ids and single names, among the voice's texts


def check_words(project: Project) -> Iterator[Problem]:
    for topic in project.topics.values():
        yield from _of_topic(topic, project.root / "content" / "topics" / f"{topic.id}.yml", project.never_say)
    for kind in project.rules[0].kinds if project.rules else ():
        path = project.root / "content" / "red_flags" / f"{kind.flag.id}.yml"
        yield from _of_kind(kind, path, project)
    if project.speaker is not None and project.never_say is not None:
        for name in ("voice.yml", "emergency_signs.yml"):
            path = project.root / "content" / name
            for trail, text in texts_in(read_mapping(path)):
                yield from _of_voice(text, path, trail, project.speaker, project.never_say)


def texts_in(value: Any, trail: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text for visitors in a file of content/, with the keys that lead to it; none can be forgotten so."""
    if isinstance(value, str):
        yield trail, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in _NO_TEXTS:
                yield from texts_in(inner, (*trail, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from texts_in(inner, (*trail, place))


def _of_voice(
    text: str, path: Path, trail: tuple[str | int, ...], speaker: Speaker, never_say: NeverSay
) -> Iterator[Problem]:
    name = _named(trail)
    yield from _of_level(text, path, trail, speaker, _BLANKS)
    for sentence in never_say.said(text):
        yield _at(path, trail, _claimed(name, sentence, never_say))


def _of_level(
    text: str, path: Path, trail: tuple[str | int, ...], speaker: Speaker, blanks: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Problem]:
    """A text with {…} in it, as the visitors of the default clinic read it."""
    try:
        filled = speaker.fill(text, **blanks)
    except (KeyError, ValueError, IndexError) as error:  # no such name; a brace alone; {} without a name
        yield _at(path, trail, f"{_named(trail)}: {error} cannot be filled; the texts around it show what stands in braces")
        return
    if (level := grade(filled)) > GRADE:
        yield _at(path, trail, _too_hard(_named(trail), level))


def _of_topic(topic: Topic, path: Path, never_say: NeverSay | None) -> Iterator[Problem]:
    for key in READ:
        if (level := grade(getattr(topic, key))) > GRADE:
            yield _at(path, (key,), _too_hard(key, level))
    if never_say is None:
        return
    texts: list[tuple[tuple[str | int, ...], str]] = [((key,), getattr(topic, key)) for key in ("title", "ask", *READ)]
    texts += [(("claims", n, "wording"), claim.wording) for n, claim in enumerate(topic.claims)]
    texts += [(("sources", n, "for"), source.supports) for n, source in enumerate(topic.sources)]
    for trail, text in texts:
        name = _named(trail)
        for sentence in never_say.said(text):
            yield _at(path, trail, _claimed(name, sentence, never_say))
        if trail[0] != "claims" and (slip := never_say.wrong_terms.search(text)):  # a claim may quote the article
            yield _at(path, trail, f"{name}: {slip.group()!r} is a slip of the article; write the right term")


def _of_kind(kind: Kind, path: Path, project: Project) -> Iterator[Problem]:
    if kind.patterns:
        held_by = {"wordings": FEWEST_WORDINGS, "near_misses": FEWEST_NEAR_MISSES}
        for key, fewest in held_by.items():
            count = len(getattr(kind, key))
            if count < fewest:
                yield _at(path, (key,), f"{key}: {count} are too few to hold the patterns; write {fewest - count} more")
    elif not kind.flag.id.startswith("unnamed_"):
        yield _at(path, ("patterns",), "patterns: none, so no rule ever raises it; write some over content/findings")
    for region in project.content.help_lines.values() if project.content else ():
        # Where there is no line for violence, the words name the police.
        for name in sorted(set(kind.flag.help_lines) - {*region.lines, "violence"}):
            yield _at(path, ("help_lines",), f"help_lines: {name!r} is none of {region.region} in help_lines.yml; take it out")
    for key in ("action", "why", "safety"):
        yield from _of_telling(getattr(kind.flag, key), path, ("tell", key), project)


def _of_telling(text: str, path: Path, trail: tuple[str, ...], project: Project) -> Iterator[Problem]:
    name = _named(trail)
    if project.never_say and (said := project.never_say.said_by_red_flag(text)):
        yield _at(path, trail, f"{name}: never said is {said[0]!r}; say what to do (content/never_say.yml)")
    if project.speaker is not None:
        yield from _of_level(text, path, trail, project.speaker)


def _claimed(name: str, sentence: str, never_say: NeverSay) -> str:
    hit = never_say.claims.search(sentence)
    return f"{name}: never said is {hit.group() if hit else sentence!r}; say what is known, or deny it (content/never_say.yml)"


def _too_hard(name: str, level: float) -> str:
    return f"{name}: reads at grade {level:.1f}, and {GRADE:.0f} is the most; use shorter sentences and everyday words"


def _named(trail: tuple[str | int, ...]) -> str:
    """"claims[1].wording", counted from 1 as the loaders do."""
    return "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in trail).lstrip(".")


def _at(path: Path, trail: tuple[str | int, ...], text: str) -> Problem:
    return Problem(path=path, line=line_at(path, trail), text=text)
