"""Finds people's names in a message: by lists of given names, and by the words around them.

The lists are content/masking/*.txt. A name that is a word as well (Will, May, Rose) counts only where the words
around it announce a person; a disease, a drug or a drink that is called after one never does.
"""
from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path

from bot.settings import ROOT
from bot.text import english_words, fold

Span = tuple[int, int, str]
FOLDER = ROOT / "content" / "masking"
MOST_WORDS = 5  # of one name

_TOKEN = re.compile(r"[^\W\d_]+(?:['’‘-][^\W\d_]+)*")
_APART = re.compile(r"[ \t]{1,2}|\.[ \t]?")  # between two words of one name; the dot is an initial's
_TITLES = frozenset("mr mrs ms miss mx dr doctor prof professor sister nurse rev reverend father pastor rabbi imam sir "
                    "uncle aunt auntie aunty captain sgt sergeant brother fr matron madam".split())
_SHORT_TITLES = frozenset("mr mrs ms mx dr prof rev sgt".split())  # they are said before names only
_PARTICLES = frozenset("de da do dos das del della di du la le van von der den ter ten bin bint ibn al el abu ni nic ui mac mc "
                       "o st san y e af av zu".split())
_PEOPLE = frozenset(
    "husband wife spouse partner boyfriend girlfriend fiance fiancee mother mom mum mam mama father dad daddy papa son daughter "
    "brother sister sis bro grandson granddaughter grandmother grandfather grandma grandpa gran granny nan nana nanny grandad "
    "granddad uncle aunt auntie cousin niece nephew twin kid child baby boy girl friend mate buddy pal neighbour neighbor boss "
    "colleague coworker flatmate roommate housemate carer caregiver aide nurse doctor gp podiatrist chiropodist physio "
    "physiotherapist therapist masseuse masseur chiropractor neurologist surgeon pharmacist dentist consultant pastor priest "
    "vicar landlord landlady tenant teacher coach client patient ex law hubby missus mister stepson stepdaughter stepmother "
    "stepfather godmother godfather lady man woman guy".split())
# Never part of a name in small letters; and in capitals no name by themselves.
_NO_NAME = frozenset(
    "i im ive id ill a an the and or but not no yes so if then than that this these those it its is am are was were be been being "
    "have has had do does did can could will would shall should may might must my your his her our their me you him us them he "
    "she we they of in on at to from by for with without about as into over after before since until while because what which "
    "who whom whose when where why how here there now again still just also too very really only ok okay please thanks thank "
    "hi hello hey hiya dear sorry good bad well new old back way on off out up down all any some each every both more most much "
    "many few lot one two three feet foot toe toes leg legs nerve nerves massage pain numb tingling burning question questions "
    "writing calling speaking asking wondering looking important private none nobody anonymous unknown long hard silly funny "
    "diabetic sick ill old tired scared worried afraid unsure sure male female age aged years type monday tuesday wednesday "
    "thursday friday saturday sunday january february march april june july august september october november december "
    "said says told thinks thought asked wants needs called name named aka regards got gets gave give feel feels hurt hurts "
    "wont cant dont didnt isnt wasnt doesnt couldnt wouldnt clinic hospital doctor nurse desk reception number phone email mobile cell address dob mrn ssn born who's what's can't".split())
_AFTER_NAME = frozenset("here speaking calling writing again".split())
_NAMED = re.compile(
    r"\b(?:(?:name|nom|nombre|nome|naam|namn)(?:['’]?s|\s+(?:is|was|es|é|est|ist))|(?:sur|first |last |full |patient |maiden )?name\s*[:=-]|"
    r"patient\s+name|(?:is|am|are|was|i'?m|im|been|she'?s|he'?s)\s+called|(?:is|was|am)\s+named|they\s+call\s+me|calls?\s+me|"
    r"i\s+go\s+by|goes\s+by|je\s+m'appelle|me\s+llamo|ich\s+bin|ich\s+hei(?:ß|ss)e|mi\s+chiamo|signed|signed\s+by)[\s:,-]*", re.IGNORECASE)
_CALL_ME = re.compile(r"call(?:s)?\s+me[\s:,-]*$", re.IGNORECASE)
_CALLED = re.compile(r"\b(?:is|was|are|been)\s+called[\s:,-]*$", re.IGNORECASE)
_INTRODUCED = re.compile(r"\b(?:i['’]?m|i\s+am|this\s+is|it['’]?s|it\s+is|i|we\s+are|we['’]re|ask\s+for|tell|let|to|via|dear|hi|hello|and)[\s,:]+$",
                         re.IGNORECASE)
_SELF = re.compile(r"\b(?:i['’]?m|i\s+am|this\s+is|me\s+is)\s+$", re.IGNORECASE)
_SIGNED = re.compile(r"(?:\b(?:regards|sincerely|truly|faithfully|cheers|thanks|thank\s+you|thx|love|wishes|signed|from)\b[\s,.!-]*|^\s*[-–—~]\s*)$",
                     re.IGNORECASE)
_EPONYM = re.compile(
    r"['’]?s?\s+(?:disease|syndrome|palsy|neuroma|cyst|sign|test|exercises?|contracture|lymphoma|fracture|nodes?|phenomenon|clinic|"
    r"hospital|university|college|oil|tea|salts?|wort|bread|juice|foundation|scale|score|brand|whiskey|whisky|vodka|rum|gin|marathon|"
    r"street|road|avenue|lane|county|bay|beach|city)\b", re.IGNORECASE)


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
        if _EPONYM.match(text, word.end) and not _NAMED.search(before[-30:]):
            return False
        if word.key in self.given or (word.capital and re.search(r"\bsigned[\s:,-]*$", before, re.IGNORECASE)):
            return True
        if word.key in _NO_NAME and not (word.key in self.wordy and word.capital):
            return False
        title = words[n - 1] if n and _near(words[n - 1], word, text) else None
        if title and _is_title(title) and self._fits_title(word, title):
            return True
        named = _named_before(before)
        if named:
            if _CALL_ME.search(before):  # "call me old fashioned", "call me back"
                return word.capital or self._strange(word)
            if _CALLED.search(before):  # "it is called sepsis"
                return word.capital or word.key in self.wordy or self._strange(word)
            return not word.key.endswith(("ing", "ed")) or word.capital
        if _SIGNED.search(before) and _alone(words, n, text) and (word.capital or word.opens and word.text[:1].isupper()):
            return word.key in self.wordy or word.key not in self.english or _ends_after_two(words, n, text)
        if _after_person(before):
            return (word.capital and (word.key in self.wordy or self._strange(word))) and not _is_verb_place(words, n, text)
        if word.key in self.wordy:
            return self._wordy(words, n, text)
        if not self._strange(word) or not (word.capital or word.text[:1].isupper()):
            return False
        if _SELF.search(before):
            return True
        following = words[n + 1] if n + 1 < len(words) and _near(word, words[n + 1], text) else None
        if following and following.key in _AFTER_NAME:
            return True
        return bool(following and following.capital and (following.key in self.family or self._strange(following)))

    def _fits_title(self, word: _Word, title: _Word) -> bool:
        if word.key in self.wordy or word.key in self.family or word.key in self.given:
            return word.capital or title.key in _SHORT_TITLES
        if title.text == "ms":  # multiple sclerosis, as people type it
            return word.capital
        if title.key in _SHORT_TITLES:
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
            return bool(following and following.key in _AFTER_NAME)
        if _SELF.search(before) and "this" not in before[-8:].lower():
            return True
        pair = following is not None and following.key == "and" and n + 2 < len(words) and words[n + 2].key in self.given
        return bool(_INTRODUCED.search(before)) and (following is None or following.key in _AFTER_NAME or pair)

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
            if word.key in _PARTICLES and m + 1 < len(words) and _near(word, words[m + 1], text) and (
                    words[m + 1].capital or words[m + 1].key in self.family or self._strange(words[m + 1])):
                continue
            if word.key in _NO_NAME and not (word.capital and word.key in self.wordy):
                break
            known = word.key in self.given or word.key in self.family or word.key in self.wordy and word.capital
            fits = known or word.capital and word.key not in _AFTER_NAME or named and (self._strange(word) or _closes(word, text))
            if not fits or _EPONYM.match(text, word.end):
                break
            last = m
        return last

    def _first(self, words: list[_Word], n: int, text: str) -> int:
        """The name's title and initials belong to it."""
        first = n
        while first and _near(words[first - 1], words[first], text):
            before = words[first - 1]
            initial = len(before.text) == 1 and before.text.isupper() and before.text != "I"
            if not (_is_title(before) or initial or (before.key == "and" and first > 1 and words[first - 2].key in _TITLES)):
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
    if between.startswith(".") and len(one.text) > 1 and one.key not in _TITLES:
        return False
    return _APART.fullmatch(between) is not None


def _is_title(word: _Word) -> bool:
    """Whether a word is a title; "Father's" is none, and MS is a disease."""
    return word.key in _TITLES and fold(word.text) == word.key and word.text != "MS"


def _named_before(before: str) -> bool:
    match = None
    for match in _NAMED.finditer(before[-40:]):
        pass
    return match is not None and match.end() == len(before[-40:])


def _after_person(before: str) -> bool:
    """Whether the word before is a person's part: "my husband", "the physio,", "my nurse is", "dad ("."""
    match = re.search(r"([a-z]+)(?:['’]?s\s+name)?(?:\s+is|\s+was)?[\s,:(-]{1,3}$", before, re.IGNORECASE)
    return match is not None and match[1].lower() in _PEOPLE


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
