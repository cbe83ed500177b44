"""Layer one of the red flags: rules over normalised words. Needs neither Rasa nor a model.

spaCy's matchers find findings, medspaCy's ConText says which of them are denied, over, asked about in
general, joked about or somebody else's; a kind of red flag is reported when one of its patterns is made of
findings that stand. Rules are data: see `bot.red_flag_rules`; `bot.red_flag_lexicon` makes
them ready.
"""
from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bot.red_flag_lexicon import FIGURATIVE, Lexicon, TokenPattern, load_rules, make_lexicon, stem_of
from bot.red_flag_patterns import Place, holds
from bot.red_flag_rules import Kind, Pattern, RedFlag, RuleBook
from bot.reply import tier_rank
from bot.settings import read_settings
from bot.text import Reader, is_stop

__all__ = ["RedFlag", "RedFlags", "Match", "default_red_flags", "by_severity"]

LIST_TAIL = 8  # words in which a list "no x, y, z or ..." must come to its "or"
_CANCELS = ("NEGATED", "RESOLVED", "EDUCATIONAL", "HYPOTHETICAL", "OTHER_PERSON", "GENERAL")
# What later in the sentence makes a report of it all the same: "what causes numbness in my face", "healed, but it is
# back again", "never had chest pain until today".
_LIFTED_BY = {"EDUCATIONAL": "OWN", "RESOLVED": "AGAIN", "NEGATED": "UNTIL"}


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
        self._lifted = [self._stemmed(phrase) for phrase in book.lifted]
        self._not_lifted = [self._stemmed(phrase) for phrase in book.not_lifted]
        self._played_down = [self._stemmed(phrase) for phrase in book.played_down]
        self._lock = threading.Lock()
        self._nlp, self._matchers, self._context = _build_matchers(book, lexicon)
        self._anchors = {name for name, finding in book.findings.items() if finding.anchor}
        self._expressions = [
            (finding.name, re.compile(expression))
            for finding in book.findings.values() for expression in finding.regex
        ]
        self._names_of_word = lru_cache(maxsize=20_000)(self._names_of_word_uncached)
        self._lasting = {name for name, finding in book.findings.items() if finding.lasting}
        self._general = {name for name, finding in book.findings.items() if finding.general}
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
        return lambda name: (name in self._anchors, counts[name], name)

    def matches(self, text: str) -> list[Match]:
        """Every red flag that the message reports, most severe first, one match a kind."""
        words = _words(self.reader, text)
        doc, spans = self._spans(words)
        # What no pattern is made of even with everything taken as meant needs no look at its context.
        if not self._patterns_over(spans, spans):
            return []
        return self._patterns_over(spans, self._standing(doc, spans))

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
        said = self._stemmed(text)
        return any(phrase in said for phrase in self._lifted) and not any(p in said for p in self._not_lifted)

    def plays_down(self, text: str) -> bool:
        """Whether the message makes light of a warning that was given: "maybe I'm overreacting", "no rush"."""
        said = self._stemmed(text)
        return any(phrase in said for phrase in self._played_down)

    def check_with(self, text: str, earlier: Sequence[str]) -> list[RedFlag]:
        """The red flags that a message reports only together with earlier messages of the same person, most severe
        first: "my calf is swollen", and two messages on "now I'm short of breath"."""
        together = self.check(". ".join([*earlier, text])) if earlier else []
        if not together:
            return []
        known = {*self.check(text), *self.check(". ".join(earlier))}
        return [flag for flag in together if flag not in known]

    def _stemmed(self, text: str) -> str:
        return f" {' '.join(map(stem_of, _words(self.reader, text)))} "

    def explain(self, text: str) -> dict[str, Any]:
        """What was seen in a message, for people who write rules: findings, what stands, which pattern matched."""
        words = _words(self.reader, text)
        doc, spans = self._spans(words)
        standing = self._standing(doc, spans)
        return {
            "words": words,
            "findings": [(s.name, " ".join(words[s.start:s.end]), s in standing) for s in spans if s.name != FIGURATIVE],
            "matches": [(m.flag.id, m.flag.tier, m.pattern) for m in self.matches(text)],
        }

    def _spans(self, words: Sequence[str]) -> tuple[Any, list[Place]]:
        """The message as a spaCy document of stems, and all findings in it, meant or not."""
        from spacy.tokens import Doc

        stems = [stem_of(word) for word in words]
        starts = [n == 0 or is_stop(words[n - 1]) and not _runs_on(words, n) for n in range(len(words))]
        with self._lock:
            doc = Doc(self._nlp.vocab, words=stems, sent_starts=starts)
            strings = self._nlp.vocab.strings
            spans = [Place(strings[key], start, end) for find in self._matchers for key, start, end in find(doc)]
        spans += [Place(name, n, n + 1) for n, word in enumerate(words) for name in self._names_of_word(word)]
        return doc, list(dict.fromkeys(spans))

    def _standing(self, doc: Any, spans: Sequence[Place]) -> list[Place]:
        """Those of the findings that are reported, present and meant."""
        from spacy.tokens import Span

        if not spans:
            return []
        with self._lock:
            # ConText is asked once for a place, however many findings name it; an anchor needs no answer.
            places = {(s.start, s.end): None for s in spans if s.name not in self._anchors}
            doc.spans["findings"] = [Span(doc, *place) for place in places]
            self._context(doc)
            modifiers = {(p.start, p.end): p._.modifiers for p in doc.spans["findings"]}
            lifts = [(m.category, m.modifier_span[0]) for m in doc._.context_graph.modifiers]
            standing = [
                span for span in spans if span.name in self._anchors or not any(
                    self._cancels(modifier, span, doc, places, lifts)
                    for modifier in modifiers[span.start, span.end]
                )
            ]
        jokes = [s for s in spans if s.name == FIGURATIVE]

        def inside(span: Place) -> bool:  # of two phrases that overlap the longer is meant
            return any(
                joke.start < span.end and span.start < joke.end and span.end - span.start <= joke.end - joke.start
                for joke in jokes
            )

        return [span for span in standing if span.name != FIGURATIVE and not inside(span)]

    def _names_of_word_uncached(self, word: str) -> tuple[str, ...]:
        """The findings whose regular expression a word matches; spaCy would try each of them at every word."""
        return tuple(name for name, expression in self._expressions if expression.fullmatch(word))

    def _cancels(
        self, modifier: Any, span: Place, doc: Any, places: Iterable[tuple[int, int]], lifts: Sequence[tuple[str, int]]
    ) -> bool:
        """Whether a context phrase takes a finding out of the report.

        `places`: where findings are that are no anchors; `lifts`: (category, place) of every context phrase.
        """
        if modifier.category not in _CANCELS:
            return False
        if modifier.category == "GENERAL" and span.name not in self._general:
            return False
        if modifier.category == "RESOLVED" and span.name in self._lasting:
            return False
        sentence_end = doc[span.start].sent.end
        if modifier.category == "NEGATED":
            # The "no" of "no pulse" belongs to that finding and denies nothing else.
            first, last = modifier.modifier_span
            if any(start <= first and last <= end for start, end in places):
                return False
            if not _one_list(doc, last, span, sentence_end):
                return False
        lifting = _LIFTED_BY.get(modifier.category)
        return not any(category == lifting and span.start <= place < sentence_end for category, place in lifts)


def by_severity(flags: Iterable[RedFlag]) -> list[RedFlag]:
    """Most severe first, each kind once."""
    return sorted(dict.fromkeys(flags), key=lambda flag: -tier_rank(flag.tier))


@lru_cache(maxsize=1)
def default_red_flags() -> RedFlags:
    """The checker over content/, built once a process on first use."""
    return RedFlags(*load_rules(read_settings().var))


def _build_matchers(book: RuleBook, lexicon: Lexicon) -> tuple[Any, tuple[Any, ...], Any]:
    """spaCy's matchers of findings, and medspaCy's ConText, over stems that are split at blanks.

    The vocabulary is a bare one and stems are compared as written: spaCy's English one would work out shape,
    prefix and a dozen other traits of 30,000 words, which nothing here asks for. medspaCy's own target matcher
    would match the same, one rule object a phrase, at three times the time of start and message.
    """
    from bot.lean_imports import medspacy_context
    from spacy.language import Language
    from spacy.matcher import Matcher, PhraseMatcher
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

    ConText, ConTextRule = medspacy_context()
    nlp = Language(vocab=Vocab())
    nlp.tokenizer = lambda text: Doc(nlp.vocab, words=text.split())
    phrases, patterns = PhraseMatcher(nlp.vocab, attr="ORTH"), Matcher(nlp.vocab)
    for name, known in lexicon.plain.items():
        phrases.add(name, [Doc(nlp.vocab, words=phrase.split()) for phrase in known])
    by_name: dict[str, list[TokenPattern]] = defaultdict(list)
    for name, pattern in lexicon.open:
        by_name[name].append(pattern)
    for name, known_patterns in by_name.items():
        patterns.add(name, known_patterns)
    context = ConText(
        nlp, rules=None, phrase_matcher_attr="ORTH", span_attrs=None, input_span_type="group", span_group_name="findings",
    )
    context.add([
        ConTextRule(
            stems, rule.category, direction=rule.direction.upper(),
            # medspaCy 1.x overlooks an ending phrase whose own scope, by default the sentence, is the wider one.
            max_scope=1 if rule.direction in ("pseudo", "terminate") else rule.max_scope,
            terminated_by=set(rule.terminated_by) or None, pattern=pattern,
        )
        for rule, (stems, pattern) in zip(book.context, lexicon.context)
    ])
    return nlp, (phrases, patterns), context


def _words(reader: Reader, text: str) -> list[str]:
    """A text's words without hyphens: "post-op" is "post op"."""
    return [word for word in reader.words(text) if word != "-"]


def _one_list(doc: Any, start: int, span: Place, sentence_end: int) -> bool:
    """Whether a denial that ends at word `start` reaches a finding: a comma lets it pass only in a list with "or"."""
    if "," not in {token.text for token in doc[start:span.start]}:
        return True
    if doc[start - 1].text in ("deni", "of", "for"):  # "denies x, y, z", "free of", "negative for"
        return True
    return any(token.text in ("or", "nor", "ni") for token in doc[start:min(span.end + LIST_TAIL, sentence_end)])


def _runs_on(words: Sequence[str], n: int) -> bool:
    """Whether the sentence goes on at word `n` after a stop: "Mrs. Jones", or an answer ("Sores? None.")."""
    if words[n - 1] == ".":
        return n > 1 and words[n - 2] in ("mr", "mrs", "ms", "doctor")
    if words[n - 1] != "?":
        return False
    if words[n] == "no":
        return n + 1 == len(words) or words[n + 1] == "," or is_stop(words[n + 1])
    return words[n] in ("none", "nope", "nah", "never")
