"""Reads a message's findings for the red flags: which are in it, and which of them stand.

spaCy's matchers find the findings; medspaCy's ConText says which are denied, over, asked about in general, joked
about or somebody else's.
"""
from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bot.red_flag_lexicon import FIGURATIVE, Lexicon, TokenPattern, stem_of
from bot.red_flag_patterns import Place
from bot.red_flag_rules import RuleBook
from bot.text import Reader, is_stop

READINGS_KEPT = 64  # in memory
LIST_TAIL = 8  # words in which a list "no x, y, z or ..." must come to its "or"
_CANCELS = ("NEGATED", "RESOLVED", "EDUCATIONAL", "HYPOTHETICAL", "OTHER_PERSON", "GENERAL")
# What later in the sentence makes a report of it all the same: "what causes numbness in my face", "healed, but it is
# back again", "never had chest pain until today".
_LIFTED_BY = {"EDUCATIONAL": "OWN", "RESOLVED": "AGAIN", "NEGATED": "UNTIL"}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A message, or several read as one: its words, their stems, and all findings in it, meant or not."""

    words: tuple[str, ...]
    stems: tuple[str, ...]
    spans: tuple[Place, ...]


class FindingReader:
    """Finds a rule book's findings in messages. Safe to share between threads."""

    def __init__(self, book: RuleBook, lexicon: Lexicon, reader: Reader) -> None:
        self._reader = reader
        self._lock = threading.Lock()
        self._nlp, self._matchers, self._context = _build_matchers(book, lexicon)
        self._anchors = {name for name, finding in book.findings.items() if finding.anchor}
        self._lasting = {name for name, finding in book.findings.items() if finding.lasting}
        self._general = {name for name, finding in book.findings.items() if finding.general}
        self._expressions = [
            (finding.name, re.compile(expression))
            for finding in book.findings.values() for expression in finding.regex
        ]
        self._names_of_word = lru_cache(maxsize=20_000)(self._names_of_word_uncached)
        # A message is asked about more than once in its own turn, and read again beside the two that follow it.
        self.read = lru_cache(maxsize=READINGS_KEPT)(self._read_uncached)

    def stems(self, text: str) -> list[str]:
        """The stems of a text's words, hyphens left out."""
        return [stem_of(word) for word in _words(self._reader, text)]

    def _read_uncached(self, text: str) -> Reading:
        words = tuple(_words(self._reader, text))
        stems = tuple(stem_of(word) for word in words)
        with self._lock:
            doc = self._document(words, stems)
            strings = self._nlp.vocab.strings
            spans = [Place(strings[key], start, end) for find in self._matchers for key, start, end in find(doc)]
        spans += [Place(name, n, n + 1) for n, word in enumerate(words) for name in self._names_of_word(word)]
        return Reading(words=words, stems=stems, spans=tuple(dict.fromkeys(spans)))

    def _document(self, words: Sequence[str], stems: Sequence[str]) -> Any:
        """The message as a spaCy document of stems, parted into sentences."""
        from spacy.tokens import Doc

        starts = [n == 0 or is_stop(words[n - 1]) and not _runs_on(words, n) for n in range(len(words))]
        return Doc(self._nlp.vocab, words=list(stems), sent_starts=starts)

    def standing(self, read: Reading) -> list[Place]:
        """Those of the findings that are reported, present and meant."""
        from spacy.tokens import Span

        spans = read.spans
        if not spans:
            return []
        with self._lock:
            doc = self._document(read.words, read.stems)
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


def joined(parts: Sequence[Reading]) -> Reading:
    """Messages of one person as one, each a sentence of its own."""
    words: list[str] = []
    stems: list[str] = []
    spans: list[Place] = []
    for part in parts:
        if words and not is_stop(words[-1]):
            words.append(".")
            stems.append(stem_of("."))
        spans += [Place(span.name, span.start + len(words), span.end + len(words)) for span in part.spans]
        words += part.words
        stems += part.stems
    return Reading(words=tuple(words), stems=tuple(stems), spans=tuple(spans))


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
