"""Finds people's names in a message: by lists of given names, and by the words around them.

The lists are content/masking/*.txt. A name that is a word as well (Will, May, Rose) counts only where the words
around it announce a person; a disease, a drug or a drink that is called after one never does.
"""
from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path

from bot.inbox.name_cues import (
    AFTER_NAME, CALLED, CALL_ME, EPONYM, INTRODUCED, NAMED, NO_NAME, PARTICLES, PEOPLE, SELF, SHORT_TITLES, SIGNED, TITLES,
)
from bot.settings import ROOT
from bot.text import english_words, fold

Span = tuple[int, int, str]
FOLDER = ROOT / "content" / "masking"
MOST_WORDS = 5  # of one name

_TOKEN = re.compile(r"[^\W\d_]+(?:['’‘-][^\W\d_]+)*")
_APART = re.compile(r"[ \t]{1,2}|\.[ \t]?")  # between two words of one name; the dot is an initial's


@dataclass(frozen=True)
class _Word:
    """A word of the message: `key` is folded, without a closing 's; `capital` says more than that a sentence begins."""

    start: int
    end: int
    text: str
    key: str
    capital: bool
    opens: bool  # a sentence


@dataclass(frozen=True, kw_only=True)
class NameFinder:
    """Finds names.

    Args:
        given: given names that are nothing else.
        wordy: given names that are words as well.
        family: family names.
        no_names: words and phrases that a name is part of, such as "mary jane".
        english: words of the language; what stands in capitals and is none of them may be a name.
    """

    given: Set[str]
    wordy: Set[str]
    family: Set[str]
    no_names: Set[str]
    english: Set[str] = field(default_factory=frozenset)

    def find(self, text: str) -> Iterator[Span]:
        words = _words(text)
        protected = self._protected(words)
        taken = -1
        for n, word in enumerate(words):
            if n <= taken or n in protected or not self._begins(words, n, text):
                continue
            last = self._last(words, n, text, protected)
            start = self._first(words, n, text)
            taken = last
            yield words[start].start, words[last].end, "name"

    def _protected(self, words: list[_Word]) -> set[int]:
        keys = [word.key for word in words]
        return {
            m for n in range(len(keys)) for length in (1, 2, 3, 4)
            if " ".join(keys[n:n + length]).replace("-", " ") in self.no_names for m in range(n, min(n + length, len(keys)))
        }

    def _begins(self, words: list[_Word], n: int, text: str) -> bool:
        """Whether a name begins with word `n`, titles and initials apart."""
        word, before = words[n], text[:words[n].start]
        if EPONYM.match(text, word.end) and not NAMED.search(before[-30:]):
            return False
        if word.key in self.given or (word.capital and re.search(r"\bsigned[\s:,-]*$", before, re.IGNORECASE)):
            return True
        if word.key in NO_NAME and not (word.key in self.wordy and word.capital):
            return False
        title = words[n - 1] if n and _near(words[n - 1], word, text) else None
        if title and _is_title(title) and self._fits_title(word, title):
            return True
        named = _named_before(before)
        if named:
            if CALL_ME.search(before):  # "call me old fashioned", "call me back"
                return word.capital or self._strange(word)
            if CALLED.search(before):  # "it is called sepsis"
                return word.capital or word.key in self.wordy or self._strange(word)
            return not word.key.endswith(("ing", "ed")) or word.capital
        if SIGNED.search(before) and _alone(words, n, text) and (word.capital or word.opens and word.text[:1].isupper()):
            return word.key in self.wordy or word.key not in self.english or _ends_after_two(words, n, text)
        if _after_person(before):
            return (word.capital and (word.key in self.wordy or self._strange(word))) and not _is_verb_place(words, n, text)
        if word.key in self.wordy:
            return self._wordy(words, n, text)
        if not self._strange(word) or not (word.capital or word.text[:1].isupper()):
            return False
        if SELF.search(before):
            return True
        following = words[n + 1] if n + 1 < len(words) and _near(word, words[n + 1], text) else None
        if following and following.key in AFTER_NAME:
            return True
        return bool(following and following.capital and (following.key in self.family or self._strange(following)))

    def _fits_title(self, word: _Word, title: _Word) -> bool:
        if word.key in self.wordy or word.key in self.family or word.key in self.given:
            return word.capital or title.key in SHORT_TITLES
        if title.text == "ms":  # multiple sclerosis, as people type it
            return word.capital
        if title.key in SHORT_TITLES:
            return word.capital or word.key not in self.english
        return word.capital and (self._strange(word) or title.text[:1].isupper() and title.key not in ("doctor", "nurse"))

    def _wordy(self, words: list[_Word], n: int, text: str) -> bool:
        """Whether a name that is a word as well means a person here."""
        word, before = words[n], text[:words[n].start]
        if not word.text[:1].isupper():
            return False
        following = words[n + 1] if n + 1 < len(words) and _near(word, words[n + 1], text) else None
        surname = following is not None and following.text[:1].isupper() and (
            following.key in self.family or following.key in self.given or self._strange(following))
        if surname and following is not None and (word.capital or following.capital):
            return True
        if not word.capital:
            return bool(following and following.key in AFTER_NAME)
        if SELF.search(before) and "this" not in before[-8:].lower():
            return True
        pair = following is not None and following.key == "and" and n + 2 < len(words) and words[n + 2].key in self.given
        return bool(INTRODUCED.search(before)) and (following is None or following.key in AFTER_NAME or pair)

    def _strange(self, word: _Word) -> bool:
        """Whether a word is none that the language or the field knows."""
        return bool(self.english) and len(word.key) > 1 and word.key not in self.english and word.key not in self.no_names and all(
            part not in self.no_names for part in word.key.split("-"))

    def _last(self, words: list[_Word], n: int, text: str, protected: set[int]) -> int:
        named = bool(_named_before(text[:words[n].start]))
        last = n
        for m in range(n + 1, min(n + MOST_WORDS, len(words))):
            word = words[m]
            if m in protected or not _near(words[m - 1], word, text):
                break
            if word.key in PARTICLES and m + 1 < len(words) and _near(word, words[m + 1], text) and (
                    words[m + 1].capital or words[m + 1].key in self.family or self._strange(words[m + 1])):
                continue
            if word.key in NO_NAME and not (word.capital and word.key in self.wordy):
                break
            known = word.key in self.given or word.key in self.family or word.key in self.wordy and word.capital
            fits = known or word.capital and word.key not in AFTER_NAME or named and (self._strange(word) or _closes(word, text))
            if not fits or EPONYM.match(text, word.end):
                break
            last = m
        return last

    def _first(self, words: list[_Word], n: int, text: str) -> int:
        """The name's title and initials belong to it."""
        first = n
        while first and _near(words[first - 1], words[first], text):
            before = words[first - 1]
            initial = len(before.text) == 1 and before.text.isupper() and before.text != "I"
            if not (_is_title(before) or initial or (before.key == "and" and first > 1 and words[first - 2].key in TITLES)):
                break
            first -= 1
        return first


def _words(text: str) -> list[_Word]:
    shouted = not any(c.islower() for c in text)
    words = []
    for match in _TOKEN.finditer(text):
        key = re.sub(r"['’‘]s$", "", fold(match.group()))
        before = text[:match.start()].rstrip(" \t\"'(")
        opens = not before or before[-1] in ".!?\n"
        if before.endswith(".") and re.search(r"(?:\b[A-Za-z]|\b(?:Mrs?|Ms|Dr|Prof|Rev|St))\.$", before):
            opens = False
        capital = match.group()[0].isupper() and not opens and not shouted
        if re.match(r"[a-z]{1,2}'", key):  # O'Neill, D'Arcy; not "she'll"
            key = key.replace("'", "", 1)
        words.append(_Word(match.start(), match.end(), match.group(), key, capital, opens))
    return words


def _near(one: _Word, other: _Word, text: str) -> bool:
    between = text[one.end:other.start]
    if between.startswith(".") and len(one.text) > 1 and one.key not in TITLES:
        return False
    return _APART.fullmatch(between) is not None


def _is_title(word: _Word) -> bool:
    """Whether a word is a title; "Father's" is none, and MS is a disease."""
    return word.key in TITLES and fold(word.text) == word.key and word.text != "MS"


def _named_before(before: str) -> bool:
    match = None
    for match in NAMED.finditer(before[-40:]):
        pass
    return match is not None and match.end() == len(before[-40:])


def _after_person(before: str) -> bool:
    """Whether the word before is a person's part: "my husband", "the physio,", "my nurse is", "dad ("."""
    match = re.search(r"([a-z]+)(?:['’]?s\s+name)?(?:\s+is|\s+was)?[\s,:(-]{1,3}$", before, re.IGNORECASE)
    return match is not None and match[1].lower() in PEOPLE


def _is_verb_place(words: list[_Word], n: int, text: str) -> bool:
    """ "My mother Can …": capitals for no reason."""
    return words[n].key in ("can", "may", "will", "might") and n + 1 < len(words) and not words[n + 1].capital


def _alone(words: list[_Word], n: int, text: str) -> bool:
    """Whether at most two more words follow, up to the message's end or a sign."""
    rest = re.split(r"[,.!\n(\[]|\s[-–]\s|\s\d", text[words[n].end:], maxsplit=1)[0]
    return len(rest.split()) <= 2 and all(w[:1].isupper() for w in rest.split())


def _ends_after_two(words: list[_Word], n: int, text: str) -> bool:
    return n >= 1 and len(words) - n <= 2 and words[n - 1].key in ("signed", "regards", "sincerely", "truly", "faithfully")


def _closes(word: _Word, text: str) -> bool:
    """Whether a sign or the end follows."""
    return re.match(r"\s*(?:[,.;:!?)\n]|$)", text[word.end:]) is not None


def load_name_finder(folder: Path = FOLDER) -> NameFinder:
    """The finder over the lists of `folder`."""
    wordy = _read_words(folder / "names_that_are_words.txt")
    return NameFinder(
        given=_read_words(folder / "given_names.txt"), wordy=wordy, family=_read_words(folder / "family_names.txt"),
        no_names=frozenset(_read_lines(folder / "words_that_are_no_names.txt")), english=english_words() | _words_of_the_field(),
    )


def _words_of_the_field() -> frozenset[str]:
    """The words of the training phrases in small letters: drugs, diseases and trades that a dictionary does not have."""
    words: set[str] = set()
    for path in (*(ROOT / "data" / "nlu").glob("*.yml"), *(ROOT / "data" / "red_flags").glob("*.txt")):
        words.update(re.findall(r"(?<![A-Za-z])[a-z]{2,}", path.read_text(encoding="utf-8")))
    return frozenset(words)


def _read_words(path: Path) -> frozenset[str]:
    return frozenset(word for line in _read_lines(path) for word in line.split())


def _read_lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
