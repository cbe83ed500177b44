"""The words that visitors read: loads content/ and refuses what it does not know.

Nobody reads a file at import; `load_content` does, once, and hands out frozen records.
"""
from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bot.errors import DataFileError
from bot.intents import HANDS_ON_TOPICS, INTENTS, SERVICES, SMALLTALK, TOPICS
from bot.opening import PIECES, HoursWords
from bot.reply import TIERS
from bot.settings import ROOT
from bot.yaml_files import YamlMapping, read_mapping

__all__ = [
    "HANDS_ON_TOPICS", "INTENTS", "SERVICES", "SMALLTALK", "TOPICS", "Claim", "Content", "EmergencySigns", "HelpLines",
    "OutsideSource", "Topic", "Voice", "load_content", "read_content", "read_topics",
]
T = TypeVar("T")
STANDINGS = ("supported", "partly", "unsupported", "wrong")
PRECAUTIONS = ("massage", "heat")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What the article says in a section, how well that stands, and how we put it."""

    section: str
    says: str
    standing: str
    wording: str


@dataclass(frozen=True, kw_only=True)
class OutsideSource:
    name: str
    url: str | None
    supports: str


@dataclass(frozen=True, kw_only=True)
class Topic:
    id: str
    title: str
    ask: str
    short: str
    detail: str
    claims: tuple[Claim, ...]
    sources: tuple[OutsideSource, ...]
    caveat: str
    precautions: tuple[str, ...]
    related: tuple[str, ...]
    reviewed_by: str | None
    reviewed_on: str | None


@dataclass(frozen=True, kw_only=True)
class HelpLines:
    """Numbers of one region: id -> (number as read, tel: href, sms: href or None); `words`: how the region calls
    its places of help."""

    region: str
    lines: Mapping[str, tuple[str, str, str | None]]
    words: Mapping[str, str]
    elsewhere: str | None


@dataclass(frozen=True, kw_only=True)
class Voice:
    caveats: Mapping[str, str]
    precautions: Mapping[str, str]
    standing: Mapping[str, str]
    holding: Mapping[str, str]
    smalltalk: Mapping[str, tuple[str, tuple[str, ...]]]
    lines: Mapping[str, str]  # handoff, source, privacy, decline, not_covered, out_of_scope, clarify, unavailable ...
    links: Mapping[str, str]
    refusal_suggest: tuple[str, ...]
    hours: HoursWords


@dataclass(frozen=True, kw_only=True)
class EmergencySigns:
    """When to call at once, readable without asking anything."""

    heading: str
    signs: tuple[str, ...]
    crisis: str


@dataclass(frozen=True, kw_only=True)
class Content:
    article_title: str
    article_url: str | None
    sections: Mapping[str, str]  # id -> heading
    topics: Mapping[str, Topic]
    voice: Voice
    help_lines: Mapping[str, HelpLines]
    emergency_signs: EmergencySigns


def load_content(folder: Path = ROOT / "content") -> Content:
    """All of content/ but the red flags (see `bot.red_flags`).

    Raises:
        DataFileError: a file is missing, or says what no one reads; nothing is loaded then.
    """
    content, errors = read_content(folder)
    for error in errors:
        raise error
    assert content is not None
    return content


def read_content(folder: Path) -> tuple[Content | None, list[DataFileError]]:
    """(the content, or None where a file is broken; what is wrong, the first error of each file)."""
    errors: list[DataFileError] = []

    def read(reader: Callable[[Path], T], name: str) -> T | None:
        try:
            return reader(folder / name)
        except DataFileError as error:
            errors.append(error)
            return None

    article = read(_article, "article.yml")
    topics, of_topics = read_topics(folder, article.sections if article else None)
    errors += of_topics
    voice, help_lines = read(_voice, "voice.yml"), read(_help_lines, "help_lines.yml")
    signs = read(_emergency_signs, "emergency_signs.yml")
    if errors or article is None or voice is None or help_lines is None or signs is None:
        return None, errors
    return Content(
        article_title=article.title, article_url=article.url, sections=article.sections, topics=topics, voice=voice,
        help_lines=help_lines, emergency_signs=signs,
    ), []


def read_topics(folder: Path, sections: Mapping[str, str] | None) -> tuple[dict[str, Topic], list[DataFileError]]:
    """(the topics that could be read, by id; what is wrong with the others). `sections` None: none is known."""
    topics, errors = {}, []
    paths = {path.stem: path for path in sorted((folder / "topics").glob("*.yml"))}
    for name, path in paths.items():
        try:
            topics[name] = _topic(path, sections)
        except DataFileError as error:
            errors.append(error)
        if name not in TOPICS:
            errors.append(DataFileError(path, "no topic of this name in bot/intents.py TOPICS"))
    for name in TOPICS:
        if name not in paths:
            path = folder / "topics" / f"{name}.yml"
            errors.append(DataFileError(path, "no such file; every topic needs its answer"))
    return topics, errors


@dataclass(frozen=True, kw_only=True)
class _Article:
    title: str
    url: str | None
    sections: Mapping[str, str]


def _article(path: Path) -> _Article:
    file = read_mapping(path).expect(["title", "url", "sections"])
    headings = file.mapping("sections")
    sections = {key: headings.mapping(key).expect(["title"]).text("title") for key in headings}
    return _Article(title=file.text("title"), url=_https_or_none(file, "url"), sections=sections)


def _topic(path: Path, sections: Mapping[str, str] | None) -> Topic:
    file = read_mapping(path).expect(
        ["title", "ask", "short", "detail", "claims", "sources", "caveat", "precautions", "related", "review"]
    )
    claims = []
    for claim in file.mappings("claims"):
        claim.expect(["section", "says", "standing", "wording"])
        claims.append(Claim(
            section=claim.text("section") if sections is None else claim.one_of("section", sections), says=claim.text("says"),
            standing=claim.one_of("standing", STANDINGS), wording=claim.text("wording"),
        ))
    if not claims:
        raise file.fail("claims", "needs at least one claim of the article; an answer without one has no footnote")
    sources = []
    for source in file.mappings("sources"):
        source.expect(["name", "url", "for"])
        sources.append(OutsideSource(
            name=source.text("name"), url=_https_or_none(source, "url"), supports=source.text("for"),
        ))
    precautions = file.texts("precautions")
    _refuse_others(file, "precautions", precautions, PRECAUTIONS)
    if path.stem.startswith("massage_") and "massage" not in precautions:
        raise file.fail("precautions", "every massage answer carries the massage precaution")
    if path.stem == "heat_therapy" and "heat" not in precautions:
        raise file.fail("precautions", "the heat answer carries the burn warning")
    related = file.texts("related")
    _refuse_others(file, "related", related, TOPICS)
    review = file.mapping("review").expect(["by", "on"])
    on = review.get("on")
    if on is not None and not isinstance(on, datetime.date):
        raise review.fail("on", "must be a date such as 2026-01-31, or null")
    return Topic(
        id=path.stem, title=file.text("title"), ask=file.text("ask"), short=file.text("short"),
        detail=file.text("detail"), claims=tuple(claims), sources=tuple(sources), caveat=file.text("caveat"),
        precautions=precautions, related=related, reviewed_by=review.text_or_none("by"),
        reviewed_on=on.isoformat() if on else None,
    )


def _https_or_none(file: YamlMapping, key: str) -> str | None:
    url = file.text_or_none(key)
    if url is not None and not url.startswith("https://"):
        raise file.fail(key, "must start with https://, or be null")
    return url


def _refuse_others(file: YamlMapping, key: str, values: tuple[str, ...], legal: tuple[str, ...]) -> None:
    for value in values:
        if value not in legal:
            raise file.fail(key, f"{value!r} is none of: {', '.join(legal)}")


# How a region calls its places of help; what begins a sentence is asked for with a capital ("{Reach_crisis} now").
REGION_WORDS = ("reach_crisis", "poison_name", "er", "walk_in", "violence_help")
_LINES = ("standing_lifted", "more", "after_greeting", "handoff", "switched_off", "own_words", "source", "privacy", "privacy_inbox", "decline",
          "not_covered", "out_of_scope", "clarify", "unavailable")
_LINKS = ("emergency", "crisis_call", "crisis_text", "poison", "violence", "clinic", "booking")


def _voice(path: Path) -> Voice:
    file = read_mapping(path).expect(
        ["caveats", "precautions", "standing", "holding", "smalltalk", "links", "refusal_suggest", "hours", *_LINES]
    )

    def texts(key: str, names: tuple[str, ...]) -> dict[str, str]:
        part = file.mapping(key).expect(names)
        return {name: part.text(name) for name in names}

    smalltalk = {}
    part = file.mapping("smalltalk").expect(SMALLTALK)
    for name in SMALLTALK:
        entry = part.mapping(name).expect(["text", "suggest"])
        _refuse_others(entry, "suggest", entry.texts("suggest"), TOPICS)
        smalltalk[name] = (entry.text("text"), entry.texts("suggest"))
    _refuse_others(file, "refusal_suggest", file.texts("refusal_suggest"), TOPICS)
    return Voice(
        caveats=texts("caveats", ("escalation", "crisis", "caution")), precautions=texts("precautions", PRECAUTIONS),
        standing=texts("standing", TIERS), holding=texts("holding", TIERS), smalltalk=smalltalk, lines={name: file.text(name) for name in _LINES},
        links=texts("links", _LINKS), refusal_suggest=file.texts("refusal_suggest"), hours=_hours_words(file.mapping("hours")),
    )


def _hours_words(file: YamlMapping) -> HoursWords:
    file.expect(["weekdays", "months", *PIECES])
    weekdays, months = file.texts("weekdays"), file.texts("months")
    for key, names, count in (("weekdays", weekdays, 7), ("months", months, 12)):
        if len(names) != count:
            raise file.fail(key, f"must have {count} names, in order")
    return HoursWords(weekdays=weekdays, months=months, pieces={name: file.text(name) for name in PIECES})


def _emergency_signs(path: Path) -> EmergencySigns:
    file = read_mapping(path).expect(["heading", "signs", "crisis"])
    return EmergencySigns(heading=file.text("heading"), signs=file.texts("signs"), crisis=file.text("crisis"))


def _help_lines(path: Path) -> dict[str, HelpLines]:
    regions = {}
    file = read_mapping(path)
    for region in file:
        entry = file.mapping(region).expect(["name", "emergency", "crisis", "words"], ["poison", "violence", "elsewhere"])
        words = entry.mapping("words").expect(REGION_WORDS)
        lines = {}
        for key in ("emergency", "crisis", "poison", "violence"):
            if key in entry:
                line = entry.mapping(key).expect(["number", "href"], ["text"])
                href, text_href = line.text("href"), line.text_or_none("text")
                if not href.startswith("tel:"):
                    raise line.fail("href", "must start with tel:")
                if text_href is not None and not text_href.startswith("sms:"):
                    raise line.fail("text", "must start with sms:")
                lines[key] = (line.text("number"), href, text_href)
        regions[region] = HelpLines(
            region=region, lines=lines, words={name: words.text(name) for name in REGION_WORDS},
            elsewhere=entry.text_or_none("elsewhere"),
        )
    return regions
