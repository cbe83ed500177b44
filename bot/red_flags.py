"""Layer one of the red flags: rules over normalised words. Needs neither Rasa nor a model.

A kind of red flag is reported when one of its patterns is made of findings that stand (`bot.red_flag_findings`).
Rules are data: see `bot.red_flag_rules`; `bot.red_flag_lexicon` makes them ready.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bot.red_flag_findings import READINGS_KEPT, FindingReader, Reading, joined
from bot.red_flag_lexicon import FIGURATIVE, Lexicon, load_rules, make_lexicon
from bot.red_flag_patterns import Place, holds
from bot.red_flag_rules import Kind, Pattern, RedFlag, RuleBook
from bot.reply import tier_rank
from bot.settings import read_settings
from bot.text import Reader

__all__ = ["RedFlag", "RedFlags", "Match", "default_red_flags", "by_severity"]


@dataclass(frozen=True, kw_only=True)
class Match:
    """A red flag found in a message, and the pattern that found it."""

    flag: RedFlag
    pattern: str


class RedFlags:
    """Checks messages against a rule book. Safe to share between threads."""

    def __init__(self, book: RuleBook, lexicon: Lexicon | None = None) -> None:
        lexicon = lexicon or make_lexicon(book)
        self.book = book
        self.flags = {kind.flag.id: kind.flag for kind in book.kinds}
        self.reader = Reader(expansions=book.expansions, vocabulary=lexicon.vocabulary)
        self._findings = FindingReader(book, lexicon, self.reader)
        self._matched = lru_cache(maxsize=READINGS_KEPT)(lambda text: tuple(self._matches(self._findings.read(text))))
        self._said = {
            name: [self._stemmed(phrase) for phrase in getattr(book, name)]
            for name in ("lifted", "clinicians", "clearances", "not_lifted", "played_down", "another_person", "same_person")
        }
        self._kinds_by_name: dict[str, list[tuple[Kind, Pattern]]] = defaultdict(list)
        for kind in book.kinds:
            for pattern in kind.patterns:
                # Filed under one finding that it needs, the one that fewest others need: most are never looked at.
                self._kinds_by_name[min(pattern.names, key=self._popularity())].append((kind, pattern))

    @lru_cache(maxsize=1)  # noqa: B019 - one instance lives as long as the process
    def _popularity(self) -> Any:
        counts: dict[str, int] = defaultdict(int)
        for kind in self.book.kinds:
            for pattern in kind.patterns:
                for name in pattern.names:
                    counts[name] += 1
        anchors = {name for name, finding in self.book.findings.items() if finding.anchor}
        return lambda name: (name in anchors, counts[name], name)

    def matches(self, text: str) -> list[Match]:
        """Every red flag that the message reports, most severe first, one match a kind."""
        return list(self._matched(text))

    def _matches(self, read: Reading) -> list[Match]:
        # What no pattern is made of even with everything taken as meant needs no look at its context.
        if not self._patterns_over(read.spans, read.spans):
            return []
        return self._patterns_over(read.spans, self._findings.standing(read))

    def forget_messages(self) -> None:
        """Drop the messages that are kept in memory to save a second reading."""
        self._matched.cache_clear()
        self._findings.read.cache_clear()
        self.reader.forget_texts()

    def _patterns_over(self, spans: Sequence[Place], standing: Sequence[Place]) -> list[Match]:
        by_name: dict[str, list[Place]] = defaultdict(list)
        for span in standing:
            by_name[span.name].append(span)
        present = {span.name for span in spans}
        found: dict[str, Match] = {}
        for name in by_name:
            for kind, pattern in self._kinds_by_name.get(name, ()):
                if kind.flag.id not in found and holds(pattern, by_name, present):
                    found[kind.flag.id] = Match(flag=kind.flag, pattern=pattern.text)
        return sorted(found.values(), key=lambda match: -tier_rank(match.flag.tier))

    def check(self, text: str) -> list[RedFlag]:
        """The red flags that the message reports, most severe first."""
        return [match.flag for match in self.matches(text)]

    def lifts(self, text: str) -> bool:
        """Whether the message takes a warning back, or says that a clinician has cleared it."""
        if self._says(text, "not_lifted"):
            return False
        return self._says(text, "lifted") or self._says(text, "clinicians") and self._says(text, "clearances")

    def plays_down(self, text: str) -> bool:
        """Whether the message makes light of a warning that was given: "maybe I'm overreacting", "no rush"."""
        return self._says(text, "played_down")

    def of_another_person(self, text: str) -> bool | None:
        """True where the message turns to somebody whom an earlier warning is not about ("now for my brother"), False
        where it turns back, None where it does neither."""
        if self._says(text, "another_person"):
            return True
        return False if self._says(text, "same_person") else None

    def _says(self, text: str, what: str) -> bool:
        said = self._stemmed(text)
        return any(phrase in said for phrase in self._said[what])

    def check_with(self, text: str, earlier: Sequence[str]) -> list[RedFlag]:
        """The red flags that a message reports only together with earlier messages of the same person, most severe
        first: "my calf is swollen", and two messages on "now I'm short of breath"."""
        if not earlier:
            return []
        parts = [self._findings.read(part) for part in (*earlier, text)]
        together, told = joined(parts), {flag for part in (*earlier, text) for flag in self.check(part)}
        if all(match.flag in told for match in self._patterns_over(together.spans, together.spans)):
            return []  # most often: nothing could come of them together, whatever their context says
        found = [match.flag for match in self._matches(together) if match.flag not in told]
        if found and len(earlier) > 1:  # what came of the earlier ones together was told with the last of them
            told.update(match.flag for match in self._matches(joined(parts[:-1])))
        return [flag for flag in found if flag not in told]

    def _stemmed(self, text: str) -> str:
        return f" {' '.join(self._findings.stems(text))} "

    def explain(self, text: str) -> dict[str, Any]:
        """What was seen in a message, for people who write rules: findings, what stands, which pattern matched."""
        read = self._findings.read(text)
        words, spans, standing = read.words, read.spans, self._findings.standing(read)
        return {
            "words": list(words),
            "findings": [(s.name, " ".join(words[s.start:s.end]), s in standing) for s in spans if s.name != FIGURATIVE],
            "matches": [(m.flag.id, m.flag.tier, m.pattern) for m in self.matches(text)],
        }


def by_severity(flags: Iterable[RedFlag]) -> list[RedFlag]:
    """Most severe first, each kind once."""
    return sorted(dict.fromkeys(flags), key=lambda flag: -tier_rank(flag.tier))


@lru_cache(maxsize=1)
def default_red_flags() -> RedFlags:
    """The checker over content/, built once a process on first use."""
    return RedFlags(*load_rules(read_settings().var))
