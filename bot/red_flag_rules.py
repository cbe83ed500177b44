"""Loads the red flags: the lexicon of findings, the kinds with their patterns, the context rules.

    content/findings/*.yml           finding or anchor -> phrases that people say for it
    content/red_flags/<id>.yml       one kind: tier, patterns over findings, wordings, near misses, what to tell
    content/red_flags_context.yml    phrases that deny, date, quote or joke about a finding (ConText rules)
    content/red_flags_lifted.yml     phrases that take a warning back
    content/red_flags_other_people.yml  phrases that turn from the person whom a warning is about to another, and back
    content/red_flags_played_down.yml  phrases that play one down
    content/spelling.yml             text-speak and fixed misspellings

A pattern joins findings:  a ~ b   in this order, at most 3 words between
                           a & b   in any order, at most 10 words between
                           a + b   anywhere in the message
                           !a      not in the message
                           "words" a phrase of its own, without a name
`~` binds tighter than `&`, `&` tighter than `+`.

A finding with `lasting: true` counts when it is over, too (a clot years ago). One with `general: true` is a thing
that people also ask about in general (pacemaker, chemo): a plain question does not report it. In any phrase
`<number>` stands for a number, `<age>` for one from 1 to 17, `<year>` and `<yy>` for a year that is some years
back; `<start>` before a word: it begins a sentence.
"""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot.errors import DataFileError
from bot.reply import TIERS
from bot.settings import ROOT
from bot.yaml_files import YamlMapping, read_mapping

CONTEXT_CATEGORIES = (
    # take a finding out of the report
    "NEGATED", "RESOLVED", "EDUCATIONAL", "HYPOTHETICAL", "OTHER_PERSON", "GENERAL",
    # end their reach, or take them back
    "PERSONAL", "SUBJECT", "OWN", "CONDITION", "CURRENT", "AGAIN", "UNTIL", "CLAUSE", "COMMA", "INERT",
)
DIRECTIONS = ("forward", "backward", "bidirectional", "terminate", "pseudo")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TERM = re.compile(r'!?(?:"[^"]+"|[a-z][a-z0-9_]*)')


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A thing that people report. An anchor (body part, time, person) is never itself denied.

    A lasting finding is reported by a past one as well: "had a clot years ago" still speaks against a massage.
    A general one is not reported by a general question: "do varicose veins cause numbness?".
    """

    name: str
    phrases: tuple[str, ...]
    regex: tuple[str, ...]  # each matches one word whole: numbers, mostly
    anchor: bool
    lasting: bool = False
    general: bool = False


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """`together`: groups that must all match; a group is a list of ordered runs near one another; `absent`: names."""

    text: str
    together: tuple[tuple[tuple[str, ...], ...], ...]
    absent: tuple[str, ...]

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(name for group in self.together for run in group for name in run)


@dataclass(frozen=True, kw_only=True)
class RedFlag:
    """A kind of red flag and what a visitor who reports it is told. Source: see each file."""

    id: str
    tier: str
    name: str
    action: str
    why: str
    safety: str
    source: str
    help_lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Kind:
    flag: RedFlag
    patterns: tuple[Pattern, ...]
    wordings: tuple[str, ...]
    near_misses: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ContextPhrase:
    phrase: str
    category: str
    direction: str
    max_scope: int | None
    terminated_by: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RuleBook:
    findings: Mapping[str, Finding]
    kinds: tuple[Kind, ...]
    context: tuple[ContextPhrase, ...]
    figurative: tuple[str, ...]  # phrases inside which a finding does not count
    expansions: Mapping[str, str]
    lifted: tuple[str, ...] = ()  # phrases that take a standing warning back
    clinicians: tuple[str, ...] = ()  # who may clear one,
    clearances: tuple[str, ...] = ()  # and how that is told
    not_lifted: tuple[str, ...] = ()  # phrases beside which nothing is taken back
    played_down: tuple[str, ...] = ()  # phrases that play a standing warning down
    another_person: tuple[str, ...] = ()  # phrases that turn to somebody whom the warning is not about
    same_person: tuple[str, ...] = ()  # phrases that turn back


def load_rule_book(folder: Path = ROOT / "content") -> RuleBook:
    """All red-flag data.

    Raises:
        DataFileError: a broken file, an unknown key, a pattern that names no finding, a name given twice.
    """
    findings: dict[str, Finding] = {}
    for path in sorted((folder / "findings").glob("*.yml")):
        file = read_mapping(path)
        for name in file:
            if name in findings:
                raise file.fail(name, "stands in two files of content/findings; merge the two")
            findings[name] = _finding(file, name)
    kinds = []
    for path in sorted((folder / "red_flags").glob("*.yml")):
        kinds.append(_kind(path, findings))
    if not kinds:
        raise DataFileError(folder / "red_flags", "holds no red flag; restore it from git")
    context = read_mapping(folder / "red_flags_context.yml").expect(["rules", "figurative"])
    lifted = read_mapping(folder / "red_flags_lifted.yml").expect(["phrases", "clinicians", "clearances", "unless"])
    played_down = read_mapping(folder / "red_flags_played_down.yml").expect(["phrases"])
    people = read_mapping(folder / "red_flags_other_people.yml").expect(["another", "back"])
    spelling = read_mapping(folder / "spelling.yml").expect(["expansions"])
    expansions = spelling.mapping("expansions")
    return RuleBook(
        findings=findings, kinds=tuple(kinds), context=_context(context), figurative=context.texts("figurative"),
        lifted=lifted.texts("phrases"), not_lifted=lifted.texts("unless"), played_down=played_down.texts("phrases"),
        clinicians=lifted.texts("clinicians"), clearances=lifted.texts("clearances"),
        another_person=people.texts("another"), same_person=people.texts("back"),
        expansions={str(key).lower(): expansions.text(key) for key in expansions},
    )


def _finding(file: YamlMapping, name: str) -> Finding:
    if not _NAME.fullmatch(name):
        raise file.fail(name, "a finding's name is small letters, digits and _")
    entry = file.mapping(name).expect([], ["phrases", "regex", "anchor", "lasting", "general"])
    phrases = entry.texts("phrases") if "phrases" in entry else ()
    regex = entry.texts("regex") if "regex" in entry else ()
    if not phrases and not regex:
        raise file.fail(name, "needs phrases, or a regex")
    for expression in regex:
        try:
            re.compile(expression)
        except re.error as error:
            raise entry.fail("regex", f"{expression!r} is no regular expression: {error}") from None
    return Finding(
        name=name, phrases=phrases, regex=regex, anchor=entry.get("anchor") is True,
        lasting=entry.get("lasting") is True, general=entry.get("general") is True,
    )


def _kind(path: Path, findings: dict[str, Finding]) -> Kind:
    """One red flag; phrases in quotes become findings of their own."""
    file = read_mapping(path).expect(
        ["tier", "name", "tell", "help_lines", "source", "patterns", "wordings", "near_misses"]
    )
    tell = file.mapping("tell").expect(["action", "why", "safety"])
    patterns = tuple(parse_pattern(file, text, findings) for text in file.texts("patterns"))
    flag = RedFlag(
        id=path.stem, tier=file.one_of("tier", TIERS), name=file.text("name"), action=tell.text("action"),
        why=tell.text("why"), safety=tell.text("safety"), source=file.text("source"),
        help_lines=file.texts("help_lines"),
    )
    return Kind(flag=flag, patterns=patterns, wordings=file.texts("wordings"), near_misses=file.texts("near_misses"))


def parse_pattern(file: YamlMapping, text: str, findings: dict[str, Finding]) -> Pattern:
    """A pattern's text as data; adds a finding for each quoted phrase to `findings`."""
    together, absent = [], []
    for part in text.split("+"):
        group = []
        for run in part.split("&"):
            names = []
            for term in run.split("~"):
                term = term.strip()
                if not _TERM.fullmatch(term):
                    raise file.fail("patterns", f'{text!r}: {term!r} is neither a finding nor a "phrase"')
                name = term.lstrip("!")
                if name.startswith('"'):
                    phrase = name.strip('"')
                    findings.setdefault(name, Finding(name=name, phrases=(phrase,), regex=(), anchor=False))
                elif name not in findings:
                    raise file.fail("patterns", f"{text!r}: no finding {name!r} in content/findings")
                (absent if term.startswith("!") else names).append(name)
            if names:
                group.append(tuple(names))
        if group:
            together.append(tuple(group))
    if not together:
        raise file.fail("patterns", f"{text!r} asks for nothing")
    return Pattern(text=text, together=tuple(together), absent=tuple(absent))


def _context(file: YamlMapping) -> tuple[ContextPhrase, ...]:
    phrases = []
    for rule in file.mappings("rules"):
        rule.expect(["category", "direction", "phrases"], ["max_scope", "terminated_by"])
        category = rule.one_of("category", CONTEXT_CATEGORIES)
        direction = rule.one_of("direction", DIRECTIONS)
        max_scope = rule.get("max_scope")
        if max_scope is not None and not (isinstance(max_scope, int) and max_scope > 0):
            raise rule.fail("max_scope", "must be a whole number of words from 1")
        terminated_by = rule.texts("terminated_by") if "terminated_by" in rule else ()
        for phrase in rule.texts("phrases"):
            phrases.append(ContextPhrase(
                phrase=phrase, category=category, direction=direction, max_scope=max_scope,
                terminated_by=terminated_by,
            ))
    return tuple(phrases)
